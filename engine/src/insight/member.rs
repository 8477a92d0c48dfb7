//! A member for staff: attributes, preferences compared with the age band, and number of events.

use zhihui_data::snapshot::{EventKind, Members, NO_TIME, NONE};

use crate::{Engine, Overlay, answer::Who, engine::name_of, scoring::Profile};

/// A member's share of attention for one topic, with the age band's share.
#[derive(Debug, Clone, PartialEq)]
pub struct TopicShare {
    /// The topic.
    pub topic: String,
    /// The member's share, shrunk towards the band's.
    pub share: f32,
    /// The band's mean share.
    pub band_share: f32,
    /// Decayed weight of the member's own reads and sign-ups. 0 if the share is the band's only.
    pub own_weight: f32,
}

/// Number of a member's events of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryCount {
    /// The kind of event.
    pub kind: EventKind,
    /// The number of events.
    pub count: u32,
    /// The time of the latest event, in seconds since 1970 in UTC.
    pub last_at: Option<i64>,
}

/// A member for staff.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberInsight {
    /// External id.
    pub member_id: String,
    /// Name of the member's own union.
    pub union: Option<String>,
    /// Label of the age band, `unknown` if the age is unknown.
    pub age_band: String,
    /// 0 unknown, 1 male, 2 female.
    pub gender: u8,
    /// Home district.
    pub home_district: Option<String>,
    /// Work district.
    pub work_district: Option<String>,
    /// When the member joined, seconds since 1970 in UTC.
    pub joined_at: Option<i64>,
    /// Lifecycle stage, one of [`Members::LIFECYCLE`].
    pub lifecycle: &'static str,
    /// Name of the interest segment. `None` if there is none or the member opted out of personalised lists.
    pub segment: Option<String>,
    /// Whether the account can send messages to the member.
    pub reachable: bool,
    /// Whether the member allows personalised lists.
    pub personalised: bool,
    /// Whether the member wants to be matched with teams.
    pub team_match: bool,
    /// Number of events by kind, most frequent first.
    pub history: Vec<HistoryCount>,
    /// Topics by share. Empty if the member opted out of personalised lists. Never contains sensitive topics.
    pub preferences: Vec<TopicShare>,
    /// Decayed number of the member's own reads and sign-ups.
    pub own_weight: f32,
    /// Decayed number of reads that the age band's mean counts as.
    pub prior_weight: f32,
}

impl Engine {
    /// Returns a member of the snapshot, including changes since then. `None` if the member is unknown or erased.
    #[must_use]
    pub fn member_insight(&self, overlay: &Overlay, member_id: &str) -> Option<MemberInsight> {
        let state = overlay.find(self, Who::Member(member_id));
        let row = state.row?;
        let snapshot = self.snapshot();
        let members = &snapshot.members;
        let personalised = overlay.allows_personalised(self, state);
        let band = usize::from(members.age_band[row]);
        let mut profile = Profile::default();
        if personalised {
            profile.load_evidence(self, state);
        }
        let text = |names: &[String], at: u32| name_of(names, at).map(str::to_owned);
        let segment =
            snapshot.model.segments.get(members.segment[row] as usize).filter(|_| members.segment[row] != NONE);
        Some(MemberInsight {
            member_id: members.id[row].clone(),
            union: text(&snapshot.unions.name, members.union[row]),
            age_band: snapshot.age_bands.label(band),
            gender: members.gender[row],
            home_district: text(&snapshot.districts, members.home_district[row]),
            work_district: text(&snapshot.districts, members.work_district[row]),
            joined_at: Some(members.joined_at[row]).filter(|&at| at != NO_TIME),
            lifecycle: Members::LIFECYCLE.get(usize::from(members.lifecycle[row])).copied().unwrap_or("silent"),
            segment: segment.filter(|_| personalised).map(|segment| segment.name.clone()),
            reachable: overlay.openid(self, row).is_some() && overlay.follows(self, row),
            personalised,
            team_match: self.wishes_team(overlay, row),
            history: self.history_counts(overlay, row),
            preferences: if personalised { self.topic_shares(&profile, band) } else { Vec::new() },
            own_weight: profile.evidence_total,
            prior_weight: snapshot.model.preferences.prior_weight.get(band).copied().unwrap_or(0.0),
        })
    }

    fn history_counts(&self, overlay: &Overlay, row: usize) -> Vec<HistoryCount> {
        let history = &self.snapshot().history;
        let stored = history.of(row).map(|at| (history.kind(at), history.at(at)));
        let live = overlay.member(row).live.map_or(&[][..], |live| &live.events);
        let mut counts: Vec<HistoryCount> = Vec::new();
        for (kind, at) in stored.chain(live.iter().map(|event| (event.kind, event.at))) {
            let at = Some(at).filter(|&at| at != NO_TIME);
            match counts.iter_mut().find(|count| count.kind == kind) {
                Some(count) => {
                    count.count += 1;
                    count.last_at = count.last_at.max(at);
                }
                None => counts.push(HistoryCount { kind, count: 1, last_at: at }),
            }
        }
        counts.sort_by(|left, right| right.count.cmp(&left.count).then(left.kind.cmp(&right.kind)));
        counts
    }

    fn topic_shares(&self, profile: &Profile, band: usize) -> Vec<TopicShare> {
        let snapshot = self.snapshot();
        let of_band = &snapshot.model.preferences.band_shares;
        let share = |(topic, name): (u32, &String)| {
            let share = self.preference(profile, topic)?;
            let band_share = of_band.get(band * snapshot.topics.len() + topic as usize).copied().unwrap_or(0.0);
            Some(TopicShare { topic: name.clone(), share, band_share, own_weight: profile.evidence_for(topic) })
        };
        let mut shares: Vec<TopicShare> = (0..).zip(&snapshot.topics).filter_map(share).collect();
        shares.sort_by(|left, right| right.share.total_cmp(&left.share).then_with(|| left.topic.cmp(&right.topic)));
        shares
    }
}
