//! Exclusions as sets of rows. A set is made once for a snapshot, because the ids of a long list take a moment to look up.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use zhihui_engine::Engine;
use zhihui_engine::audience::{Exclusion, ExclusionCount, MemberSet};

use crate::exclusions::source::ExclusionSource;

/// Sets that are kept. A set of a million members has 125 kB.
const MAX_SETS: usize = 64;

/// The sets of one snapshot, shared by clones.
#[derive(Debug, Clone, Default)]
pub(super) struct ExclusionSets(Arc<Mutex<HashMap<String, Arc<MemberSet>>>>);

impl ExclusionSets {
    pub(super) fn resolve(&self, engine: &Engine, sources: &[ExclusionSource]) -> Vec<Exclusion> {
        let resolve = |source: &ExclusionSource| {
            if let Some(members) = self.get(&source.key) {
                return Exclusion { id: source.id.clone(), reason: source.reason, members, applies: source.applies };
            }
            let exclusion = source.resolve(engine);
            self.keep(&source.key, &exclusion.members);
            exclusion
        };
        sources.iter().map(resolve).collect()
    }

    fn get(&self, key: &str) -> Option<Arc<MemberSet>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn keep(&self, key: &str, members: &Arc<MemberSet>) {
        let mut sets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sets.len() >= MAX_SETS {
            sets.clear();
        }
        sets.insert(key.to_owned(), Arc::clone(members));
    }
}

/// Adds the names of the exclusion lists, and removes the counts of the exclusions without a name.
pub(super) fn name_counts(counts: &mut Vec<ExclusionCount>, sources: &[ExclusionSource]) {
    let mut sources = sources.iter();
    counts.retain_mut(|count| {
        count.name = sources.next().and_then(|source| source.name.clone());
        count.name.is_some()
    });
}
