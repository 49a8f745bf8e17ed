//! What leads texted, as the simulated phones remember it: for a database that was put back to an older state.

use std::io;
use std::path::Path;

use super::handset::TextDirection;
use super::journal;
use super::memory::CarrierMemory;
use crate::domain::message::{IdCertainty, InboundText};
use crate::domain::time::Timestamp;

/// The texts of leads since then in the phones' file, oldest first; none where there is no file. They are old: nobody waits
/// for an answer to them any more.
///
/// # Errors
/// When the file cannot be read.
pub fn remembered(file: &Path, since: Timestamp) -> io::Result<Vec<InboundText>> {
    let mut memory = CarrierMemory::default();
    match journal::read(file, &mut memory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        read => read?,
    }
    Ok(texts_of_leads(&memory, since))
}

/// The texts of leads since then on all handsets, oldest first.
pub(super) fn texts_of_leads(memory: &CarrierMemory, since: Timestamp) -> Vec<InboundText> {
    let mut texts = Vec::new();
    for (number, on_screen) in &memory.handsets {
        let sent =
            on_screen.iter().filter(|text| text.direction == TextDirection::FromLead && text.at >= since);
        texts.extend(sent.map(|text| InboundText {
            provider_id: text.id.clone(),
            from: number.as_str().to_owned(),
            to: text.ours.clone(),
            body: text.body.clone(),
            sent_at: Some(text.at),
            answered_by_provider: true,
            opted_out_at_provider: false,
            opted_in_at_provider: false,
            id_certainty: IdCertainty::Certain,
        }));
    }
    texts.sort_by_key(|text| text.sent_at);
    texts
}
