//! A carrier in a box: handsets of leads in memory, and webhooks over real HTTP to our own server, signed as a carrier's.
//! No real text leaves the machine. It must not know the database: what it knows it keeps in a file of its own.

mod behavior;
mod handset;
mod hooks;
mod inbox;
mod journal;
mod memory;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use serde::Serialize;

use super::{
    BadSignature, HandOffLease, InboxAnswer, OutgoingText, Provider, ProviderFuture, WebhookError,
    WebhookRequest, receipt, reject_kind, webhook,
};
use crate::domain::gate::ClearedText;
use crate::domain::id::MessageId;
use crate::domain::message::{FetchedText, IdCertainty, InboundText, LookUp, Receipt, SendOutcome};
use crate::domain::phone::Phone;
use crate::domain::time::Timestamp;

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "X-Simulator-Signature";
/// A handset keeps its newest texts, more than a person scrolls through.
const TEXTS: usize = 200;
/// Handsets kept; the one silent for longest makes room.
const HANDSETS: usize = 500;
/// Receipts come a moment after the answer, as from a carrier.
const RECEIPT_GAP: Duration = Duration::from_millis(30);
/// Our own server answers within this, or a carrier would have given up.
const WHOLE: Duration = Duration::from_secs(15);
use hooks::{InboundHook, ReceiptHook, read};
use journal::MemoryJournal;
use memory::{CarrierMemory, JournalEntry};

pub use behavior::CarrierBehavior;
pub use handset::{Handset, SimulatedText, TextDirection};
pub use inbox::remembered;

/// Tells the time.
pub type SimulatorClock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The carrier.
pub struct Simulator {
    me: Weak<Simulator>,
    hook_base: String,
    secret: [u8; 32],
    now: SimulatorClock,
    client: Option<reqwest::Client>,
    /// Goes into every id, so that no id comes twice, not even after a restart.
    run: String,
    memory: Mutex<CarrierMemory>,
    journal: Mutex<Option<MemoryJournal>>,
}

impl Simulator {
    /// A carrier that calls our server at `hook_base`, signs with `secret` and remembers in the file, if it is given one.
    pub fn new(
        hook_base: String,
        secret: [u8; 32],
        now: SimulatorClock,
        file: Option<PathBuf>,
    ) -> Arc<Simulator> {
        let mut run = [0; 8];
        if getrandom::fill(&mut run).is_err() {
            run = now().micros().to_be_bytes();
        }
        let mut memory = CarrierMemory::default();
        let journal = file.and_then(|file| match MemoryJournal::open(file, &mut memory) {
            Ok(journal) => Some(journal),
            Err(error) => {
                log::error!("The texts of the simulated phones are not saved: {error}");
                None
            }
        });
        // Loopback HTTP alone: no proxy, and no certificates, which a bare container does not have.
        let client = super::http().no_proxy().tls_certs_only([]).timeout(WHOLE).build();
        Arc::new_cyclic(|me| Simulator {
            me: me.clone(),
            hook_base: hook_base.trim_end_matches('/').to_owned(),
            secret,
            now,
            client: client.ok(),
            run: data_encoding::HEXLOWER.encode(&run),
            memory: Mutex::new(memory),
            journal: Mutex::new(journal),
        })
    }

    /// How the carrier misbehaves now.
    pub fn behaviour(&self) -> CarrierBehavior {
        self.memory().behaviour.clone()
    }

    /// Makes it misbehave, or behave again with the default.
    pub fn set_behaviour(&self, behaviour: CarrierBehavior) {
        self.memory().behaviour = behaviour;
    }

    /// Every handset, the one with the newest text first.
    pub fn handsets(&self) -> Vec<Handset> {
        let memory = self.memory();
        let of = |(number, texts): (&Phone, &Vec<SimulatedText>)| Handset {
            number: number.clone(),
            texts: texts.clone(),
        };
        let mut handsets: Vec<Handset> = memory.handsets.iter().map(of).collect();
        handsets.sort_by_key(|handset| std::cmp::Reverse(handset.texts.last().map(|text| text.at)));
        handsets
    }

    /// One handset, empty when it never had a text.
    pub fn handset(&self, number: &Phone) -> Handset {
        let texts = self.memory().handsets.get(number).cloned().unwrap_or_default();
        Handset { number: number.clone(), texts }
    }

    /// How often the carrier took this message: more than once is a duplicate to the lead.
    pub fn times_taken(&self, message: MessageId) -> u32 {
        self.memory().sent.get(&message).map_or(0, |taken| taken.times)
    }

    /// The lead texts our number `to`. Gives the HTTP status our server answered with (the worse of two).
    ///
    /// # Errors
    /// A sentence, when our server gave no answer.
    pub async fn lead_texts(&self, from: &Phone, to: &str, body: &str) -> Result<u16, String> {
        let at = (self.now)();
        let id = self.record(from, at, TextDirection::FromLead, to, body, None);
        let behaviour = self.behaviour();
        let hook = InboundHook {
            id: id.clone(),
            from: from.as_str().to_owned(),
            to: to.to_owned(),
            body: body.to_owned(),
            sent_at: Some(at),
        };
        tokio::time::sleep(Duration::from_millis(behaviour.delay_ms)).await;
        let once = || self.call("/hooks/simulator/inbound", &hook);
        let answer = if behaviour.duplicate {
            let (one, other) = tokio::join!(once(), once());
            one.and_then(|one| other.map(|other| one.max(other)))
        } else {
            once().await
        };
        let taken = matches!(answer, Ok(200..=299));
        self.change(&mut self.memory(), &JournalEntry::Answered { on: from.clone(), id, taken });
        answer
    }

    /// A panic elsewhere leaves the memory usable: every change to it is whole.
    fn memory(&self) -> MutexGuard<'_, CarrierMemory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the memory and writes the change down, in the same order.
    fn change(&self, memory: &mut CarrierMemory, line: &JournalEntry) {
        memory.apply(line);
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Err(error)) = journal.as_mut().map(|journal| journal.write(line)) {
            log::error!("A simulated text is not saved: {error}");
        }
    }

    fn record(
        &self,
        on: &Phone,
        at: Timestamp,
        direction: TextDirection,
        ours: &str,
        body: &str,
        message: Option<MessageId>,
    ) -> String {
        let mut memory = self.memory();
        memory.last_id += 1;
        let id = format!("SIM{}{:08}", self.run, memory.last_id);
        let (on, ours, body) = (on.clone(), ours.to_owned(), body.to_owned());
        self.change(
            &mut memory,
            &JournalEntry::Text { on, id: id.clone(), direction, ours, body, at, message },
        );
        id
    }

    async fn call<T: Serialize>(&self, path: &str, hook: &T) -> Result<u16, String> {
        let url = format!("{}{path}", self.hook_base);
        let body = serde_json::to_vec(hook).map_err(|error| error.to_string())?;
        let signature = webhook::sign_simulator(&self.secret, &url, &body).unwrap_or_default();
        let client = self.client.as_ref().ok_or("The simulator has no HTTP client.")?;
        let request = client
            .post(&url)
            .header(SIGNATURE_HEADER, signature)
            .header(reqwest::header::CONTENT_TYPE, "application/json")
            .body(body);
        match request.send().await {
            Ok(response) => Ok(response.status().as_u16()),
            Err(error) => Err(format!("The server gave no answer to the simulated carrier: {error}.")),
        }
    }

    async fn report(
        &self,
        to: Phone,
        message: MessageId,
        mut news: Vec<ReceiptHook>,
        behaviour: CarrierBehavior,
    ) {
        tokio::time::sleep(RECEIPT_GAP + Duration::from_millis(behaviour.delay_ms)).await;
        if behaviour.reorder {
            news.reverse();
        }
        for hook in news {
            let line = JournalEntry::News { on: to.clone(), message, hook: hook.clone() };
            self.change(&mut self.memory(), &line);
            for _ in 0..if behaviour.duplicate { 2 } else { 1 } {
                match self.call("/hooks/simulator/status", &hook).await {
                    Ok(200..=299) => {}
                    Ok(status) => {
                        log::warn!("The webhook answered a simulated receipt with status {status}.")
                    }
                    Err(error) => log::warn!("A simulated receipt was lost. {error}"),
                }
            }
        }
    }

    /// Takes a text; with `news`, those receipts follow.
    fn take(&self, text: &ClearedText, behaviour: CarrierBehavior, news: &[(&str, Option<&str>)]) -> String {
        let (to, message) = (text.to().clone(), text.message());
        let id =
            self.record(&to, (self.now)(), TextDirection::FromUs, text.from(), text.body(), Some(message));
        if let (Some(me), false) = (self.me.upgrade(), news.is_empty()) {
            let hook = |&(status, code): &(&str, Option<&str>)| ReceiptHook {
                id: id.clone(),
                message: Some(message),
                status: status.to_owned(),
                code: code.map(str::to_owned),
            };
            let news = news.iter().map(hook).collect();
            tokio::spawn(async move { me.report(to, message, news, behaviour).await });
        }
        id
    }

    async fn hand_over(&self, text: &ClearedText, lease: HandOffLease) -> SendOutcome {
        if lease.has_ended() {
            return SendOutcome::NotBegun;
        }
        let behaviour = self.behaviour();
        let delay = Duration::from_millis(behaviour.delay_ms);
        let fault = behaviour.fail_with.clone();
        let outcome = match fault.as_deref() {
            None => {
                let news = [("sent", None), ("delivered", None)];
                SendOutcome::Accepted { provider_id: self.take(text, behaviour, &news) }
            }
            Some("timeout") => {
                self.take(text, behaviour, &[]);
                SendOutcome::Unknown { why: "no answer in time".to_owned() }
            }
            Some(code @ ("500" | "502" | "504")) => SendOutcome::Unknown { why: format!("answer {code}") },
            Some(code @ ("429" | "503" | "connect")) => {
                SendOutcome::RetryLater { after: None, code: code.to_owned() }
            }
            Some(code) => match code.strip_prefix("callback:").or(code.starts_with("30").then_some(code)) {
                Some(code) => {
                    let news = [("sent", None), ("failed", Some(code))];
                    SendOutcome::Accepted { provider_id: self.take(text, behaviour, &news) }
                }
                None => SendOutcome::Rejected {
                    code: code.to_owned(),
                    text: "The simulated carrier refuses it.".to_owned(),
                    kind: reject_kind(code),
                },
            },
        };
        tokio::time::sleep(delay).await;
        outcome
    }
}

impl Provider for Simulator {
    fn name(&self) -> &'static str {
        "simulator"
    }

    fn signature_header(&self) -> &'static str {
        SIGNATURE_HEADER
    }

    fn verify(&self, hook: &WebhookRequest<'_>) -> Result<(), BadSignature> {
        webhook::verify_simulator(&self.secret, hook)
    }

    fn parse_inbound(&self, hook: &WebhookRequest<'_>) -> Result<InboundText, WebhookError> {
        let InboundHook { id, from, to, body, sent_at } = read(hook.body)?;
        Ok(InboundText {
            provider_id: id,
            from,
            to,
            body,
            sent_at,
            answered_by_provider: false,
            opted_out_at_provider: false,
            opted_in_at_provider: false,
            id_certainty: IdCertainty::Certain,
        })
    }

    fn parse_receipt(&self, hook: &WebhookRequest<'_>) -> Result<Receipt, WebhookError> {
        let ReceiptHook { id, message, status, code } = read(hook.body)?;
        Ok(receipt(id, message, &status, code))
    }

    fn send<'a>(&'a self, text: &'a ClearedText, lease: HandOffLease) -> ProviderFuture<'a, SendOutcome> {
        Box::pin(self.hand_over(text, lease))
    }

    fn look_up<'a>(&'a self, text: &'a OutgoingText<'a>) -> ProviderFuture<'a, LookUp> {
        let found = self.memory().sent.get(&text.message).map(|taken| LookUp::Found {
            provider_id: taken.provider_id.clone(),
            status: taken.status,
            verdict: taken.code.as_deref().map(reject_kind),
            code: taken.code.clone(),
        });
        Box::pin(std::future::ready(found.unwrap_or(LookUp::NotFound)))
    }

    fn fetch_text<'a>(&'a self, provider_id: &'a str) -> ProviderFuture<'a, FetchedText> {
        let found = self.memory().text_of_lead(provider_id);
        Box::pin(std::future::ready(found.map_or(FetchedText::Unknown, FetchedText::Found)))
    }

    fn received<'a>(&'a self, _to: &'a [String], since: Timestamp) -> ProviderFuture<'a, InboxAnswer> {
        let texts = inbox::texts_of_leads(&self.memory(), since);
        Box::pin(std::future::ready(InboxAnswer::Texts(texts)))
    }
}

#[cfg(test)]
mod tests;
