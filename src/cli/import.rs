//! `import`: takes contacts, consents or suppressions from a CSV file. It says first what it will do. Operators run it, beside a
//! running server too; it writes through `actions::import`.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use chrono::NaiveDate;
use clap::{Args, ValueEnum};

use crate::actions::import::{DryRun, FileRow, ImportFile, ImportOrder, RowReport, note_import, take_rows};
use crate::actions::{ActionContext, ActionError};
use crate::app::OperatorStore;
use crate::clock::Clock;
use crate::config::ServerConfig;
use crate::domain::actor::Actor;
use crate::domain::import::{ColumnMap, DateOrder, ImportColumn, ImportKind, ImportOutcome};
use crate::domain::program::Program;
use crate::store::{Store, StoreError, programs};
use crate::words::import_text;

/// Rows that are taken in one transaction.
const PORTION: usize = 200;

#[derive(Args)]
pub(super) struct ImportCommand {
    /// The CSV file. Cells are separated by comma, semicolon or tab; UTF-8, UTF-16 or Windows-1252.
    file: PathBuf,
    /// What the rows are about.
    #[arg(long)]
    kind: KindArgument,
    /// The system that the file was exported from, such as HubSpot.
    #[arg(long)]
    source: String,
    /// The day of the export, such as 2026-11-29.
    #[arg(long)]
    exported_on: Option<NaiveDate>,
    /// The program that consents are for; the default program if left out.
    #[arg(long)]
    program: Option<String>,
    /// Says what a column holds, where its heading does not: HEADING=phone, or HEADING=ignore. May be repeated.
    #[arg(long = "map", value_name = "HEADING=COLUMN")]
    maps: Vec<String>,
    /// How dates with slashes are written.
    #[arg(long)]
    dates: Option<DateArgument>,
    /// Where refused rows go, to be corrected and imported again. FILE.refused.csv if left out.
    #[arg(long, value_name = "FILE")]
    refused: Option<PathBuf>,
    /// Only show what the import would do.
    #[arg(long)]
    dry_run: bool,
    /// Don't ask for confirmation.
    #[arg(long)]
    yes: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum KindArgument {
    /// People for the address book. Opt-outs in the file count, consents do not.
    Contacts,
    /// Consents with method, date, and wording or document. Without them a number goes in as not asked.
    Consents,
    /// Numbers that are not to be texted.
    Suppressions,
}

#[derive(Clone, Copy, ValueEnum)]
enum DateArgument {
    /// 12/31/2026
    Mdy,
    /// 31/12/2026
    Dmy,
}

pub(super) fn run(config: &ServerConfig, command: &ImportCommand) -> Result<ExitCode> {
    let file = ImportFile::open(&command.file)?;
    let opened = OperatorStore::open(config)?;
    let order = Arc::new(order(&opened.store, command, &file)?);
    let region = config.default_region.clone();
    say_columns(&file, &order.columns);
    let refused = command.refused.clone().unwrap_or_else(|| beside(&command.file));
    let planned = dry_run(&opened.store, &file, &order, &region, &refused)?;
    say_counts("The import would do this:", &planned, &refused);
    if command.dry_run {
        println!("Nothing was written.");
        return Ok(ExitCode::SUCCESS);
    }
    if !command.yes && !super::confirmed()? {
        println!("Nothing was written. To go on without being asked, add --yes.");
        return Ok(ExitCode::FAILURE);
    }
    if !file.is_unchanged()? {
        bail!("The file changed in the meantime. Nothing was written. Run the command again.");
    }
    let done = take(&opened, &file, &order, &region, &refused)?;
    say_counts("The import is done:", &done, &refused);
    Ok(ExitCode::SUCCESS)
}

fn order(store: &Store, command: &ImportCommand, file: &ImportFile) -> Result<ImportOrder> {
    let source = command.source.trim().to_owned();
    if source.is_empty() || source.chars().count() > 100 {
        bail!("Say with --source which system the file was exported from, in 1 to 100 characters.");
    }
    let columns = columns(file, &command.maps)?;
    Ok(ImportOrder {
        kind: match command.kind {
            KindArgument::Contacts => ImportKind::Contacts,
            KindArgument::Consents => ImportKind::Consents,
            KindArgument::Suppressions => ImportKind::Suppressions,
        },
        source,
        exported_on: command.exported_on,
        file: file.name.clone(),
        file_sha256: file.sha256.clone(),
        columns,
        width: file.headings.len(),
        dates: match command.dates {
            None => DateOrder::Unknown,
            Some(DateArgument::Mdy) => DateOrder::MonthFirst,
            Some(DateArgument::Dmy) => DateOrder::DayFirst,
        },
        program: program(store, command.program.as_deref())?,
    })
}

fn program(store: &Store, slug: Option<&str>) -> Result<Arc<Program>> {
    let wanted = slug.map(str::to_owned);
    let found = store.read_now::<_, StoreError>(|conn| programs::find(conn, wanted.as_deref()))?;
    found.ok_or_else(|| match slug {
        Some(slug) => anyhow!("There is no program {slug}. Its slug is on the Programs page."),
        None => anyhow!("There is no program yet. Start the server once, then import."),
    })
}

/// The columns by their headings, and by what the operator says of them.
fn columns(file: &ImportFile, maps: &[String]) -> Result<ColumnMap> {
    let mut columns = ColumnMap::guessed(file.headings.iter().map(String::as_str));
    for map in maps {
        let (heading, column) =
            map.rsplit_once('=').ok_or_else(|| anyhow!("Write --map as HEADING=COLUMN, not “{map}”."))?;
        let same = |known: &&String| known.trim().eq_ignore_ascii_case(heading.trim());
        let place = file.headings.iter().position(|known| same(&known)).ok_or_else(|| {
            anyhow!("The file has no heading “{heading}”. It has: {}.", file.headings.join(", "))
        })?;
        if column == "ignore" {
            columns.ignore(place);
            continue;
        }
        let column = ImportColumn::from_str(column).map_err(|_| {
            let known: Vec<&str> = ImportColumn::ALL.iter().map(|column| column.as_str()).collect();
            anyhow!("“{column}” is no column of an import. Choose one of {}, or ignore.", known.join(", "))
        })?;
        columns.set(place, column);
    }
    if columns.place(ImportColumn::Phone).is_none() {
        bail!(
            "No column holds the phone number. Say which one does with --map HEADING=phone. The headings are: {}.",
            file.headings.join(", ")
        );
    }
    Ok(columns)
}

fn say_columns(file: &ImportFile, columns: &ColumnMap) {
    println!("{}: {} rows. The columns are read like this:", file.name, file.rows);
    for (place, heading) in file.headings.iter().enumerate() {
        let column = columns.iter().find(|(_, known)| *known == place);
        println!("  {heading}: {}", column.map_or("not read", |(column, _)| column.as_str()));
    }
}

/// How many rows come to what, and the reasons of those that were refused.
#[derive(Default)]
struct ImportCounts {
    outcomes: BTreeMap<ImportOutcome, u64>,
    reasons: BTreeMap<String, u64>,
}

impl ImportCounts {
    fn count(&mut self, report: &RowReport) {
        *self.outcomes.entry(report.outcome).or_default() += 1;
        for note in &report.notes {
            *self.reasons.entry(import_text::in_general(note)).or_default() += 1;
        }
    }

    fn of(&self, outcome: ImportOutcome) -> u64 {
        self.outcomes.get(&outcome).copied().unwrap_or(0)
    }

    /// For the administration log.
    fn facts(&self) -> String {
        let parts: Vec<String> =
            ImportOutcome::ALL.iter().map(|outcome| format!("{outcome} {}", self.of(*outcome))).collect();
        parts.join(", ")
    }
}

fn say_counts(heading: &str, counts: &ImportCounts, refused: &Path) {
    println!("{heading}");
    for outcome in ImportOutcome::ALL {
        println!("  {:>9}  {}", counts.of(*outcome), import_text::outcome(*outcome));
    }
    println!("  {:>9}  rows in all", counts.outcomes.values().sum::<u64>());
    for (reason, count) in &counts.reasons {
        println!("  {count} × {reason}");
    }
    if counts.of(ImportOutcome::Refused) > 0 {
        println!("The refused rows are in {}. Correct them there, and import that file.", refused.display());
    }
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.file_stem().unwrap_or_default().to_owned();
    name.push(".refused.csv");
    file.with_file_name(name)
}

/// The rows that were not taken, with the reason behind them, as a file that can be corrected.
struct RefusedRows {
    path: PathBuf,
    headings: Vec<String>,
    writer: Option<csv::Writer<File>>,
}

impl RefusedRows {
    fn new(path: &Path, file: &ImportFile) -> RefusedRows {
        RefusedRows { path: path.to_owned(), headings: file.headings.clone(), writer: None }
    }

    fn add(&mut self, row: &FileRow, report: &RowReport) -> Result<()> {
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None => {
                let file = File::create(&self.path)
                    .with_context(|| format!("{} can't be written", self.path.display()))?;
                let writer = self.writer.insert(csv::WriterBuilder::new().flexible(true).from_writer(file));
                writer.write_record(self.headings.iter().map(String::as_str).chain(["Refused because"]))?;
                writer
            }
        };
        let cells = row.cells.iter().map(String::as_str);
        let padding = std::iter::repeat_n("", self.headings.len().saturating_sub(row.cells.len()));
        let reason = report.notes.join(" ");
        writer.write_record(cells.chain(padding).chain([reason.as_str()]))?;
        Ok(())
    }

    fn finish(self) -> Result<()> {
        if let Some(mut writer) = self.writer {
            writer.flush()?;
        }
        Ok(())
    }
}

/// Reads the file in portions, and counts what `each` makes of them.
fn in_portions(
    file: &ImportFile,
    refused: &Path,
    mut each: impl FnMut(Vec<FileRow>) -> Result<(Vec<FileRow>, Vec<RowReport>)>,
) -> Result<ImportCounts> {
    let (mut counts, mut refused) = (ImportCounts::default(), RefusedRows::new(refused, file));
    let mut rows = file.rows()?;
    let mut done: u64 = 0;
    loop {
        let portion: Vec<FileRow> = rows.by_ref().take(PORTION).collect::<Result<_, _>>()?;
        if portion.is_empty() {
            break;
        }
        let (rows, reports) = each(portion)?;
        for (row, report) in rows.iter().zip(&reports) {
            counts.count(report);
            if report.outcome == ImportOutcome::Refused {
                refused.add(row, report)?;
            }
        }
        done += u64::try_from(rows.len()).unwrap_or_default();
        eprint!("\r{done} of {} rows", file.rows);
    }
    eprintln!();
    refused.finish()?;
    Ok(counts)
}

fn dry_run(
    store: &Store,
    file: &ImportFile,
    order: &Arc<ImportOrder>,
    region: &str,
    refused: &Path,
) -> Result<ImportCounts> {
    let mut dry = DryRun::default();
    in_portions(file, refused, |rows| {
        let context = ActionContext::new(&Actor::Operator, Clock::System.now(), region);
        let reports = store.read_now(|conn| dry.plan(conn, &context, order, &rows))?;
        Ok((rows, reports))
    })
}

/// Takes the rows, a portion in one transaction. After an interruption the same command goes on: what was taken is not taken twice.
fn take(
    opened: &OperatorStore,
    file: &ImportFile,
    order: &Arc<ImportOrder>,
    region: &str,
    refused: &Path,
) -> Result<ImportCounts> {
    let facts = format!("{} from {}, {} rows: {}", order.kind, order.source, file.rows, file.name);
    note(opened, file, "import.began", facts)?;
    let counts = in_portions(file, refused, |rows| {
        let (order, region, rows) = (Arc::clone(order), region.to_owned(), Arc::new(rows));
        let taken = Arc::clone(&rows);
        let now = Clock::System.now();
        let write = move |tx: &mut crate::store::Tx<'_>| {
            take_rows(tx, &ActionContext::new(&Actor::Operator, now, &region), &order, &taken)
        };
        let reports = opened.store.write_now::<_, ActionError>(write).map_err(|error| {
            anyhow!(
                "The import stopped: {error}. Run the same command again: what was taken is not taken twice."
            )
        })?;
        Ok((Arc::unwrap_or_clone(rows), reports))
    })?;
    note(opened, file, "import.done", counts.facts())?;
    opened.seal();
    Ok(counts)
}

fn note(opened: &OperatorStore, file: &ImportFile, what: &'static str, facts: String) -> Result<()> {
    let (sha256, now) = (file.sha256.clone(), Clock::System.now());
    let write =
        move |tx: &mut crate::store::Tx<'_>| note_import(tx, &Actor::Operator, what, &sha256, &facts, now);
    Ok(opened.store.write_now::<_, StoreError>(write)?)
}
