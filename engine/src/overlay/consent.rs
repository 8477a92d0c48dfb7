//! Consent: members' choices about personalised lists, deleted topics and erasure.
//!
//! Consent is a state, not a stream of events. It is replaced as a whole when it changes, and applies to any snapshot
//! and any order of events.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::row_set::RowSet;
use crate::Engine;

/// The consent of all members.
#[derive(Debug, Clone, Default)]
pub struct Consent {
    /// By member id: whether personalised lists are allowed.
    pub personalised: BTreeMap<String, Switch>,
    /// By member id: the last sequence number of the current event inbox when the switch was set. Events with a larger
    /// number are later. Missing for switches of earlier versions, which are ordered by time.
    pub switched_after: BTreeMap<String, u64>,
    /// By member id: whether the member wants to be matched with teams. Takes precedence over every roster.
    pub team_match: BTreeMap<String, bool>,
    /// Topics that members deleted from their profile.
    pub deleted_topics: Vec<DeletedTopic>,
    /// Members who asked to be erased and may still be in the snapshot.
    pub erased: Vec<ErasedMember>,
}

/// Two values are equal if they have the same effect: sequence numbers of members without a switch are ignored.
impl PartialEq for Consent {
    fn eq(&self, other: &Self) -> bool {
        let order = |consent: &Self| -> Vec<Option<u64>> {
            self.personalised.keys().map(|id| consent.switched_after.get(id).copied()).collect()
        };
        self.personalised == other.personalised
            && order(self) == order(other)
            && self.team_match == other.team_match
            && self.deleted_topics == other.deleted_topics
            && self.erased == other.erased
    }
}

impl Eq for Consent {}

impl Consent {
    /// Identifies a member's switch, so that a snapshot can name the one it includes. `None` without a switch.
    #[must_use]
    pub fn switch_mark(&self, member_id: &str) -> Option<String> {
        let switch = self.personalised.get(member_id)?;
        let after = self.switched_after.get(member_id).map_or_else(String::new, u64::to_string);
        Some(format!("{}:{}:{after}", u8::from(switch.allowed), switch.at))
    }
}

/// A member's choice about personalised lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switch {
    /// Whether they are allowed.
    pub allowed: bool,
    /// Since when, in seconds since 1970 in UTC.
    pub at: i64,
}

/// A topic deleted from a member's profile. Earlier events on the topic no longer count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedTopic {
    /// The member.
    pub member_id: String,
    /// The topic.
    pub topic: String,
    /// When it was deleted, seconds since 1970 in UTC.
    pub at: i64,
}

/// A member who asked to be erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasedMember {
    /// The member.
    pub member_id: String,
    /// The member's openids.
    pub openids: Vec<String>,
}

/// A member's switch, with its position relative to the event inbox and the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ResolvedSwitch {
    pub(crate) choice: Switch,
    /// Events with a larger sequence number are later. `None` if only times can be compared.
    pub(crate) after: Option<u64>,
    /// Whether the snapshot was built with this switch.
    pub(crate) is_in_snapshot: bool,
}

/// One member's consent, with rows of the snapshot instead of ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct MemberConsent {
    pub(crate) personalised: Option<ResolvedSwitch>,
    /// Deleted topics with the time of deletion in seconds.
    pub(crate) topics: Vec<(u32, i64)>,
    pub(crate) erased: bool,
    team_match: Option<bool>,
}

impl MemberConsent {
    /// Whether the member wants to be matched with teams. `None` if the roster decides.
    pub(crate) fn team_match(&self) -> Option<bool> {
        self.team_match
    }
}

/// The consent of all members, resolved to rows of one engine.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ResolvedConsent {
    members: HashMap<u32, MemberConsent>,
    /// The rows of `members`.
    rows: RowSet,
    unknown_members: HashMap<String, MemberConsent>,
    erased_openids: HashSet<String>,
}

impl ResolvedConsent {
    /// Resolves member ids, topics and openids.
    #[must_use]
    pub fn new(engine: &Engine, consent: &Consent) -> Self {
        let mut resolved = Self::default();
        for (id, switch) in &consent.personalised {
            let mark = consent.switch_mark(id);
            let included = engine.member_row(id).and_then(|row| engine.snapshot().switch_mark(row));
            resolved.entry(engine, id).personalised = Some(ResolvedSwitch {
                choice: *switch,
                after: consent.switched_after.get(id).copied(),
                is_in_snapshot: mark.as_deref() == included,
            });
        }
        for (id, &wanted) in &consent.team_match {
            resolved.entry(engine, id).team_match = Some(wanted);
        }
        for deleted in &consent.deleted_topics {
            if let Some(topic) = engine.topic_row(&deleted.topic) {
                resolved.entry(engine, &deleted.member_id).topics.push((topic as u32, deleted.at));
            }
        }
        for forgotten in &consent.erased {
            resolved.entry(engine, &forgotten.member_id).erased = true;
            for openid in &forgotten.openids {
                // An openid that was reassigned belongs to another member now.
                let owner = engine.openid_row(openid);
                if owner.is_none() || owner == engine.member_row(&forgotten.member_id) {
                    resolved.erased_openids.insert(openid.clone());
                }
            }
        }
        resolved.rows = resolved.members.keys().map(|&row| row as usize).collect();
        resolved
    }

    fn entry(&mut self, engine: &Engine, id: &str) -> &mut MemberConsent {
        match engine.member_row(id) {
            Some(row) => self.members.entry(row as u32).or_default(),
            None => self.unknown_members.entry(id.to_owned()).or_default(),
        }
    }

    #[inline]
    pub(super) fn of_row(&self, row: usize) -> Option<&MemberConsent> {
        if self.rows.contains(row) { self.members.get(&(row as u32)) } else { None }
    }

    pub(super) fn of_unknown_member(&self, id: &str) -> Option<&MemberConsent> {
        self.unknown_members.get(id)
    }

    pub(super) fn is_erased_openid(&self, openid: &str) -> bool {
        self.erased_openids.contains(openid)
    }
}
