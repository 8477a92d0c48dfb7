//! Items as people look at them: window, seats, limits, and what happened to them lately.

use zhihui_data::{
    ItemKind,
    snapshot::{EventKind, NO_TIME, NONE},
};

use crate::{
    Engine, Ineligible, Overlay,
    eligibility::{ItemTerms, set_limit},
    engine::name_of,
};

/// Where an item stands in its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// It can be read or signed up for.
    Open,
    /// Sign-up is open and every seat is taken.
    Full,
    /// Sign-up opens, or the article is published, later.
    NotOpenYet,
    /// Sign-up is over.
    Closed,
    /// It took place.
    Ended,
}

/// Whom an item is limited to; `None` and empty mean no limit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Limits {
    /// Youngest age admitted, years.
    pub min_age: Option<u32>,
    /// Oldest age admitted, years.
    pub max_age: Option<u32>,
    /// The only sex admitted: 0 any, 1 male, 2 female.
    pub gender: u8,
    /// Names of the unions admitted; `Some` and empty where none of them is known.
    pub unions: Option<Vec<String>>,
    /// Names of the districts admitted.
    pub districts: Option<Vec<String>>,
    /// Seats that one union may take.
    pub per_union_cap: Option<u32>,
    /// Tickets that one member may take.
    pub per_member_cap: Option<u32>,
}

/// One item as people look at it; a missing instant or number is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemInsight {
    /// Outside id.
    pub item_id: String,
    /// What it is.
    pub kind: ItemKind,
    /// Title.
    pub title: String,
    /// Its topics.
    pub topics: Vec<String>,
    /// Where it stands in its window.
    pub phase: Phase,
    /// When an article was published; seconds since 1970 in UTC, as all instants here.
    pub published_at: Option<i64>,
    /// When sign-up opens.
    pub opens_at: Option<i64>,
    /// When sign-up closes.
    pub closes_at: Option<i64>,
    /// When it begins.
    pub starts_at: Option<i64>,
    /// When it ends.
    pub ends_at: Option<i64>,
    /// Name of the union that holds it.
    pub union: Option<String>,
    /// Where it takes place.
    pub district: Option<String>,
    /// Price in yuan.
    pub price: Option<f32>,
    /// Whether our own push caps do not apply.
    pub urgent: bool,
    /// Seats in all.
    pub capacity: Option<u32>,
    /// Seats left, what happened since the snapshot included.
    pub seats_left: Option<u32>,
    /// Whom it is limited to.
    pub limits: Limits,
}

/// What one item met with on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ItemDay {
    /// Reads, person-times.
    pub reads: u32,
    /// Sign-ups, person-times.
    pub sign_ups: u32,
    /// Pushes, person-times.
    pub pushes: u32,
    /// Members who read it, each once.
    pub readers: u32,
    /// Members who signed up for it, each once.
    pub signers: u32,
    /// Members it was pushed to, each once.
    pub pushed: u32,
}

impl Engine {
    /// Everything that is open or will be, and articles published since `since`; in the order of ids.
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

    /// One item, `None` where there is none of this id.
    #[must_use]
    pub fn item_insight(&self, overlay: &Overlay, item_id: &str, now: i64) -> Option<ItemInsight> {
        self.item_row(item_id).map(|item| self.build_item_insight(overlay, item, now))
    }

    /// What an item met with on each of the days between these instants, which ascend. What the overlay holds is not in it.
    #[must_use]
    pub fn item_days(&self, item_id: &str, midnights: &[i64]) -> Vec<ItemDay> {
        let mut days = vec![ItemDay::default(); midnights.len().saturating_sub(1)];
        let Some(item) = self.item_row(item_id) else { return days };
        let day_of = |at: i64| {
            let begun = midnights.partition_point(|&midnight| midnight <= at);
            begun.checked_sub(1).filter(|&day| day + 1 < midnights.len())
        };
        let history = &self.snapshot().history;
        for member in history.starts.windows(2) {
            // The days on which this member was counted, by what happened.
            let mut counted: [Vec<usize>; 3] = Default::default();
            for at in (member[0] as usize..member[1] as usize).filter(|&at| history.item[at] as usize == item) {
                let Some(day) = day_of(history.at[at]) else { continue };
                let count = &mut days[day];
                let (times, people, counted) = match history.kind[at] {
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
        // These events name nobody, so they add to the times alone and a day about few known people stays hidden.
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
