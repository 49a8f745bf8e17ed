//! How the simulated carrier misbehaves. People set it on the page of the simulated phones; the simulator reads it at
//! each hand-off.

/// How the carrier misbehaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CarrierBehavior {
    /// What every hand-off ends with. `30xxx` and `callback:CODE`: taken, then a failed receipt. `timeout`: taken, but
    /// neither answer nor receipts come. `500`, `502`, `504`: nobody knows, and it was not taken. `429`, `503`, `connect`:
    /// try later. Any other code: refused at once.
    pub fail_with: Option<String>,
    /// Answers and webhooks come this much later.
    pub delay_ms: u64,
    /// Each webhook comes twice; a lead's text at the same moment.
    pub duplicate: bool,
    /// Receipts come newest first.
    pub reorder: bool,
}
