//! `verify`: walks the whole record and says what it found. It makes and changes nothing.

use std::process::ExitCode;

use crate::actions::verify::{AuditConclusion, AuditFindings, COVERED, SealInputs, verify};
use crate::clock::Clock;
use crate::config::ServerConfig;
use crate::store::seal_file::SealFile;
use crate::store::{self, StoreError, seals, settings};

/// Problems printed at most; more are only counted.
const PRINTED: usize = 50;
const WRONG_FIGURES: &str = "\
The history is intact: every event, its evidence and the seals are as they were recorded. Only counts that we keep for the \
lists are wrong; sending does not depend on them.";
const NO_KEY: &str =
    "there are seals, but no secret key. Give SECRET_KEY, or put its file beside the database.";

pub(super) fn run(config: &ServerConfig) -> ExitCode {
    match walk(config) {
        Ok(findings) => {
            let ended = report(&findings);
            if findings.conclusion() == AuditConclusion::Unsettled && !config.seal_file().exists() {
                println!("The file of seals was looked for at {}.", config.seal_file().display());
            }
            ended
        }
        Err(why) => {
            eprintln!("The ledger could not be checked: {why}");
            ExitCode::from(2)
        }
    }
}

fn walk(config: &ServerConfig) -> Result<AuditFindings, String> {
    let key = config.existing_secret_key().map_err(|error| error.to_string())?;
    let (outside, unreadable) = SealFile::at(config.seal_file()).readable();
    let walked = store::read_existing(&config.database_url, |conn| {
        let kept = outside.as_ref().is_some_and(|seals| !seals.is_empty());
        let key = match &key {
            Some(key) => Some(key.clone()),
            None => settings::get(conn, settings::SECRET_KEY)?.map(String::into_bytes),
        };
        match &key {
            None if kept || seals::last(conn)?.is_some() => Ok(None),
            key => {
                let key = key.as_deref().unwrap_or_default();
                let sealing = SealInputs { key, outside: outside.as_deref(), now: Clock::System.now() };
                verify(conn, sealing).map(Some)
            }
        }
    });
    let mut findings = match walked {
        Ok(findings) => findings.ok_or(NO_KEY)?,
        Err(error) if error.is_unreadable() => ended_early(&error),
        Err(error) => return Err(error.to_string()),
    };
    findings
        .unsettled
        .extend(unreadable.map(|error| format!("It is not known what else was sealed: {error}.")));
    Ok(findings)
}

fn ended_early(error: &StoreError) -> AuditFindings {
    AuditFindings { problems: vec![format!("The walk ended early: {error}.")], ..AuditFindings::default() }
}

fn report(findings: &AuditFindings) -> ExitCode {
    let AuditFindings { numbers, events, messages, texts, papers, seals, .. } = findings;
    println!(
        "Walked {numbers} numbers, {events} events, {messages} messages, {texts} received texts, \
         {papers} documents and wordings, {seals} seals."
    );
    println!("{COVERED}");
    let found = [&findings.problems, &findings.unsettled, &findings.figures];
    let all = found.iter().map(|found| found.len()).sum::<usize>();
    for words in found.into_iter().flatten().take(PRINTED) {
        println!("{words}");
    }
    match findings.conclusion() {
        AuditConclusion::Intact => {
            println!("Everything is intact.");
            ExitCode::SUCCESS
        }
        AuditConclusion::Tampered => {
            let findings = if all == 1 { "finding" } else { "findings" };
            println!("{all} {findings}: the record was tampered with or damaged.");
            ExitCode::from(1)
        }
        AuditConclusion::Unsettled => {
            println!("Nothing speaks of tampering, but not everything can be told.");
            ExitCode::from(2)
        }
        AuditConclusion::WrongFigures => {
            println!("{WRONG_FIGURES}");
            ExitCode::from(3)
        }
    }
}
