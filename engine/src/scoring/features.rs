//! The features of a member and an item, equal in training and in serving.
//!
//! | feature | value; 0 if unknown |
//! | --- | --- |
//! | `factors` | dot product of the two vectors of the factor model |
//! | `neighbours` | sum of the similarities of the member's 50 latest distinct items to the item |
//! | `topic_lift` | mean over the item's topics of ln(member's share / share of all members), without sensitive topics |
//! | `band_popularity` | ln(1 + 1000 · share of the age band's members that the item reached) |
//! | `popularity` | ln(1 + decayed weight of the item among all members) |
//! | `union_mates` | ln(1 + other members of the own union who are signed up) |
//! | `home_district`, `work_district` | 1 if the item takes place in the member's home district, work district |
//! | `own_union` | 1 if the member's own union holds it |
//! | `freshness` | 1 at publication or opening, with a half-life of 48 hours; 0 before |
//! | `price` | ln(1 + yuan) |
//! | `free` | 1 if the price is known to be zero |
//! | `family` | 1 if children get tickets and the member brought children before |
//! | `reads`, `sign_ups` | ln(1 + the member's own reads, sign-ups, with a half-life of 30 days before as-of) |
//! | `same_kind` | ln(1 + the member's sign-ups for items of this kind) |
//! | `times_shown` | ln(1 + number of times the item was shown or pushed to the member) |
//! | `service`, `product`, `venue` | 1 for an item of this kind |
//! | `activity`, `activity_week`, `activity_long` | ln(1 + the member's own reads, shares and sign-ups, with a half-life of 30, 7, 120 days before as-of) |
//! | `recency` | 1 / (1 + days from the member's last own action to as-of) |
//! | `topic_actions` | ln(1 + the member's decayed actions on the item's topics), without sensitive topics |
//! | `belongs` | 1 if the member belongs to the union that holds it, by the own union or a further membership |
//! | `series_actions` | ln(1 + the member's own actions on items of the same series, with a half-life of 90 days) |
//! | `season` | mean over the item's topics of ln(responses in these 30 days of the last three years / responses expected from the topic's share), sensitive topics as 0 |
//! | `closing` | ln(1 + days until sign-up closes), 30 days if unknown |

use zhihui_data::{
    ItemKind,
    snapshot::{EventKind, NO_TIME, NONE},
};

use super::{ActivityFeatures, ItemFacts, MemberFacts, Profile, dot};
use crate::{
    Engine, Overlay,
    overlay::{LiveMember, MemberState},
};

/// Number of features.
pub const N_FEATURES: usize = 29;

/// Names of the features, in the order of [`Engine::features`].
pub const FEATURES: [&str; N_FEATURES] = [
    "factors",
    "neighbours",
    "topic_lift",
    "band_popularity",
    "popularity",
    "union_mates",
    "home_district",
    "work_district",
    "own_union",
    "freshness",
    "price",
    "free",
    "family",
    "reads",
    "sign_ups",
    "same_kind",
    "times_shown",
    "service",
    "product",
    "venue",
    "activity",
    "activity_week",
    "activity_long",
    "recency",
    "topic_actions",
    "belongs",
    "closing",
    "series_actions",
    "season",
];

/// Half-life of freshness in hours.
const FRESH_HALF_LIFE_HOURS: f32 = 48.0;

/// Days until sign-up closes if unknown.
const DAYS_TO_CLOSING: f32 = 30.0;

/// The features that depend on both the member and the item. Lists and audiences gather them in different ways.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct PairFeatures {
    pub(crate) neighbours: f32,
    pub(crate) topic_lift: f32,
    pub(crate) topic_actions: f32,
    pub(crate) band_popularity: f32,
    pub(crate) union_mates: u32,
    pub(crate) times_shown: u32,
    /// The item's freshness at the time of the list.
    pub(crate) freshness: f32,
    /// The item's `closing` feature at the time of the list.
    pub(crate) closing: f32,
}

/// The member's part of the features of a pair. It comes from a profile, or from the columns of the snapshot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MemberPart<'a> {
    pub(crate) facts: &'a MemberFacts,
    pub(crate) activity: &'a ActivityFeatures,
    /// Dot product of the two vectors.
    pub(crate) factors: f32,
    /// Whether a further membership is in the item's union.
    pub(crate) is_further_member: bool,
    /// `ln(1 + sign-ups)` for items of the item's kind.
    pub(crate) log_sign_ups_of_kind: f32,
    pub(crate) brought_children: bool,
    pub(crate) series_actions: f32,
}

/// Assembles the features of a pair. `vector` is the item's, empty without a factor model.
#[inline(always)]
pub(crate) fn features_of_pair(
    profile: &Profile,
    facts: &ItemFacts,
    vector: &[f32],
    pair: PairFeatures,
) -> [f32; N_FEATURES] {
    let part = MemberPart {
        facts: &profile.facts,
        activity: &profile.activity,
        factors: dot(&profile.vector, vector),
        is_further_member: profile.memberships.contains(&facts.union),
        log_sign_ups_of_kind: profile.log_sign_ups_of_kind[facts.kind as usize],
        brought_children: profile.brought_children,
        series_actions: profile.series_actions(facts.series),
    };
    features_of_part(&part, facts, pair)
}

/// Assembles the features of a pair whose member's part is gathered.
#[inline(always)]
pub(crate) fn features_of_part(part: &MemberPart<'_>, facts: &ItemFacts, pair: PairFeatures) -> [f32; N_FEATURES] {
    let (member, activity) = (part.facts, part.activity);
    let same = |left: u32, right: u32| indicator(left != NONE && left == right);
    [
        part.factors,
        pair.neighbours,
        pair.topic_lift,
        pair.band_popularity,
        facts.log_popularity,
        log_count(pair.union_mates),
        same(facts.district, member.home_district),
        same(facts.district, member.work_district),
        same(facts.union, member.union),
        pair.freshness,
        facts.log_price,
        indicator(facts.free),
        indicator(facts.for_children && part.brought_children),
        activity.log_reads,
        activity.log_sign_ups,
        part.log_sign_ups_of_kind,
        log_count(pair.times_shown),
        indicator(facts.kind == ItemKind::Service),
        indicator(facts.kind == ItemKind::Product),
        indicator(facts.kind == ItemKind::Venue),
        activity.log_month,
        activity.log_week,
        activity.log_long,
        activity.recency,
        pair.topic_actions,
        indicator(same(facts.union, member.union) > 0.0 || part.is_further_member),
        pair.closing,
        part.series_actions,
        facts.season,
    ]
}

fn indicator(holds: bool) -> f32 {
    f32::from(u8::from(holds))
}

/// `ln(1 + count)`, with a shortcut for 0, the most frequent count.
fn log_count(count: u32) -> f32 {
    if count == 0 { 0.0 } else { (count as f32).ln_1p() }
}

/// `ln(1 + days)` from `now` to `until`. 30 days if unknown.
pub(crate) fn closing(until: i64, now: i64) -> f32 {
    let days = if until == NO_TIME { DAYS_TO_CLOSING } else { (until - now).max(0) as f32 / 86_400.0 };
    days.ln_1p()
}

/// 1 at `since`, with a half-life of 48 hours. 0 before it and if unknown.
pub(crate) fn freshness(since: i64, now: i64) -> f32 {
    if since == NO_TIME || since > now {
        return 0.0;
    }
    let halvings = (now - since) as f32 / 3600.0 / FRESH_HALF_LIFE_HOURS;
    if halvings > 100.0 { 0.0 } else { (-halvings).exp2() }
}

impl Engine {
    /// Returns the features of a member and an item, both by row number, as used at `now`.
    ///
    /// The history is that of the snapshot. To train on an exposure at `now`, use an engine whose snapshot is not later
    /// than `now`; otherwise the outcome leaks into the features. Features that need an unknown member or item are 0.
    #[must_use]
    pub fn features(&self, member: usize, item: usize, now: i64) -> [f32; N_FEATURES] {
        if item >= self.snapshot().items.id.len() {
            return [0.0; N_FEATURES];
        }
        let row = (member < self.snapshot().members.id.len()).then_some(member);
        let state = MemberState { row, ..MemberState::default() };
        let mut profile = Profile::default();
        profile.load(self, state);
        let facts = self.item_facts(item);
        let pair = self.pair_features(&Overlay::default(), &profile, state, &facts, now);
        features_of_pair(&profile, &facts, self.item_vector(item), pair)
    }

    /// Gathers the pair features for a single pair.
    pub(crate) fn pair_features(
        &self,
        overlay: &Overlay,
        profile: &Profile,
        state: MemberState<'_>,
        facts: &ItemFacts,
        now: i64,
    ) -> PairFeatures {
        let mut neighbours = 0.0;
        for &(known, _) in &profile.recent {
            for (neighbour, similarity) in self.snapshot().model.neighbours.pairs(known as usize) {
                if neighbour == facts.item {
                    neighbours += similarity;
                }
            }
        }
        PairFeatures {
            neighbours,
            topic_lift: self.mean_topic_lift(facts.item, |topic| self.topic_lift(profile, topic)),
            topic_actions: self.topic_actions(facts.item, |topic| profile.evidence_for(topic)),
            band_popularity: self.band_popularity(profile.facts.band, facts.item),
            union_mates: self.union_mates(overlay, profile, state.live, facts.item),
            times_shown: self.times_shown(state, facts.item),
            freshness: freshness(facts.since, now),
            closing: closing(facts.until, now),
        }
    }

    /// Mean of the lifts of an item's topics, without sensitive ones.
    pub(crate) fn mean_topic_lift(&self, item: u32, lift: impl FnMut(u32) -> f32) -> f32 {
        let topics = self.snapshot().items.topics.row(item as usize).iter();
        mean_lift(topics.copied().filter(|&topic| !self.is_sensitive(topic)), lift)
    }

    /// `ln(1 + sum)` of the member's evidence for the topics of an item, without sensitive ones.
    pub(crate) fn topic_actions(&self, item: u32, evidence: impl FnMut(u32) -> f32) -> f32 {
        let topics = self.snapshot().items.topics.row(item as usize).iter();
        log_evidence(topics.copied().filter(|&topic| !self.is_sensitive(topic)), evidence)
    }

    pub(crate) fn band_popularity(&self, band: usize, item: u32) -> f32 {
        log_reach(self.reach(band, item))
    }

    /// Number of other members of the same union who are signed up for the item.
    pub(crate) fn union_mates(
        &self,
        overlay: &Overlay,
        profile: &Profile,
        live: Option<&LiveMember>,
        item: u32,
    ) -> u32 {
        let facts = &profile.facts;
        if facts.union == NONE {
            return 0;
        }
        let all = self.count_union_mates(overlay, facts.union, item, self.union_sign_ups().members(facts.union, item));
        self.without_own_sign_up(all, facts.row, live, item)
    }

    /// Of the members of a union who are signed up for the item, those other than the member.
    pub(crate) fn without_own_sign_up(&self, all: u32, row: u32, live: Option<&LiveMember>, item: u32) -> u32 {
        if all == 0 {
            return 0;
        }
        let own = live.and_then(|live| live.sign_up(item)).map_or_else(
            || {
                let sign_ups = &self.snapshot().sign_ups;
                sign_ups.of(row as usize).any(|at| sign_ups.item[at] == item && sign_ups.status[at].is_signed_up())
            },
            |sign_up| sign_up.status.is_signed_up(),
        );
        all - u32::from(own)
    }

    /// Number of members of a union who are signed up for an item, including changes since the snapshot. 0 for a
    /// sensitive item, whose sign-ups must not rank or explain anything.
    pub(crate) fn count_union_mates(&self, overlay: &Overlay, union: u32, item: u32, stored: u32) -> u32 {
        if self.is_sensitive_item(item) {
            return 0;
        }
        if overlay.is_empty() {
            return stored;
        }
        u32::try_from((i64::from(stored) + overlay.union_mates(item, union)).max(0)).unwrap_or(u32::MAX)
    }

    /// Number of times the item was shown or pushed to the member.
    pub(crate) fn times_shown(&self, state: MemberState<'_>, item: u32) -> u32 {
        let history = &self.snapshot().history;
        let stored = state.row.map_or(0..0, |row| history.of(row));
        let shown = stored.filter(|&at| history.item(at) == item && is_exposure(history.kind(at))).count();
        let live = state.live.map_or(&[][..], |live| &live.events);
        (shown + live.iter().filter(|event| event.item == item && is_exposure(event.kind)).count()) as u32
    }
}

/// Whether the event is an exposure of the item.
pub(crate) fn is_exposure(kind: EventKind) -> bool {
    matches!(kind, EventKind::Shown | EventKind::Push)
}

/// `ln(1 + 1000 · share)` of a share of members.
pub(crate) fn log_reach(share: f32) -> f32 {
    (1000.0 * share.max(0.0)).ln_1p()
}

/// `ln(1 + sum)` of the evidence for topics.
pub(crate) fn log_evidence(topics: impl Iterator<Item = u32>, evidence: impl FnMut(u32) -> f32) -> f32 {
    let sum: f32 = topics.map(evidence).fold(0.0, |sum, weight| sum + weight);
    if sum > 0.0 { sum.ln_1p() } else { 0.0 }
}

/// Mean of the lifts of topics, 0 if there are none.
pub(crate) fn mean_lift(topics: impl Iterator<Item = u32>, lift: impl FnMut(u32) -> f32) -> f32 {
    let (sum, count) = topics.map(lift).fold((0.0, 0_u32), |(sum, count), lift| (sum + lift, count + 1));
    if count == 0 { 0.0 } else { sum / count as f32 }
}
