//! What members asked for about themselves, beside what they did: no personalised lists, topics not to be held, erasure.
//!
//! Wishes are a state, not events: they are handed over whole whenever they change, and hold over any snapshot and any
//! order of events.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::Engine;

/// Every wish that stands.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// By member id: whether personalised lists are allowed.
    pub personalised: BTreeMap<String, Switch>,
    /// By member id: the last number of the current event inbox when the switch was set. Events above it came later. Missing
    /// for switches of earlier versions, which are ordered by time.
    pub switched_after: BTreeMap<String, u64>,
    /// Topics that members had deleted from what is held of them.
    pub deleted_topics: Vec<DeletedTopic>,
    /// Members who asked to be erased and may still be in the snapshot.
    pub forgotten: Vec<ForgottenMember>,
}

/// Equal where the same holds: an inbox number of a member without a switch says nothing.
impl PartialEq for Wishes {
    fn eq(&self, other: &Self) -> bool {
        let order = |wishes: &Self| -> Vec<Option<u64>> {
            self.personalised.keys().map(|id| wishes.switched_after.get(id).copied()).collect()
        };
        self.personalised == other.personalised
            && order(self) == order(other)
            && self.deleted_topics == other.deleted_topics
            && self.forgotten == other.forgotten
    }
}

impl Eq for Wishes {}

impl Wishes {
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
pub struct ForgottenMember {
    /// The member.
    pub member_id: String,
    /// The member's `WeChat` ids.
    pub openids: Vec<String>,
}

/// A member's switch beside what the snapshot and the event inbox know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Consent {
    pub(crate) switch: Switch,
    /// Events above this number of the inbox came later; `None` where only times can be compared.
    pub(crate) after: Option<u64>,
    /// Whether the snapshot was built with this switch.
    pub(crate) is_in_snapshot: bool,
}

/// One member's wishes in the snapshot's numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Wish {
    pub(crate) personalised: Option<Consent>,
    /// Deleted topics with the second of the deletion.
    pub(crate) topics: Vec<(u32, i64)>,
    pub(crate) forgotten: bool,
}

/// The wishes of all members in the numbers of one engine, ready to be looked up.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Granted {
    members: HashMap<u32, Wish>,
    strangers: HashMap<String, Wish>,
    forgotten_openids: HashSet<String>,
}

impl Granted {
    /// Looks up whom and what the wishes speak of.
    #[must_use]
    pub fn new(engine: &Engine, wishes: &Wishes) -> Self {
        let mut granted = Self::default();
        for (id, switch) in &wishes.personalised {
            let mark = wishes.switch_mark(id);
            let included = engine.member_row(id).and_then(|row| engine.snapshot().switch_mark(row));
            granted.entry(engine, id).personalised = Some(Consent {
                switch: *switch,
                after: wishes.switched_after.get(id).copied(),
                is_in_snapshot: mark.as_deref() == included,
            });
        }
        for deleted in &wishes.deleted_topics {
            if let Some(topic) = engine.topic_row(&deleted.topic) {
                granted.entry(engine, &deleted.member_id).topics.push((topic as u32, deleted.at));
            }
        }
        for forgotten in &wishes.forgotten {
            granted.entry(engine, &forgotten.member_id).forgotten = true;
            for openid in &forgotten.openids {
                // An openid that changed hands is another member's now.
                let owner = engine.openid_row(openid);
                if owner.is_none() || owner == engine.member_row(&forgotten.member_id) {
                    granted.forgotten_openids.insert(openid.clone());
                }
            }
        }
        granted
    }

    fn entry(&mut self, engine: &Engine, id: &str) -> &mut Wish {
        match engine.member_row(id) {
            Some(row) => self.members.entry(row as u32).or_default(),
            None => self.strangers.entry(id.to_owned()).or_default(),
        }
    }

    pub(super) fn of_row(&self, row: usize) -> Option<&Wish> {
        if self.members.is_empty() { None } else { self.members.get(&(row as u32)) }
    }

    pub(super) fn of_stranger(&self, id: &str) -> Option<&Wish> {
        self.strangers.get(id)
    }

    pub(super) fn forgets_openid(&self, openid: &str) -> bool {
        self.forgotten_openids.contains(openid)
    }
}
