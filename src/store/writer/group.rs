//! What the closures of one group have done so far. Used by the writers, which write the counts before the commit.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::config_cache::ConfigCache;
use super::super::tx::PostCommit;
use crate::domain::id::ProgramId;
use crate::domain::limit_hit::LimitHit;

/// What a group has done so far, and what its next closure starts from.
#[derive(Default)]
pub(super) struct GroupState {
    pub(super) counted: BTreeMap<(ProgramId, &'static str), i64>,
    pub(super) hits: BTreeMap<LimitHit, i64>,
    /// The catalog as the last closure saw it, and the version that the first one saw.
    pub(super) catalog: Option<Arc<ConfigCache>>,
    pub(super) relied_on: Option<String>,
    /// Locks may be held already.
    pub(super) has_kept: bool,
}

impl GroupState {
    /// Counts what a closure did. True when no other may follow it in this group: others wait for what it holds.
    pub(super) fn keep(&mut self, aftermath: PostCommit) -> bool {
        self.has_kept = true;
        if self.relied_on.is_none() {
            self.relied_on = self.catalog.as_ref().map(|catalog| catalog.version.clone());
        }
        for (key, by) in aftermath.tallies {
            *self.counted.entry(key).or_default() += by;
        }
        for (hit, by) in aftermath.hits {
            *self.hits.entry(hit).or_default() += by;
        }
        aftermath.stands_alone
    }
}
