//! What pages counted lately: whom each item reaches takes a pass over all members, so it is kept for a short while.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use zhihui_engine::insight::Reach;
use zhihui_engine::report::Fewest;

use crate::access::{Asker, Role};
use crate::service::Live;

/// For so long a count is shown again.
const KEPT_SECONDS: i64 = 60;

/// Whose counts a caller may see, and how exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sight {
    /// The union whose members are counted, with those below it; `None`: everybody.
    pub(super) union: Option<String>,
    /// The size below which groups of people are hidden from leaders and from staff of one union. `None` for other staff, who
    /// choose audiences and see exact counts.
    pub(super) hides_few: Option<Fewest>,
}

impl Sight {
    pub(super) fn of(asker: &Asker, fewest: Fewest) -> Self {
        let hides_few = asker.role == Role::Leader || asker.union_id.is_some();
        Self { union: asker.union_id.clone(), hides_few: hides_few.then_some(fewest) }
    }
}

/// Counts by item of one published state.
#[derive(Debug, Default)]
pub(crate) struct Counted(Mutex<Counts>);

/// Union and item.
type Key = (Option<String>, String);

#[derive(Debug, Default)]
struct Counts {
    version: String,
    by_item: HashMap<Key, (i64, Reach)>,
}

impl Counted {
    /// Whom these items reach, in their order.
    pub(super) fn reach(&self, live: &Live, item_ids: &[&str], sight: &Sight, now: i64) -> Vec<Reach> {
        let mut known = self.known(&live.facts.version, now);
        let key = |id: &str| (sight.union.clone(), id.to_owned());
        let missing: Vec<&str> = item_ids.iter().copied().filter(|&id| !known.contains_key(&key(id))).collect();
        if !missing.is_empty() {
            let found = live.answers.reach_of(&missing, sight.union.as_deref(), now);
            let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            for (id, reach) in missing.into_iter().zip(found) {
                counts.by_item.insert(key(id), (now, reach));
                known.insert(key(id), reach);
            }
        }
        let reach = |&id: &&str| known.get(&key(id)).copied().unwrap_or_default();
        let shown = |reach: Reach| sight.hides_few.map_or(reach, |fewest| reach.rounded(fewest));
        item_ids.iter().map(reach).map(shown).collect()
    }

    fn known(&self, version: &str, now: i64) -> HashMap<Key, Reach> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.version != version {
            *counts = Counts { version: version.to_owned(), by_item: HashMap::new() };
        }
        counts.by_item.retain(|_, (at, _)| (0..KEPT_SECONDS).contains(&(now - *at)));
        counts.by_item.iter().map(|(key, &(_, reach))| (key.clone(), reach)).collect()
    }
}
