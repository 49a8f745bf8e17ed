//! The address of a PostgreSQL server, taken apart as libpq does it and put together again as its `name='value'` words.
//! An URL parser for the web would stop a password at `#` and stumble over a list of hosts. It must not know TLS.

use std::collections::BTreeMap;
use std::net::IpAddr;

use percent_encoding::percent_decode_str;

/// What an address says, by libpq's names.
#[derive(Debug)]
pub(super) struct ServerAddress(BTreeMap<String, String>);

impl ServerAddress {
    pub(super) fn parse(url: &str) -> Result<ServerAddress, String> {
        let mut address = ServerAddress(BTreeMap::new());
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let (user, rest) = match rest.find(['@', '/']).and_then(|at| rest.split_at_checked(at)) {
            Some((user, rest)) if rest.starts_with('@') => (user, rest.get(1..).unwrap_or_default()),
            _ => ("", rest),
        };
        let (user, password) = user.split_once(':').unwrap_or((user, ""));
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (server, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = host_and_port(server);
        for (name, value) in
            [("user", user), ("password", password), ("host", host), ("port", port), ("dbname", database)]
        {
            address.read(name, value)?;
        }
        for word in query.split('&').filter(|word| !word.is_empty()) {
            let (name, value) =
                word.split_once('=').ok_or("its part after the question mark is not made of name=value")?;
            match (name, value) {
                // As JDBC says it; libpq reads it so, too.
                ("ssl", "true") => address.read("sslmode", "require")?,
                _ => address.read(name, value)?,
            }
        }
        Ok(address)
    }

    /// What is there; an empty value counts as none.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    pub(super) fn put(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// True when what is sent there does not leave this machine.
    pub(super) fn is_local(&self) -> bool {
        let place = self.get("hostaddr").or(self.get("host")).unwrap_or("/");
        place.starts_with(['/', '@'])
            || place == "localhost"
            || place.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// For libpq.
    pub(super) fn words(&self) -> String {
        let quoted = |value: &str| value.replace('\\', r"\\").replace('\'', r"\'");
        let words: Vec<String> =
            self.0.iter().map(|(name, value)| format!("{name}='{}'", quoted(value))).collect();
        words.join(" ")
    }

    fn read(&mut self, name: &str, value: &str) -> Result<(), String> {
        let decoded =
            |text| percent_decode_str(text).decode_utf8().map_err(|_| format!("its {name} is not UTF-8"));
        if !value.is_empty() {
            self.put(&decoded(name)?, &decoded(value)?);
        }
        Ok(())
    }
}

/// `host:port`, `[::1]:port`; a list of hosts stays one word.
fn host_and_port(server: &str) -> (&str, &str) {
    if server.contains(',') {
        return (server, "");
    }
    match server.strip_prefix('[').and_then(|inside| inside.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':').unwrap_or_default()),
        None => server.split_once(':').unwrap_or((server, "")),
    }
}
