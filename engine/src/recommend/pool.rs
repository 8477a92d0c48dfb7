//! The pool: all items that can be offered, in columns.

use zhihui_data::{
    ItemKind,
    snapshot::{EventKind, ItemGroup, NO_TIME, NONE, Snapshot, SparseRows},
};

use crate::{
    eligibility::ItemTerms,
    index::{Seasons, Series},
    scoring::{ItemFacts, log_reach},
};

/// Number of days for which an article is fresh.
const FRESH_DAYS: i64 = 30;
/// Minimum number of articles. The most popular older articles fill it up.
const ARTICLES: usize = 300;
/// Number of articles if none is fresh: an archive, for example of films.
const ARCHIVE: usize = 1_000;
/// Maximum number of fresh articles: half of them the most popular, half the newest.
const FRESH_ARTICLES: usize = 2_000;

/// Open items and fresh articles in columns by slot, with the items' part of the features.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pool {
    pub(crate) facts: Vec<ItemFacts>,
    pub(crate) terms: Vec<ItemTerms>,
    /// Vectors of the items, flat.
    vectors: Vec<f32>,
    rank: usize,
    /// `ln(1 + 1000 · reach)` at `slot * bands + band`. The last band stands for all members.
    band_popularity: Vec<f32>,
    bands: usize,
    /// Topics of each slot without sensitive ones, flat, and the start of each slot's topics.
    topics: Vec<u32>,
    topic_starts: Vec<usize>,
    slot_of: Vec<u32>,
    /// Neighbours of every item within the pool, by slot.
    pub(crate) neighbours: SparseRows,
    /// Known contacts of each slot: number of times it was shown, pushed, read or signed up for.
    pub(crate) contacts: Vec<u32>,
    /// Slots by overall popularity, most popular first.
    pub(crate) by_popularity: Vec<u32>,
    /// Popularity that a quarter of the pool's items exceed, by group: overall and in each band.
    upper_quarter: [(f32, Vec<f32>); 2],
}

impl Pool {
    pub(crate) fn new(snapshot: &Snapshot, series: &Series, seasons: &Seasons, reach: &[f32]) -> Self {
        let items = select_items(snapshot);
        let bands = snapshot.age_bands.count() + 1;
        let mut slot_of = vec![NONE; snapshot.items.id.len()];
        for (slot, &item) in items.iter().enumerate() {
            slot_of[item as usize] = slot as u32;
        }
        let model = &snapshot.model;
        let band_reach = |item: usize, band: usize| match model.popularity.by_band.get(band * slot_of.len() + item) {
            Some(&share) if band + 1 < bands => share,
            _ => reach[item],
        };
        let popularity = |item: &u32| (0..bands).map(|band| log_reach(band_reach(*item as usize, band))).collect();
        let band_popularity: Vec<Vec<f32>> = items.iter().map(popularity).collect();
        let facts: Vec<ItemFacts> =
            items.iter().map(|&item| ItemFacts::of(snapshot, series, seasons, item as usize)).collect();
        let upper_quarter = [ItemGroup::Articles, ItemGroup::Activities].map(|group| {
            let of_group: Vec<usize> = (0..facts.len()).filter(|&slot| facts[slot].group() == group).collect();
            let quarter = |value: &dyn Fn(usize) -> f32| upper_quarter(of_group.iter().map(|&slot| value(slot)));
            let by_band = (0..bands).map(|band| quarter(&|slot| band_popularity[slot][band])).collect();
            (quarter(&|slot| facts[slot].log_popularity), by_band)
        });
        let in_pool = |item: usize| {
            let pairs = model.neighbours.pairs(item);
            let pairs = pairs.map(|(neighbour, similarity)| (slot_of[neighbour as usize], similarity));
            pairs.filter(|&(slot, _)| slot != NONE).collect::<Vec<_>>()
        };
        let mut by_popularity: Vec<u32> = (0..items.len() as u32).collect();
        by_popularity.sort_by(|&left, &right| {
            let overall = |slot: u32| model.popularity.overall[items[slot as usize] as usize];
            let since = |slot: u32| facts[slot as usize].since;
            overall(right).total_cmp(&overall(left)).then(since(right).cmp(&since(left))).then(left.cmp(&right))
        });
        let mut topics = Vec::new();
        let mut topic_starts = vec![0];
        for &item in &items {
            let own = snapshot.items.topics.row(item as usize).iter();
            topics.extend(own.filter(|topic| !snapshot.sensitive_topics.contains(topic)));
            topic_starts.push(topics.len());
        }
        let rank = model.factors.as_ref().map_or(0, |factors| factors.rank as usize);
        let vectors = model.factors.iter().flat_map(|factors| {
            items.iter().flat_map(move |&item| &factors.items[item as usize * rank..(item as usize + 1) * rank])
        });
        Self {
            terms: items.iter().map(|&item| ItemTerms::of(snapshot, item as usize)).collect(),
            vectors: vectors.copied().collect(),
            rank,
            band_popularity: band_popularity.concat(),
            bands,
            neighbours: SparseRows::from_rows((0..slot_of.len()).map(in_pool)),
            contacts: contacts(snapshot, &slot_of, items.len()),
            by_popularity,
            upper_quarter,
            facts,
            topics,
            topic_starts,
            slot_of,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.facts.len()
    }

    /// The slot of an item. `None` if it is not in the pool.
    pub(crate) fn slot_of(&self, item: u32) -> Option<usize> {
        self.slot_of.get(item as usize).filter(|&&slot| slot != NONE).map(|&slot| slot as usize)
    }

    pub(crate) fn vector(&self, slot: usize) -> &[f32] {
        &self.vectors[slot * self.rank..(slot + 1) * self.rank]
    }

    /// Topics of a slot, without sensitive ones.
    pub(crate) fn topics(&self, slot: usize) -> &[u32] {
        &self.topics[self.topic_starts[slot]..self.topic_starts[slot + 1]]
    }

    pub(crate) fn band_popularity(&self, slot: usize, band: usize) -> f32 {
        self.band_popularity[slot * self.bands + band.min(self.bands - 1)]
    }

    /// The overall popularity that a quarter of the group's items exceed.
    pub(crate) fn popular_from(&self, group: ItemGroup) -> f32 {
        self.upper_quarter[group as usize].0
    }

    /// The popularity within an age band that a quarter of the group's items exceed.
    pub(crate) fn popular_in_band_from(&self, group: ItemGroup, band: usize) -> f32 {
        self.upper_quarter[group as usize].1.get(band).copied().unwrap_or(f32::INFINITY)
    }
}

fn contacts(snapshot: &Snapshot, slot_of: &[u32], slots: usize) -> Vec<u32> {
    let mut contacts = vec![0_u32; slots];
    let (history, others) = (&snapshot.history, &snapshot.unattributed);
    let own = history.places().map(|event| (history.item(event), history.kind(event)));
    let others = others.item.iter().copied().zip(others.kind.iter().copied());
    for (item, kind) in own.chain(others) {
        let counts = matches!(kind, EventKind::Shown | EventKind::Push | EventKind::Read | EventKind::SignUp);
        if let (true, Some(contacts)) = (counts, contacts.get_mut(slot_of[item as usize] as usize)) {
            *contacts = contacts.saturating_add(1);
        }
    }
    contacts
}

fn upper_quarter(values: impl Iterator<Item = f32>) -> f32 {
    let mut values: Vec<f32> = values.collect();
    values.sort_by(f32::total_cmp);
    values.get(values.len() * 3 / 4).copied().unwrap_or(f32::INFINITY)
}

/// Selects all items that can still be signed up for, and the articles to offer. Ascending.
fn select_items(snapshot: &Snapshot) -> Vec<u32> {
    let (items, as_of) = (&snapshot.items, snapshot.as_of);
    let open = |&item: &u32| {
        items.kind[item as usize] != ItemKind::Article
            && ItemTerms::of(snapshot, item as usize).can_still_be_offered(as_of)
    };
    let all = (0..items.id.len() as u32).filter(|&item| snapshot.is_described(item as usize));
    let mut chosen: Vec<u32> = all.clone().filter(open).collect();
    let is_fresh = |&item: &u32| {
        let published = items.published_at[item as usize];
        published != NO_TIME && published > as_of - FRESH_DAYS * 86_400
    };
    let articles = all.filter(|&item| items.kind[item as usize] == ItemKind::Article);
    let (mut fresh, mut older): (Vec<u32>, Vec<u32>) = articles.partition(is_fresh);
    let popularity = |item: u32| snapshot.model.popularity.overall[item as usize];
    let published = |item: u32| items.published_at[item as usize];
    let by_popularity = |&left: &u32, &right: &u32| {
        popularity(right)
            .total_cmp(&popularity(left))
            .then(published(right).cmp(&published(left)))
            .then(left.cmp(&right))
    };
    if fresh.len() > FRESH_ARTICLES {
        fresh.sort_by(by_popularity);
        let mut rest = fresh.split_off(FRESH_ARTICLES / 2);
        rest.sort_by_key(|&item| (std::cmp::Reverse(published(item)), item));
        fresh.extend(rest.into_iter().take(FRESH_ARTICLES / 2));
    }
    let wanted = if fresh.is_empty() { ARCHIVE } else { ARTICLES };
    older.sort_by(by_popularity);
    chosen.extend(older.into_iter().take(wanted.saturating_sub(fresh.len())));
    chosen.extend(fresh);
    chosen.sort_unstable();
    chosen
}
