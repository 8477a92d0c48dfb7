//! New items, which lists may explore, with their exposures and responses.

use rayon::prelude::*;
use zhihui_data::snapshot::{EventKind, NO_TIME, NONE, Snapshot};
use zhihui_models::ranking::response_rate::BetaPrior;

use super::Pool;
use crate::{overlay::LiveMember, scoring::group_of};

/// Number of days for which an item is new.
const NEW_DAYS: i64 = 7;
/// Number of known exposures and responses after which an item is no longer explored, because there is enough data.
const MAX_CONTACTS: u32 = 100;
/// Number of members that one task counts.
const MEMBERS_A_TASK: usize = 16_384;

/// Items that may be explored while this snapshot serves: new at its time or later, with few contacts.
#[derive(Debug, Default)]
pub(crate) struct NewItems {
    /// Slots of the pool, ascending.
    pub(crate) slots: Vec<u32>,
    /// Index of each slot among the new items, or [`NONE`].
    new_item_of: Vec<u32>,
    /// Number of members to whom each was shown, and of those who responded in time.
    pub(crate) counts: Vec<(u32, u32)>,
    /// The prior of articles and of all other kinds.
    pub(crate) priors: [BetaPrior; 2],
}

impl NewItems {
    pub(crate) fn new(snapshot: &Snapshot, pool: &Pool) -> Self {
        let earliest = snapshot.as_of - NEW_DAYS * 86_400;
        let may_be_explored = |&slot: &usize| {
            pool.facts[slot].since.checked_sub(earliest).is_some_and(|age| age > 0)
                && pool.contacts[slot] < MAX_CONTACTS
        };
        let slots: Vec<u32> = (0..pool.len()).filter(may_be_explored).map(|slot| slot as u32).collect();
        let mut new_item_of = vec![NONE; pool.len()];
        for (new_item, &slot) in slots.iter().enumerate() {
            new_item_of[slot as usize] = new_item as u32;
        }
        if slots.is_empty() {
            return Self { slots, new_item_of, ..Self::default() };
        }
        let counts = counts(snapshot);
        let of_group = |articles: bool| -> Vec<(u32, u32)> {
            let items = counts.iter().enumerate().filter(|(_, (shown, _))| *shown > 0);
            items.filter(|(item, _)| is_article(snapshot, *item) == articles).map(|(_, &count)| count).collect()
        };
        Self {
            priors: [BetaPrior::learn(&of_group(true)), BetaPrior::learn(&of_group(false))],
            counts: slots.iter().map(|&slot| counts[pool.facts[slot as usize].item as usize]).collect(),
            slots,
            new_item_of,
        }
    }

    /// The index of a slot among the new items.
    pub(crate) fn of_slot(&self, slot: usize) -> Option<usize> {
        self.new_item_of.get(slot).filter(|&&new_item| new_item != NONE).map(|&new_item| new_item as usize)
    }

    /// The index of a slot that is new at `now` and has few contacts, including `shown_since` exposures after the
    /// snapshot.
    pub(crate) fn explorable(
        &self,
        pool: &Pool,
        slot: usize,
        now: i64,
        shown_since: impl Fn(usize) -> u32,
    ) -> Option<usize> {
        let new_item = self.of_slot(slot)?;
        let since = pool.facts[slot].since;
        let is_new = since != NO_TIME && (0..NEW_DAYS * 86_400).contains(&(now - since));
        (is_new && pool.contacts[slot].saturating_add(shown_since(new_item)) < MAX_CONTACTS).then_some(new_item)
    }
}

/// Whether an item was shown to a member, and whether the member responded in time: read it within 72 hours of the
/// first exposure (article) or signed up within 7 days (any other kind). Pushes are another channel and do not count.
pub(crate) fn response_outcome(
    snapshot: &Snapshot,
    row: Option<usize>,
    live: Option<&LiveMember>,
    item: u32,
) -> (bool, bool) {
    let history = &snapshot.history;
    let stored = row.map_or(0..0, |row| history.of(row));
    let stored = stored.map(|at| (history.item(at), history.kind(at), history.at(at)));
    let live = live.map_or(&[][..], |live| &live.events).iter().map(|event| (event.item, event.kind, event.at));
    let of_item = stored.chain(live).filter(|event| event.0 == item);
    let Some(shown_at) = of_item.clone().filter(|event| event.1 == EventKind::Shown).map(|event| event.2).min() else {
        return (false, false);
    };
    let (kind, seconds) = response_window(snapshot, item as usize);
    let responds = |event: (u32, EventKind, i64)| event.1 == kind && (shown_at..shown_at + seconds).contains(&event.2);
    (true, of_item.into_iter().any(responds))
}

fn is_article(snapshot: &Snapshot, item: usize) -> bool {
    group_of(snapshot.items.kind[item]) == zhihui_data::snapshot::ItemGroup::Articles
}

/// The kind of event that counts as a response to an item, and the time limit in seconds.
pub(crate) fn response_window(snapshot: &Snapshot, item: usize) -> (EventKind, i64) {
    response(is_article(snapshot, item))
}

fn response(is_article: bool) -> (EventKind, i64) {
    if is_article { (EventKind::Read, 3 * 86_400) } else { (EventKind::SignUp, 7 * 86_400) }
}

/// By item, the number of members to whom it was shown, and of those who responded in time.
fn counts(snapshot: &Snapshot) -> Vec<(u32, u32)> {
    let history = &snapshot.history;
    let n_items = snapshot.items.id.len();
    let none = || (vec![(0_u32, 0_u32); n_items], vec![NO_TIME; n_items]);
    let count = |(mut counts, mut shown_at): (Vec<(u32, u32)>, Vec<i64>), member: usize| {
        let shown = |&at: &usize| history.kind(at) == EventKind::Shown;
        for at in history.of(member).filter(shown) {
            let item = history.item(at) as usize;
            if shown_at[item] == NO_TIME {
                shown_at[item] = history.at(at);
                counts[item].0 += 1;
            }
        }
        let mut responded = Vec::new();
        for at in history.of(member) {
            let item = history.item(at) as usize;
            let (kind, seconds) = response(is_article(snapshot, item));
            let first = shown_at[item];
            if first != NO_TIME && history.kind(at) == kind && (first..first + seconds).contains(&history.at(at)) {
                responded.push(item);
            }
        }
        responded.sort_unstable();
        responded.dedup();
        responded.into_iter().for_each(|item| counts[item].1 += 1);
        history.of(member).filter(shown).for_each(|at| shown_at[history.item(at) as usize] = NO_TIME);
        (counts, shown_at)
    };
    let members = (0..snapshot.members.id.len()).into_par_iter().with_min_len(MEMBERS_A_TASK);
    let parts = members.fold(none, count).map(|(counts, _)| counts);
    let add = |mut left: Vec<(u32, u32)>, right: Vec<(u32, u32)>| {
        left.iter_mut().zip(right).for_each(|(sum, part)| *sum = (sum.0 + part.0, sum.1 + part.1));
        left
    };
    parts.reduce(|| vec![(0, 0); n_items], add)
}
