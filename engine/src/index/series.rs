//! Series of items: editions that the same union holds under the same title, apart from numbers.

use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_64;
use zhihui_data::snapshot::{Items, NONE};

/// Characters that end the number of an edition after 第.
const COUNTERS: &str = "期届次场回讲季集课站";
/// Maximum number of characters between 第 and its counter.
const MAX_NUMBER_CHARS: usize = 6;

/// The series of each item.
#[derive(Debug, Default)]
pub(crate) struct Series(Vec<u32>);

impl Series {
    pub(crate) fn of(items: &Items) -> Self {
        let mut known: HashMap<(u32, u64), (u32, u32)> = HashMap::new();
        let key = |item: usize| {
            let name = without_numbers(&items.title[item]);
            (name.chars().count() > 1).then(|| (items.union[item], xxh3_64(name.as_bytes())))
        };
        let keys: Vec<Option<(u32, u64)>> = (0..items.id.len()).map(key).collect();
        for key in keys.iter().flatten() {
            let next = known.len() as u32;
            known.entry(*key).or_insert((next, 0)).1 += 1;
        }
        let series = |key: &Option<(u32, u64)>| match key.and_then(|key| known.get(&key)) {
            Some(&(series, editions)) if editions > 1 => series,
            _ => NONE,
        };
        Self(keys.iter().map(series).collect())
    }

    /// The series of an item, or [`NONE`] if it has no other edition.
    pub(crate) fn of_item(&self, item: u32) -> u32 {
        self.0.get(item as usize).copied().unwrap_or(NONE)
    }
}

/// The letters of a title in lower case, without edition numbers.
fn without_numbers(title: &str) -> String {
    let mut letters = String::with_capacity(title.len());
    let mut rest = title.chars();
    while let Some(next) = rest.next() {
        if next == '第' {
            let counter = rest.clone().take(MAX_NUMBER_CHARS).position(|after| COUNTERS.contains(after));
            if let Some(place) = counter {
                rest.nth(place);
                continue;
            }
        }
        letters.extend(next.to_lowercase().filter(|letter| letter.is_alphabetic()));
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(titles: &[(&str, u32)]) -> Items {
        Items {
            id: titles.iter().map(|(title, _)| (*title).to_owned()).collect(),
            title: titles.iter().map(|(title, _)| (*title).to_owned()).collect(),
            union: titles.iter().map(|&(_, union)| union).collect(),
            ..Items::default()
        }
    }

    #[test]
    fn editions_of_a_union_are_one_series() {
        let titles = [
            ("周末徒步 第3期", 1),
            ("周末徒步（第十二期）", 1),
            ("周末徒步 2026", 1),
            ("周末徒步", 2),
            ("书法课", 1),
            ("7", 1),
            ("8", 1),
        ];
        let series = Series::of(&items(&titles));
        let of: Vec<u32> = (0..titles.len() as u32).map(|item| series.of_item(item)).collect();
        assert_eq!((of[0], of[0]), (of[1], of[2]));
        assert_eq!(of[3..], [NONE; 4], "another union's, a single one, and titles without letters");
        assert_eq!(series.of_item(99), NONE);
    }

    #[test]
    fn only_edition_numbers_are_removed() {
        assert_eq!(without_numbers("第一线的声音"), "第一线的声音");
        assert_eq!(without_numbers("Hike #12: Rattlesnake (5 miles)"), "hikerattlesnakemiles");
    }
}
