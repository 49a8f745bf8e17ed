//! `program`: which of the dated rules a program keeps. Operators without a browser run it; it writes through
//! `actions::edit_program`.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use crate::actions::edit_program::keep_rules;
use crate::actions::edit_sending::set_regions;
use crate::actions::install::install;
use crate::actions::{ActionContext, ActionError};
use crate::app::OperatorStore;
use crate::clock::Clock;
use crate::config::ServerConfig;
use crate::domain::actor::Actor;

#[derive(Args)]
pub(super) struct ProgramCommand {
    /// The program's name in addresses. Default: the default program.
    #[arg(long)]
    slug: Option<String>,
    /// Enforce quiet hours. Turn off only for non-marketing texts. Closures stop texts either way.
    #[arg(long)]
    quiet_hours: Option<SwitchArg>,
    /// Cap messages to one number at the promised frequency.
    #[arg(long)]
    frequency_cap: Option<SwitchArg>,
    /// Regions whose numbers get opt-in requests, as country codes: US,PR,CA.
    #[arg(long)]
    regions: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SwitchArg {
    On,
    Off,
}

pub(super) fn run(config: &ServerConfig, command: &ProgramCommand) -> Result<ExitCode> {
    let on = |switch: Option<SwitchArg>| switch.map(|switch| switch == SwitchArg::On);
    let (slug, region, now) = (command.slug.clone(), config.default_region.clone(), Clock::System.now());
    let (hours, frequency) = (on(command.quiet_hours), on(command.frequency_cap));
    let regions = command.regions.clone();
    let changed = OperatorStore::open(config)?.store.write_now(move |tx| {
        // A database that no server was started on has no program yet. Its sender number is the server's to add.
        install(tx, None, &region, now)?;
        let (actor, slug) = (Actor::Operator, slug.as_deref());
        let context = ActionContext::new(&actor, now, &region);
        if let Some(regions) = &regions {
            set_regions(tx, &context, slug, regions)?;
        }
        keep_rules(tx, &context, slug, hours, frequency)
    });
    match changed {
        Ok(program) => {
            let word = |on| if on { "on" } else { "off" };
            println!(
                "{}: quiet hours {}, frequency cap {}, regions {}",
                program.slug,
                word(program.keeps_quiet_hours),
                word(program.keeps_frequency),
                program.regions.as_str()
            );
            Ok(ExitCode::SUCCESS)
        }
        Err(ActionError::NotFound(_)) => {
            bail!("There is no such program. The Programs page lists the name of each one.")
        }
        Err(ActionError::Invalid(errors)) => {
            bail!(errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join(" "))
        }
        Err(error) => Err(error.into()),
    }
}
