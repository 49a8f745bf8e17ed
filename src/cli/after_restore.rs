//! `after-restore`: asks the provider for the texts that a restored database does not know, STOPs among them. It never
//! switches sending on: that is for a person who looked.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::actions::fetched_texts::CarrierTimes;
use crate::actions::receive_text::{ReceivedResult, receive_listed_text};
use crate::actions::starts::{FilesBeside, StartFinding, judge_start, needs_key};
use crate::actions::{ActionContext, ActionError, restore};
use crate::app::{OperatorStore, mark, run_background, secret_key};
use crate::clock::Clock;
use crate::config::{ProviderName, ServerConfig};
use crate::domain::actor::Actor;
use crate::domain::background_job::{JobKind, JobState};
use crate::domain::calendar::LocalCalendar;
use crate::domain::message::InboundText;
use crate::domain::reply::ReplyIntent;
use crate::domain::restore_hold::{RestoreHold, RestoreSign};
use crate::domain::time::Timestamp;
use crate::providers::simulator;
use crate::providers::twilio::{Twilio, TwilioConfig};
use crate::store::seal_file::SealFile;
use crate::store::seals::Seal;
use crate::store::start_file::{StartFile, StartMark};
use crate::store::{ReadConn, Store, StoreError, background_jobs, inbound, programs, sending, settings};
use crate::words::restore_hold;

/// Texts may reach us this much later than the provider took them; those we know already change nothing.
const MARGIN: chrono::Duration = chrono::Duration::days(1);

#[derive(Args)]
pub(super) struct AfterRestoreCommand {
    /// Accept the older database without asking the provider, for example because the account is closed.
    #[arg(long)]
    without_provider: bool,
    /// Create a new secret key because the old one is lost. verify can no longer check the old seals.
    #[arg(long)]
    without_key: bool,
}

pub(super) fn run(config: &ServerConfig, command: &AfterRestoreCommand) -> Result<ExitCode> {
    let clock = Clock::System;
    // What is here is sealed at the end: before that it must be known whether it lies behind.
    let store = Store::open(&config.database_url)?;
    let files = FilesHere::of(config)?;
    let has_key = config.existing_secret_key()?.is_some()
        || store.read_now::<_, StoreError>(|conn| settings::get(conn, settings::SECRET_KEY))?.is_some();
    let why = store.read_now(|conn| now_known(conn, &files, config.is_embedded()))?;
    let is_lost = matches!(why, RestoreHold::Suspected { sign: RestoreSign::NoKey, .. });
    if is_lost && !has_key && store.read_now::<_, StoreError>(needs_key)? {
        if !command.without_key {
            bail!("{}", lost_key(config));
        }
        wait_for(secret_key(config, &store))?;
    }
    if why.awaits_after_restore() {
        let now = clock.now();
        store.write_now(move |tx| restore::suspend_sending(tx, why, now))?;
        println!("{}", restore_hold::facts(why, LocalCalendar::UTC));
        cancel_what_waited(&store, &clock)?;
    } else {
        println!("No restore was found. It is safe to ask the provider anyway.");
    }
    if command.without_provider {
        println!("The provider was not asked.");
    } else if config.is_simulator()
        && store.read_now::<_, StoreError>(|conn| inbound::any_by(conn, "twilio"))?
    {
        bail!(
            "This database holds texts from Twilio. Set PROVIDER=twilio and the account, so that this command can ask Twilio."
        );
    } else {
        ask(config, &store, &clock, why.since().unwrap_or_default())?;
    }
    if why.awaits_after_restore() {
        accept(&store, &files, why, &clock)?;
    }
    let on = store.read_now::<_, StoreError>(sending::is_on)?;
    drop(OperatorStore::open(config)?);
    if !on {
        println!(
            "Sending stays off. Check the numbers, and what was recorded by hand, by form or through the API since the \
             backup; then turn sending on, on the dashboard."
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// The files beside the database.
struct FilesHere {
    seals: SealFile,
    last_seal: Option<Seal>,
    starts: StartFile,
    start: Option<StartMark>,
}

impl FilesHere {
    fn of(config: &ServerConfig) -> Result<FilesHere> {
        let (seals, starts) = (SealFile::at(config.seal_file()), StartFile::at(config.start_file()));
        let (last_seal, start) = (seals.last()?, starts.read()?);
        Ok(FilesHere { seals, last_seal, starts, start })
    }
}

fn lost_key(config: &ServerConfig) -> String {
    format!(
        "The database has seals, but the secret key is missing. Put {} back, or set SECRET_KEY. If the key is lost, add \
         --without-key. This creates a new key, and verify can no longer check the old seals.",
        config.secret_key_file().display()
    )
}

/// Where the restore stands: behind the file of seals, suspected before or now, or none.
fn now_known(
    conn: &mut ReadConn<'_>,
    files: &FilesHere,
    is_embedded: bool,
) -> Result<RestoreHold, StoreError> {
    let since = restore::complete_until(conn)?;
    if let Some(outside) = &files.last_seal
        && restore::is_behind(conn, outside)?
    {
        return Ok(RestoreHold::Behind { sealed_at: outside.sealed_at, since });
    }
    let known = sending::standstill(conn)?;
    if let Some(known) = known.filter(|known| known.awaits_after_restore()) {
        return Ok(known);
    }
    let (start, has_seals) = (files.start.clone(), files.seals.path().exists());
    // The server's start tells whether its key is missing; this command may be run without it.
    let beside = FilesBeside { start, has_seals, has_key: true, is_embedded };
    match judge_start(conn, &beside)? {
        StartFinding::Restored(sign) => Ok(RestoreHold::Suspected { sign, since }),
        // Another folder than the server's says nothing.
        StartFinding::Known | StartFinding::Newcomer(_) => {
            Ok(known.unwrap_or(RestoreHold::Accepted { sealed_at: since, since }))
        }
    }
}

fn ask(config: &ServerConfig, store: &Store, clock: &Clock, since: Timestamp) -> Result<()> {
    let since = since.plus(-MARGIN);
    let mut senders = store.read_now::<_, StoreError>(programs::senders)?;
    let ours = config.sender_number()?.map(|phone| phone.as_str().to_owned());
    senders.extend(ours.filter(|ours| !senders.contains(ours)));
    let (provider, texts) = match config.provider() {
        ProviderName::Twilio => ("twilio", from_twilio(config, &senders, since)?),
        ProviderName::Simulator => ("simulator", simulator::remembered(&config.simulator_file(), since)?),
    };
    println!(
        "The provider ({provider}) has {} received texts since {}.",
        texts.len(),
        LocalCalendar::UTC.time(since)
    );
    let times = Arc::new(CarrierTimes::listed(provider, &texts));
    let (mut new, mut stops, mut starts) = (0, 0, 0);
    for text in texts {
        let (region, now, times) = (config.default_region.clone(), clock.now(), Arc::clone(&times));
        let received = store.write_now(move |tx| {
            let context = ActionContext::new(&Actor::Lead, now, &region);
            receive_listed_text(tx, &context, provider, &text, &times)
        })?;
        if let ReceivedResult::New(reply) = received {
            new += 1;
            stops += u32::from(matches!(reply, ReplyIntent::Revoke { .. } | ReplyIntent::Unclear));
            starts += u32::from(matches!(reply, ReplyIntent::OptIn | ReplyIntent::Confirm));
        }
    }
    println!(
        "{new} of them were missing and are now recorded: {stops} that stop or may stop, {starts} that opt in."
    );
    Ok(())
}

fn from_twilio(config: &ServerConfig, senders: &[String], since: Timestamp) -> Result<Vec<InboundText>> {
    let Some((account_sid, auth_token)) = config.twilio_account() else {
        bail!("PROVIDER=twilio needs TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.");
    };
    let (api_base, public_url) = (config.twilio_api_base.clone(), config.public_url());
    let twilio = Twilio::new(TwilioConfig { account_sid, auth_token, api_base, public_url })?;
    let mut texts = Vec::new();
    for sender in senders {
        let received = actix_web::rt::System::new().block_on(twilio.received_by(sender, since));
        texts.extend(received.map_err(|failed| anyhow::anyhow!("{failed}"))?);
    }
    texts.sort_by_key(|text| text.sent_at);
    Ok(texts)
}

/// A file of seals that is ahead is kept under another name, and a new file is begun. Files and database are marked as belonging
/// together.
fn accept(store: &Store, files: &FilesHere, why: RestoreHold, clock: &Clock) -> Result<()> {
    let (now, seals) = (clock.now(), &files.seals);
    let is_ahead = store.read_now::<_, StoreError>(|conn| match &files.last_seal {
        Some(outside) => restore::is_behind(conn, outside),
        None => Ok(false),
    })?;
    if is_ahead {
        let aside = free_name(seals.path(), now);
        std::fs::rename(seals.path(), &aside)
            .with_context(|| format!("{} cannot be moved aside.", seals.path().display()))?;
        println!("The old seal file is kept as {}.", aside.display());
    }
    wait_for(mark(store, &files.starts, clock))?;
    let (sealed_at, since) = (why.sealed_at(), why.since().unwrap_or_default());
    let accepted = RestoreHold::Accepted { sealed_at, since };
    store.write_now::<_, ActionError>(move |tx| restore::suspend_sending(tx, accepted, now))?;
    Ok(())
}

/// Does the job that cancels what waited, also where no server runs; where one is at it, this command waits for its end.
fn cancel_what_waited(store: &Store, clock: &Clock) -> Result<()> {
    loop {
        let pieces = wait_for(run_background(store, clock))?;
        let left = store.read_now(|conn| background_jobs::unfinished(conn, JobKind::CancelWaiting))?;
        let Some((id, _)) = left.first().copied() else { return Ok(()) };
        let job = store.read_now(|conn| background_jobs::get(conn, id))?;
        if job.is_some_and(|job| job.state == JobState::Failed) {
            bail!(
                "Old messages could not be canceled. Start the server, and retry the job under Background jobs."
            );
        }
        if pieces == 0 {
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

fn wait_for<T>(work: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(work)
}

fn free_name(path: &Path, now: Timestamp) -> PathBuf {
    let stamp = now.utc().format("%Y-%m-%dT%H%M%SZ");
    let mut name = PathBuf::from(format!("{}.before-restore-{stamp}", path.display()));
    while name.exists() {
        name.as_mut_os_string().push("-again");
    }
    name
}
