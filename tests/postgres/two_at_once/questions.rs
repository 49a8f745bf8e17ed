//! Questions: the job that asks the carrier decides again at the moment of another text, a receipt or the request's acceptance.

use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::close_notice::close_notice;
use sms_opt_in::actions::deliver::record_outcome;
use sms_opt_in::actions::fetched_texts::{CarrierTimes, FetchedTexts};
use sms_opt_in::actions::questions::{settle, take};
use sms_opt_in::actions::receive_receipt::receive_receipt;
use sms_opt_in::actions::receive_text::{receive_listed_text, receive_text};
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::consent::{EventKind, StateName};
use sms_opt_in::domain::id::{InboundId, MessageId};
use sms_opt_in::domain::message::{
    CarrierText, FetchedText, IdCertainty, InboundText, Lane, Receipt, ReceiptStatus, RejectKind, SendOutcome,
};
use sms_opt_in::domain::notice::NoticeKind;
use sms_opt_in::domain::phone::Phone;
use sms_opt_in::domain::question::{QuestionAnswer, QuestionKind};
use sms_opt_in::domain::time::Timestamp;
use sms_opt_in::store::inbound_questions::{self, InboundQuestion};
use sms_opt_in::store::{Tx, events, notices};

use super::consent::{start, stop, text};
use super::messages::{receipt, sid};
use super::stage::{ROUNDS, Stage, TURNS};
use crate::support::{by, claims, database};

type Write = Box<dyn Fn(&mut Tx<'_>) -> Result<(), ActionError> + Send>;

/// A question that the job has taken, and what the carrier has said.
struct Asked {
    id: InboundId,
    kind: QuestionKind,
    texts: FetchedTexts,
    now: Timestamp,
}

impl Asked {
    fn settles(&self) -> impl Fn(&mut Tx<'_>) -> Result<(), ActionError> + Send + use<> {
        let (id, kind, texts, now) = (self.id, self.kind, self.texts.clone(), self.now);
        move |tx| settle(tx, id, kind, &texts, now)
    }
}

impl Stage {
    /// What the carrier says of a text that was sent so many seconds from now.
    fn found(&self, text: &InboundText, seconds: i64) -> (String, FetchedText) {
        let sent_at = Some(self.now.plus(chrono::Duration::seconds(seconds)));
        let (from, to, body) = (text.from.clone(), text.to.clone(), text.body.clone());
        (text.provider_id.clone(), FetchedText::Found(CarrierText { from, to, body, sent_at }))
    }

    async fn questions(&self, phone: &Phone) -> Vec<InboundQuestion> {
        let id = self.number(phone).await.id;
        self.read(move |conn| inbound_questions::of_number(conn, id)).await
    }

    /// The job has taken the number's question, and the carrier has answered so.
    async fn answered(
        &mut self,
        phone: &Phone,
        kind: QuestionKind,
        answers: Vec<(String, FetchedText)>,
    ) -> Asked {
        let questions = self.questions(phone).await;
        let is_asked = |question: &&InboundQuestion| question.kind == kind && question.answered_at.is_none();
        let question = questions.iter().find(is_asked).expect("a question is open").clone();
        let (id, now) = (question.inbound_id, self.now);
        let taken = self.given(move |tx| take(tx, &question, "simulator", now)).await;
        assert!(taken.is_some(), "the job has it");
        let mut texts = FetchedTexts::default();
        for (id, text) in answers {
            texts.insert(id, text);
        }
        Asked { id, kind, texts, now }
    }

    /// A number whose START came right after its STOP, and the carrier's word that it was sent later.
    async fn start_in_question(&mut self, round: usize) -> (Phone, Asked) {
        let phone = self.opted_in(&format!("SM{round}a")).await;
        let stop = stop(&phone, &format!("SM{round}b"));
        let start = start(&phone, &format!("SM{round}c"));
        self.given(self.receives(stop.clone())).await;
        self.given(self.receives(start.clone())).await;
        assert_eq!(self.state(&phone).await, StateName::OptedOut);
        let answers = vec![self.found(&stop, -20), self.found(&start, -10)];
        let asked = self.answered(&phone, QuestionKind::Order, answers).await;
        (phone, asked)
    }

    /// A consent in a doubtful webhook that the carrier has confirmed.
    async fn doubtful(&mut self, phone: &Phone, words: &str, round: usize) -> Asked {
        let text =
            InboundText { id_certainty: IdCertainty::Unsure, ..text(phone, words, &format!("SM{round}d")) };
        self.given(self.receives(text.clone())).await;
        let answers = vec![self.found(&text, 0)];
        self.answered(phone, QuestionKind::ConfirmText, answers).await
    }

    /// An opt-in request that is with the carrier now.
    async fn request_under_way(&mut self) -> (Phone, MessageId) {
        let phone = self.phone();
        self.given(self.sends(&phone)).await;
        let number = self.number(&phone).await.id;
        let all = self.messages(number).await;
        let id = all.iter().find(|message| message.lane == Lane::Invitation).unwrap().id;
        let now = self.now;
        assert!(self.given(claims(id, now)).await, "it may go");
        (phone, id)
    }

    fn accepts(&self, message: MessageId) -> Write {
        let (outcome, now) = (SendOutcome::Accepted { provider_id: sid(message) }, self.now);
        Box::new(move |tx| record_outcome(tx, message, &outcome, "simulator", now))
    }

    async fn opt_ins(&self, phone: &Phone) -> usize {
        let id = self.number(phone).await.id;
        let all = self.read(move |conn| events::after(conn, id, 0, 100)).await;
        all.iter().filter(|event| event.kind == EventKind::OptedIn).count()
    }

    async fn answer(&self, phone: &Phone, asked: &Asked) -> Option<QuestionAnswer> {
        let all = self.questions(phone).await;
        all.iter()
            .find(|question| (question.inbound_id, question.kind) == (asked.id, asked.kind))
            .unwrap()
            .answer
    }

    /// Opted in by one event, and nothing waits for an answer any more.
    async fn is_in_once(&self, phone: &Phone, opt_ins: usize) {
        assert_eq!(self.state(phone).await, StateName::OptedIn);
        assert_eq!(self.opt_ins(phone).await, opt_ins, "one text opts in, not both");
    }
}

/// Two instances settle one question with the same answer.
pub async fn one_question_settled_twice(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (phone, asked) = stage.start_in_question(round).await;
        let (one, two) = stage.both(asked.settles(), asked.settles()).await;
        one.unwrap();
        two.unwrap();
        stage.is_in_once(&phone, 2).await;
        assert_eq!(stage.answer(&phone, &asked).await, Some(QuestionAnswer::Counted));
    }
}

pub async fn the_question_and_a_start(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (phone, asked) = stage.start_in_question(round).await;
        let again = stage.receives(start(&phone, &format!("SM{round}e")));
        let (one, two) = stage.both(asked.settles(), again).await;
        one.unwrap();
        two.unwrap();
        stage.is_in_once(&phone, 2).await;
    }
}

/// A STOP without a time is the newer word, whichever of the two is written first.
pub async fn the_question_and_a_stop(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (phone, asked) = stage.start_in_question(round).await;
        let again = stage.receives(stop(&phone, &format!("SM{round}e")));
        let (one, two) = stage.both(asked.settles(), again).await;
        one.unwrap();
        two.unwrap();
        assert_eq!(stage.state(&phone).await, StateName::OptedOut);
        assert!(stage.answer(&phone, &asked).await.is_some(), "the question is closed");
    }
}

/// YES says nothing to a number that opted out; the question decides alone.
pub async fn the_question_and_a_yes(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (phone, asked) = stage.start_in_question(round).await;
        let yes = stage.receives(text(&phone, "YES", &format!("SM{round}e")));
        let (one, two) = stage.both(asked.settles(), yes).await;
        one.unwrap();
        two.unwrap();
        stage.is_in_once(&phone, 2).await;
    }
}

/// The carrier reports a block from before the question at the moment of the answer.
pub async fn the_question_and_a_block(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (phone, message) = stage.claimed(round).await;
        let stop = stop(&phone, &format!("SM{round}b"));
        let start = start(&phone, &format!("SM{round}c"));
        stage.given(stage.receives(stop.clone())).await;
        stage.given(stage.receives(start.clone())).await;
        let answers = vec![stage.found(&stop, -20), stage.found(&start, -10)];
        let asked = stage.answered(&phone, QuestionKind::Order, answers).await;
        let (receipt, now) = (receipt(message, ReceiptStatus::Failed), stage.now);
        let (code, verdict) = (Some("21610".to_owned()), Some(RejectKind::OptedOut));
        let blocked = Receipt { code, verdict, ..receipt };
        let told = move |tx: &mut Tx<'_>| receive_receipt(tx, "simulator", &blocked, now);
        let (one, two) = stage.both(asked.settles(), told).await;
        one.unwrap();
        two.unwrap();
        let expected = match stage.answer(&phone, &asked).await {
            Some(QuestionAnswer::Counted) => StateName::OptedIn,
            _ => StateName::OptedOut,
        };
        assert_eq!(stage.state(&phone).await, expected, "who came second saw the first");
    }
}

pub async fn a_doubtful_text_and_a_start(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let phone = stage.phone();
        let asked = stage.doubtful(&phone, "START", round).await;
        let (one, two) =
            stage.both(asked.settles(), stage.receives(start(&phone, &format!("SM{round}e")))).await;
        one.unwrap();
        two.unwrap();
        stage.is_in_once(&phone, 1).await;
        assert_eq!(stage.answer(&phone, &asked).await, Some(QuestionAnswer::Counted));
    }
}

pub async fn a_doubtful_text_and_a_stop(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let phone = stage.phone();
        let asked = stage.doubtful(&phone, "START", round).await;
        let (one, two) =
            stage.both(asked.settles(), stage.receives(stop(&phone, &format!("SM{round}e")))).await;
        one.unwrap();
        two.unwrap();
        assert_eq!(stage.state(&phone).await, StateName::OptedOut);
    }
}

/// Two YES to one request that the carrier took: a doubtful one and a plain one.
pub async fn a_doubtful_text_and_a_yes(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (phone, message) = stage.request_under_way().await;
        stage.given(stage.accepts(message)).await;
        let asked = stage.doubtful(&phone, "YES", round).await;
        let (one, two) =
            stage.both(asked.settles(), stage.receives(text(&phone, "YES", &format!("SM{round}e")))).await;
        one.unwrap();
        two.unwrap();
        stage.is_in_once(&phone, 1).await;
    }
}

/// The receipt says that the carrier took the opt-in request, at the moment at which the carrier confirms the doubtful YES to it.
pub async fn a_receipt_and_a_doubtful_text(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (phone, message) = stage.request_under_way().await;
        let asked = stage.doubtful(&phone, "YES", round).await;
        let (receipt, now) = (receipt(message, ReceiptStatus::Delivered), stage.now);
        let told = move |tx: &mut Tx<'_>| receive_receipt(tx, "simulator", &receipt, now);
        let (one, two) = stage.both(asked.settles(), told).await;
        one.unwrap();
        two.unwrap();
        stage.is_in_once(&phone, 1).await;
        assert!(stage.questions(&phone).await.iter().all(|question| question.answered_at.is_some()));
    }
}

/// A YES that comes while the carrier accepts the request is decided by it or waits for it; it is never lost between them.
pub async fn the_acceptance_and_a_yes(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (phone, message) = stage.request_under_way().await;
        let (yes, now) = (text(&phone, "YES", &format!("SM{round}y")), stage.now);
        let texts =
            move |tx: &mut Tx<'_>| receive_text(tx, &by(&Actor::Lead, now), "simulator", &yes).map(drop);
        let accepted: Write = if round % 2 == 0 {
            stage.accepts(message)
        } else {
            let receipt = receipt(message, ReceiptStatus::Sent);
            Box::new(move |tx| receive_receipt(tx, "simulator", &receipt, now))
        };
        let (one, two) = stage.both(accepted, texts).await;
        one.unwrap();
        two.unwrap();
        stage.is_in_once(&phone, 1).await;
        assert!(stage.questions(&phone).await.iter().all(|question| question.answered_at.is_some()));
    }
}

/// The lead was in. A STOP from the carrier's list meets a START that was sent five minutes later and whose webhook tells no time:
/// behind it the STOP is older, and before it the START asks the carrier.
pub async fn a_listed_stop_and_a_start(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let phone = stage.opted_in(&format!("SM{round}a")).await;
        let ago = |minutes: i64| Some(stage.now.plus(-chrono::Duration::minutes(minutes)));
        let begin = InboundText { sent_at: ago(20), ..start(&phone, &format!("SM{round}a")) };
        let stop = InboundText { sent_at: ago(10), ..stop(&phone, &format!("SM{round}b")) };
        let start = start(&phone, &format!("SM{round}c"));
        let again = InboundText { sent_at: ago(5), ..start.clone() };
        let times = CarrierTimes::listed("simulator", &[begin, stop.clone(), again]);
        let (now, listed) = (stage.now, stop);
        let takes_in = move |tx: &mut Tx<'_>| {
            receive_listed_text(tx, &by(&Actor::Lead, now), "simulator", &listed, &times).map(drop)
        };
        let (one, two) = stage.both(takes_in, stage.receives(start.clone())).await;
        one.unwrap();
        two.unwrap();
        if stage.state(&phone).await == StateName::OptedOut {
            let answers = vec![stage.found(&start, -300)];
            let asked = stage.answered(&phone, QuestionKind::Order, answers).await;
            stage.given(asked.settles()).await;
            stage.is_in_once(&phone, 2).await;
        } else {
            stage.is_in_once(&phone, 1).await;
        }
    }
}

/// The carrier does not know a doubtful START, which opens a notice, while a person closes what is open about the text.
pub async fn an_answer_and_a_closed_notice(stage: &mut Stage) {
    for round in 0..TURNS {
        let phone = stage.phone();
        let asked = stage.doubtful(&phone, "START", round).await;
        let (id, actor, now) = (asked.id, stage.ada(), stage.now);
        let unknown = text(&phone, "START", &format!("SM{round}d"));
        let mut texts = FetchedTexts::default();
        texts.insert(unknown.provider_id, FetchedText::Unknown);
        let asked = Asked { texts, ..asked };
        let closes = move |tx: &mut Tx<'_>| close_notice(tx, &by(&actor, now), id);
        let (settled, closed) = stage.in_turn(round, asked.settles(), closes).await;
        settled.unwrap();
        closed.unwrap();
        assert_eq!(stage.state(&phone).await, StateName::NotAsked, "it does not count");
        let open = stage.read(|conn| notices::open(conn, NoticeKind::UnconfirmedConsent, 10)).await;
        let closed = "SELECT subject AS line FROM admin_log WHERE action = 'notice.closed'";
        let closed = database::lines(&stage.world.database, closed).len();
        assert_eq!(open.len() + closed, round + 1, "only a notice that was there is closed");
    }
}
