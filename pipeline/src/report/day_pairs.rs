//! On which days people did something, as pairs of one such day and the next: enough to count them in every range of days.

use std::collections::BTreeMap;
use std::ops::Range;

use zhihui_engine::report::MinGroupSize;

/// A day, counted from the first day of the year 1.
pub(super) type Day = i32;

/// A day on which people did something and the next one. [`Day::MIN`] before the first day, [`Day::MAX`] after the last one.
type Pair = (Day, Day);

/// Days without any activity of a statistic, or days that may be told apart, with their people.
pub(super) type Block = (Range<Day>, u64);

/// The people of one statistic by the days on which they did it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct DayPairs {
    pairs: BTreeMap<Pair, u64>,
    /// People on any day.
    people: u64,
}

impl DayPairs {
    /// Adds people who did it on two days and not in between. `None` for no earlier or no later day.
    pub(super) fn add(&mut self, day_before: Option<Day>, day: Option<Day>, people: u64) {
        *self.pairs.entry((day_before.unwrap_or(Day::MIN), day.unwrap_or(Day::MAX))).or_default() += people;
        self.people += if day_before.is_none() { people } else { 0 };
    }

    /// Only what was done in a range of days.
    pub(super) fn within(&self, days: &Range<Day>) -> Self {
        let mut within = Self::default();
        for (&(before, day), &people) in &self.pairs {
            let before = days.contains(&before).then_some(before);
            let after = days.contains(&day).then_some(day);
            // Of each person the pair around the range counts, whose earlier day is before it.
            if before.is_some() || after.is_some() {
                within.add(before, after, people);
            }
        }
        within
    }

    /// The same with each block as one day.
    pub(super) fn by_block(&self, blocks: &[Range<Day>]) -> Self {
        let mut by_block = Self::default();
        let first_of = |day: Day| {
            let at = blocks.partition_point(|block| block.end <= day);
            blocks.get(at).filter(|block| block.contains(&day)).map_or(day, |block| block.start)
        };
        for (&(before, day), &people) in &self.pairs {
            let [before, day] =
                [before, day].map(|day| if day == Day::MIN || day == Day::MAX { day } else { first_of(day) });
            if before < day {
                by_block.add((before != Day::MIN).then_some(before), (day != Day::MAX).then_some(day), people);
            }
        }
        by_block
    }

    /// From the first day on which anybody did it to the last one.
    pub(super) fn first_to_last(&self) -> Option<Range<Day>> {
        let first = self.pairs.keys().filter(|(before, _)| *before == Day::MIN).map(|(_, day)| *day).min()?;
        let last = self.pairs.keys().filter(|(_, day)| *day == Day::MAX).map(|(before, _)| *before).max()?;
        Some(first..last + 1)
    }

    /// People who did it on any day.
    pub(super) fn people(&self) -> u64 {
        self.people
    }

    /// People who did it, but on none of these days.
    pub(super) fn people_outside(&self, days: &Range<Day>) -> u64 {
        let before = self.pairs.range(..(days.start, Day::MIN));
        before.filter(|((_, day), _)| *day >= days.end).map(|(_, people)| people).sum()
    }

    /// People who did it on these days.
    pub(super) fn people_in(&self, days: &Range<Day>) -> u64 {
        if days.is_empty() { 0 } else { self.people() - self.people_outside(days) }
    }

    /// People who did it on both parts of a range of days that a day divides.
    pub(super) fn people_on_both_sides(&self, days: &Range<Day>, of: Day) -> u64 {
        self.people_in(&(days.start..of)) + self.people_in(&(of..days.end)) - self.people_in(days)
    }

    /// Whether leaving out days at both ends always leaves out nobody or enough people.
    pub(super) fn can_be_shortened(&self, min_size: MinGroupSize) -> bool {
        let mut starts: Vec<Day> = self.pairs.keys().map(|(before, _)| before.saturating_add(1)).collect();
        starts.dedup();
        // Pairs whose earlier day is left out, by their later day.
        let mut later: BTreeMap<Day, u64> = BTreeMap::new();
        let mut pairs = self.pairs.iter().peekable();
        for start in starts {
            while let Some((&(_, day), people)) = pairs.next_if(|((before, _), _)| *before < start) {
                *later.entry(day).or_default() += people;
            }
            // The fewest people are left out by the latest end that leaves out anybody.
            if later.last_key_value().is_some_and(|(day, people)| *day > start && min_size.hides(*people)) {
                return false;
            }
        }
        true
    }

    /// Whether at every day nobody or enough people did it on both sides.
    pub(super) fn can_be_split(&self, min_size: MinGroupSize) -> bool {
        let mut sides: BTreeMap<Day, i64> = BTreeMap::new();
        for (&(before, day), &people) in &self.pairs {
            if before == Day::MIN {
                *sides.entry(day).or_default() += people as i64;
            }
            if day == Day::MAX {
                *sides.entry(before).or_default() -= people as i64;
            }
        }
        // After a day: people who have begun and will come back.
        let mut both = 0_i64;
        sides.values().all(|change| {
            both += change;
            !min_size.hides(both.unsigned_abs())
        })
    }

    /// Divides days into the shortest blocks that nobody or enough people did it in. What is left at the end joins the block
    /// before. A single block is left, if all days together have few people.
    pub(super) fn blocks(&self, days: &Range<Day>, min_size: MinGroupSize) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        let mut start = days.start;
        for end in days.start + 1..=days.end {
            let people = self.people_in(&(start..end));
            if !min_size.hides(people) {
                blocks.push((start..end, people));
                start = end;
            }
        }
        if start < days.end {
            while let Some((last, people)) = blocks.pop() {
                start = last.start;
                if people > 0 {
                    break;
                }
            }
            let rest = start..days.end;
            let people = self.people_in(&rest);
            blocks.push((rest, people));
        }
        blocks
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Each person's days.
    fn days_of(people: &[Vec<Day>]) -> DayPairs {
        let mut days = DayPairs::default();
        for person in people.iter().filter(|days| !days.is_empty()) {
            let mut before = None;
            for &day in person {
                days.add(before, Some(day), 1);
                before = Some(day);
            }
            days.add(before, None, 1);
        }
        days
    }

    fn people() -> impl Strategy<Value = Vec<Vec<Day>>> {
        let person = prop::collection::btree_set(1_i32..9, 0..5).prop_map(|days| days.into_iter().collect());
        prop::collection::vec(person, 0..40)
    }

    fn count(people: &[Vec<Day>], is_counted: impl Fn(&[Day]) -> bool) -> u64 {
        people.iter().filter(|days| !days.is_empty() && is_counted(days)).count() as u64
    }

    proptest! {
        #[test]
        fn people_of_every_range_are_counted(people in people(), start in 1_i32..9, length in 1_i32..9) {
            let (days, range) = (days_of(&people), start..(start + length).min(9));
            let is_in = |days: &[Day]| days.iter().any(|day| range.contains(day));
            prop_assert_eq!(days.people(), count(&people, |_| true));
            prop_assert_eq!(days.people_in(&range), count(&people, is_in));
            let both = |days: &[Day]| days[0] < start && days[days.len() - 1] >= start;
            prop_assert_eq!(days.people_on_both_sides(&(1..9), start), count(&people, both));
            let clipped = |days: &Vec<Day>| days.iter().copied().filter(|day| range.contains(day)).collect();
            prop_assert_eq!(days.within(&range), days_of(&people.iter().map(clipped).collect::<Vec<Vec<Day>>>()));
        }

        #[test]
        fn days_can_be_left_out_if_no_shorter_range_lacks_few_people(people in people()) {
            let (days, min_size) = (days_of(&people), MinGroupSize::try_from(5).expect("enough"));
            let ranges = (1..9).flat_map(|start| (start + 1..10).map(move |end| start..end));
            let lacks_few = |range: &Range<Day>| min_size.hides(count(&people, |days| !days.iter().any(|day| range.contains(day))));
            prop_assert_eq!(days.can_be_shortened(min_size), !ranges.clone().any(|range| lacks_few(&range)));
            let few_on_both_sides = |at: Day| min_size.hides(count(&people, |days| days[0] < at && days[days.len() - 1] >= at));
            prop_assert_eq!(days.can_be_split(min_size), !(2..9).any(few_on_both_sides));
        }

        #[test]
        fn blocks_have_nobody_or_enough_people(people in people()) {
            let (days, min_size) = (days_of(&people), MinGroupSize::try_from(5).expect("enough"));
            let blocks = days.blocks(&(1..9), min_size);
            prop_assert_eq!(blocks.first().map(|block| block.0.start), Some(1));
            prop_assert_eq!(blocks.last().map(|block| block.0.end), Some(9));
            for (range, people) in &blocks {
                prop_assert_eq!(*people, days.people_in(range));
                prop_assert!(!min_size.hides(*people) || blocks.len() == 1, "{:?}", blocks);
            }
            prop_assert!(blocks.windows(2).all(|pair| pair[0].0.end == pair[1].0.start));
        }
    }
}
