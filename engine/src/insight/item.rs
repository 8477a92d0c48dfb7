//! Items for pages: window, seats, limits and daily counts.

use zhihui_data::{
    ItemKind,
    snapshot::{EventKind, NO_TIME, NONE},
};

use crate::{
    Engine, Ineligible, Overlay,
    eligibility::{ItemTerms, set_limit},
    engine::name_of,
};

/// The current phase of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// It can be read or signed up for.
    Open,
    /// Sign-up is open and every seat is taken.
    Full,
    /// Sign-up, or the publication of the article, is in the future.
    NotOpenYet,
    /// Sign-up is over.
    Closed,
    /// The item has ended.
    Ended,
}

/// Limits on the members an item is offered to. `None` and empty mean no limit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Limits {
    /// Minimum age in years.
    pub min_age: Option<u32>,
    /// Maximum age in years.
    pub max_age: Option<u32>,
    /// Admitted gender: 0 any, 1 male, 2 female.
    pub gender: u8,
    /// Names of the admitted unions. `Some` and empty if none of them is known.
    pub unions: Option<Vec<String>>,
    /// Names of the admitted districts.
    pub districts: Option<Vec<String>>,
    /// Maximum number of seats for one union.
    pub per_union_cap: Option<u32>,
    /// Maximum number of tickets for one member.
    pub per_member_cap: Option<u32>,
}

/// An item for pages. Missing times and numbers are `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemInsight {
    /// External id.
    pub item_id: String,
    /// Kind of item.
    pub kind: ItemKind,
    /// Title.
    pub title: String,
    /// Its topics.
    pub topics: Vec<String>,
    /// The current phase.
    pub phase: Phase,
    /// When an article was published, in seconds since 1970 in UTC, like all times here.
    pub published_at: Option<i64>,
    /// When sign-up opens.
    pub opens_at: Option<i64>,
    /// When sign-up closes.
    pub closes_at: Option<i64>,
    /// When it starts.
    pub starts_at: Option<i64>,
    /// When it ends.
    pub ends_at: Option<i64>,
    /// Name of the union that holds it.
    pub union: Option<String>,
    /// District where it takes place.
    pub district: Option<String>,
    /// Price in yuan.
    pub price: Option<f32>,
    /// Whether the item is exempt from our own push caps.
    pub urgent: bool,
    /// Total number of seats.
    pub capacity: Option<u32>,
    /// Number of seats left, including changes since the snapshot.
    pub seats_left: Option<u32>,
    /// Limits on the members it is offered to.
    pub limits: Limits,
}

/// Counts of one item on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ItemDay {
    /// Number of reads.
    pub reads: u32,
    /// Number of sign-ups.
    pub sign_ups: u32,
    /// Number of pushes.
    pub pushes: u32,
    /// Number of distinct members who read it.
    pub readers: u32,
    /// Number of distinct members who signed up.
    pub signers: u32,
    /// Number of distinct members it was pushed to.
    pub pushed: u32,
}

impl Engine {
    /// Returns all items that are open or will open, and articles published since `since`, ordered by id.
    #[must_use]
    pub fn item_insights(&self, overlay: &Overlay, since: i64, now: i64) -> Vec<ItemInsight> {
        let items = &self.snapshot().items;
        let wanted = |&item: &usize| {
            if items.kind[item] == ItemKind::Article {
                items.published_at[item] >= since && self.snapshot().is_described(item)
            } else {
                ItemTerms::of(self.snapshot(), item).can_still_be_offered(now)
            }
        };
        (0..items.id.len()).filter(wanted).map(|item| self.build_item_insight(overlay, item, now)).collect()
    }

    /// Returns one item, or `None` if the id is unknown.
    #[must_use]
    pub fn item_insight(&self, overlay: &Overlay, item_id: &str, now: i64) -> Option<ItemInsight> {
        self.item_row(item_id).map(|item| self.build_item_insight(overlay, item, now))
    }

    /// Returns the counts of an item for each day between these ascending times. Events of the overlay are not
    /// included.
    #[must_use]
    pub fn item_days(&self, item_id: &str, midnights: &[i64]) -> Vec<ItemDay> {
        let mut days = vec![ItemDay::default(); midnights.len().saturating_sub(1)];
        let Some(item) = self.item_row(item_id) else { return days };
        let day_of = |at: i64| {
            let begun = midnights.partition_point(|&midnight| midnight <= at);
            begun.checked_sub(1).filter(|&day| day + 1 < midnights.len())
        };
        let history = &self.snapshot().history;
        for member in 0..history.n_members() {
            // Days on which this member is already counted, by kind of event.
            let mut counted: [Vec<usize>; 3] = Default::default();
            for at in history.of(member).filter(|&at| history.item(at) as usize == item) {
                let Some(day) = day_of(history.at(at)) else { continue };
                let count = &mut days[day];
                let (times, people, counted) = match history.kind(at) {
                    EventKind::Read => (&mut count.reads, &mut count.readers, &mut counted[0]),
                    EventKind::SignUp => (&mut count.sign_ups, &mut count.signers, &mut counted[1]),
                    EventKind::Push => (&mut count.pushes, &mut count.pushed, &mut counted[2]),
                    _ => continue,
                };
                *times += 1;
                if !counted.contains(&day) {
                    counted.push(day);
                    *people += 1;
                }
            }
        }
        // These events have no member. They add only to the totals, so that a day with few known members stays hidden.
        let others = &self.snapshot().unattributed;
        for ((_, kind), &at) in
            others.item.iter().zip(&others.kind).zip(&others.at).filter(|((known, _), _)| **known as usize == item)
        {
            let Some(day) = day_of(at) else { continue };
            match kind {
                EventKind::Read => days[day].reads += 1,
                EventKind::SignUp => days[day].sign_ups += 1,
                EventKind::Push => days[day].pushes += 1,
                _ => {}
            }
        }
        days
    }

    fn build_item_insight(&self, overlay: &Overlay, item: usize, now: i64) -> ItemInsight {
        let snapshot = self.snapshot();
        let items = &snapshot.items;
        let terms = ItemTerms::of(snapshot, item);
        let time = |column: &[i64]| (column[item] != NO_TIME).then_some(column[item]);
        let seats_left = if terms.is_article { None } else { self.seats_left_in_all(overlay, &terms) };
        let phase = match terms.is_offered(now) {
            Ok(()) if seats_left == Some(0) => Phase::Full,
            Ok(()) => Phase::Open,
            Err(Ineligible::NotOpenYet) => Phase::NotOpenYet,
            Err(Ineligible::Ended) => Phase::Ended,
            Err(_) => Phase::Closed,
        };
        let names = |all: &[String], rows: &[u32]| -> Vec<String> {
            rows.iter().filter_map(|&row| name_of(all, row)).map(str::to_owned).collect()
        };
        let limits = Limits {
            min_age: set_limit(terms.min_age),
            max_age: set_limit(terms.max_age),
            gender: terms.gender,
            unions: terms.limited_to_unions.then(|| names(&snapshot.unions.name, items.open_to_unions.row(item))),
            districts: terms
                .limited_to_districts
                .then(|| names(&snapshot.districts, items.open_to_districts.row(item))),
            per_union_cap: set_limit(terms.per_union_cap),
            per_member_cap: set_limit(terms.per_member_cap),
        };
        ItemInsight {
            item_id: items.id[item].clone(),
            kind: items.kind[item],
            title: items.title[item].clone(),
            topics: names(&snapshot.topics, items.topics.row(item)),
            phase,
            published_at: time(&items.published_at),
            opens_at: time(&items.opens_at),
            closes_at: time(&items.closes_at),
            starts_at: time(&items.starts_at),
            ends_at: time(&items.ends_at),
            union: (items.union[item] != NONE)
                .then(|| name_of(&snapshot.unions.name, items.union[item]))
                .flatten()
                .map(str::to_owned),
            district: name_of(&snapshot.districts, items.district[item]).map(str::to_owned),
            price: Some(items.price[item]).filter(|price| *price >= 0.0),
            urgent: items.urgent[item],
            capacity: set_limit(terms.capacity),
            seats_left,
            limits,
        }
    }
}
