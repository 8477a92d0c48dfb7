//! The engine: one immutable snapshot with precomputed indexes.

use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use zhihui_data::{
    ItemKind,
    snapshot::{ItemGroup, NONE, RankerWeights, Side, Snapshot},
};
use zhihui_models::recommenders::ials::FoldIn;

use crate::{
    audience::BandReads,
    index::{EventPostings, IdTable, Seasons, Series, ShowUp, ShowUpRates, UnionSignUps, UnionTree},
    overlay::{total_weight, weighed_history},
    recommend::{ListOptions, LiveCounts, NewItems, Pool, PoolState, PoolStateCache, RateDraws, RateDrawsCache},
    scoring::{ItemFacts, MemberColumns, Ranker, fold_in, fold_in_model, group_of},
};

/// A published snapshot that answers requests. It is immutable and shared between threads.
pub struct Engine {
    snapshot: Snapshot,
    member_ids: IdTable,
    openids: IdTable,
    item_ids: IdTable,
    union_ids: IdTable,
    union_tree: UnionTree,
    union_sign_ups: UnionSignUps,
    series: Series,
    seasons: Seasons,
    is_sensitive: Vec<bool>,
    /// Whether an item has a sensitive topic.
    is_sensitive_item: Vec<bool>,
    /// Share of all members that each item reached.
    reach: Vec<f32>,
    /// Mean of `reach` where it is above zero, for articles and for everything else.
    mean_reach: [f32; 2],
    member_columns: MemberColumns,
    /// Mean tickets of a current sign-up, indexed by [`ItemKind`].
    mean_tickets: [f32; 5],
    show_up: ShowUpRates,
    /// Indexed by side and group.
    rankers: [[Option<Ranker>; 2]; 2],
    /// `None` without a factor model.
    fold_in: Option<FoldIn>,
    pool: Pool,
    pool_state: PoolStateCache,
    lists: ListOptions,
    new_items: NewItems,
    draws: RateDrawsCache,
    band_reads: BandReads,
    event_postings: OnceLock<EventPostings>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("version", &self.snapshot.version).finish_non_exhaustive()
    }
}

impl Engine {
    /// Builds the indexes of a snapshot. The snapshot must be valid, as returned by
    /// [`decode`](zhihui_data::snapshot::decode).
    #[must_use]
    pub fn new(snapshot: Snapshot) -> Self {
        let reach = overall_reach(&snapshot);
        let mean_reach = [ItemGroup::Articles, ItemGroup::Activities].map(|group| mean_reach(&snapshot, &reach, group));
        let mut is_sensitive = vec![false; snapshot.topics.len()];
        for &topic in &snapshot.sensitive_topics {
            if let Some(flag) = is_sensitive.get_mut(topic as usize) {
                *flag = true;
            }
        }
        let series = Series::of(&snapshot.items);
        let seasons = Seasons::of(&snapshot, &is_sensitive);
        let pool = Pool::new(&snapshot, &series, &seasons, &reach);
        let n_items = snapshot.items.id.len();
        let has_sensitive = |item| snapshot.items.topics.row(item).iter().any(|&topic| is_sensitive[topic as usize]);
        let is_sensitive_item: Vec<bool> = (0..n_items).map(has_sensitive).collect();
        Self {
            member_ids: IdTable::new(&snapshot.members.id),
            openids: IdTable::new(&snapshot.members.openid),
            item_ids: IdTable::new(&snapshot.items.id),
            union_ids: IdTable::new(&snapshot.unions.id),
            union_tree: UnionTree::new(&snapshot.unions.parent),
            union_sign_ups: UnionSignUps::new(&snapshot),
            mean_reach,
            member_columns: MemberColumns::new(&snapshot, &is_sensitive_item),
            is_sensitive,
            is_sensitive_item,
            mean_tickets: mean_tickets(&snapshot),
            show_up: ShowUpRates::learn(&snapshot),
            rankers: Ranker::by_side(&snapshot.model.rankers),
            fold_in: snapshot.model.factors.as_ref().and_then(fold_in_model),
            new_items: NewItems::new(&snapshot, &pool),
            pool,
            series,
            seasons,
            pool_state: PoolStateCache::default(),
            lists: ListOptions::default(),
            draws: RateDrawsCache::default(),
            band_reads: BandReads::default(),
            event_postings: OnceLock::new(),
            reach,
            snapshot,
        }
    }

    /// The snapshot.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Returns the engine with other rankers.
    #[must_use]
    pub fn with_rankers(mut self, rankers: Vec<RankerWeights>) -> Self {
        self.rankers = Ranker::by_side(&rankers);
        self.snapshot.model.rankers = rankers;
        self
    }

    /// Returns the engine with other options for members' lists.
    #[must_use]
    pub fn with_list_options(mut self, lists: ListOptions) -> Self {
        self.lists = lists;
        self
    }

    /// The options for members' lists.
    #[must_use]
    pub fn list_options(&self) -> ListOptions {
        self.lists
    }

    /// Returns the snapshot and drops the indexes.
    #[must_use]
    pub fn into_snapshot(self) -> Snapshot {
        self.snapshot
    }

    /// The item side of the factor model.
    pub(crate) fn fold_in_model(&self) -> Option<&FoldIn> {
        self.fold_in.as_ref()
    }

    /// Recomputes the vectors of members with events at or after `since` from their whole history in the snapshot, and returns
    /// the rows of these members. Use it for a factor model that was trained at `since`.
    pub fn fold_in_since(&mut self, since: i64) -> Vec<usize> {
        let history = &self.snapshot.history;
        let is_changed = |&member: &usize| {
            self.snapshot.members.personalised[member]
                && history.of(member).next_back().is_some_and(|at| history.at(at) >= since)
        };
        let changed: Vec<usize> = (0..self.snapshot.members.id.len()).filter(is_changed).collect();
        let Some((factors, model)) = self.snapshot.model.factors.as_ref().zip(self.fold_in.as_ref()) else {
            return Vec::new();
        };
        let fold = |&member: &usize| {
            let history = weighed_history(self, Some(member), None);
            let mut vector = fold_in(model, &history)?;
            let band = usize::from(self.snapshot.members.age_band[member]);
            factors.shrink_to_band(band, total_weight(&history), &mut vector);
            Some(vector)
        };
        let vectors: Vec<Option<Vec<f32>>> = changed.par_iter().map(fold).collect();
        let rank = factors.rank as usize;
        let Some(factors) = self.snapshot.model.factors.as_mut() else { return Vec::new() };
        for (&member, vector) in changed.iter().zip(vectors) {
            if let Some(vector) = vector {
                factors.members[member * rank..(member + 1) * rank].copy_from_slice(&vector);
            }
        }
        changed
    }

    /// The row of a member by member id.
    #[must_use]
    pub fn member_row(&self, id: &str) -> Option<usize> {
        self.member_ids.find(&self.snapshot.members.id, id)
    }

    /// The row of a member by `WeChat` openid, according to the snapshot.
    #[must_use]
    pub fn openid_row(&self, openid: &str) -> Option<usize> {
        let further = || self.snapshot.openids.find(openid).map(|known| known.member as usize);
        self.openids.find(&self.snapshot.members.openid, openid).or_else(further)
    }

    /// The claim that assigns an openid to a member in the snapshot: the row, the time in microseconds, and whether it
    /// is a bind.
    pub(crate) fn openid_claim(&self, openid: &str) -> Option<(usize, i64, bool)> {
        if let Some(row) = self.openids.find(&self.snapshot.members.openid, openid) {
            let (since, by_bind) = self.snapshot.openids.claim_of(row);
            return Some((row, since, by_bind));
        }
        self.snapshot.openids.find(openid).map(|known| (known.member as usize, known.since, known.by_bind))
    }

    /// The row of an item.
    #[must_use]
    pub fn item_row(&self, id: &str) -> Option<usize> {
        self.item_ids.find(&self.snapshot.items.id, id)
    }

    /// The row of a union.
    #[must_use]
    pub fn union_row(&self, id: &str) -> Option<usize> {
        self.union_ids.find(&self.snapshot.unions.id, id)
    }

    /// The index of a topic.
    #[must_use]
    pub fn topic_row(&self, topic: &str) -> Option<usize> {
        self.snapshot.topics.binary_search_by(|known| known.as_str().cmp(topic)).ok()
    }

    /// Whether a topic is sensitive and never becomes a preference, a segment or a reason.
    #[must_use]
    pub fn is_sensitive(&self, topic: u32) -> bool {
        self.is_sensitive.get(topic as usize).copied().unwrap_or(false)
    }

    /// Whether an item has a sensitive topic. Members' events on such an item are not used for selection, ranking or
    /// explanations.
    pub(crate) fn is_sensitive_item(&self, item: u32) -> bool {
        self.is_sensitive_item.get(item as usize).copied().unwrap_or(false)
    }

    /// The sensitive topic of an item, if any.
    pub(crate) fn sensitive_topic_of(&self, item: usize) -> Option<&str> {
        let topic = self.snapshot.items.topics.row(item).iter().find(|&&topic| self.is_sensitive(topic))?;
        self.snapshot.topics.get(*topic as usize).map(String::as_str)
    }

    /// The time of the snapshot's data, RFC 3339.
    #[must_use]
    pub fn as_of(&self) -> String {
        rfc3339(self.snapshot.as_of)
    }

    pub(crate) fn union_tree(&self) -> &UnionTree {
        &self.union_tree
    }

    pub(crate) fn union_sign_ups(&self) -> &UnionSignUps {
        &self.union_sign_ups
    }

    /// The series of an item, or [`NONE`] if it has no other edition.
    pub(crate) fn series_of(&self, item: u32) -> u32 {
        self.series.of_item(item)
    }

    /// The item's own part of the features.
    pub(crate) fn item_facts(&self, item: usize) -> ItemFacts {
        ItemFacts::of(&self.snapshot, &self.series, &self.seasons, item)
    }

    /// Reads by half hour and age band, counted when they are needed first.
    pub(crate) fn band_reads(&self) -> &BandReads {
        &self.band_reads
    }

    /// Sorts the events for conditions that count them. Without this call, the first such condition waits for it. Returns
    /// the size of the index in bytes.
    pub fn prepare_audiences(&self) -> usize {
        self.event_postings().size()
    }

    /// The events by kind, day and item.
    pub(crate) fn event_postings(&self) -> &EventPostings {
        // Not `get_or_init`: its closure would wait for other threads of the pool, which may wait for the same cell. Two
        // first requests at the same time sort twice.
        if let Some(postings) = self.event_postings.get() {
            return postings;
        }
        let snapshot = &self.snapshot;
        let sizes = (snapshot.members.id.len(), snapshot.items.id.len());
        let postings = EventPostings::new(&snapshot.history, sizes, snapshot.zone);
        self.event_postings.get_or_init(|| postings)
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// The state of the pool at a time.
    pub(crate) fn pool_state(&self, now: i64) -> Arc<PoolState> {
        self.pool_state.at(&self.pool, now)
    }

    /// The items that lists may explore.
    pub(crate) fn new_items(&self) -> &NewItems {
        &self.new_items
    }

    /// The random draws of new items' response rates on one day.
    pub(crate) fn draws(&self, day: i64, live: &Arc<LiveCounts>) -> Arc<RateDraws> {
        self.draws.at(&self.new_items, &self.pool, &self.snapshot, day, live)
    }

    /// The day number of a time in the union's time zone.
    pub(crate) fn day_of(&self, now: i64) -> i64 {
        let day = self.snapshot.zone.day(chrono::DateTime::from_timestamp(now, 0).unwrap_or_default());
        i64::from(chrono::Datelike::num_days_from_ce(&day))
    }

    /// What scoring reads of the members, computed once.
    pub(crate) fn member_columns(&self) -> &MemberColumns {
        &self.member_columns
    }

    pub(crate) fn mean_tickets(&self, kind: ItemKind) -> f32 {
        self.mean_tickets[kind as usize]
    }

    /// The share of sign-ups for items of a kind that attend, or `None` if attendance was never recorded.
    pub(crate) fn show_up(&self, kind: ItemKind) -> Option<ShowUp> {
        self.show_up.of(kind)
    }

    /// The ranker of a group of items on one side, or `None` if popularity ranks.
    pub(crate) fn ranker(&self, group: ItemGroup, side: Side) -> Option<&Ranker> {
        self.rankers[side as usize][group as usize].as_ref()
    }

    /// Share of a band's members that the item reached. The index after the last band stands for all members.
    pub(crate) fn reach(&self, band: usize, item: u32) -> f32 {
        let n_items = self.reach.len();
        match self.snapshot.model.popularity.by_band.get(band.saturating_mul(n_items).saturating_add(item as usize)) {
            Some(&share) => share,
            None => self.reach[item as usize],
        }
    }

    pub(crate) fn mean_reach(&self, group: ItemGroup) -> f32 {
        self.mean_reach[group as usize]
    }

    /// The item's vector. Empty without a factor model.
    pub(crate) fn item_vector(&self, item: usize) -> &[f32] {
        match &self.snapshot.model.factors {
            Some(factors) => {
                let rank = factors.rank as usize;
                &factors.items[item * rank..(item + 1) * rank]
            }
            None => &[],
        }
    }
}

/// Formats a time as RFC 3339 in UTC, to the second.
pub(crate) fn rfc3339(instant: i64) -> String {
    let time = chrono::DateTime::from_timestamp(instant, 0).unwrap_or_default();
    time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

fn overall_reach(snapshot: &Snapshot) -> Vec<f32> {
    let n_items = snapshot.items.id.len();
    let mut sizes = vec![0.0_f32; snapshot.age_bands.count()];
    for &band in &snapshot.members.age_band {
        sizes[usize::from(band)] += 1.0;
    }
    let n_members = snapshot.members.id.len().max(1) as f32;
    let by_band = &snapshot.model.popularity.by_band;
    let of_item = |item: usize| {
        let reached = sizes.iter().enumerate().map(|(band, size)| size * by_band[band * n_items + item]);
        reached.sum::<f32>() / n_members
    };
    (0..n_items).map(of_item).collect()
}

fn mean_reach(snapshot: &Snapshot, reach: &[f32], group: ItemGroup) -> f32 {
    let of_group =
        reach.iter().zip(&snapshot.items.kind).filter(|&(&reach, &kind)| reach > 0.0 && group_of(kind) == group);
    let (sum, count) = of_group.fold((0.0, 0.0), |(sum, count), (&reach, _)| (sum + reach, count + 1.0));
    if count > 0.0 { sum / count } else { 0.0 }
}

fn mean_tickets(snapshot: &Snapshot) -> [f32; 5] {
    let mut sums = [(0.0_f64, 0.0_f64); 5];
    let sign_ups = &snapshot.sign_ups;
    for (at, &item) in sign_ups.item.iter().enumerate() {
        if sign_ups.status[at].is_signed_up() {
            let (tickets, count) = &mut sums[snapshot.items.kind[item as usize] as usize];
            *tickets += f64::from(sign_ups.tickets[at]);
            *count += 1.0;
        }
    }
    sums.map(|(tickets, count)| if count > 0.0 { (tickets / count) as f32 } else { 1.0 })
}

/// The name of a district or union by index. `None` if missing.
pub(crate) fn name_of(names: &[String], index: u32) -> Option<&str> {
    (index != NONE).then(|| names.get(index as usize)).flatten().map(String::as_str)
}
