//! `serve`: the server and its loops, until it is told to stop.

use std::process::ExitCode;

use anyhow::Result;

use crate::app;
use crate::clock::Clock;
use crate::config::ServerConfig;

pub(super) fn run(config: ServerConfig) -> Result<ExitCode> {
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
