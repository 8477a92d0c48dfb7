//! What the values of a column look like.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::StringChunked;
use zhihui_data::{ColumnKind, Zone};

use super::super::clean;
use super::super::list_mark::LIST_MARK;

/// Number of values that are looked at.
const MAX_VALUES: usize = 2_000;
/// Share of the values that must fit.
const MIN_SHARE: f64 = 0.9;
/// Instants in seconds from September 2001 to January 2038.
const SECONDS: std::ops::Range<f64> = 1e9..2.145e9;
/// The same from March 1973, which is tried next because ids may have as many digits.
const EARLY_SECONDS: std::ops::Range<f64> = 1e8..2.145e9;
/// Formats of times that are tried where none is detected, with whether another reading of the same digits is possible.
const FORMATS: [(&str, bool); 6] = [
    ("%d.%m.%Y %H:%M", false),
    ("%d.%m.%Y", false),
    ("%d/%m/%Y %H:%M", true),
    ("%d/%m/%Y", true),
    ("%m/%d/%Y %H:%M", true),
    ("%m/%d/%Y", true),
];

/// The values of one column of a file.
#[derive(Debug)]
pub(super) struct Values<'a> {
    texts: &'a [String],
    pub(super) distinct: usize,
    numbers: Option<(f64, f64)>,
    /// Number of values that are not zero, and how many of them exceed 1.
    not_zero: usize,
    above_one: usize,
}

impl<'a> Values<'a> {
    pub(super) fn new(texts: &'a [String]) -> Self {
        let texts = &texts[..texts.len().min(MAX_VALUES)];
        let distinct = texts.iter().collect::<BTreeSet<_>>().len();
        let parsed: Vec<f64> = texts.iter().filter_map(|text| text.parse().ok()).collect();
        let bounds = || parsed.iter().fold((f64::MAX, f64::MIN), |(low, high), &n| (low.min(n), high.max(n)));
        let numbers = (!texts.is_empty() && is_most(parsed.len(), texts.len())).then(bounds);
        let not_zero = parsed.iter().filter(|&&number| number != 0.0).count();
        let above_one = parsed.iter().filter(|&&number| number > 1.0).count();
        Self { texts, distinct, numbers, not_zero, above_one }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Whether each value occurs about once, as those of a key.
    pub(super) fn is_unique(&self) -> bool {
        !self.texts.is_empty() && is_most(self.distinct, self.texts.len())
    }

    /// Unit of a count since 1970.
    pub(super) fn unix_unit(&self) -> Option<&'static str> {
        let (low, high) = self.numbers?;
        let scales = [("unix_s", 1.0), ("unix_ms", 1e3), ("unix_us", 1e6)];
        let fits = |scale: f64| SECONDS.contains(&(low / scale)) && SECONDS.contains(&(high / scale));
        let early = |scale: f64| EARLY_SECONDS.contains(&(low / scale)) && EARLY_SECONDS.contains(&(high / scale));
        let found =
            scales.iter().find(|(_, scale)| fits(*scale)).or_else(|| scales.iter().find(|(_, scale)| early(*scale)));
        found.map(|(unit, _)| *unit)
    }

    /// How times are read: `Some(None)` if they are recognised, or a format and whether it is the only possible one.
    pub(super) fn time(&self, zone: Zone, is_date: bool) -> Option<Option<(&'static str, bool)>> {
        if let Some(unit) = self.unix_unit() {
            return Some(Some((unit, true)));
        }
        let texts: StringChunked = self.texts.iter().map(|text| Some(text.as_str())).collect();
        if is_most(clean::count_times(&texts, "auto", zone, is_date), self.texts.len()) {
            return Some(None);
        }
        let fits = |format: &str| is_most(clean::count_times(&texts, format, zone, is_date), self.texts.len());
        let found: Vec<&(&str, bool)> = FORMATS.iter().filter(|(format, _)| fits(format)).collect();
        let (format, is_ambiguous) = found.first()?;
        Some(Some((format, !is_ambiguous || found.len() == 1)))
    }

    /// Whether the values suit a contract column.
    pub(super) fn suits(&self, kind: ColumnKind, zone: Zone) -> bool {
        if self.texts.is_empty() {
            return true;
        }
        let most = |test: &dyn Fn(&str) -> bool| {
            is_most(self.texts.iter().filter(|text| test(text)).count(), self.texts.len())
        };
        match kind {
            ColumnKind::Id => most(&|text| text.chars().count() <= 64 && !text.contains(' ')),
            ColumnKind::Time => self.time(zone, false).is_some(),
            ColumnKind::Date => self.time(zone, true).is_some(),
            ColumnKind::Integer { .. } | ColumnKind::Real { .. } => self.numbers.is_some(),
            ColumnKind::Flag => self.distinct <= 4,
            ColumnKind::Choice(_) => self.distinct <= 20,
            ColumnKind::Text | ColumnKind::List => self.unix_unit().is_none(),
        }
    }

    /// Whether numbers from 0 to 1 are expected and the values are percentages: half of those that are not zero exceed 1, so that
    /// single wrong values do not count.
    pub(super) fn are_percentages(&self) -> bool {
        let is_usual = self.above_one > 0 && self.above_one * 2 >= self.not_zero;
        is_usual && self.numbers.is_some_and(|(low, high)| low >= 0.0 && high <= 100.0)
    }

    /// The separator of lists: one that divides values into elements that come again.
    pub(super) fn list_separator(&self) -> Option<&'static str> {
        let repeats = |separator: &&str| {
            let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
            let divided = self.texts.iter().filter(|text| text.contains(*separator)).count();
            for element in self.texts.iter().flat_map(|text| text.split(*separator)) {
                *counts.entry(element.trim()).or_default() += 1;
            }
            divided * 5 >= self.texts.len() && counts.len() * 3 <= counts.values().sum()
        };
        if self.texts.iter().any(|text| text.contains([LIST_MARK, ';', '\u{ff1b}', '\u{3001}'])) {
            return None;
        }
        ["|", ",", "/", " "].into_iter().find(repeats)
    }

    /// The different words, if they are few.
    pub(super) fn words(&self) -> Vec<&str> {
        let words: BTreeSet<&str> = self.texts.iter().map(String::as_str).collect();
        if words.len() > 20 { Vec::new() } else { words.into_iter().collect() }
    }
}

fn is_most(part: usize, all: usize) -> bool {
    part as f64 >= MIN_SHARE * all as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(of: &[&str]) -> Vec<String> {
        of.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn times_percentages_and_lists_are_recognised() {
        let time = |of: &[&str]| Values::new(&texts(of)).time(Zone::default(), false);
        assert_eq!(time(&["1506826828020", "1506826858020"]), Some(Some(("unix_ms", true))));
        assert_eq!(time(&["881250949", "891717742"]), Some(Some(("unix_s", true))));
        assert_eq!(time(&["1506826828020123"]), Some(Some(("unix_us", true))));
        assert_eq!(time(&["2026-11-21 08:30:00"]), Some(None));
        assert_eq!(time(&["21.11.2026 08:30"]), Some(Some(("%d.%m.%Y %H:%M", true))));
        assert_eq!(time(&["01/02/2026"]), Some(Some(("%d/%m/%Y", false))), "either of two months");
        assert_eq!(time(&["21/02/2026"]), Some(Some(("%d/%m/%Y", true))));
        assert_eq!(time(&["Comedy", "Drama"]), None);
        assert!(Values::new(&texts(&["45", "99.5"])).are_percentages());
        assert!(Values::new(&texts(&["0", "0", "0", "45", "0.5"])).are_percentages());
        assert!(!Values::new(&texts(&["0.45", "0.99"])).are_percentages());
        assert!(!Values::new(&texts(&["0.45", "1.7", "0.99"])).are_percentages(), "one wrong value");
        let genres = texts(&["Action Comedy", "Comedy", "Action Drama", "Drama Comedy", "Action Comedy Drama"]);
        assert_eq!(Values::new(&genres).list_separator(), Some(" "));
    }
}
