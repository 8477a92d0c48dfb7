//! The limits of one item.

use zhihui_data::{
    ItemKind,
    snapshot::{NO_TIME, NONE, Snapshot},
};

use super::Ineligible;

/// The columns that eligibility reads, gathered for one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ItemTerms {
    pub(crate) item: u32,
    pub(crate) is_article: bool,
    /// Whether the item has a title and an attribute.
    is_described: bool,
    pub(crate) limited_to_unions: bool,
    pub(crate) limited_to_districts: bool,
    pub(crate) gender: u8,
    /// First time at which the item is offered, or the earliest possible time if none is given.
    opens_at: i64,
    closes_at: Option<i64>,
    ends_at: Option<i64>,
    pub(crate) capacity: u32,
    pub(crate) seats_taken: u32,
    pub(crate) per_union_cap: u32,
    pub(crate) per_member_cap: u32,
    pub(crate) child_tickets: u32,
    pub(crate) min_age: u32,
    pub(crate) max_age: u32,
}

impl ItemTerms {
    pub(crate) fn of(snapshot: &Snapshot, item: usize) -> Self {
        let items = &snapshot.items;
        let is_article = items.kind[item] == ItemKind::Article;
        let time = |column: &[i64]| (!is_article && column[item] != NO_TIME).then_some(column[item]);
        let (starts_at, ends_at) = (time(&items.starts_at), time(&items.ends_at));
        Self {
            item: item as u32,
            is_article,
            is_described: snapshot.is_described(item),
            limited_to_unions: items.limited_to_unions[item],
            limited_to_districts: items.limited_to_districts[item],
            gender: items.gender[item],
            opens_at: if is_article { items.published_at[item] } else { items.opens_at[item] },
            closes_at: time(&items.closes_at).or(if ends_at.is_none() { starts_at } else { None }),
            ends_at,
            capacity: items.capacity[item],
            seats_taken: items.seats_taken[item],
            per_union_cap: items.per_union_cap[item],
            per_member_cap: items.per_member_cap[item],
            child_tickets: items.child_tickets[item],
            min_age: items.min_age[item],
            max_age: items.max_age[item],
        }
    }

    /// Whether the item is offered to any member at `now`. The window is half-open. Undescribed items are never
    /// offered. Without a closing time, sign-up closes when the activity ends, and without an end, when it starts.
    pub(crate) fn is_offered(&self, now: i64) -> Result<(), Ineligible> {
        if !self.is_described {
            Err(Ineligible::Undescribed)
        } else if now < self.opens_at {
            Err(Ineligible::NotOpenYet)
        } else if self.ends_at.is_some_and(|end| end <= now) {
            Err(Ineligible::Ended)
        } else if self.closes_at.is_some_and(|end| end <= now) {
            Err(Ineligible::Closed)
        } else {
            Ok(())
        }
    }

    /// Whether admission depends on members' attributes.
    pub(crate) fn is_limited(&self) -> bool {
        self.limited_to_unions
            || self.limited_to_districts
            || self.gender != 0
            || self.min_age != NONE
            || self.max_age != NONE
    }

    /// Whether the item has a number of seats.
    pub(crate) fn has_seats(&self) -> bool {
        !self.is_article && self.capacity != NONE
    }

    /// Whether the item can be offered at `now` or later.
    pub(crate) fn can_still_be_offered(&self, now: i64) -> bool {
        matches!(self.is_offered(now), Ok(()) | Err(Ineligible::NotOpenYet))
    }

    /// Maximum number of tickets for one member, or `None` without limit.
    pub(crate) fn member_cap(&self, with_children: bool) -> Option<u32> {
        set_limit(self.child_tickets).filter(|_| with_children).or(set_limit(self.per_member_cap))
    }
}

/// Returns a limit, or `None` if it is not set.
pub(crate) fn set_limit(limit: u32) -> Option<u32> {
    (limit != NONE).then_some(limit)
}
