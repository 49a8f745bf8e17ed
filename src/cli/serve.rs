//! `serve`: the server and its loops, until it is told to stop.

use std::process::ExitCode;

use anyhow::Result;

use crate::app;
use crate::clock::Clock;
use crate::config::ServerConfig;

pub(super) fn run(config: ServerConfig) -> Result<ExitCode> {
    open_files();
    actix_web::rt::System::new().block_on(async {
        let bound = app::bind(config, Clock::System).await?;
        let address = &bound.app.public_url;
        log::info!("SMS Opt-In is running at {address} (texts by {}).", bound.jobs.provider.name());
        println!("SMS Opt-In is running at {address}");
        if let Some(link) = &bound.setup_link {
            log::warn!(
                "There is no user yet. Create the first administrator here (the link works once): {link}"
            );
            println!("Create the first administrator here (the link works once): {link}");
        }
        bound.run().await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Each connection is an open file. Many systems allow 1,024 unless a program asks for what it may have; as many slow clients
/// would keep everyone else out.
fn open_files() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        let wanted = Rlimit { current: limit.maximum, maximum: limit.maximum };
        if let Err(error) = setrlimit(Resource::Nofile, wanted) {
            log::warn!("The limit of open files stays at {:?}: {error}", limit.current);
        }
    }
}
