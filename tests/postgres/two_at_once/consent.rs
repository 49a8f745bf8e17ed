//! Consent: a lead's texts, documents, flags, forms and reviews about one number at the same moment.

use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::receive_text::receive_text;
use sms_opt_in::actions::record_consent::{NewConsentRecord, record_consent};
use sms_opt_in::actions::review::{ReviewDecision, ReviewedState, decide_review};
use sms_opt_in::actions::submit_form::{NewSubmission, submit_form};
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::consent::{Source, StateName};
use sms_opt_in::domain::evidence::{ConsentDocument, DocumentKind, RevocationChannel};
use sms_opt_in::domain::id::NumberId;
use sms_opt_in::domain::intent::Revocation;
use sms_opt_in::domain::message::{IdCertainty, InboundText};
use sms_opt_in::domain::phone::Phone;
use sms_opt_in::store::numbers::Number;
use sms_opt_in::store::{Tx, events, inbound, numbers, programs};

use super::stage::{ROUNDS, Stage, one_of};
use crate::support::by;

pub fn text(from: &Phone, body: &str, provider_id: &str) -> InboundText {
    InboundText {
        provider_id: provider_id.to_owned(),
        from: from.as_str().to_owned(),
        to: "+12065550199".to_owned(),
        body: body.to_owned(),
        sent_at: None,
        answered_by_provider: false,
        opted_out_at_provider: false,
        opted_in_at_provider: false,
        id_certainty: IdCertainty::Certain,
    }
}

pub fn stop(from: &Phone, provider_id: &str) -> InboundText {
    text(from, "STOP", provider_id)
}

pub fn start(from: &Phone, provider_id: &str) -> InboundText {
    text(from, "START", provider_id)
}

/// The default form, with the box ticked.
pub fn submission(phone: &Phone) -> NewSubmission {
    NewSubmission {
        slug: "opt-in".to_owned(),
        version: 1,
        was_shown: true,
        stamp: None,
        phone: phone.clone(),
        name: None,
        page_url: "https://consent.example.test/f/opt-in".to_owned(),
        ip: "192.0.2.1".to_owned(),
        user_agent: "test".to_owned(),
    }
}

impl Stage {
    pub fn receives(
        &self,
        text: InboundText,
    ) -> impl Fn(&mut Tx<'_>) -> Result<(), ActionError> + Send + use<> {
        let now = self.now;
        move |tx| receive_text(tx, &by(&Actor::Lead, now), "simulator", &text).map(drop)
    }

    pub fn records(
        &self,
        number: NumberId,
        update: NewConsentRecord,
    ) -> impl Fn(&mut Tx<'_>) -> Result<(), ActionError> + Send + use<> {
        let (actor, now) = (self.ada(), self.now);
        move |tx| record_consent(tx, &by(&actor, now), number, None, update.clone(), Source::Manual).map(drop)
    }

    pub async fn number(&self, phone: &Phone) -> Number {
        let phone = phone.clone();
        self.read(move |conn| numbers::find(conn, &phone)).await.unwrap()
    }

    pub async fn state(&self, phone: &Phone) -> StateName {
        let program = self.read(|conn| programs::find(conn, None)).await.unwrap();
        self.number(phone).await.consent.state_in(program.id).name()
    }

    /// A contact that has opted in.
    pub async fn opted_in(&mut self, id: &str) -> Phone {
        let (_, phone) = self.contact().await;
        self.given(self.receives(start(&phone, id))).await;
        assert_eq!(self.state(&phone).await, StateName::OptedIn);
        phone
    }
}

pub fn document(stage: &Stage) -> NewConsentRecord {
    let document = ConsentDocument {
        document: DocumentKind::SignedForm,
        given_at: stage.now,
        reason: "Signed form in folder 7 of the archive".to_owned(),
        file_sha256: None,
        file_type: None,
    };
    NewConsentRecord::OptIn(document, None)
}

/// The carrier tells the same STOP twice.
pub async fn a_stop_twice(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let phone = stage.opted_in(&format!("SM{round}a")).await;
        let stop = stop(&phone, &format!("SM{round}b"));
        let (one, two) = stage.both(stage.receives(stop.clone()), stage.receives(stop)).await;
        one.unwrap();
        two.unwrap();
        let id = stage.number(&phone).await.id;
        assert_eq!(
            stage.read(move |conn| events::after(conn, id, 0, 100)).await.len(),
            2,
            "START and one STOP"
        );
        assert_eq!(stage.state(&phone).await, StateName::OptedOut);
    }
}

pub async fn a_stop_and_a_start(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let phone = stage.opted_in(&format!("SM{round}a")).await;
        let (stop, start) = (stop(&phone, &format!("SM{round}b")), start(&phone, &format!("SM{round}c")));
        let (one, two) = stage.both(stage.receives(stop), stage.receives(start)).await;
        one.unwrap();
        two.unwrap();
    }
}

/// A document brings no one back who has just said stop.
pub async fn a_stop_and_a_document(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (_, phone) = stage.contact().await;
        let (id, stop) = (stage.number(&phone).await.id, stop(&phone, &format!("SM{round}")));
        let document = document(stage);
        let (text, _) = stage.both(stage.receives(stop), stage.records(id, document)).await;
        text.unwrap();
        assert_eq!(stage.state(&phone).await, StateName::OptedOut);
    }
}

pub async fn flags_both_ways(stage: &mut Stage) {
    let phone = stage.opted_in("SM0").await;
    let id = stage.number(&phone).await.id;
    for _ in 0..ROUNDS {
        let why = || "Counsel wrote to us about this number".to_owned();
        let (set, clear) = (
            stage.records(id, NewConsentRecord::SetDoNotText(why())),
            stage.records(id, NewConsentRecord::ClearDoNotText { reason: why(), set_at: stage.now }),
        );
        drop(stage.both(set, clear).await);
    }
}

pub async fn a_new_owner_and_a_start(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let phone = stage.opted_in(&format!("SM{round}a")).await;
        let id = stage.number(&phone).await.id;
        let reassigned =
            NewConsentRecord::Reassigned("The carrier says that it has another owner".to_owned());
        let again = start(&phone, &format!("SM{round}b"));
        let (one, two) = stage.both(stage.records(id, reassigned), stage.receives(again)).await;
        one.unwrap();
        two.unwrap();
    }
}

/// Two people decide on one unclear reply, one each way.
pub async fn a_review_decided_twice(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let phone = stage.opted_in(&format!("SM{round}a")).await;
        stage.given(stage.receives(text(&phone, "not interested", &format!("SM{round}b")))).await;
        let number = stage.number(&phone).await;
        let since = number.consent.paused.as_ref().expect("an unclear reply pauses").since;
        let texts = stage.read(move |conn| inbound::count_since(conn, number.id, since)).await;
        let decide = |decision: ReviewDecision| {
            let (id, shown, actor, now) = (number.id, ReviewedState { since, texts }, stage.ada(), stage.now);
            move |tx: &mut Tx<'_>| decide_review(tx, &by(&actor, now), id, shown, decision.clone())
        };
        let resume = ReviewDecision::Resume("They meant the other offer, I called".to_owned());
        one_of(&stage.both(decide(ReviewDecision::Revoke), decide(resume)).await);
    }
}

/// A revocation by phone at the moment of a form makes no second contact and loses nothing.
pub async fn a_form_submitted_twice(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (phone, now) = (stage.phone(), stage.now);
        let submit = || {
            let form = submission(&phone);
            move |tx: &mut Tx<'_>| submit_form(tx, &form, now).map(drop)
        };
        let (one, two) = stage.both(submit(), submit()).await;
        one.unwrap();
        two.unwrap();
        let number = stage.number(&phone).await;
        assert_eq!(number.contact_count, 1, "round {round}");
        let called = Revocation::now(RevocationChannel::Call, "Asked on the phone to stop".to_owned());
        let (one, two) =
            stage.both(submit(), stage.records(number.id, NewConsentRecord::OptOut(called))).await;
        one.unwrap();
        two.unwrap();
        assert_eq!(stage.state(&phone).await, StateName::OptedOut);
    }
}
