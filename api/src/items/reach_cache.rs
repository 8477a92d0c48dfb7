//! Caches item reach. Computing it scans all members, so results are kept for a short time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use zhihui_engine::insight::Reach;
use zhihui_engine::report::MinGroupSize;

use crate::live::slot::LiveSnapshot;

/// How long a result is kept.
const TTL_SECONDS: i64 = 60;

/// Which members a caller may see counted, and how exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Visibility {
    /// The union subtree whose members are counted, or `None` for all members.
    pub(crate) union: Option<String>,
    /// Group size below which counts are hidden from leaders and from staff of one union. `None` for other staff, who choose
    /// audiences and see exact entries.
    pub(crate) hides_few: Option<MinGroupSize>,
}

/// Cached reach of the published snapshot.
#[derive(Debug, Default)]
pub(crate) struct ReachCache(Mutex<Entries>);

/// Union and item.
type Key = (Option<String>, String);

#[derive(Debug, Default)]
struct Entries {
    version: String,
    by_item: HashMap<Key, (i64, Reach)>,
}

impl ReachCache {
    /// The reach of these items, in the same order.
    pub(crate) fn reach(
        &self,
        live: &LiveSnapshot,
        item_ids: &[&str],
        visibility: &Visibility,
        now: i64,
    ) -> Vec<Reach> {
        let mut cached = self.cached(&live.info.version, now);
        let key = |id: &str| (visibility.union.clone(), id.to_owned());
        let missing: Vec<&str> = item_ids.iter().copied().filter(|&id| !cached.contains_key(&key(id))).collect();
        if !missing.is_empty() {
            let found = live.engine.reach_of(&missing, visibility.union.as_deref(), now);
            let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            for (id, reach) in missing.into_iter().zip(found) {
                entries.by_item.insert(key(id), (now, reach));
                cached.insert(key(id), reach);
            }
        }
        let reach = |&id: &&str| cached.get(&key(id)).copied().unwrap_or_default();
        let shown = |reach: Reach| visibility.hides_few.map_or(reach, |fewest| reach.rounded(fewest));
        item_ids.iter().map(reach).map(shown).collect()
    }

    fn cached(&self, version: &str, now: i64) -> HashMap<Key, Reach> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.version != version {
            *entries = Entries { version: version.to_owned(), by_item: HashMap::new() };
        }
        entries.by_item.retain(|_, (at, _)| (0..TTL_SECONDS).contains(&(now - *at)));
        entries.by_item.iter().map(|(key, &(_, reach))| (key.clone(), reach)).collect()
    }
}
