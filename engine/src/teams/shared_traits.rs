//! What two members share, in words that do not identify either.
//!
//! A trait is named only if enough members who want team-mates have all the traits named so far, so that the list
//! describes a group and never a person.

use zhihui_data::snapshot::NONE;

use super::taste::Taste;
use crate::{
    Engine, Overlay,
    answer::{Language, Reason},
    report::MinGroupSize,
};

/// Sign-ups on a topic from which a member often takes part.
const OFTEN: usize = 2;

/// Something that two members share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trait {
    Home(u32),
    Work(u32),
    /// Both signed up for activities on the topic more than once.
    TakesPart(u32),
    Topic(u32),
    AgeBand(u8),
}

/// Members who want team-mates.
pub(super) struct Pool<'a> {
    pub(super) engine: &'a Engine,
    pub(super) overlay: &'a Overlay,
    /// Rows of the snapshot, ascending.
    pub(super) rows: Vec<usize>,
}

impl Engine {
    /// What `viewer` and `other` share with respect to an activity, as sentences for `viewer`. Empty if either is
    /// unknown, or if too few members share it.
    #[must_use]
    pub fn shared_traits(
        &self,
        overlay: &Overlay,
        (viewer, other): (&str, &str),
        item_id: &str,
        min_group: MinGroupSize,
        language: Language,
    ) -> Vec<Reason> {
        let rows = (self.member_row(viewer), self.member_row(other), self.item_row(item_id));
        let (Some(viewer), Some(other), Some(item)) = rows else { return Vec::new() };
        if overlay.is_erased(viewer) || overlay.is_erased(other) {
            return Vec::new();
        }
        Pool::new(self, overlay).shared(viewer, other, item, min_group, language)
    }
}

impl<'a> Pool<'a> {
    pub(super) fn new(engine: &'a Engine, overlay: &'a Overlay) -> Self {
        let all = 0..engine.snapshot().members.id.len();
        Self { engine, overlay, rows: all.filter(|&row| engine.wants_team(overlay, row).is_ok()).collect() }
    }

    /// The traits that `viewer` and `other` share and that a large enough group has in common.
    pub(super) fn shared(
        &self,
        viewer: usize,
        other: usize,
        item: usize,
        min_group: MinGroupSize,
        language: Language,
    ) -> Vec<Reason> {
        let mut group: Vec<usize> = self.rows.iter().copied().filter(|&row| row != viewer).collect();
        let mut reasons: Vec<Reason> = Vec::new();
        let (of_viewer, of_other) = (self.taste(viewer), self.taste(other));
        for found in self.candidates(item) {
            let is_topic_named = reasons.iter().any(|reason| reason.code.ends_with("topic"));
            if is_topic_named && matches!(found, Trait::Topic(_) | Trait::TakesPart(_)) {
                continue;
            }
            if !self.has(viewer, &of_viewer, found) || !self.has(other, &of_other, found) {
                continue;
            }
            let alike: Vec<usize> =
                group.iter().copied().filter(|&row| self.has(row, &self.taste_for(row, found), found)).collect();
            if alike.len() as u64 >= min_group.people() {
                group = alike;
                reasons.push(self.reason(found, language));
            }
        }
        reasons
    }

    fn taste(&self, row: usize) -> Taste {
        Taste::of(self.engine, self.overlay, row)
    }

    /// The taste of a member, where a trait depends on it.
    fn taste_for(&self, row: usize, found: Trait) -> Taste {
        match found {
            Trait::TakesPart(_) | Trait::Topic(_) => self.taste(row),
            _ => Taste::default(),
        }
    }

    /// The traits in the order in which they are considered. Values that the viewer does not have are never shared.
    fn candidates(&self, item: usize) -> Vec<Trait> {
        let snapshot = self.engine.snapshot();
        let topics = snapshot.items.topics.row(item).iter().filter(|&&topic| !self.engine.is_sensitive(topic));
        let districts = 0..snapshot.districts.len() as u32;
        districts
            .clone()
            .map(Trait::Home)
            .chain(districts.map(Trait::Work))
            .chain(topics.clone().map(|&topic| Trait::TakesPart(topic)))
            .chain(topics.map(|&topic| Trait::Topic(topic)))
            .chain((0..snapshot.age_bands.count() as u8 - 1).map(Trait::AgeBand))
            .collect()
    }

    fn has(&self, row: usize, taste: &Taste, found: Trait) -> bool {
        let members = &self.engine.snapshot().members;
        match found {
            Trait::Home(district) => members.home_district[row] == district,
            Trait::Work(district) => members.work_district[row] == district,
            Trait::AgeBand(band) => members.age_band[row] == band,
            Trait::Topic(topic) => taste.likes(self.engine, topic),
            Trait::TakesPart(topic) => !taste.has_deleted(topic) && self.sign_ups_on(row, topic) >= OFTEN,
        }
    }

    /// Number of current sign-ups of a member for activities on a topic, without those that have a sensitive topic too.
    fn sign_ups_on(&self, row: usize, topic: u32) -> usize {
        let snapshot = self.engine.snapshot();
        let is_about = |item: u32| {
            snapshot.items.topics.row(item as usize).contains(&topic) && !self.engine.is_sensitive_item(item)
        };
        let live = self.overlay.member(row).live;
        let changed = live.map_or(&[][..], |live| &live.sign_ups);
        let stored = snapshot.sign_ups.of(row).filter(|&at| {
            let item = snapshot.sign_ups.item[at];
            snapshot.sign_ups.status[at].is_signed_up() && !changed.iter().any(|sign_up| sign_up.item == item)
        });
        let stored = stored.map(|at| snapshot.sign_ups.item[at]);
        let live = changed.iter().filter(|sign_up| sign_up.status.is_signed_up()).map(|sign_up| sign_up.item);
        stored.chain(live).filter(|&item| is_about(item)).count()
    }

    fn reason(&self, found: Trait, language: Language) -> Reason {
        let snapshot = self.engine.snapshot();
        let name = |names: &'a [String], at: u32| names.get(at as usize).map_or("", String::as_str);
        let (code, zh, en) = match found {
            Trait::Home(district) => {
                let name = name(&snapshot.districts, district);
                ("same_home_district", format!("同住{name}"), format!("You both live in {name}"))
            }
            Trait::Work(district) => {
                let name = name(&snapshot.districts, district);
                ("same_work_district", format!("同在{name}工作"), format!("You both work in {name}"))
            }
            Trait::TakesPart(topic) => {
                let name = name(&snapshot.topics, topic);
                (
                    "activities_on_topic",
                    format!("都常参加「{name}」活动"),
                    format!("You both often join “{name}” activities"),
                )
            }
            Trait::Topic(topic) => {
                let name = name(&snapshot.topics, topic);
                ("interest_in_topic", format!("都关注「{name}」"), format!("You are both interested in “{name}”"))
            }
            Trait::AgeBand(band) => {
                let label = snapshot.age_bands.label(usize::from(band));
                let zh = match label.strip_suffix('+') {
                    Some(from) => format!("同在 {from} 岁及以上年龄段"),
                    None => format!("同在 {label} 岁年龄段"),
                };
                ("same_age_band", zh, format!("You are both in the age band {label}"))
            }
        };
        let text = if language == Language::Zh { zh } else { en };
        Reason { code: code.to_owned(), text }
    }
}

/// Whether two districts are known and equal.
pub(super) fn is_same(one: u32, other: u32) -> bool {
    one != NONE && one == other
}
