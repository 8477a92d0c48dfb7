//! A member's profile as far as one item needs it. Scoring all members for an item reads most of a history only to see that
//! nothing in it concerns the item.

use zhihui_data::snapshot::NONE;

use super::profile::{MAX_RECENT_ITEMS, Profile, is_own_action};
use crate::{
    Engine,
    overlay::{MemberState, withdrawn},
};

/// The items whose events change the features of one item: those similar to it, those of its series, and the item itself.
#[derive(Debug)]
pub(super) struct RelevantItems {
    bits: Vec<u64>,
    /// The series of the item, or [`NONE`].
    series: u32,
}

impl RelevantItems {
    pub(super) fn of(engine: &Engine, item: u32, similarity: &[f32]) -> Self {
        let series = engine.series_of(item);
        let mut bits = vec![0; similarity.len().div_ceil(64)];
        for (other, &similarity) in similarity.iter().enumerate() {
            let is_edition = series != NONE && engine.series_of(other as u32) == series;
            let is_relevant = similarity != 0.0 || is_edition || other as u32 == item;
            bits[other / 64] |= u64::from(is_relevant) << (other % 64);
        }
        Self { bits, series }
    }

    fn contains(&self, item: u32) -> bool {
        self.bits[item as usize / 64] >> (item % 64) & 1 == 1
    }
}

/// The profiles of members, one after another, for one item.
#[derive(Debug, Default)]
pub(crate) struct ItemProfile {
    pub(super) profile: Profile,
    /// Whether an event concerns the item. If not, the item has no similar items in the history and was never shown.
    pub(super) is_concerned: bool,
    /// By item, the last of the members loaded so far who did something with it.
    seen: Vec<u32>,
    n_loaded: u32,
}

impl ItemProfile {
    /// Loads a member. In `recent` of the profile, items without similarity to the item are missing.
    pub(super) fn load(&mut self, engine: &Engine, state: MemberState<'_>, relevant: &RelevantItems) {
        let Some(row) = state.row.filter(|_| state.live.is_none()) else {
            self.is_concerned = true;
            return self.profile.load(engine, state);
        };
        let history = &engine.snapshot().history;
        let profile = &mut self.profile;
        profile.load_evidence(engine, state);
        profile.load_vector(engine, state);
        profile.load_activity(engine, state);
        profile.load_memberships(engine, state);
        profile.recent.clear();
        profile.series.clear();
        self.is_concerned = history.item[history.of(row)].iter().any(|&item| relevant.contains(item));
        if self.is_concerned {
            let withdrawn = withdrawn(engine, state.row, None);
            self.load_recent(engine, row, &withdrawn, relevant);
            if relevant.series != NONE {
                let is_edition = |item: u32| relevant.contains(item) && engine.series_of(item) == relevant.series;
                self.profile.load_series(engine, state, &withdrawn, is_edition);
            }
        }
    }

    fn load_recent(&mut self, engine: &Engine, row: usize, withdrawn: &[u32], relevant: &RelevantItems) {
        let history = &engine.snapshot().history;
        if self.seen.is_empty() || self.n_loaded == u32::MAX {
            self.seen = vec![0; engine.snapshot().items.id.len()];
            self.n_loaded = 0;
        }
        self.n_loaded += 1;
        let mut distinct = 0;
        for at in history.of(row).rev() {
            let (item, kind) = (history.item[at], history.kind[at]);
            if !is_own_action(engine, item, kind, withdrawn) {
                continue;
            }
            let last = std::mem::replace(&mut self.seen[item as usize], self.n_loaded);
            if last == self.n_loaded {
                continue;
            }
            if relevant.contains(item) {
                self.profile.recent.push((item, kind));
            }
            distinct += 1;
            if distinct == MAX_RECENT_ITEMS {
                break;
            }
        }
    }
}
