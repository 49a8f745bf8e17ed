//! A carrier that has texts on record: some it lists, all others it shows when it is asked for one by its id.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use chrono::Duration;
use sms_opt_in::domain::message::{CarrierText, FetchedText, InboundText};
use sms_opt_in::domain::time::Timestamp;
use sms_opt_in::jobs::JobContext;
use sms_opt_in::providers::InboxAnswer;

use crate::hooks::{INBOUND, post, signature};
use crate::support::carrier::{Carrier, OnStage};
use crate::support::{Lead, World, world};

/// Our number.
pub const SENDER: &str = "+12065550199";

/// Has these texts on record, and counts how often it was asked for one.
#[derive(Default)]
pub struct Archive {
    pub listed: Mutex<Vec<InboundText>>,
    texts: Mutex<HashMap<String, FetchedText>>,
    pub asked: AtomicUsize,
}

impl Carrier for Archive {
    const NAME: &'static str = "twilio";

    fn fetch_text(&self, id: &str) -> FetchedText {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.texts.lock().unwrap().get(id).cloned().unwrap_or(FetchedText::NoAnswer)
    }

    fn received(&self) -> InboxAnswer {
        InboxAnswer::Texts(self.listed.lock().unwrap().clone())
    }
}

/// An installation, its carrier, and the jobs that ask it.
pub struct Scene {
    pub world: World,
    pub carrier: Arc<OnStage<Archive>>,
    pub jobs: JobContext,
}

pub async fn scene() -> Scene {
    let world = world().await;
    let (carrier, jobs) = world.carried_by(Archive::default());
    Scene { world, carrier, jobs }
}

impl Scene {
    /// Twilio's webhook, which carries no time.
    pub async fn hook(&self, lead: &Lead<'_>, sid: &str, body: &str) {
        let fields = [("MessageSid", sid), ("From", lead.phone.as_str()), ("To", SENDER), ("Body", body)];
        assert_eq!(post(&self.world, INBOUND, &fields, &signature(INBOUND, &fields)).await, 200);
    }

    /// The carrier has this text, sent then, and does not list it.
    pub fn has(&self, lead: &Lead<'_>, sid: &str, body: &str, sent_at: Option<Timestamp>) {
        let (from, to) = (lead.phone.as_str().to_owned(), SENDER.to_owned());
        let text = CarrierText { from, to, body: body.to_owned(), sent_at };
        self.carrier.texts.lock().unwrap().insert(sid.to_owned(), FetchedText::Found(text));
    }

    pub fn at(&self, seconds: i64) -> Option<Timestamp> {
        Some(self.world.clock.now().plus(Duration::seconds(seconds)))
    }
}
