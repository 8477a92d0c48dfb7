//! Hold-outs over all lists: which members no list pushes to for a while.
//!
//! The hold-out of a list measures what that list brought. A standing hold-out measures what all pushes together bring: its
//! members are compared with everybody else after months. Three properties keep both comparisons fair:
//!
//! - The hash of a standing hold-out contains neither the item nor the list, so its members stay the same, and it has a
//!   domain of its own, so it says nothing about the hash of a list.
//! - The hold-out of a list is drawn within the rest. Both arms of a list consist of members outside of every standing
//!   hold-out, and only a hash decides between the two.
//! - Standing members are *not* part of the comparison of one list. Nobody pushed to them for weeks, so they have reached
//!   no cap and responded less, and differ from the pushed members of the same rank. [`HoldOutKind`] tells them apart.

use chrono::NaiveDate;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{AudienceRequest, ExperimentArm, Target, selection::ResolvedTarget, stable_hash::stable_hash, time};
use crate::Engine;

/// Number of buckets of the hash: shares are rounded to a hundredth of a percent.
const BUCKETS: u64 = 10_000;

/// Which hold-out a member is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldOutKind {
    /// The hold-out of this list, which its uplift is measured with.
    List,
    /// The standing hold-out of a topic of the item.
    Topic,
    /// The standing hold-out over all items.
    Global,
}

impl HoldOutKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::List, Self::Topic, Self::Global];

    /// The name in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Topic => "topic",
            Self::Global => "global",
        }
    }

    /// The reason under which the funnel counts the members.
    #[must_use]
    pub fn exclusion(self) -> &'static str {
        match self {
            Self::List => "hold_out",
            Self::Topic => "topic_hold_out",
            Self::Global => "global_hold_out",
        }
    }

    /// Parses the name in JSON and in the database.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A stable share of members to whom no list pushes, or no list for items of one topic. Urgent items are exempt, because
/// they concern everybody.
#[derive(Debug, Clone, PartialEq)]
pub struct StandingHoldOut {
    /// The topic, or `None` for all items.
    pub topic: Option<String>,
    /// Share of the members: at least 0 and less than 1.
    pub share: f64,
    /// The last day of the hold-out in the zone of the snapshot. From the next midnight on, its members are pushed to like
    /// everybody else.
    pub until: NaiveDate,
}

/// Who of the members of one request is held out: by a standing hold-out, or by the hold-out of the list.
#[derive(Debug, Clone)]
pub(super) struct HoldOuts<'a> {
    standing: ActiveHoldOuts<'a>,
    request: &'a AudienceRequest,
}

impl<'a> HoldOuts<'a> {
    pub(super) fn of(engine: &Engine, request: &'a AudienceRequest, target: ResolvedTarget) -> Self {
        Self { standing: ActiveHoldOuts::of(engine, request, target), request }
    }

    /// Expected share of members to push to: the hash of the list is independent of the others.
    pub(super) fn pushed_share(&self) -> f64 {
        (1.0 - self.request.hold_out) * self.standing.share_of_others()
    }

    /// The hold-outs of members, in their order.
    pub(super) fn kinds(
        &self,
        engine: &Engine,
        rows: impl IndexedParallelIterator<Item = u32>,
    ) -> Vec<Option<HoldOutKind>> {
        let ids = &engine.snapshot().members.id;
        if !self.holds_out() {
            return vec![None; rows.len()];
        }
        // Ids are read faster in the order of rows than in that of ranks.
        if rows.len() >= ids.len() / 4 {
            let of_all: Vec<Option<HoldOutKind>> =
                ids.par_iter().with_min_len(1_000).map(|id| self.kind_of(id)).collect();
            return rows.map(|row| of_all[row as usize]).collect();
        }
        rows.map(|row| self.kind_of(&ids[row as usize])).with_min_len(1_000).collect()
    }

    /// Whether any member can be held out.
    fn holds_out(&self) -> bool {
        self.request.hold_out > 0.0 || !self.standing.active.is_empty()
    }

    /// The standing hold-out that a member is in.
    pub(super) fn standing_kind_of(&self, member_id: &str) -> Option<HoldOutKind> {
        self.standing.kind_of(member_id)
    }

    /// The hold-out that a member is in; `None` for a member to push to.
    pub(super) fn kind_of(&self, member_id: &str) -> Option<HoldOutKind> {
        let AudienceRequest { salt, hold_out, .. } = self.request;
        let (Target::Item(target) | Target::Topic(target)) = &self.request.target;
        let of_list = || ExperimentArm::of(salt, target, member_id, *hold_out) == ExperimentArm::HoldOut;
        self.standing.kind_of(member_id).or_else(|| of_list().then_some(HoldOutKind::List))
    }
}

/// The standing hold-outs that apply to one request.
#[derive(Debug, Clone)]
struct ActiveHoldOuts<'a> {
    salt: &'a str,
    active: Vec<&'a StandingHoldOut>,
}

impl<'a> ActiveHoldOuts<'a> {
    fn of(engine: &Engine, request: &'a AudienceRequest, target: ResolvedTarget) -> Self {
        let snapshot = engine.snapshot();
        let today = snapshot.zone.day(time::utc(request.now));
        let items = engine.pushed_items(request, target);
        let has_topic = |name: &str| {
            let topic = engine.topic_row(name).map(|row| row as u32);
            topic.is_some_and(|topic| match target {
                ResolvedTarget::Item(_) => items.iter().any(|&item| snapshot.items.topics.row(item).contains(&topic)),
                ResolvedTarget::Topic(target) => target == topic,
            })
        };
        let is_urgent = engine.is_urgent(request, target);
        let is_active = |hold_out: &&StandingHoldOut| {
            !is_urgent && today <= hold_out.until && hold_out.topic.as_deref().is_none_or(has_topic)
        };
        let mut active: Vec<&StandingHoldOut> = request.standing_hold_outs.iter().filter(is_active).collect();
        // A member of both counts as a member of the wider one.
        active.sort_by_key(|hold_out| hold_out.topic.is_some());
        Self { salt: &request.salt, active }
    }

    /// Expected share of members in none of the hold-outs, which are drawn independently.
    fn share_of_others(&self) -> f64 {
        self.active.iter().map(|hold_out| 1.0 - hold_out.share).product()
    }

    fn kind_of(&self, member_id: &str) -> Option<HoldOutKind> {
        let held = self.active.iter().find(|hold_out| hold_out.contains(self.salt, member_id))?;
        Some(if held.topic.is_some() { HoldOutKind::Topic } else { HoldOutKind::Global })
    }
}

impl StandingHoldOut {
    /// Whether a member is in the hold-out, whatever the day. A member of a share is a member of every larger share.
    #[must_use]
    pub fn contains(&self, salt: &str, member_id: &str) -> bool {
        let (domain, topic) = match &self.topic {
            Some(topic) => ("zhihui hold-out of a topic", topic.as_str()),
            None => ("zhihui hold-out over all items", ""),
        };
        let hash = stable_hash(&[domain, topic, salt, member_id]);
        ((hash % BUCKETS) as f64) < (self.share * BUCKETS as f64).round()
    }
}

#[cfg(test)]
mod tests {
    use super::StandingHoldOut;
    use crate::audience::ExperimentArm;

    fn hold_out(topic: Option<&str>, share: f64) -> StandingHoldOut {
        let until = chrono::NaiveDate::from_ymd_opt(2027, 3, 31).expect("a day");
        StandingHoldOut { topic: topic.map(str::to_owned), share, until }
    }

    fn members(hold_out: &StandingHoldOut, salt: &str) -> Vec<usize> {
        (0..20_000).filter(|n| hold_out.contains(salt, &format!("M{n}"))).collect()
    }

    #[test]
    fn share_is_accurate_monotonic_and_depends_on_the_salt() {
        let (small, large) = (members(&hold_out(None, 0.02), "s"), members(&hold_out(None, 0.05), "s"));
        assert!((330..470).contains(&small.len()), "{}", small.len());
        assert!(small.iter().all(|member| large.contains(member)));
        assert_ne!(small, members(&hold_out(None, 0.02), "t"));
        assert!(members(&hold_out(None, 0.0), "s").is_empty());
    }

    #[test]
    fn hold_outs_of_lists_topics_and_all_items_are_independent() {
        let global = members(&hold_out(None, 0.2), "s");
        let topic = members(&hold_out(Some("体育"), 0.2), "s");
        let other = members(&hold_out(Some("亲子"), 0.2), "s");
        let list: Vec<usize> = (0..20_000)
            .filter(|n| ExperimentArm::of("s", "A1", &format!("M{n}"), 0.2) == ExperimentArm::HoldOut)
            .collect();
        for (one, two) in [(&global, &topic), (&global, &list), (&topic, &other), (&topic, &list)] {
            // Of 4,000 members, a fifth is expected in the other: 800, with a standard deviation of 25.
            let both = one.iter().filter(|member| two.contains(member)).count();
            assert!((690..910).contains(&both), "{both}");
        }
    }
}
