//! `verify`: walks the whole record and says what it found. It makes and changes nothing.

use std::process::ExitCode;

use crate::actions::verify::{COVERED, Findings, verify};
use crate::config::Config;
use crate::store::seal_file::SealFile;
use crate::store::{self, StoreError, events, settings};

/// Problems printed at most; more are only counted.
const PRINTED: usize = 50;
const NO_KEY: &str =
    "there are seals, but no secret key. Give SECRET_KEY, or put its file beside the database.";

pub(super) fn run(config: &Config) -> ExitCode {
    match walk(config) {
        Ok(findings) => report(&findings),
        Err(why) => {
            eprintln!("The ledger could not be checked: {why}");
            ExitCode::from(2)
        }
    }
}

fn walk(config: &Config) -> Result<Findings, String> {
    let key = config.existing_secret_key().map_err(|error| error.to_string())?;
    let outside = SealFile::at(config.seal_file()).all();
    let (outside, unreadable) = match outside {
        Ok(outside) => (outside, None),
        Err(error) => (None, Some(error)),
    };
    let walked = store::read_existing(&config.database_url, |conn| {
        let kept = outside.as_ref().is_some_and(|seals| !seals.is_empty());
        let key = match &key {
            Some(key) => Some(key.clone()),
            None => settings::get(conn, settings::SECRET_KEY)?.map(String::into_bytes),
        };
        match &key {
            None if kept || events::last_seal(conn)?.is_some() => Ok(None),
            key => verify(conn, key.as_deref().unwrap_or_default(), outside.as_deref()).map(Some),
        }
    });
    let mut findings = match walked {
        Ok(findings) => findings.ok_or(NO_KEY)?,
        Err(error) if error.is_unreadable() => ended_early(&error),
        Err(error) => return Err(error.to_string()),
    };
    findings
        .problems
        .extend(unreadable.map(|error| format!("It is not known what else was sealed: {error}.")));
    Ok(findings)
}

fn ended_early(error: &StoreError) -> Findings {
    Findings { problems: vec![format!("The walk ended early: {error}.")], ..Findings::default() }
}

fn report(findings: &Findings) -> ExitCode {
    let Findings { numbers, events, messages, texts, papers, seals, problems } = findings;
    println!(
        "Walked {numbers} numbers, {events} events, {messages} messages, {texts} received texts, \
         {papers} documents and wordings, {seals} seals."
    );
    println!("{COVERED}");
    if *seals == 0 && *events > 0 {
        println!("There is no seal yet: a history that is cut off at its end would not be noticed.");
    }
    if problems.is_empty() {
        println!("Everything is intact.");
        return ExitCode::SUCCESS;
    }
    for problem in problems.iter().take(PRINTED) {
        println!("{problem}");
    }
    println!("{} problems: the record was tampered with or damaged.", problems.len());
    ExitCode::from(1)
}
