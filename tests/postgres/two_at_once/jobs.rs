//! Background jobs: two instances at one job, and what people and leads do between its pieces.

use sms_opt_in::actions::background::{cancel_job, claim_job, delete_old_jobs, retry_job, run_piece};
use sms_opt_in::actions::create_program::{NewProgram, create_program};
use sms_opt_in::actions::expire::expire;
use sms_opt_in::actions::receive_text::receive_text;
use sms_opt_in::actions::{ActionContext, ActionError};
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::background_job::{JobKind, JobState, JobTask};
use sms_opt_in::domain::id::{JobId, MessageId};
use sms_opt_in::domain::message::Status;
use sms_opt_in::domain::phone::Phone;
use sms_opt_in::jobs::run_background;
use sms_opt_in::store::{Tx, background_jobs, expired_holds, messages, numbers};

use super::consent::{start, stop};
use super::stage::{Stage, one_of};
use crate::support::by;

const ROUNDS: usize = 10;

/// What a person does with a job.
type Steer = fn(&mut Tx<'_>, &ActionContext<'_>, JobId) -> Result<(), ActionError>;

impl Stage {
    /// Some numbers that opted in or out, a new program, and the job that gives it its rows.
    async fn preparing(&mut self, round: usize) -> (JobId, Vec<Phone>) {
        let (mut phones, now) = (Vec::new(), self.now);
        for n in 0..6 {
            let (_, phone) = self.contact().await;
            let text = start(&phone, &format!("SM{round}-{n}"));
            self.given(move |tx| receive_text(tx, &by(&Actor::Lead, now), "simulator", &text).map(drop))
                .await;
            if n % 2 == 0 {
                let text = stop(&phone, &format!("SM{round}-{n}-stop"));
                let send = move |tx: &mut Tx<'_>| {
                    receive_text(tx, &by(&Actor::Lead, now), "simulator", &text).map(drop)
                };
                self.given(send).await;
            }
            phones.push(phone);
        }
        let new = NewProgram {
            slug: format!("rates-{round}"),
            name: "Rates".to_owned(),
            brand: "Acme".to_owned(),
            contact_route: "call us".to_owned(),
            sender: String::new(),
        };
        let actor = self.ada();
        self.given(move |tx| create_program(tx, &by(&actor, now), &new)).await;
        let jobs = self.read(|conn| background_jobs::unfinished(conn, JobKind::ProgramRows)).await;
        (jobs.last().unwrap().0, phones)
    }

    async fn state_of(&self, id: JobId) -> (JobState, i64) {
        let job = self.read(move |conn| background_jobs::get(conn, id)).await.unwrap();
        (job.state, job.done)
    }

    async fn ends(&self) {
        run_background(&self.world.jobs.store, &self.world.clock).await.unwrap();
        assert!(self.read(|conn| background_jobs::unfinished(conn, JobKind::ProgramRows)).await.is_empty());
    }

    /// The job is this holder's.
    async fn claimed_by(&self, id: JobId, holder: &'static str) {
        let now = self.now;
        assert!(self.given(move |tx| claim_job(tx, id, holder, None, now)).await);
    }
}

pub async fn two_runners_and_one_job(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (id, _) = stage.preparing(round).await;
        let now = stage.now;
        let claim = |holder: &'static str| move |tx: &mut Tx<'_>| claim_job(tx, id, holder, None, now);
        let (one, two) = stage.both(claim("one"), claim("two")).await;
        assert!(one.unwrap() != two.unwrap(), "one of two has it");
        // As if one had given no sign of life: both think that it is theirs.
        stage.later(1);
        let (one, two) = tokio::join!(
            run_background(&stage.world.jobs.store, &stage.world.clock),
            run_background(&stage.other, &stage.world.clock)
        );
        assert!(one.unwrap() + two.unwrap() > 0);
        let count = i64::try_from(6 * (round + 1)).unwrap();
        assert_eq!(stage.state_of(id).await, (JobState::Done, count), "each number once");
    }
}

pub async fn a_cancel_and_a_piece(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (id, _) = stage.preparing(round).await;
        stage.claimed_by(id, "one").await;
        let (actor, now) = (stage.ada(), stage.now);
        let piece = move |tx: &mut Tx<'_>| run_piece(tx, id, "one", 3, now);
        let cancel = move |tx: &mut Tx<'_>| cancel_job(tx, &by(&actor, now), id);
        let (piece, cancel) = stage.both(piece, cancel).await;
        piece.unwrap();
        cancel.unwrap();
        let (state, done) = stage.state_of(id).await;
        assert!(state == JobState::Cancelled && (done == 0 || done == 3), "{state} after {done}");
        let actor = stage.ada();
        stage.given(move |tx| retry_job(tx, &by(&actor, now), id)).await;
        stage.ends().await;
    }
}

pub async fn a_number_while_rows_are_added(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (id, _) = stage.preparing(round).await;
        stage.claimed_by(id, "one").await;
        let (phone, now) = (stage.phone(), stage.now);
        let text = start(&phone, &format!("SM{round}-new"));
        let piece = move |tx: &mut Tx<'_>| run_piece(tx, id, "one", 1000, now);
        let comes = move |tx: &mut Tx<'_>| {
            numbers::find_or_create(tx, &phone, now)?;
            receive_text(tx, &by(&Actor::Lead, now), "simulator", &text).map(drop)
        };
        let (piece, comes) = stage.both(piece, comes).await;
        piece.unwrap();
        comes.unwrap();
        stage.ends().await;
    }
}

/// A lead who is in stops, and one who is out stops again, while their rows are added.
pub async fn a_stop_while_rows_are_added(stage: &mut Stage) {
    stage.while_rows_are_added(stop).await;
}

/// A lead who is out comes back, and one who is in says START again, while their rows are added.
pub async fn a_start_while_rows_are_added(stage: &mut Stage) {
    stage.while_rows_are_added(start).await;
}

impl Stage {
    async fn while_rows_are_added(
        &mut self,
        text: fn(&Phone, &str) -> sms_opt_in::domain::message::InboundText,
    ) {
        for round in 0..ROUNDS {
            let (id, phones) = self.preparing(round).await;
            self.claimed_by(id, "one").await;
            let now = self.now.plus(chrono::Duration::minutes(2));
            for (n, phone) in phones.into_iter().take(2).enumerate() {
                let text = text(&phone, &format!("SM{round}-{n}-while"));
                let piece = move |tx: &mut Tx<'_>| run_piece(tx, id, "one", 3, now);
                let texts = move |tx: &mut Tx<'_>| {
                    receive_text(tx, &by(&Actor::Lead, now), "simulator", &text).map(drop)
                };
                let (piece, texts) = self.both(piece, texts).await;
                piece.unwrap();
                texts.unwrap();
            }
            self.later(1);
            self.ends().await;
        }
    }
}

pub async fn a_retry_twice(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (id, _) = stage.preparing(round).await;
        let (actor, now) = (stage.ada(), stage.now);
        let steer = |how: Steer| {
            let actor = actor.clone();
            move |tx: &mut Tx<'_>| how(tx, &by(&actor, now), id)
        };
        one_of(&stage.both(steer(cancel_job), steer(cancel_job)).await);
        one_of(&stage.both(steer(retry_job), steer(retry_job)).await);
        stage.ends().await;
    }
}

impl Stage {
    /// The job that cancels what waits, in the hands of `one`.
    async fn cancelling(&mut self) -> JobId {
        let now = self.now;
        let queue = move |tx: &mut Tx<'_>| {
            let task = JobTask::CancelWaiting { until: MessageId::from(uuid::Uuid::max()) };
            let file = Some(("canceled.csv", "text/csv"));
            Ok::<_, ActionError>(background_jobs::queue(tx, &task, &Actor::System, file, now)?)
        };
        let id = self.given(queue).await;
        self.claimed_by(id, "one").await;
        id
    }
}

/// What waited at a restore is cancelled, and the contact texts STOP: each text is cancelled once.
pub async fn a_cancelling_and_a_stop(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (phone, message, _) = stage.scheduled(round).await;
        let (id, now) = (stage.cancelling().await, stage.now);
        let piece = move |tx: &mut Tx<'_>| run_piece(tx, id, "one", 100, now);
        let stop = stop(&phone, &format!("SM{round}-stop"));
        let (piece, stopped) = stage.both(piece, stage.receives(stop)).await;
        piece.unwrap();
        stopped.unwrap();
        let steps = stage.read(move |conn| messages::steps(conn, message)).await;
        let cancelled = steps.iter().filter(|step| step.status == Status::Cancelled).count();
        assert_eq!(cancelled, 1, "cancelled once");
        stage.later(1);
        run_background(&stage.world.jobs.store, &stage.world.clock).await.unwrap();
        assert_eq!(stage.state_of(id).await.0, JobState::Done);
    }
}

/// Housekeeping deletes a job that ended a year ago while a person has it done again: it is gone, or it waits.
pub async fn an_old_job_deleted_and_retried(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (actor, now) = (stage.ada(), stage.now);
        let task = JobTask::Reschedule { program: None, until: MessageId::from(uuid::Uuid::max()) };
        let canceled = move |tx: &mut Tx<'_>| {
            let id = background_jobs::queue(tx, &task, &Actor::Operator, None, now)?;
            cancel_job(tx, &by(&actor, now), id)?;
            Ok::<_, ActionError>(id)
        };
        let id = stage.given(canceled).await;
        stage.later(366);
        let (actor, now) = (stage.ada(), stage.now);
        let retries = move |tx: &mut Tx<'_>| retry_job(tx, &by(&actor, now), id);
        let deletes = move |tx: &mut Tx<'_>| delete_old_jobs(tx, now);
        let (deleted, retried) = stage.in_turn(round, deletes, retries).await;
        assert!(deleted.unwrap());
        let is_left = stage.read(move |conn| background_jobs::get(conn, id)).await.is_some();
        assert_eq!((is_left, retried.is_ok()), (!round.is_multiple_of(2), is_left), "round {round}");
        run_background(&stage.world.jobs.store, &stage.world.clock).await.unwrap();
    }
}

/// The question about a message that expired is withdrawn at a restore, and the contact texts STOP, which closes it as well.
pub async fn a_withdrawn_question_and_a_stop(stage: &mut Stage) {
    for round in 0..2 * ROUNDS {
        let (phone, _) = stage.held_too_long().await;
        let now = stage.now;
        stage.given(move |tx| expire(tx, now)).await;
        stage.given(stage.receives(start(&phone, &format!("SM{round}-start")))).await;
        stage.given(stage.sends(&phone)).await;
        let (id, now) = (stage.cancelling().await, stage.now.plus(chrono::Duration::minutes(2)));
        let piece = move |tx: &mut Tx<'_>| run_piece(tx, id, "one", 100, now);
        let stop = stop(&phone, &format!("SM{round}-stop"));
        let stops =
            move |tx: &mut Tx<'_>| receive_text(tx, &by(&Actor::Lead, now), "simulator", &stop).map(drop);
        let (piece, stopped) = match round % 4 {
            0 | 1 => stage.in_turn(round, piece, stops).await,
            _ => stage.both(piece, stops).await,
        };
        piece.unwrap();
        stopped.unwrap();
        stage.later(1);
        run_background(&stage.world.jobs.store, &stage.world.clock).await.unwrap();
        assert_eq!(stage.state_of(id).await.0, JobState::Done);
        assert!(stage.read(|conn| expired_holds::open(conn, 10)).await.is_empty(), "it is closed");
    }
}
