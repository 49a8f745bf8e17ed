//! The log of the process: `RUST_LOG` decides what it says, except that other crates never say more than `info`. Their
//! debug lines hold requests and rows: phone numbers and the words of texts. What clients send wrong is no error of ours, and
//! makes no line.

use env_logger::{Builder, Env, Logger};
use log::{LevelFilter, Log, Metadata, Record};

const DEFAULT: &str = "info,actix_server=warn";
const OURS: &str = "sms_opt_in";

/// Where actix reads what clients send. What these modules report is the clients' doing: malformed requests, TLS sent to a
/// plain port, heads that are too large, connections that end early. (They would report a body of ours that fails while it is
/// sent, too; no answer of ours is sent in parts.)
const READS_REQUESTS: [&str; 2] = ["actix_http::h1::decoder", "actix_http::h1::dispatcher"];

struct RedactingLog(Logger);

impl RedactingLog {
    fn admits(metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        let is_ours = target.strip_prefix(OURS).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
        is_ours || (metadata.level() <= LevelFilter::Info && !READS_REQUESTS.contains(&target))
    }
}

impl Log for RedactingLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        Self::admits(metadata) && self.0.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if Self::admits(record.metadata()) {
            self.0.log(record);
        }
    }

    fn flush(&self) {
        self.0.flush();
    }
}

/// Starts the log. A second call changes nothing.
pub fn start() {
    let logger = Builder::from_env(Env::default().default_filter_or(DEFAULT)).build();
    let level = logger.filter();
    if log::set_boxed_logger(Box::new(RedactingLog(logger))).is_ok() {
        log::set_max_level(level);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use log::Level;

    #[test]
    fn requests_that_cannot_be_read_make_no_line() {
        let admits = |target| {
            let metadata = Metadata::builder().target(target).level(Level::Error).build();
            RedactingLog::admits(&metadata)
        };
        assert!(!admits("actix_http::h1::dispatcher") && !admits("actix_http::h1::decoder"));
        assert!(admits("actix_http::service") && admits("actix_server::worker") && admits("sms_opt_in::web"));
    }

    #[test]
    fn other_crates_say_no_more_than_info() {
        let admits =
            |target, level| RedactingLog::admits(&Metadata::builder().target(target).level(level).build());
        assert!(admits("sms_opt_in::web", Level::Trace));
        assert!(admits("hyper_util::client", Level::Info));
        for target in ["hyper_util::client", "diesel", "reqwest::connect", "sms_opt_in_other", ""] {
            assert!(!admits(target, Level::Debug), "{target}");
        }
    }
}
