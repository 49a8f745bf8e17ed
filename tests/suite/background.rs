//! Background jobs: long work in pieces, with other writes between them, that goes on after a crash, is cancelled, fails and is
//! retried.

use chrono::Duration;
use serde_json::json;
use sha2::{Digest, Sha256};
use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::background::{
    PieceOutcome, append_result, cancel_job, claim_job, delete_old_jobs, retry_job, run_piece,
};
use sms_opt_in::actions::receive_text::receive_text;
use sms_opt_in::actions::restore::suspend_sending;
use sms_opt_in::actions::uploads::delete_old_files;
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::background_job::{JobKind, JobState, JobTask};
use sms_opt_in::domain::id::{JobId, MessageId, ProgramId};
use sms_opt_in::domain::message::{IdCertainty, InboundText};
use sms_opt_in::domain::phone::Phone;
use sms_opt_in::domain::restore_hold::{RestoreHold, RestoreSign};
use sms_opt_in::domain::role::Role;
use sms_opt_in::domain::time::Timestamp;
use sms_opt_in::jobs::{JobRunner, end_old_leases, run_background};
use sms_opt_in::store::background_jobs::{self, BackgroundJob};
use sms_opt_in::store::contacts::{self, ContactDetails};
use sms_opt_in::store::{ReadConn, Store, Tx, counters, numbers, programs, sending};

use crate::programs::add_rates;
use crate::support::person::Person;
use crate::support::{World, by, database, world};

/// A number of the filled database.
fn phone(n: usize) -> Phone {
    Phone::from_e164(&format!("+1415{:07}", 2_000_000 + n)).unwrap()
}

/// So many contacts; every tenth number texted START, and every twentieth STOP after it.
pub async fn filled(world: &World, count: usize) {
    world.work().await;
    let now = world.clock.now();
    for from in (0..count).step_by(500) {
        let fill = move |tx: &mut Tx<'_>| {
            for n in from..(from + 500).min(count) {
                let mut number = numbers::find_or_create(tx, &phone(n), now)?;
                contacts::insert(tx, &mut number, &named(&format!("Contact {n}")), now)?;
                for (every, body) in [(10, "START"), (20, "STOP")] {
                    if n.is_multiple_of(every) {
                        let text = text(n, body);
                        receive_text(tx, &by(&Actor::Lead, now), "simulator", &text)?;
                    }
                }
            }
            Ok::<_, ActionError>(())
        };
        world.jobs.store.write(fill).await.unwrap();
    }
}

fn named(name: &str) -> ContactDetails {
    ContactDetails {
        name: name.to_owned(),
        email: None,
        external_id: None,
        zip: None,
        time_zone: None,
        time_zone_confirmed: false,
    }
}

fn text(n: usize, body: &str) -> InboundText {
    InboundText {
        provider_id: format!("SM-{body}-{n}"),
        from: phone(n).as_str().to_owned(),
        to: "+12065550199".to_owned(),
        body: body.to_owned(),
        sent_at: None,
        answered_by_provider: true,
        opted_out_at_provider: false,
        opted_in_at_provider: false,
        id_certainty: IdCertainty::Certain,
    }
}

/// The job that gives the program its rows.
async fn job_of(store: &Store, slug: &'static str) -> (ProgramId, BackgroundJob) {
    store
        .read(move |conn| {
            let program = programs::find(conn, Some(slug))?.unwrap().id;
            let jobs = background_jobs::page(conn, None, None, 100)?;
            let meant =
                |job: &BackgroundJob| job.kind == JobKind::ProgramRows && job.program_id == Some(program);
            Ok::<_, ActionError>((program, jobs.into_iter().find(meant).unwrap()))
        })
        .await
        .unwrap()
}

async fn figures(store: &Store, program: ProgramId) -> [i64; 3] {
    let found = store.read(move |conn| counters::of(conn, program)).await.unwrap();
    ["all", "not_asked", "opted_out"].map(|state| found.get(state).copied().unwrap_or_default())
}

/// How many rows the program has, and how many of them say that the number is out.
fn rows(world: &World, program: ProgramId) -> (usize, usize) {
    let id = data_encoding::HEXLOWER.encode(program.as_bytes());
    let id = if database::is_postgres() { format!("'\\x{id}'") } else { format!("x'{id}'") };
    let query = format!("SELECT state AS line FROM consents WHERE program_id = {id}");
    let states = database::lines(&world.database, &query);
    (states.len(), states.iter().filter(|state| *state == "opted_out").count())
}

fn runner(world: &World, store: &Store) -> JobRunner {
    JobRunner::new(store.clone(), world.clock.clone()).unwrap()
}

#[actix_web::test]
async fn a_new_program_gets_its_rows_in_pieces_while_others_write_and_a_crash_loses_nothing() {
    let world = world().await;
    filled(&world, 2000).await;
    let mut ada = world.ada().await;
    add_rates(&mut ada).await;
    let (program, job) = job_of(&world.jobs.store, "rates").await;
    assert_eq!((job.state, job.began_by.as_str()), (JobState::Queued, "user:ada@example.com"));
    assert_eq!(figures(&world.jobs.store, program).await, [2000, 2000, 0]);
    assert_eq!(rows(&world, program).0, 0, "the page waited for no row");
    let mut first = runner(&world, &world.jobs.store);
    assert!(first.step().await.unwrap());
    // Between two pieces a lead stops, one comes back, and a contact is added to a number that has no row yet.
    for (n, body) in [(1990, "START"), (1980, "START"), (1970, "STOP")] {
        let (text, now) = (text(n, body), world.clock.now().plus(Duration::minutes(2)));
        let write =
            move |tx: &mut Tx<'_>| receive_text(tx, &by(&Actor::Lead, now), "simulator", &text).map(drop);
        world.jobs.store.write(write).await.unwrap();
    }
    let now = world.clock.now();
    let second = move |tx: &mut Tx<'_>| {
        let mut number = numbers::find_or_create(tx, &phone(1960), now)?;
        contacts::insert(tx, &mut number, &named("Second"), now)?;
        Ok::<_, ActionError>(())
    };
    world.jobs.store.write(second).await.unwrap();
    let (_, job) = job_of(&world.jobs.store, "rates").await;
    assert_eq!((job.state, job.total), (JobState::Running, Some(2000)));
    assert!(job.done > 0 && job.done < 2000, "{}", job.done);
    world.is_intact().await;
    // The server ends here, and another one starts.
    drop(first);
    let store = Store::open(&world.database).unwrap();
    assert_eq!(run_background(&store, &world.clock).await.unwrap(), 0, "the lease still holds");
    world.clock.advance(Duration::seconds(31));
    assert!(run_background(&store, &world.clock).await.unwrap() > 1);
    let (_, job) = job_of(&world.jobs.store, "rates").await;
    assert_eq!((job.state, job.done, job.last_error), (JobState::Done, 2000, None));
    assert!(job.finished_at.is_some() && job.holder.is_none());
    // 100 were out before; 1970 stopped; 1980 came back with that number for the default program and this one alone says why.
    let [all, not_asked, out] = figures(&store, program).await;
    let (rows, out_rows) = rows(&world, program);
    assert_eq!((all, rows), (2001, 200), "every number with a history, once");
    assert_eq!(not_asked + out + opted_in(&world, program).await, 2001);
    assert_eq!(i64::try_from(out_rows).unwrap() + 1, out, "the second contact on 1960 counts as well");
    world.is_intact().await;
}

async fn opted_in(world: &World, program: ProgramId) -> i64 {
    let found = world.jobs.store.read(move |conn| counters::of(conn, program)).await.unwrap();
    found.get("opted_in").copied().unwrap_or_default()
}

#[actix_web::test]
async fn a_number_without_its_row_is_as_its_history_says() {
    let world = world().await;
    filled(&world, 60).await;
    let mut ada = world.ada().await;
    add_rates(&mut ada).await;
    let out = phone(20);
    let checks = |path: String| {
        let world = &world;
        async move { world.call(reqwest::Method::GET, &path, None).await.1 }
    };
    let path = format!("/api/v1/numbers/{}/consent?program=rates", out.as_str());
    let before = checks(path.clone()).await;
    assert_eq!((&before["state"], &before["can_text_now"]), (&json!("opted_out"), &json!(false)), "{before}");
    let message = json!({"to": out.as_str(), "body": "Rates fell", "category": "alert", "program": "rates"});
    let (status, refused) = world.call(reqwest::Method::POST, "/api/v1/messages", Some(message)).await;
    assert_eq!((status, &refused["code"]), (422, &json!("opted_out")), "{refused}");
    let list = ada.open("/contacts?program=rates&q=Contact+20").await;
    list.says("Opted out");
    ada.open("/contacts?program=rates&q=Contact+20&state=opted_out").await.says("Contact 20");
    ada.open("/contacts?program=rates&q=Contact+20&state=not_asked").await.lacks(">Contact 20<");
    ada.open("/contacts?program=rates&q=Contact+30").await.says("Not asked");
    world.work().await;
    assert_eq!(checks(path).await["state"], "opted_out");
    ada.open("/contacts?program=rates&state=opted_out").await.says("Contact 20");
    world.is_intact().await;
}

#[actix_web::test]
async fn a_person_cancels_a_job_and_has_it_go_on() {
    let world = world().await;
    filled(&world, 400).await;
    let mut ada = world.ada().await;
    add_rates(&mut ada).await;
    let (program, job) = job_of(&world.jobs.store, "rates").await;
    let mut runner = runner(&world, &world.jobs.store);
    assert!(runner.step().await.unwrap());
    steer(&world, job.id, cancel_job).await.unwrap();
    assert!(runner.step().await.unwrap(), "the piece finds that it is cancelled");
    assert!(!runner.step().await.unwrap());
    let (_, stopped) = job_of(&world.jobs.store, "rates").await;
    assert_eq!((stopped.state, stopped.done), (JobState::Cancelled, 50));
    let twice = steer(&world, job.id, cancel_job).await.unwrap_err();
    assert!(matches!(twice, ActionError::Conflict(_)), "{twice}");
    world.is_intact().await;
    steer(&world, job.id, retry_job).await.unwrap();
    assert!(steer(&world, job.id, retry_job).await.is_err(), "it waits already");
    world.work().await;
    let (_, done) = job_of(&world.jobs.store, "rates").await;
    assert_eq!((done.state, done.done), (JobState::Done, 400));
    assert_eq!(rows(&world, program).0, 40);
    world.is_intact().await;
    ada.open("/log").await.says("job.canceled").says("job.retried");
}

async fn steer(
    world: &World,
    id: JobId,
    how: fn(&mut Tx<'_>, &sms_opt_in::actions::ActionContext<'_>, JobId) -> Result<(), ActionError>,
) -> Result<(), ActionError> {
    let (now, actor) = (world.clock.now(), Actor::User("ada@example.com".to_owned()));
    world.jobs.store.write(move |tx| how(tx, &by(&actor, now), id)).await
}

#[actix_web::test]
async fn a_job_that_fails_is_retried_with_a_wait_and_then_by_a_person() {
    let world = world().await;
    filled(&world, 100).await;
    add_rates(&mut world.ada().await).await;
    let (_, job) = job_of(&world.jobs.store, "rates").await;
    // A task that this version cannot read.
    let spoil = |from: &str, to: &str| {
        format!("UPDATE background_jobs SET parameters = replace(parameters, '{from}', '{to}')")
    };
    database::run(&world.database, &spoil("program_rows", "later_kind")).unwrap();
    world.work().await;
    for (failures, wait) in [(1, 6), (2, 31), (3, 121)] {
        let (_, waiting) = job_of(&world.jobs.store, "rates").await;
        assert_eq!((waiting.state, waiting.attempts), (JobState::Queued, failures));
        assert!(waiting.last_error.unwrap().contains("not readable"));
        assert_eq!(world.work().await, 0, "it waits");
        world.clock.advance(Duration::seconds(wait));
        assert_eq!(world.work().await, 1);
    }
    let (_, failed) = job_of(&world.jobs.store, "rates").await;
    assert_eq!((failed.state, failed.attempts), (JobState::Failed, 4));
    world.clock.advance(Duration::hours(5));
    assert_eq!(world.work().await, 0, "a person decides");
    database::run(&world.database, &spoil("later_kind", "program_rows")).unwrap();
    steer(&world, job.id, retry_job).await.unwrap();
    world.work().await;
    assert_eq!(job_of(&world.jobs.store, "rates").await.1.state, JobState::Done);
    world.is_intact().await;
}

#[actix_web::test]
async fn a_server_that_is_alone_goes_on_at_once() {
    let world = world().await;
    filled(&world, 200).await;
    add_rates(&mut world.ada().await).await;
    let mut first = runner(&world, &world.jobs.store);
    assert!(first.step().await.unwrap());
    end_old_leases(&world.jobs.store).await.unwrap();
    let mut next = runner(&world, &world.jobs.store);
    assert_eq!(next.step().await.unwrap(), !database::is_postgres(), "others may live on a shared database");
    if !database::is_postgres() {
        assert!(first.step().await.unwrap(), "the one that was thought dead finds out");
        assert!(!first.step().await.unwrap());
        while next.step().await.unwrap() {}
    }
    world.clock.advance(Duration::seconds(31));
    world.work().await;
    let (program, job) = job_of(&world.jobs.store, "rates").await;
    assert_eq!((job.state, job.done), (JobState::Done, 200));
    assert_eq!(rows(&world, program).0, 20);
    world.is_intact().await;
}

#[actix_web::test]
async fn the_page_of_a_job_shows_its_progress_and_lets_an_administrator_stop_it() {
    let world = world().await;
    filled(&world, 300).await;
    let (mut ada, mut sam) = (world.ada().await, world.sam().await);
    add_rates(&mut ada).await;
    let (_, job) = job_of(&world.jobs.store, "rates").await;
    let (page, live) = (format!("/jobs/{}", job.id), format!("/jobs/{}/live", job.id));
    for shown in ["/programs/rates", "/contacts?program=rates"] {
        ada.open(shown).await.says("This program is being prepared").says(&format!("href=\"{page}\""));
        sam.open(shown).await.says("This program is being prepared").lacks(&page);
    }
    ada.open("/jobs")
        .await
        .says("Prepare a new program: Rate alerts")
        .says("Waiting")
        .says("user:ada@example.com");
    assert_eq!((sam.open("/jobs").await.status, sam.open(&page).await.status), (403, 403));
    let refresh = format!("<meta http-equiv=\"refresh\" content=\"3; url={live}\">");
    ada.open(&page).await.says(&refresh).says("0 numbers").says("Cancel job").lacks("Retry job");
    let mut runner = runner(&world, &world.jobs.store);
    assert!(runner.step().await.unwrap());
    ada.open(&live)
        .await
        .says("50 of 300 numbers")
        .says("<progress max=\"300\" value=\"50\"")
        .says("Running");
    let metrics = world.metrics().await;
    assert!(metrics.contains("sms_opt_in_background_jobs{state=\"running\"} 1"), "{metrics}");
    let cancel = format!("{page}/cancel");
    assert_eq!(sam.post("/contacts/new", &cancel, &[]).await.status, 403);
    let canceled = ada.post(&page, &cancel, &[]).await;
    ada.follow(&canceled)
        .await
        .says("Canceled by a person.")
        .says("Retry job")
        .lacks("http-equiv=\"refresh\"");
    assert_eq!(ada.post(&page, &cancel, &[]).await.status, 409, "it has ended");
    assert!(runner.step().await.unwrap() && !runner.step().await.unwrap());
    ada.open("/jobs?state=cancelled").await.says("Prepare a new program");
    ada.open("/jobs?state=failed").await.says("No jobs here");
    let again = ada.post(&page, &format!("{page}/retry"), &[]).await;
    ada.follow(&again).await.says("It continues where it stopped").says("Waiting");
    while runner.step().await.unwrap() {}
    let done = ada.open(&page).await;
    done.says("300 of 300 numbers").says("Done").lacks("Cancel job").lacks("Retry job").lacks("http-equiv");
    ada.open("/programs/rates").await.lacks("being prepared");
    ada.open("/log").await.says("job.canceled").says(&format!("href=\"{page}\""));
}

#[actix_web::test]
async fn the_list_of_jobs_goes_on_page_by_page() {
    let world = world().await;
    world.work().await;
    let now = world.clock.now();
    let queue = move |tx: &mut Tx<'_>| {
        for _ in 0..59 {
            queue_check(tx, now)?;
        }
        queue_check(tx, now)
    };
    let last = world.jobs.store.write(queue).await.unwrap();
    steer(&world, last, cancel_job).await.unwrap();
    let mut ada = world.ada().await;
    let first = ada.open("/jobs").await;
    first.says("Check scheduled messages again").says("Older").lacks("Newest</a>");
    let older = ada.link("/jobs", "Older").await;
    ada.open(&older).await.says("Newest</a>").lacks("Older</a>");
    ada.open("/jobs?state=cancelled").await.says("Canceled");
    ada.open("/jobs?state=none&before=none").await.says("Older");
}

/// A job that looks again at what is scheduled.
fn queue_check(tx: &mut Tx<'_>, now: Timestamp) -> Result<JobId, ActionError> {
    let task = JobTask::Reschedule { program: None, until: MessageId::from(uuid::Uuid::max()) };
    Ok(background_jobs::queue(tx, &task, &Actor::Operator, None, now)?)
}

/// The kinds and states of all jobs, newest first.
async fn all_jobs(world: &World) -> Vec<(JobKind, JobState)> {
    let jobs = world.jobs.store.read(|conn| background_jobs::page(conn, None, None, 1000)).await.unwrap();
    jobs.into_iter().map(|job| (job.kind, job.state)).collect()
}

#[actix_web::test]
async fn a_change_that_finds_nothing_scheduled_leaves_no_job_behind() {
    let world = world().await;
    world.work().await;
    let before = all_jobs(&world).await;
    for on in [false, true] {
        world.quiet_hours(on).await;
        assert_eq!(
            all_jobs(&world).await.len(),
            before.len() + 1,
            "a later one takes the place of an earlier one"
        );
    }
    world.work().await;
    assert_eq!(all_jobs(&world).await, before);
    // It is night where the lead lives: the message waits for the morning.
    let ana = world.lead(1);
    ana.texts("START").await;
    world.clock.advance(Duration::hours(14));
    let (_, sent) = ana.is_sent("Your order is ready.").await;
    assert_eq!(world.status(&sent["id"]).await, "scheduled");
    world.quiet_hours(false).await;
    world.work().await;
    assert_eq!(all_jobs(&world).await.len(), before.len() + 1);
    world.deliver().await;
    assert_eq!(world.status(&sent["id"]).await, "delivered");
    world.is_intact().await;
}

#[actix_web::test]
async fn jobs_that_ended_a_year_ago_are_deleted_in_portions() {
    let world = world().await;
    filled(&world, 30).await;
    let mut ada = world.ada().await;
    add_rates(&mut ada).await;
    let (_, program_rows) = job_of(&world.jobs.store, "rates").await;
    steer(&world, program_rows.id, cancel_job).await.unwrap();
    let now = world.clock.now();
    let queue = move |tx: &mut Tx<'_>| {
        let jobs = (0..250).map(|_| queue_check(tx, now)).collect::<Result<Vec<_>, _>>()?;
        let by_hand = Actor::User("ada@example.com".to_owned());
        jobs.into_iter().try_for_each(|id| cancel_job(tx, &by(&by_hand, now), id))
    };
    world.jobs.store.write(queue).await.unwrap();
    let task = JobTask::CancelWaiting { until: MessageId::from(uuid::Uuid::max()) };
    let file = move |tx: &mut Tx<'_>| {
        let file = Some(("all.csv", "text/csv; charset=utf-8"));
        Ok::<_, ActionError>(background_jobs::queue(tx, &task, &Actor::Operator, file, now)?)
    };
    world.jobs.store.write(file).await.unwrap();
    world.work().await;
    let tidy = |days| {
        let at = now.plus(Duration::days(days));
        world.jobs.store.write(move |tx| delete_old_jobs(tx, at))
    };
    let before = all_jobs(&world).await.len();
    assert!(tidy(364).await.unwrap());
    assert_eq!(all_jobs(&world).await.len(), before, "a year is not over");
    assert!(!tidy(366).await.unwrap(), "more are left");
    assert_eq!(all_jobs(&world).await.len(), before - 200);
    assert!(tidy(366).await.unwrap());
    // The file was not deleted yet, and the program's lists are not complete.
    let left = [(JobKind::CancelWaiting, JobState::Done), (JobKind::ProgramRows, JobState::Cancelled)];
    assert_eq!(all_jobs(&world).await, left);
    let at = now.plus(Duration::days(366));
    while !world.jobs.store.write(move |tx| delete_old_files(tx, at)).await.unwrap() {}
    assert!(tidy(366).await.unwrap());
    assert_eq!(all_jobs(&world).await, left[1..]);
    ada.open("/log").await.says("job.canceled");
    world.is_intact().await;
}

/// So many messages that wait for START, each to a number of its own.
async fn waits(world: &World, count: usize) {
    for n in 0..count {
        let (status, answer) = world.send(phone(n).as_str(), "Your rate is ready").await;
        assert_eq!(status, 202, "{answer}");
    }
}

#[actix_web::test]
async fn sending_stays_off_until_what_waited_before_a_restore_is_cancelled() {
    let world = world().await;
    world.work().await;
    waits(&world, 70).await;
    let now = world.clock.now();
    let sign = RestoreSign::OtherStart;
    let suspected = RestoreHold::Suspected { sign, since: now };
    world.jobs.store.write(move |tx| suspend_sending(tx, suspected, now)).await.unwrap();
    assert!(
        !world.jobs.store.read::<_, ActionError>(|conn| Ok(sending::is_on(conn)?)).await.unwrap(),
        "at once"
    );
    let accepted = RestoreHold::Accepted { sealed_at: now, since: now };
    world.jobs.store.write(move |tx| suspend_sending(tx, accepted, now)).await.unwrap();
    let unfinished = |conn: &mut ReadConn<'_>| background_jobs::unfinished(conn, JobKind::CancelWaiting);
    let jobs = world.jobs.store.read(unfinished).await.unwrap();
    assert_eq!(jobs.len(), 1, "one job for one restore");
    let page = format!("/jobs/{}", jobs[0].0);
    let mut ada = world.ada().await;
    ada.open("/").await.says("Sending stays off until the messages").says(&format!("href=\"{page}\""));
    let early = ada.post("/", "/sending", &[("state", "on")]).await;
    assert_eq!(early.status, 409);
    early.says("See Background jobs");
    ada.open(&page).await.says("Cancel old messages after a restore").lacks("Cancel job");
    assert_eq!(ada.post(&page, &format!("{page}/cancel"), &[]).await.status, 409);
    // A message that is accepted later is none of the job's.
    world.clock.advance(Duration::minutes(2));
    let (_, later) = world.send(phone(100).as_str(), "Accepted knowingly").await;
    let mut runner = runner(&world, &world.jobs.store);
    assert!(runner.step().await.unwrap());
    assert_eq!(ada.post("/", "/sending", &[("state", "on")]).await.status, 409, "not half way either");
    drop(runner);
    world.clock.advance(Duration::seconds(31));
    world.work().await;
    let on = ada.post("/", "/sending", &[("state", "on")]).await;
    ada.follow(&on).await.says("Sending is on");
    assert_eq!(world.status(&later["id"]).await, "held");
    has_result(&world, &mut ada, &page).await;
    world.is_intact().await;
}

/// However small the pieces, the end of an opt-in request never hides a message that waits for it from the file.
#[actix_web::test]
async fn a_piece_of_a_cancellation_holds_all_that_waits_for_a_number() {
    let world = world().await;
    world.work().await;
    waits(&world, 3).await;
    let second = world.send(phone(0).as_str(), "Your second rate is ready").await;
    assert_eq!(second.0, 202);
    let now = world.clock.now();
    let task = JobTask::CancelWaiting { until: MessageId::from(uuid::Uuid::max()) };
    let begin = move |tx: &mut Tx<'_>| {
        let file = Some(("all.csv", "text/csv; charset=utf-8"));
        let id = background_jobs::queue(tx, &task, &Actor::Operator, file, now)?;
        claim_job(tx, id, "one", None, now)?;
        Ok::<_, ActionError>(id)
    };
    let id = world.jobs.store.write(begin).await.unwrap();
    let piece = || world.jobs.store.write(move |tx| run_piece(tx, id, "one", 1, now));
    while matches!(piece().await.unwrap(), PieceOutcome::GoesOn) {}
    let notes = "SELECT note AS line FROM message_steps WHERE status = 'cancelled'";
    let notes = database::lines(&world.database, notes);
    assert_eq!(notes.len(), 7, "4 held messages and 3 opt-in requests");
    assert!(notes.iter().all(|note| note.starts_with("The database was restored")), "{notes:?}");
    let job = world.jobs.store.read(move |conn| background_jobs::get(conn, id)).await.unwrap().unwrap();
    assert_eq!(job.done, 7);
    world.clock.advance(Duration::minutes(1));
    world.work().await;
    let mut ada = world.ada().await;
    let file = ada.open(&format!("/jobs/{id}/result")).await;
    assert_eq!(file.page.lines().count(), 8, "a heading and each message: {}", file.page);
    world.is_intact().await;
}

/// The file lists what was cancelled; it can be downloaded for a week.
async fn has_result(world: &World, ada: &mut Person, page: &str) {
    let shown = ada.open(page).await;
    shown.says("Download file").says("Kept until").says("Done");
    let file = ada.open(&format!("{page}/result")).await;
    assert_eq!((file.status, file.cache.as_str()), (200, "no-store"));
    let lines: Vec<&str> = file.page.lines().collect();
    assert_eq!(lines[0], "message,number,program,status,accepted_at,due_at");
    // 70 messages that were held, and the 70 opt-in requests that had not gone out.
    assert_eq!(lines.len(), 141, "{}", file.page);
    assert!(lines.iter().any(|line| line.contains("\"'+14152000069\",default,held,")), "{}", file.page);
    let sha256 = data_encoding::HEXLOWER.encode(&Sha256::digest(file.page.as_bytes()));
    shown
        .says(&sha256)
        .says(&format!("{} bytes", sms_opt_in::web::page::grouped(i64::try_from(file.page.len()).unwrap())));
    let tidy = || {
        let now = world.clock.now();
        world.jobs.store.write(move |tx| delete_old_files(tx, now))
    };
    tidy().await.unwrap();
    assert_eq!(ada.open(&format!("{page}/result")).await.status, 200);
    world.clock.advance(Duration::days(8));
    *ada = world.person("Eve", "Eve", Role::Administrator).await;
    assert_eq!(ada.open(&format!("{page}/result")).await.status, 404, "its time is over");
    while !tidy().await.unwrap() {}
    let left = database::lines(&world.database, "SELECT 'chunk' AS line FROM stored_file_chunks");
    assert_eq!(left, Vec::<String>::new());
    ada.open(page).await.says("The file was deleted after its date").says(&sha256);
}

#[actix_web::test]
async fn a_result_file_of_many_chunks_is_hashed_and_read_in_order() {
    let world = world().await;
    world.work().await;
    let now = world.clock.now();
    let task = JobTask::CancelWaiting { until: MessageId::from(uuid::Uuid::max()) };
    let queue = move |tx: &mut Tx<'_>| {
        let file = Some(("large.csv", "text/csv; charset=utf-8"));
        Ok::<_, ActionError>(background_jobs::queue(tx, &task, &Actor::Operator, file, now)?)
    };
    let id = world.jobs.store.write(queue).await.unwrap();
    let part = |n: usize| format!("{n:08}\n").repeat(70_000);
    for n in 0..2 {
        let add = move |tx: &mut Tx<'_>| {
            let job = background_jobs::get_locked(tx, id)?.unwrap();
            Ok::<_, ActionError>(append_result(tx, &job, part(n).as_bytes(), now)?)
        };
        world.jobs.store.write(add).await.unwrap();
    }
    world.work().await;
    let job = world.jobs.store.read(move |conn| background_jobs::get(conn, id)).await.unwrap().unwrap();
    let heading = "message,number,program,status,accepted_at,due_at\r\n";
    let whole = format!("{}{}{heading}", part(0), part(1));
    assert_eq!(job.result_size, Some(i64::try_from(whole.len()).unwrap()));
    assert_eq!(job.result_sha256, Some(Sha256::digest(whole.as_bytes()).to_vec()));
    let mut ada = world.ada().await;
    assert_eq!(ada.open(&format!("/jobs/{id}/result")).await.status, 200);
    let chunks = database::lines(&world.database, "SELECT CAST(n AS TEXT) AS line FROM stored_file_chunks");
    assert_eq!(chunks.len(), 7, "of at most 256 KB each: {chunks:?}");
}
