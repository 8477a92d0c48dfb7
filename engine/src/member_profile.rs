//! The profile of one member, with the terms that members know. For the member, and for authorised staff.

use std::collections::BTreeMap;

use serde::Serialize;
use zhihui_data::snapshot::{EventKind, Members};

use crate::{Engine, Overlay, answer::Who, engine::name_of, overlay::MemberState, scoring::Profile};

/// A member's profile: the snapshot and the events since then.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MemberProfile {
    /// The member.
    pub member_id: String,
    /// The member's own union. `None` if unknown.
    pub union_id: Option<String>,
    /// Label of the age band, `unknown` if the age is unknown.
    pub age_band: String,
    /// Lifecycle stage.
    pub lifecycle: String,
    /// Name of the interest segment. `None` if the member has none.
    pub segment: Option<String>,
    /// Whether personalised lists are allowed.
    pub personalised: bool,
    /// Whether the member follows the account.
    pub follows: bool,
    /// Preferred topics by the member's own reads and sign-ups, strongest first. Never contains sensitive topics.
    pub preferences: Vec<TopicPreference>,
    /// Number of events by kind.
    pub history: BTreeMap<String, u64>,
}

/// A member's preference for a topic.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TopicPreference {
    /// The topic.
    pub topic: String,
    /// The member's share of attention, shrunk towards the age band's.
    pub share: f64,
    /// The age band's mean share.
    pub band_share: f64,
    /// The member's share divided by the share among all members.
    pub lift: f64,
}

impl Engine {
    /// Returns a member's profile. `None` if the member is unknown or erased.
    #[must_use]
    pub fn member_profile(&self, overlay: &Overlay, who: Who<'_>) -> Option<MemberProfile> {
        let state = overlay.find(self, who);
        let row = state.row?;
        let (snapshot, members) = (self.snapshot(), &self.snapshot().members);
        let allowed = overlay.allows_personalised(self, state);
        let segment = snapshot.model.segments.get(members.segment[row] as usize).filter(|_| allowed);
        let stage = Members::LIFECYCLE.get(usize::from(members.lifecycle[row]));
        Some(MemberProfile {
            member_id: members.id[row].clone(),
            union_id: name_of(&snapshot.unions.id, members.union[row]).map(str::to_owned),
            age_band: snapshot.age_bands.label(usize::from(members.age_band[row])),
            lifecycle: stage.copied().unwrap_or_default().to_owned(),
            segment: segment.map(|segment| segment.name.clone()),
            personalised: allowed,
            follows: overlay.follows(self, row),
            preferences: if allowed { self.preferences_of(state) } else { Vec::new() },
            history: self.history_of(state, row),
        })
    }

    /// Whether a member belongs to the union `top` or one below it, by the own union or a further membership. `false`
    /// if either is unknown.
    #[must_use]
    pub fn is_member_within(&self, member_id: &str, top: &str) -> bool {
        match (self.member_row(member_id), self.union_row(top)) {
            (Some(row), Some(top)) => self.row_is_within(row, top as u32),
            _ => false,
        }
    }

    /// Whether a union is `top` or below it. `false` if either is unknown.
    #[must_use]
    pub fn is_union_within(&self, union: &str, top: &str) -> bool {
        match (self.union_row(union), self.union_row(top)) {
            (Some(union), Some(top)) => self.union_tree().is_within(union as u32, top as u32),
            _ => false,
        }
    }

    pub(crate) fn row_is_within(&self, row: usize, top: u32) -> bool {
        let members = &self.snapshot().members;
        let mut unions = members.memberships.row(row).iter().chain([&members.union[row]]);
        unions.any(|&union| self.union_tree().is_within(union, top))
    }

    fn preferences_of(&self, state: MemberState<'_>) -> Vec<TopicPreference> {
        let mut profile = Profile::default();
        profile.load_evidence(self, state);
        let mut topics: Vec<u32> =
            profile.evidence.iter().filter(|(_, weight)| *weight > 0.0).map(|&(topic, _)| topic).collect();
        topics.sort_unstable();
        topics.dedup();
        let model = &self.snapshot().model.preferences;
        let n_topics = self.snapshot().topics.len();
        let preference = |topic: u32| {
            let share = self.preference(&profile, topic)?;
            Some(TopicPreference {
                topic: self.snapshot().topics[topic as usize].clone(),
                share: f64::from(share),
                band_share: f64::from(*model.band_shares.get(profile.facts.band * n_topics + topic as usize)?),
                lift: f64::from(self.topic_lift(&profile, topic).exp()),
            })
        };
        let mut held: Vec<TopicPreference> = topics.into_iter().filter_map(preference).collect();
        held.sort_by(|left, right| right.share.total_cmp(&left.share).then_with(|| left.topic.cmp(&right.topic)));
        held
    }

    fn history_of(&self, state: MemberState<'_>, row: usize) -> BTreeMap<String, u64> {
        let history = &self.snapshot().history;
        let live = state.live.map_or(&[][..], |live| &live.events);
        let kinds = history.of(row).map(|at| history.kind(at)).chain(live.iter().map(|event| event.kind));
        let mut counts = BTreeMap::new();
        kinds.for_each(|kind| *counts.entry(event_name(kind).to_owned()).or_default() += 1);
        counts
    }
}

fn event_name(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Read => "read",
        EventKind::Share => "share",
        EventKind::Shown => "shown",
        EventKind::SignUp => "sign_up",
        EventKind::Attended => "attended",
        EventKind::Cancel => "cancel",
        EventKind::Push => "push",
        EventKind::HoldOut => "hold_out",
        EventKind::Feedback => "feedback",
    }
}
