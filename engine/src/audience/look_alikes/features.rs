//! What members are compared by: their vector, their preferences for topics, and how active they are.

use crate::{Engine, Overlay, overlay::MemberState, scoring::Profile};

/// Maximum number of topics. Of more, the ones with the largest share of all members' attention are used.
const MAX_TOPICS: usize = 64;

/// The numbers that members are compared by, and how they are computed.
#[derive(Debug)]
pub(super) struct Features<'a> {
    engine: &'a Engine,
    overlay: &'a Overlay,
    /// Topics without the sensitive ones.
    topics: Vec<u32>,
    /// Position in `topics` by topic.
    places: Vec<Option<usize>>,
    rank: usize,
}

/// Whether a member can be a seed or a result.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    pub(super) is_reachable: bool,
    pub(super) allows_profile: bool,
    /// Whether the member has read, shared or signed up for something. False for members who refuse personalised lists.
    pub(super) has_evidence: bool,
}

impl<'a> Features<'a> {
    pub(super) fn new(engine: &'a Engine, overlay: &'a Overlay) -> Self {
        let snapshot = engine.snapshot();
        let overall = &snapshot.model.preferences.overall_shares;
        let share = |topic: u32| overall.get(topic as usize).copied().unwrap_or(0.0);
        let mut topics: Vec<u32> =
            (0..snapshot.topics.len() as u32).filter(|&topic| !engine.is_sensitive(topic)).collect();
        topics.sort_by(|&left, &right| share(right).total_cmp(&share(left)).then(left.cmp(&right)));
        topics.truncate(MAX_TOPICS);
        let mut places = vec![None; snapshot.topics.len()];
        topics.iter().enumerate().for_each(|(place, &topic)| places[topic as usize] = Some(place));
        let rank = snapshot.model.factors.as_ref().map_or(0, |factors| factors.rank as usize);
        Self { engine, overlay, topics, places, rank }
    }

    /// Number of features.
    pub(super) fn len(&self) -> usize {
        self.rank + self.topics.len() + 1
    }

    /// Whether a member can be a seed or a result. Loads the evidence into `profile`.
    pub(super) fn standing(&self, profile: &mut Profile, row: usize) -> Standing {
        let (engine, overlay) = (self.engine, self.overlay);
        let allows_profile = overlay.allows_personalised(engine, overlay.member(row));
        Standing {
            is_reachable: overlay.openid(engine, row).is_some() && overlay.follows(engine, row),
            allows_profile,
            has_evidence: allows_profile && self.load(profile, row),
        }
    }

    /// Loads the evidence of a member into `profile`. Returns whether there is any: a read, share or sign-up without a
    /// sensitive topic.
    pub(super) fn load(&self, profile: &mut Profile, row: usize) -> bool {
        profile.load_evidence(self.engine, self.overlay.member(row));
        profile.evidence_total > 0.0 || self.engine.member_columns().counts(row).has_actions()
    }

    /// Writes the features of the member whose evidence is loaded: the vector, the square roots of the shares of
    /// attention (whose distance is Hellinger's), and ln(1 + own actions with a half-life of 30 days).
    pub(super) fn write(&self, profile: &Profile, row: usize, features: &mut [f32]) {
        let state = self.overlay.member(row);
        let (vector, others) = features.split_at_mut(self.rank);
        self.write_vector(state, row, vector);
        let (shares, activity) = others.split_at_mut(self.topics.len());
        self.write_shares(profile, shares);
        shares.iter_mut().for_each(|share| *share = share.max(0.0).sqrt());
        activity.fill(self.log_actions(state, row));
    }

    /// Writes the shares of attention of the member whose evidence is loaded, in the order of [`Features::topics`].
    pub(super) fn write_shares(&self, profile: &Profile, shares: &mut [f32]) {
        shares.fill(0.0);
        let preferences = &self.engine.snapshot().model.preferences;
        let (band, n_topics) = (profile.facts.band, self.places.len());
        let prior = preferences.prior_weight.get(band).copied().unwrap_or(0.0);
        let total = profile.evidence_total + prior;
        if total <= 0.0 {
            return;
        }
        for &(topic, weight) in &profile.evidence {
            if let Some(place) = self.places[topic as usize] {
                shares[place] += weight / total;
            }
        }
        let of_band = preferences.band_shares.get(band * n_topics..(band + 1) * n_topics).unwrap_or_default();
        for (share, &topic) in shares.iter_mut().zip(&self.topics) {
            *share += of_band.get(topic as usize).map_or(0.0, |of_band| prior * of_band / total);
        }
    }

    /// The topics, without the sensitive ones.
    pub(super) fn topics(&self) -> &[u32] {
        &self.topics
    }

    fn write_vector(&self, state: MemberState<'_>, row: usize, vector: &mut [f32]) {
        let live = state.live.and_then(|live| live.vector(self.engine, Some(row)));
        let factors = self.engine.snapshot().model.factors.as_ref();
        let stored = factors.and_then(|factors| factors.members.get(row * self.rank..(row + 1) * self.rank));
        match live.or(stored) {
            Some(found) => vector.iter_mut().zip(found).for_each(|(value, found)| *value = *found),
            None => vector.fill(0.0),
        }
    }

    fn log_actions(&self, state: MemberState<'_>, row: usize) -> f32 {
        let as_of = self.engine.snapshot().as_of;
        let mut counts = self.engine.member_columns().counts(row);
        let live = state.live.map_or(&[][..], |live| &live.events).iter();
        live.filter(|event| !self.engine.is_sensitive_item(event.item))
            .for_each(|event| counts.add(event.kind, event.at, as_of));
        counts.log_month()
    }
}
