//! What may stand in a database's address beside its place. A parameter that is not known is refused: it would be ignored, or,
//! with SQLite, become a part of the file's name.

use crate::store::StoreError;

/// What libpq knows, as far as it makes sense here. `replication` is left out: it opens a session that takes no queries.
const POSTGRES: &[&str] = &[
    "application_name",
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "dbname",
    "fallback_application_name",
    "gssdelegation",
    "gssencmode",
    "gsslib",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "options",
    "passfile",
    "password",
    "port",
    "require_auth",
    "requirepeer",
    "service",
    "sslcert",
    "sslcertmode",
    "sslcompression",
    "sslcrl",
    "sslcrldir",
    "sslkey",
    "sslmode",
    "sslnegotiation",
    "sslpassword",
    "sslrootcert",
    "sslsni",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
];

/// Refuses a parameter of a PostgreSQL address that is not known.
pub(super) fn check_postgres<'a>(mut names: impl Iterator<Item = &'a str>) -> Result<(), StoreError> {
    match names.find(|name| !POSTGRES.contains(name)) {
        None => Ok(()),
        Some(unknown) => Err(StoreError::Address(format!(
            "the parameter {unknown:?} is not known. PostgreSQL takes: {}",
            POSTGRES.join(", ")
        ))),
    }
}

/// Refuses what is no plain file name: SQLite would take it as an address of its own, with parameters that switch locks off,
/// or keep the database in memory, one for each connection.
pub(super) fn check_sqlite(path: &str) -> Result<(), StoreError> {
    if path.is_empty() {
        return Err(StoreError::Address(
            "after sqlite:// write the file's path, for example sqlite://sms-opt-in.db".to_owned(),
        ));
    }
    if let Some((file, parameters)) = path.split_once('?') {
        return Err(StoreError::Address(format!(
            "sqlite:// takes no parameters, and {parameters:?} is one. Write sqlite://{file}{}",
            rename_first(path, file)
        )));
    }
    if path.starts_with("file:") {
        return Err(StoreError::Address("after sqlite:// write the file's path, without file:".to_owned()));
    }
    if path.starts_with(":memory:") {
        return Err(StoreError::Address("a database in memory would be lost with the process".to_owned()));
    }
    Ok(())
}

/// What to do about a database that an earlier version made under such a name.
fn rename_first(path: &str, file: &str) -> String {
    match std::fs::metadata(path) {
        Ok(found) if found.len() > 0 => {
            format!(". An earlier version made a file named {path:?}: rename it to {file:?} first")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::DatabaseUrl;

    #[test]
    fn a_parameter_that_is_not_known_is_named_and_refused() {
        let refused = |url: &str| match DatabaseUrl::reach(url) {
            Ok(_) => panic!("{url} was taken"),
            Err(error) => error.to_string(),
        };
        for (url, names) in [
            ("sqlite://x.db?mode=ro", "mode=ro"),
            ("sqlite://x.db?", "takes no parameters"),
            ("sqlite://file:x.db", "without file:"),
            ("sqlite://:memory:", "in memory"),
            ("sqlite://", "the file's path"),
            ("postgres://u@127.0.0.1/x?sslmod=require", "sslmod"),
            ("postgres://u@127.0.0.1/x?connect_timeout=5&pool_size=9", "pool_size"),
            ("postgres://u@127.0.0.1/x?sslmode=verify-full&replication=true", "replication"),
            ("postgresql://u@127.0.0.1/x?Host=b", "Host"),
        ] {
            let words = refused(url);
            assert!(words.contains(names) && words.contains("the address of the database"), "{words}");
        }
        for url in [
            "sqlite://x.db",
            "sqlite:///var/lib/x y.db",
            "postgres://u:p%3Fx@127.0.0.1:5432/x",
            "postgres://u@127.0.0.1/x?connect_timeout=5&application_name=a&options=-c%20x%3Dy&ssl=false",
        ] {
            // `ssl` is JDBC's word for sslmode, and only with the value true.
            assert_eq!(DatabaseUrl::reach(url).is_ok(), !url.contains("ssl=false"), "{url}");
        }
    }
}
