//! One item as a row of the item list.

use zhihui_data::{ItemKind, Zone};
use zhihui_engine::insight::{ItemInsight, Phase, Reach};
use zhihui_engine::report::MinGroupSize;

use crate::web::labels;
use crate::web::locale::Locale;
use crate::web::numbers::{grouped, local_minute};
use crate::web::url::percent_encode;

/// A row of the item list, formatted.
pub(crate) struct ItemRow {
    pub(crate) url: String,
    pub(crate) title: String,
    pub(crate) kind: &'static str,
    /// Topics, district and union.
    pub(crate) about: String,
    pub(crate) time: String,
    /// Time left until `time`.
    pub(crate) until: String,
    pub(crate) urgent: bool,
    pub(crate) full: bool,
    pub(crate) seats: String,
    pub(crate) capacity: String,
    /// Percentage of seats taken; empty without a limit.
    pub(crate) taken: String,
    pub(crate) reach: String,
    pub(crate) expected: String,
    pub(crate) rough: bool,
}

impl ItemRow {
    pub(crate) fn new(
        item: &ItemInsight,
        reach: &Reach,
        hides_few: Option<MinGroupSize>,
        now: i64,
        zone: Zone,
        t: Locale,
    ) -> Self {
        let at = match item.kind {
            ItemKind::Article => item.published_at,
            _ if item.phase == Phase::NotOpenYet => item.opens_at,
            _ => closes(item),
        };
        let about: Vec<&str> = item
            .topics
            .iter()
            .map(String::as_str)
            .chain(item.district.as_deref())
            .chain(item.union.as_deref())
            .collect();
        let taken = match (item.capacity, item.seats_left) {
            (Some(capacity), Some(left)) if capacity > 0 => {
                format!("{:.1}", 100.0 * f64::from(capacity.saturating_sub(left)) / f64::from(capacity))
            }
            _ => String::new(),
        };
        Self {
            url: format!("/items/{}", percent_encode(&item.item_id)),
            title: item.title.clone(),
            kind: labels::kind(item.kind, t),
            about: about.join(" · "),
            time: at.map_or_else(|| t.items_no_end().to_owned(), |at| short_minute(at, now, zone)),
            until: at.map(|at| until(at, now, t)).unwrap_or_default(),
            urgent: item.kind != ItemKind::Article && at.is_some_and(|at| at > now && at < now + 86_400),
            full: item.phase == Phase::Full,
            seats: match item.seats_left {
                Some(left) => grouped(f64::from(left), 0),
                None => t.items_no_limit().to_owned(),
            },
            capacity: item.capacity.map(|seats| grouped(f64::from(seats), 0)).unwrap_or_default(),
            taken,
            reach: people(reach.reachable, hides_few),
            expected: expected(reach.expected, hides_few),
            rough: !reach.calibrated,
        }
    }
}

/// Rounds an expected number, and shows `<1` for small ones.
fn rounded(value: f64) -> String {
    if value > 0.0 && value < 0.95 { "<1".to_owned() } else { grouped(value.round(), 0) }
}

/// A number of people. If small groups are hidden, nobody and a few people look the same.
pub(crate) fn people(count: usize, hides_few: Option<MinGroupSize>) -> String {
    match hides_few {
        Some(fewest) if count == 0 => format!("<{}", fewest.people()),
        _ => grouped(count as f64, 0),
    }
}

/// An expected number of people, formatted like [`people`].
pub(crate) fn expected(value: f64, hides_few: Option<MinGroupSize>) -> String {
    if hides_few.is_some() { people(value as usize, hides_few) } else { rounded(value) }
}

/// The local minute, without the current year.
fn short_minute(at: i64, now: i64, zone: Zone) -> String {
    let (text, today) = (local_minute(at, zone), local_minute(now, zone));
    if text.get(..4) == today.get(..4) { text.get(5..).unwrap_or(&text).to_owned() } else { text }
}

/// The time between `at` and `now`, in the largest unit that fits.
pub(crate) fn until(at: i64, now: i64, t: Locale) -> String {
    let (seconds, is_future) = ((at - now).abs(), at >= now);
    match (seconds, is_future) {
        (0..7_200, true) => t.items_in_minutes((seconds / 60).max(1)),
        (0..7_200, false) => t.items_minutes_ago((seconds / 60).max(1)),
        (7_200..172_800, true) => t.items_in_hours(seconds / 3_600),
        (7_200..172_800, false) => t.items_hours_ago(seconds / 3_600),
        (_, true) => t.items_in_days(seconds / 86_400),
        (_, false) => t.items_days_ago(seconds / 86_400),
    }
}

/// When an item closes: end of sign-up, else end or start of the event.
pub(crate) fn closes(item: &ItemInsight) -> Option<i64> {
    item.closes_at.or(item.ends_at).or(item.starts_at)
}
