//! The history that proves itself: canonical bytes, salted commitments and the hash chain of each number. Pure: it must
//! not know where events are stored. Changing anything here needs a new version byte, because old chains stay valid.

use sha2::{Digest, Sha256};

use super::consent::{ConsentEvent, EventKind, Source};
use super::evidence::Evidence;
use super::id::{NumberId, ProgramId};
use super::phone::Phone;
use super::time::Timestamp;

/// SHA-256.
pub type EventHash = [u8; 32];
/// Random bytes that keep a commitment from being guessed.
pub type CommitmentSalt = [u8; 16];

/// The `prev_hash` of a number's first event.
pub const GENESIS: EventHash = [0; 32];
/// The canonical form's version: the first byte under every hash.
const VERSION: u8 = 1;

/// An event as it stands in a number's chain.
#[derive(Clone, PartialEq, Debug)]
pub struct LedgerEntry {
    /// Whose history.
    pub number: NumberId,
    /// The event as the fold needs it.
    pub event: ConsentEvent,
    /// Who did it.
    pub actor: String,
    /// The salt of the commitment; kept with the personal data and erased with it.
    pub salt: CommitmentSalt,
    /// The evidence as JSON, exactly the bytes that were committed to.
    pub facts: String,
    /// `SHA-256(salt ‖ number in E.164 ‖ facts)`: all the chain knows of personal data.
    pub commitment: EventHash,
    /// The hash of the event before.
    pub prev_hash: EventHash,
    /// The hash of this event.
    pub hash: EventHash,
}

impl LedgerEntry {
    /// Chains `event` behind `prev_hash`, or says that its evidence cannot be written down.
    ///
    /// # Errors
    /// When the evidence does not serialize; nothing may be recorded then.
    pub fn chain(
        number: NumberId,
        phone: &Phone,
        event: ConsentEvent,
        actor: String,
        salt: CommitmentSalt,
        prev_hash: EventHash,
    ) -> Result<LedgerEntry, serde_json::Error> {
        let facts = serde_json::to_string(&event.evidence)?;
        let commitment = commitment(&salt, phone, &facts);
        let mut entry =
            LedgerEntry { number, event, actor, salt, facts, commitment, prev_hash, hash: GENESIS };
        entry.hash = entry.expected_hash();
        Ok(entry)
    }

    /// The hash that the canonical bytes give.
    pub fn expected_hash(&self) -> EventHash {
        let event = &self.event;
        let mut canonical = CanonicalBytes::new();
        canonical
            .field(self.number.as_bytes())
            .field(&event.seq.to_be_bytes())
            .field(event.program.as_ref().map_or(&[], ProgramId::as_bytes))
            .field(event.kind.as_str().as_bytes())
            .field(event.source.as_str().as_bytes())
            .field(self.actor.as_bytes())
            .field(&event.occurred_at.micros().to_be_bytes())
            .field(&event.recorded_at.micros().to_be_bytes())
            .field(&self.commitment)
            .field(&self.prev_hash);
        canonical.hash()
    }
}

/// A row of the history as it was read back, before anybody believes it.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    /// Whose history.
    pub number: NumberId,
    /// Its place.
    pub seq: i32,
    /// The program; `None` means all.
    pub program: Option<ProgramId>,
    /// What it did.
    pub kind: EventKind,
    /// Where it came from.
    pub source: Source,
    /// Who did it.
    pub actor: String,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The commitment's salt.
    pub salt: Vec<u8>,
    /// The evidence as JSON.
    pub facts: String,
    /// The commitment as stored.
    pub commitment: Vec<u8>,
    /// The previous hash as stored.
    pub prev_hash: Vec<u8>,
    /// The hash as stored.
    pub hash: Vec<u8>,
}

/// What is wrong with a row of the history.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LedgerFlaw {
    /// The places are not 1, 2, 3, …
    #[error("its place does not follow the event before it")]
    Gap,
    /// It does not name the event before it.
    #[error("its previous hash is not the hash of the event before it")]
    BrokenLink,
    /// Number, salt or evidence are not what was committed to.
    #[error("its number or evidence differs from what was committed to")]
    Commitment,
    /// Some field differs from what was hashed.
    #[error("one of its fields differs from what was hashed")]
    Hash,
    /// The evidence cannot be read.
    #[error("its evidence is not readable")]
    Evidence,
}

impl StoredEvent {
    /// Believes the row only if it follows `(prev_seq, prev_hash)` and proves itself for `phone`.
    ///
    /// # Errors
    /// The first [`Flaw`] found.
    pub fn check(
        self,
        phone: &Phone,
        prev_seq: i32,
        prev_hash: EventHash,
    ) -> Result<LedgerEntry, LedgerFlaw> {
        if self.seq != prev_seq + 1 {
            return Err(LedgerFlaw::Gap);
        }
        if self.prev_hash != prev_hash {
            return Err(LedgerFlaw::BrokenLink);
        }
        let salt: CommitmentSalt = self.salt.as_slice().try_into().map_err(|_| LedgerFlaw::Commitment)?;
        let commitment = commitment(&salt, phone, &self.facts);
        if self.commitment != commitment {
            return Err(LedgerFlaw::Commitment);
        }
        let evidence: Evidence = serde_json::from_str(&self.facts).map_err(|_| LedgerFlaw::Evidence)?;
        let hash: EventHash = self.hash.as_slice().try_into().map_err(|_| LedgerFlaw::Hash)?;
        let event = ConsentEvent {
            seq: self.seq,
            program: self.program,
            kind: self.kind,
            source: self.source,
            occurred_at: self.occurred_at,
            recorded_at: self.recorded_at,
            evidence,
        };
        let (actor, facts) = (self.actor, self.facts);
        let entry =
            LedgerEntry { number: self.number, event, actor, salt, facts, commitment, prev_hash, hash };
        if entry.expected_hash() != hash {
            return Err(LedgerFlaw::Hash);
        }
        Ok(entry)
    }
}

/// Adds one event to the running digest of a seal: its hash, and its position in the whole history.
pub fn fold_position(digest: EventHash, position: i64, event_hash: &[u8]) -> EventHash {
    let mut canonical = CanonicalBytes::new();
    canonical.field(&digest).field(&position.to_be_bytes()).field(event_hash);
    canonical.hash()
}

/// Adds one event's hash to the running digest of a seal of the oldest form.
pub fn fold_seal(digest: EventHash, event_hash: &[u8]) -> EventHash {
    let mut canonical = CanonicalBytes::new();
    canonical.field(&digest).field(event_hash);
    canonical.hash()
}

fn commitment(salt: &CommitmentSalt, phone: &Phone, facts: &str) -> EventHash {
    let mut canonical = CanonicalBytes::new();
    canonical.field(salt).field(phone.as_str().as_bytes()).field(facts.as_bytes());
    canonical.hash()
}

/// Fields in fixed order, each behind its length as four big-endian bytes, so that no two lists of fields look alike.
struct CanonicalBytes(Sha256);

impl CanonicalBytes {
    fn new() -> Self {
        let mut hasher = Sha256::new();
        hasher.update([VERSION]);
        CanonicalBytes(hasher)
    }

    fn field(&mut self, bytes: &[u8]) -> &mut Self {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.0.update(length.to_be_bytes());
        self.0.update(bytes);
        self
    }

    fn hash(self) -> EventHash {
        self.0.finalize().into()
    }
}
