//! One item as a row of the list.

use zhihui_data::{ItemKind, Zone};
use zhihui_engine::insight::{ItemInsight, Phase, Reach};
use zhihui_engine::report::Fewest;

use super::closes;
use crate::pages::html::path_segment;
use crate::pages::report::{grouped, local_minute};
use crate::pages::tongue::Tongue;
use crate::pages::words;

/// One row, everything in it as text.
pub(super) struct ItemRow {
    pub(super) address: String,
    pub(super) title: String,
    pub(super) kind: &'static str,
    /// Topics, district and union in one line.
    pub(super) about: String,
    pub(super) time: String,
    /// How long until then.
    pub(super) until: String,
    pub(super) urgent: bool,
    pub(super) full: bool,
    pub(super) seats: String,
    pub(super) capacity: String,
    /// Percent of the seats taken; empty without a limit.
    pub(super) taken: String,
    pub(super) reach: String,
    pub(super) expected: String,
    pub(super) rough: bool,
}

impl ItemRow {
    pub(super) fn new(
        item: &ItemInsight,
        reach: &Reach,
        hides_few: Option<Fewest>,
        now: i64,
        zone: Zone,
        l: Tongue,
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
            address: format!("/items/{}", path_segment(&item.item_id)),
            title: item.title.clone(),
            kind: words::kind(item.kind, l),
            about: about.join(" · "),
            time: at.map_or_else(|| l.say("不限", "no end").to_owned(), |at| short_minute(at, now, zone)),
            until: at.map(|at| until(at, now, l)).unwrap_or_default(),
            urgent: item.kind != ItemKind::Article && at.is_some_and(|at| at > now && at < now + 86_400),
            full: item.phase == Phase::Full,
            seats: match item.seats_left {
                Some(left) => grouped(f64::from(left), 0),
                None => l.say("不限", "no limit").to_owned(),
            },
            capacity: item.capacity.map(|seats| grouped(f64::from(seats), 0)).unwrap_or_default(),
            taken,
            reach: people(reach.reachable, hides_few),
            expected: expected(reach.expected, hides_few),
            rough: !reach.calibrated,
        }
    }
}

/// An expected number: whole, but for very small ones.
fn about_number(value: f64) -> String {
    if value > 0.0 && value < 0.95 { "<1".to_owned() } else { grouped(value.round(), 0) }
}

/// A number of people; where small groups are hidden, too few are not told apart from nobody.
pub(super) fn people(count: usize, hides_few: Option<Fewest>) -> String {
    match hides_few {
        Some(fewest) if count == 0 => format!("<{}", fewest.people()),
        _ => grouped(count as f64, 0),
    }
}

/// An expected number of people, as [`people`] shows them.
pub(super) fn expected(value: f64, hides_few: Option<Fewest>) -> String {
    if hides_few.is_some() { people(value as usize, hides_few) } else { about_number(value) }
}

/// The minute, without the year where it is this one.
fn short_minute(at: i64, now: i64, zone: Zone) -> String {
    let (text, today) = (local_minute(at, zone), local_minute(now, zone));
    if text.get(..4) == today.get(..4) { text.get(5..).unwrap_or(&text).to_owned() } else { text }
}

/// How far an instant lies from now, in the largest unit that fits.
pub(super) fn until(at: i64, now: i64, l: Tongue) -> String {
    let seconds = (at - now).abs();
    let (number, zh, en) = match seconds {
        0..7_200 => ((seconds / 60).max(1), "分钟", "min"),
        7_200..172_800 => (seconds / 3_600, "小时", "h"),
        _ => (seconds / 86_400, "天", "days"),
    };
    match (l.tag() == "en", at >= now) {
        (false, true) => format!("还有 {number} {zh}"),
        (false, false) => format!("{number} {zh}前"),
        (true, true) => format!("in {number} {en}"),
        (true, false) => format!("{number} {en} ago"),
    }
}
