//! What the operator decides: flag, else environment, else default, into one typed value. Secrets redact themselves.

mod public_url;

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};

use crate::domain::phone::Phone;
use crate::store::database_file;
use crate::words::phone_error_text;

/// The operator's decisions.
#[derive(Args, Clone, Debug)]
pub struct ServerConfig {
    /// The database: sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE.
    #[arg(long, env = "DATABASE_URL", default_value = "sqlite://sms-opt-in.db", global = true)]
    pub database_url: String,
    /// A PostgreSQL replica of the database that pages may be read from.
    #[arg(long, env = "DATABASE_REPLICA_URL", global = true)]
    database_replica_url: Option<String>,
    /// Address and port to listen on.
    #[arg(long, env = "BIND", default_value = "127.0.0.1:8080", global = true)]
    pub bind: String,
    /// The public address of this server. Default: http://BIND.
    #[arg(long, env = "PUBLIC_URL", global = true)]
    public_url: Option<String>,
    /// A second public address, which the provider calls where the first one does not answer.
    #[arg(long, env = "FALLBACK_URL", global = true)]
    fallback_url: Option<String>,
    /// Signs sessions and seals. If it is absent, the first start creates one beside the database.
    #[arg(long, env = "SECRET_KEY", hide_env_values = true, global = true)]
    secret_key: Option<SecretString>,
    /// The folder for the secret key and the seals. Default: the folder of the database; with PostgreSQL, the working
    /// folder.
    #[arg(long, env = "DATA_DIR", global = true)]
    data_dir: Option<PathBuf>,
    /// The country of numbers without a country code (ISO 3166). The first start takes its time zone for the organization.
    #[arg(long, env = "DEFAULT_REGION", default_value = "US", global = true)]
    pub default_region: String,
    /// The proxies in front of this server: networks or addresses, separated by commas; empty for none. X-Forwarded-For is
    /// trusted only from them. A visitor's address is evidence of consent.
    #[arg(long, env = "TRUSTED_PROXIES", default_value = "127.0.0.0/8,::1/128", global = true)]
    trusted_proxies: String,
    /// Who reads /metrics sends this token (at least 16 characters) as a bearer token. Without one, programs on this machine
    /// read it.
    #[arg(long, env = "METRICS_TOKEN", hide_env_values = true, global = true)]
    metrics_token: Option<SecretString>,
    /// The SMS provider. Default: the simulator.
    #[arg(long, env = "PROVIDER", value_enum, global = true)]
    provider: Option<ProviderName>,
    /// The default program's sender number.
    #[arg(long, env = "SENDER_NUMBER", global = true)]
    sender_number: Option<String>,
    /// Twilio's account.
    #[arg(long, env = "TWILIO_ACCOUNT_SID", global = true)]
    twilio_account_sid: Option<String>,
    /// Twilio's secret: signs webhooks and sends texts.
    #[arg(long, env = "TWILIO_AUTH_TOKEN", hide_env_values = true, global = true)]
    twilio_auth_token: Option<SecretString>,
    /// Twilio's API, or a stand-in for it.
    #[arg(long, env = "TWILIO_API_BASE", default_value = "https://api.twilio.com", global = true)]
    pub twilio_api_base: String,
}

/// Who carries the texts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum ProviderName {
    /// Simulated phones: no real text leaves this machine.
    Simulator,
    /// Twilio.
    Twilio,
}

/// A setting that cannot be used, in words for the operator.
#[derive(Debug)]
pub struct InvalidSetting(pub String);

impl fmt::Display for InvalidSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidSetting {}

impl ServerConfig {
    /// The public address, without a slash at the end.
    pub fn public_url(&self) -> String {
        let given = self.public_url.as_deref().map(str::trim).filter(|url| !url.is_empty());
        given.map_or_else(|| format!("http://{}", self.bind), |url| url.trim_end_matches('/').to_owned())
    }

    /// The addresses the provider may have called: it signs the one it did.
    pub fn called_urls(&self) -> Vec<String> {
        let second = self.fallback_url.as_deref().map(|url| url.trim().trim_end_matches('/').to_owned());
        std::iter::once(self.public_url()).chain(second.filter(|url| !url.is_empty())).collect()
    }

    /// The proxies whose word counts for a visitor's address.
    ///
    /// # Errors
    /// What is no network.
    pub fn trusted_proxies(&self) -> Result<Vec<IpNet>, InvalidSetting> {
        let written = self.trusted_proxies.split(',').map(str::trim).filter(|network| !network.is_empty());
        written
            .map(|text| {
                let network = text.parse::<IpNet>().or_else(|error| text.parse::<IpAddr>().map(IpNet::from).map_err(|_| error));
                network.map_err(|_| {
                    InvalidSetting(format!(
                        "TRUSTED_PROXIES: \"{text}\" is no network. Write networks like 10.0.0.0/8 or addresses, with commas \
                         between them."
                    ))
                })
            })
            .collect()
    }

    /// The token that opens the metrics, if one is given. An empty one counts as absent.
    pub fn metrics_token(&self) -> Option<&SecretString> {
        self.metrics_token.as_ref().filter(|token| !token.expose_secret().trim().is_empty())
    }

    /// Refuses a token for the metrics that is easy to guess.
    ///
    /// # Errors
    /// When it is too short.
    pub fn check_metrics_token(&self) -> Result<(), InvalidSetting> {
        match self.metrics_token() {
            Some(token) if token.expose_secret().trim().chars().count() < 16 => {
                Err(InvalidSetting("METRICS_TOKEN must have at least 16 characters.".to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// Who carries the texts.
    pub fn provider(&self) -> ProviderName {
        self.provider.unwrap_or(ProviderName::Simulator)
    }

    /// Refuses to make a new database simulated by accident: the account of a real provider is given, and PROVIDER is not.
    ///
    /// # Errors
    /// In words for the operator.
    pub fn check_birth(&self) -> Result<(), InvalidSetting> {
        if self.names_provider() || self.twilio_account().is_none() {
            return Ok(());
        }
        Err(InvalidSetting(
            "PROVIDER is missing, although TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are given. Set PROVIDER=twilio for \
             people's phones, or PROVIDER=simulator for simulated ones."
                .to_owned(),
        ))
    }

    /// True when PROVIDER was given; a missing one is often a forgotten one.
    pub fn names_provider(&self) -> bool {
        self.provider.is_some()
    }

    /// Twilio's account and token, where both are given. Empty values count as absent.
    pub fn twilio_account(&self) -> Option<(String, SecretString)> {
        let sid = self.twilio_account_sid.clone().filter(|sid| !sid.trim().is_empty())?;
        let token = self.twilio_auth_token.clone();
        Some((sid, token.filter(|token| !token.expose_secret().trim().is_empty())?))
    }

    /// Refuses settings with which a real provider could not work: a missing account or token, or a public address that the
    /// carrier cannot call.
    ///
    /// # Errors
    /// What is missing or wrong, by the setting's name.
    pub fn check_provider(&self) -> Result<(), InvalidSetting> {
        if self.is_simulator() {
            return Ok(());
        }
        let token = self.twilio_auth_token.as_ref().map(ExposeSecret::expose_secret);
        let given =
            [("TWILIO_ACCOUNT_SID", self.twilio_account_sid.as_deref()), ("TWILIO_AUTH_TOKEN", token)];
        for (name, value) in given {
            match value.map(str::trim) {
                Some("") => {
                    return Err(InvalidSetting(format!("{name} is empty. PROVIDER=twilio needs it.")));
                }
                Some(_) => {}
                None => return Err(InvalidSetting(format!("{name} is missing. PROVIDER=twilio needs it."))),
            }
        }
        if !public_url::is_web_address(&self.twilio_api_base) {
            let given = match self.twilio_api_base.trim() {
                "" => "is empty".to_owned(),
                base => format!("is {base}, which is no web address"),
            };
            return Err(InvalidSetting(format!(
                "TWILIO_API_BASE {given}. Leave it out, or write the address with https://, like https://api.twilio.com."
            )));
        }
        // With another API base this is a test, and nothing calls from outside.
        if !public_url::is_carriers_own(&self.twilio_api_base) {
            return Ok(());
        }
        for (name, url) in ["PUBLIC_URL", "FALLBACK_URL"].into_iter().zip(self.called_urls()) {
            public_url::check(&url).map_err(|why| {
                InvalidSetting(format!(
                    "{name} is {url}. Twilio cannot call it: {why}. Set {name} to an https address of this server on the \
                     internet, like https://consent.example.com."
                ))
            })?;
        }
        Ok(())
    }

    /// The replica, if one is named.
    pub fn database_replica_url(&self) -> Option<&str> {
        self.database_replica_url.as_deref().filter(|url| !url.is_empty())
    }

    /// True when no real text leaves this machine.
    pub fn is_simulator(&self) -> bool {
        self.provider() == ProviderName::Simulator
    }

    /// The default program's sender number; the simulator has one of its own.
    ///
    /// # Errors
    /// When it is no phone number.
    pub fn sender_number(&self) -> Result<Option<Phone>, InvalidSetting> {
        match (&self.sender_number, self.is_simulator()) {
            (Some(number), _) => Phone::parse(number, &self.default_region)
                .map(Some)
                .map_err(|error| InvalidSetting(format!("SENDER_NUMBER: {}", phone_error_text(error)))),
            (None, true) => Ok(Phone::from_e164("+12065550199")),
            (None, false) => Ok(None),
        }
    }

    /// True when this process is the only one with this database, so that what belongs to the installation can lie in files
    /// beside it.
    pub fn is_embedded(&self) -> bool {
        database_file(&self.database_url).is_some()
    }

    /// Keeps a new secret in the file beside the database.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn keep_secret_key(&self, key: &[u8]) -> Result<(), InvalidSetting> {
        let path = self.secret_key_file();
        write_private(&path, key).map_err(|error| {
            InvalidSetting(format!("The secret key {} cannot be made: {error}", path.display()))
        })
    }

    /// The secret key that was given or made before. Nothing is made.
    ///
    /// # Errors
    /// When it is too short, or its file cannot be read.
    pub fn existing_secret_key(&self) -> Result<Option<Vec<u8>>, InvalidSetting> {
        let path = self.secret_key_file();
        let (key, of) = match &self.secret_key {
            Some(key) => (key.expose_secret().as_bytes().to_vec(), "SECRET_KEY".to_owned()),
            None => match std::fs::read(&path) {
                Ok(key) => (key, format!("The secret key in {}", path.display())),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
                Err(error) => {
                    return Err(InvalidSetting(format!(
                        "The secret key {} cannot be read: {error}",
                        path.display()
                    )));
                }
            },
        };
        if key.len() < 32 {
            return Err(InvalidSetting(format!("{of} must have at least 32 characters.")));
        }
        Ok(Some(key))
    }

    /// Where the secret key is kept, unless it is given or shared in the database.
    pub fn secret_key_file(&self) -> PathBuf {
        self.beside_database("secret-key")
    }

    /// Where the seals are kept a second time.
    pub fn seal_file(&self) -> PathBuf {
        self.beside_database("seals")
    }

    /// The SQLite database's file.
    pub fn database_file(&self) -> Option<PathBuf> {
        database_file(&self.database_url).map(PathBuf::from)
    }

    /// Held by the server that has the database file to itself: one file, however the database's address is written.
    pub fn lock_file(&self) -> Option<PathBuf> {
        let file = self.database_file()?;
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.map_or_else(|| PathBuf::from("."), PathBuf::from);
        let known = file
            .canonicalize()
            .or_else(|_| Ok(folder.canonicalize()?.join(file.file_name().unwrap_or_default())));
        let mut path = known.unwrap_or_else(|_: std::io::Error| file.clone()).into_os_string();
        path.push(".lock");
        Some(PathBuf::from(path))
    }

    /// Where the marks of starts are kept a second time.
    pub fn start_file(&self) -> PathBuf {
        self.beside_database("starts")
    }

    /// Where the simulated phones remember their texts.
    pub fn simulator_file(&self) -> PathBuf {
        self.beside_database("simulator.jsonl")
    }

    /// A file beside the database file itself, whatever symbolic link leads to it. Versions before put it beside the link:
    /// there it stays.
    fn beside_database(&self, what: &str) -> PathBuf {
        let file = PathBuf::from(database_file(&self.database_url).unwrap_or("sms-opt-in.db"));
        let given = self.beside(&file, what);
        match file.canonicalize() {
            Ok(real) if file.is_symlink() => Some(self.beside(&real, what))
                .filter(|beside| beside.exists() || !given.exists())
                .unwrap_or(given),
            _ => given,
        }
    }

    fn beside(&self, file: &Path, what: &str) -> PathBuf {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let folder = self.data_dir.clone().or_else(|| file.parent().map(PathBuf::from)).unwrap_or_default();
        folder.join(format!("{name}.{what}"))
    }
}

fn write_private(path: &PathBuf, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)
}
