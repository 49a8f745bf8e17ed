//! Files from other systems: what is taken, what is refused and why, and that nothing in a file brings back an opted-out number.

use std::fs;
use std::sync::Arc;

use chrono::Duration;
use reqwest::Method;
use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::import::{DryRun, FileRow, ImportFile, ImportOrder, RowReport, take_rows};
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::import::{ColumnMap, DateOrder, ImportKind, ImportOutcome};
use sms_opt_in::store::{ReadConn, Tx, programs};
use tempfile::TempDir;

use crate::support::{World, by, run_beside, world};

use ImportOutcome::{Changed, New, OptedIn, Refused, Tightened, Unchanged};

/// What the rows came to, line by line. The dry run has to say the same.
async fn import(world: &World, kind: ImportKind, content: impl AsRef<[u8]>) -> Vec<RowReport> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("list.csv");
    fs::write(&path, content).unwrap();
    let file = ImportFile::open(&path).unwrap();
    let program =
        world.jobs.store.read::<_, ActionError>(|conn| Ok(programs::find(conn, None)?)).await.unwrap();
    let order = Arc::new(ImportOrder {
        kind,
        source: "HubSpot".to_owned(),
        exported_on: None,
        file: file.name.clone(),
        file_sha256: file.sha256.clone(),
        columns: ColumnMap::guessed(file.headings.iter().map(String::as_str)),
        width: file.headings.len(),
        dates: DateOrder::Unknown,
        program: program.unwrap(),
    });
    let rows: Arc<Vec<FileRow>> = Arc::new(file.rows().unwrap().collect::<Result<_, _>>().unwrap());
    let now = world.clock.now();
    let (planned, all) = (Arc::clone(&order), Arc::clone(&rows));
    let plan = move |conn: &mut ReadConn<'_>| {
        DryRun::default().plan(conn, &by(&Actor::Operator, now), &planned, &all)
    };
    let planned: Vec<RowReport> = world.jobs.store.read(plan).await.unwrap();
    let take = move |tx: &mut Tx<'_>| take_rows(tx, &by(&Actor::Operator, now), &order, &rows);
    let taken = world.jobs.store.write(take).await.unwrap();
    assert_eq!(outcomes(&planned), outcomes(&taken), "the dry run says what is done");
    taken
}

fn outcomes(reports: &[RowReport]) -> Vec<(u64, ImportOutcome)> {
    reports.iter().map(|report| (report.line, report.outcome)).collect()
}

fn what(reports: &[RowReport]) -> Vec<ImportOutcome> {
    reports.iter().map(|report| report.outcome).collect()
}

const EVIDENCE: &str = "Phone,SMS consent,Method,Date,Wording";

#[actix_web::test]
async fn every_suppression_is_taken_and_needs_no_evidence() {
    let world = world().await;
    let (ana, bob, eve) = (world.lead(1), world.lead(2), world.lead(3));
    ana.texts("START").await;
    eve.texts("STOP").await;
    let (_, held) = bob.is_sent("Your rate is ready").await;
    let list = format!(
        "Phone Number,Opt-out date,Reason\n{},2024-05-01,Texted STOP\n{},soon,\n{},,\n(206) 555-0177,,\nnobody,,\n",
        ana.phone.as_str(),
        bob.phone.as_str(),
        eve.phone.as_str()
    );
    let reports = import(&world, ImportKind::Suppressions, &list).await;
    assert_eq!(what(&reports), [Tightened, Tightened, Unchanged, Tightened, Refused]);
    assert!(reports[1].notes[0].contains("“soon” is not a date in the past"), "{:?}", reports[1]);
    for lead in [&ana, &bob, &eve] {
        assert_eq!(lead.state().await, "opted_out");
    }
    assert_eq!(world.status(&held["id"]).await, "cancelled");
    let event = ana.history().await.pop().unwrap();
    assert_eq!((event["source"].as_str(), event["kind"].as_str()), (Some("import"), Some("opted_out")));
    assert_eq!(event["evidence"]["from"]["line"], 2);
    assert_eq!(event["evidence"]["from"]["source"], "HubSpot");
    assert!(event["occurred_at"].as_str().unwrap().starts_with("2024-05-01"), "{event}");
    let again = import(&world, ImportKind::Suppressions, &list).await;
    assert_eq!(what(&again), [Unchanged, Unchanged, Unchanged, Unchanged, Refused]);
    assert_eq!(ana.history().await.len(), 2, "what was taken is not taken twice");
    world.clock.advance(Duration::minutes(1));
    ana.texts("START").await;
    assert_eq!(ana.state().await, "opted_in", "her own START brings her back");
    world.is_intact().await;
}

#[actix_web::test]
async fn a_consent_needs_its_method_date_and_wording_or_document() {
    let world = world().await;
    let [ana, bob, eve, joe, may] = [1, 2, 3, 4, 5].map(|line| world.lead(line));
    let list = format!(
        "{EVIDENCE},Document,Name\n\
         {},subscribed,web form,2025-03-01,\"Text me, \"\"please\"\"\",,Ana\n\
         {},subscribed,,2025-03-01,Text me,,\n\
         {},yes,paper,2025-03-01,,Contract 4711,\n\
         {},,,,,,Joe\n\
         {},subscribed,web form,3/4/2025,Text me,,\n",
        ana.phone.as_str(),
        bob.phone.as_str(),
        eve.phone.as_str(),
        joe.phone.as_str(),
        may.phone.as_str()
    );
    let reports = import(&world, ImportKind::Consents, &list).await;
    assert_eq!(what(&reports), [OptedIn, New, OptedIn, New, Refused]);
    assert!(reports[1].notes[0].contains("lacks its method"), "{:?}", reports[1]);
    assert!(reports[4].notes[0].contains("the month or the day may come first"), "{:?}", reports[4]);
    for (lead, state) in [(&ana, "opted_in"), (&bob, "not_asked"), (&eve, "opted_in"), (&joe, "not_asked")] {
        assert_eq!(lead.state().await, state);
    }
    let event = ana.history().await.pop().unwrap();
    assert_eq!(event["evidence"]["wording"], "Text me, \"please\"", "byte for byte");
    assert_eq!(ana.received(), Vec::<String>::new(), "nothing is sent about a thing of the past");
    let again = import(&world, ImportKind::Consents, &list).await;
    assert_eq!(what(&again), [Unchanged, Unchanged, Unchanged, Unchanged, Refused]);
    let other = format!("{EVIDENCE}\n{},subscribed,call,2025-04-01,Text me\n", ana.phone.as_str());
    assert_eq!(what(&import(&world, ImportKind::Consents, &other).await), [Changed], "evidence is added");
    let (_, sent) = ana.is_sent("Your rate is ready").await;
    world.work().await;
    assert_eq!(world.status(&sent["id"]).await, "delivered");
    let page = ana.contact("Ana").await;
    let mut ada = world.ada().await;
    ada.open(&page)
        .await
        .says("Exported by")
        .says("HubSpot")
        .says("list.csv, line 2")
        .says("Text me, &#34;please&#34;");
    world.is_intact().await;
}

/// Each way in which a file may call a number that opted out "subscribed".
#[actix_web::test]
async fn no_import_brings_back_an_opted_out_number() {
    let world = world().await;
    let (ana, eve) = (world.lead(1), world.lead(2));
    for lead in [&ana, &eve] {
        lead.texts("START").await;
    }
    ana.texts("STOP").await;
    let words = ["subscribed", "opted in", "yes", "TRUE", "1", "active", "confirmed"];
    for kind in ImportKind::ALL {
        for word in words {
            for date in ["2020-01-01", "2026-01-01T00:00:00Z", ""] {
                let list = format!("{EVIDENCE}\n{},{word},web form,{date},Text me\n", ana.phone.as_str());
                import(&world, *kind, &list).await;
                assert_eq!(ana.state().await, "opted_out", "{kind} {word} {date}");
            }
        }
    }
    // In one file, above the opt-out and below it.
    let (in_row, out_row) = ("subscribed,web form,2025-01-01,Text me", "unsubscribed,,,");
    let phone = eve.phone.as_str();
    let list =
        format!("{EVIDENCE}\n{phone},{in_row}\n{phone},{out_row}\n{phone},{in_row}\n{phone},{out_row}\n");
    let reports = import(&world, ImportKind::Consents, &list).await;
    assert_eq!(what(&reports), [Changed, Tightened, Refused, Unchanged]);
    assert_eq!(eve.state().await, "opted_out");
    let (status, answer) = eve.is_sent("Your rate is ready").await;
    assert_eq!((status, answer["code"].as_str()), (422, Some("opted_out")));
    world.is_intact().await;
}

#[actix_web::test]
async fn contacts_are_found_again_by_their_external_id_or_their_name() {
    let world = world().await;
    let (ana, eve) = (world.lead(1), world.lead(2));
    let list = format!(
        "First Name,Last Name,Mobile,Email,Record ID,Zip,Opted out\n\
         Ana,Lee,{0},ana@example.com,c-1,98101,\n\
         Bob,Lee,{0},,,,\n\
         Eve,,{1},,,,yes\n\
         Joe,,{1},no address,,,\n\
         May,,{1},,,2134,\n",
        ana.phone.as_str(),
        eve.phone.as_str()
    );
    let reports = import(&world, ImportKind::Contacts, &list).await;
    assert_eq!(what(&reports), [New, New, Tightened, Refused, Refused]);
    assert!(reports[3].notes[0].contains("email address"), "{:?}", reports[3]);
    assert!(reports[4].notes[0].contains("all five digits"), "{:?}", reports[4]);
    assert_eq!(eve.state().await, "opted_out", "an opt-out in a list of contacts counts");
    let again = import(&world, ImportKind::Contacts, &list).await;
    assert_eq!(what(&again), [Unchanged, Unchanged, Unchanged, Refused, Refused]);
    let moved = format!("Name,Mobile,Record ID\nAna Lee,{},c-1\n", eve.phone.as_str());
    let reports = import(&world, ImportKind::Contacts, &moved).await;
    assert_eq!(what(&reports), [Changed]);
    assert_eq!(reports[0].notes, ["The contact moves to this number."]);
    let (_, found) = world.call(Method::GET, "/api/v1/contacts?q=Ana%20Lee", None).await;
    let found: Vec<&serde_json::Value> = found["data"].as_array().unwrap().iter().collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["phone"], eve.phone.as_str());
    assert_eq!(found[0]["state"], "opted_out", "the consent stays with the number");
    world.is_intact().await;
}

fn utf16(text: &str, marked: bool) -> Vec<u8> {
    let mark = marked.then_some(0xfeff);
    mark.into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

#[actix_web::test]
async fn files_are_read_as_other_programs_write_them() {
    let world = world().await;
    let row = "Name,Phone\nZoë,(206) 555-0111\n";
    let latin: Vec<u8> = row.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    let files: Vec<(&str, Vec<u8>, Vec<ImportOutcome>)> = vec![
        ("UTF-8", row.into(), vec![New]),
        ("UTF-8 with its mark", [b"\xef\xbb\xbf", row.as_bytes()].concat(), vec![Unchanged]),
        ("UTF-16", utf16(row, true), vec![Unchanged]),
        ("Windows-1252", latin, vec![Unchanged]),
        ("semicolons", row.replace(',', ";").into(), vec![Unchanged]),
        ("tabs", row.replace(',', "\t").into(), vec![Unchanged]),
        ("Windows line ends", row.replace('\n', "\r\n").into(), vec![Unchanged]),
        ("no last line end", row.trim_end().into(), vec![Unchanged]),
        ("empty rows", format!("\n\n{row}\n,\n , \n").into(), vec![Unchanged]),
        ("a name with a line end", "Name,Phone\n\"Zoë\nLee\",2065550111\n".into(), vec![New]),
        ("a row that ends early", "Phone,Name,Email\n2065550112\n".into(), vec![New]),
        ("empty cells behind the row", "Phone,Name\n2065550112,,,\n".into(), vec![Unchanged]),
        ("cells behind the row", "Phone,Name\n2065550112,Lee,Ann\n".into(), vec![Refused]),
        ("a heading twice", "Phone,Phone\n2065550112,2065550113\n".into(), vec![Unchanged]),
        ("an exponent", "Phone\n2.06555E+09\n".into(), vec![Refused]),
        ("a fraction", "Phone\n2065550112.0\n".into(), vec![Unchanged]),
        ("a digit lost", "Phone\n206555011.0\n".into(), vec![Refused]),
        ("an extension", "Phone\n206-555-0112 x9\n".into(), vec![Refused]),
        ("two numbers", "Phone\n206-555-0112 / 206-555-0113\n".into(), vec![Refused]),
        ("the mark of our own exports", "Phone\n'+12065550112\n".into(), vec![Unchanged]),
        ("a formula", "Phone,Name\n2065550114,=1+1\n".into(), vec![New]),
    ];
    for (name, content, expected) in files {
        assert_eq!(what(&import(&world, ImportKind::Contacts, content).await), expected, "{name}");
    }
    let mut ada = world.ada().await;
    ada.open("/contacts").await.says("Zoë");
    world.is_intact().await;
}

#[test]
fn a_file_that_cannot_be_read_says_what_to_do() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("list.csv");
    let endless = format!("Phone,Name\n2065550100,\"{}", "a\n".repeat(600_000));
    let wide = format!("Phone{}\n", ",".repeat(1200));
    for (content, says) in [
        (b"PK\x03\x04rest".to_vec(), "Save the sheet as CSV"),
        (utf16("Phone\n2065550100\n", false), "This is no text file"),
        (b"Phone\n2065550100\0\n".to_vec(), "This is no text file"),
        (Vec::new(), "no rows below its headings"),
        (b"Phone,Name\n".to_vec(), "no rows below its headings"),
        (endless.into_bytes(), "begins in line 2 is too long: a quotation mark is missing"),
        (wide.into_bytes(), "Line 1 has more than 1,000 cells"),
    ] {
        fs::write(&path, content).unwrap();
        let error = ImportFile::open(&path).unwrap_err().to_string();
        assert!(error.contains(says), "{says}: {error}");
    }
}

#[actix_web::test]
async fn the_command_shows_what_it_will_do_and_writes_what_it_refused() {
    let world = world().await;
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("stops.csv");
    fs::write(&path, "Recipient,Why\n2065550123,\nnobody,moved\n").unwrap();
    let file = path.to_str().unwrap();
    let import = ["import", file, "--kind", "suppressions", "--source", "Twilio", "--map", "Why=reason"];
    let (code, said) = run_beside(&world, &[&import[..], &["--dry-run"]].concat()).await;
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("Recipient: phone") && said.contains("Why: reason"), "{said}");
    assert!(
        said.contains("1  opted out") && said.contains("1  refused") && said.contains("2  rows in all"),
        "{said}"
    );
    assert!(said.contains("Nothing was written."), "{said}");
    let (_, before) = world.call(Method::GET, "/api/v1/numbers/+12065550123/events", None).await;
    assert_eq!(before, serde_json::json!([]), "nothing is on record");
    let (code, said) = run_beside(&world, &[&import[..], &["--yes"]].concat()).await;
    assert_eq!(code, 0, "{said}");
    let (_, known) = world.call(Method::GET, "/api/v1/numbers/+12065550123/consent", None).await;
    assert_eq!(known["state"], "opted_out");
    let refused = fs::read_to_string(folder.path().join("stops.refused.csv")).unwrap();
    let lines: Vec<&str> = refused.lines().collect();
    assert_eq!(lines[0], "Recipient,Why,Refused because");
    assert!(lines[1].starts_with("nobody,moved,"), "{refused}");
    let mut ada = world.ada().await;
    ada.open("/log").await.says("import.began").says("import.done").says("tightened 1");
    let (code, said) = run_beside(
        &world,
        &["import", file, "--kind", "contacts", "--source", "x", "--map", "Recipient=ignore"],
    )
    .await;
    assert_eq!(code, 2);
    assert!(said.contains("No column holds the phone number"), "{said}");
    world.is_intact().await;
}
