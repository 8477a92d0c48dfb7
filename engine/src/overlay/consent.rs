//! What members asked for about themselves, beside what they did: no personalised lists, topics not to be held, erasure.
//!
//! Wishes are a state, not events: they are handed over whole whenever they change, and hold over any snapshot and any
//! order of events.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::Engine;

/// Every wish that stands.
#[derive(Debug, Clone, Default)]
pub struct Consent {
    /// By member id: whether personalised lists are allowed.
    pub personalised: BTreeMap<String, Switch>,
    /// By member id: the last number of the current event inbox when the switch was set. Events above it came later. Missing
    /// for switches of earlier versions, which are ordered by time.
    pub switched_after: BTreeMap<String, u64>,
    /// Topics that members had deleted from what is held of them.
    pub deleted_topics: Vec<DeletedTopic>,
    /// Members who asked to be erased and may still be in the snapshot.
    pub erased: Vec<ErasedMember>,
}

/// Equal where the same holds: an inbox number of a member without a switch says nothing.
impl PartialEq for Consent {
    fn eq(&self, other: &Self) -> bool {
        let order = |consent: &Self| -> Vec<Option<u64>> {
            self.personalised.keys().map(|id| consent.switched_after.get(id).copied()).collect()
        };
        self.personalised == other.personalised
            && order(self) == order(other)
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

/// A member's word on personalised lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switch {
    /// Whether they are allowed.
    pub allowed: bool,
    /// Since when it is so, seconds since 1970 in UTC.
    pub at: i64,
}

/// A topic deleted from what is held of a member: what was read of it until then counts no more.
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
    /// The member's `WeChat` ids.
    pub openids: Vec<String>,
}

/// A member's switch beside what the snapshot and the event inbox know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ResolvedSwitch {
    pub(crate) choice: Switch,
    /// Events above this number of the inbox came later; `None` where only times can be compared.
    pub(crate) after: Option<u64>,
    /// Whether the snapshot was built with this switch.
    pub(crate) is_in_snapshot: bool,
}

/// One member's consent in the snapshot's numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct MemberConsent {
    pub(crate) personalised: Option<ResolvedSwitch>,
    /// Deleted topics with the second of the deletion.
    pub(crate) topics: Vec<(u32, i64)>,
    pub(crate) erased: bool,
}

/// The consent of all members in the numbers of one engine, ready to be looked up.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ResolvedConsent {
    members: HashMap<u32, MemberConsent>,
    unknown_members: HashMap<String, MemberConsent>,
    erased_openids: HashSet<String>,
}

impl ResolvedConsent {
    /// Looks up whom and what the consent speak of.
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
        for deleted in &consent.deleted_topics {
            if let Some(topic) = engine.topic_row(&deleted.topic) {
                resolved.entry(engine, &deleted.member_id).topics.push((topic as u32, deleted.at));
            }
        }
        for forgotten in &consent.erased {
            resolved.entry(engine, &forgotten.member_id).erased = true;
            for openid in &forgotten.openids {
                // An openid that changed hands is another member's now.
                let owner = engine.openid_row(openid);
                if owner.is_none() || owner == engine.member_row(&forgotten.member_id) {
                    resolved.erased_openids.insert(openid.clone());
                }
            }
        }
        resolved
    }

    fn entry(&mut self, engine: &Engine, id: &str) -> &mut MemberConsent {
        match engine.member_row(id) {
            Some(row) => self.members.entry(row as u32).or_default(),
            None => self.unknown_members.entry(id.to_owned()).or_default(),
        }
    }

    pub(super) fn of_row(&self, row: usize) -> Option<&MemberConsent> {
        if self.members.is_empty() { None } else { self.members.get(&(row as u32)) }
    }

    pub(super) fn of_stranger(&self, id: &str) -> Option<&MemberConsent> {
        self.unknown_members.get(id)
    }

    pub(super) fn is_erased_openid(&self, openid: &str) -> bool {
        self.erased_openids.contains(openid)
    }
}
