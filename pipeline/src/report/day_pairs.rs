//! How many people did something in each range of days.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use zhihui_engine::report::MinGroupSize;

/// A day, counted from the first day of the year 1.
pub(super) type Day = i32;

/// A day on which people did something and the next one. [`Day::MIN`] before the first day, [`Day::MAX`] after the last one.
type Pair = (Day, Day);

/// Days that may be told apart from others, with their people.
pub(super) type Block = (Range<Day>, u64);

/// Maximum number of days for which the people of all ranges are kept, 9 MB. With more days each range is counted when asked.
const MAX_KEPT_DAYS: usize = 1_500;

/// The people of one statistic by the days on which they did it.
#[derive(Debug, Clone, Default)]
pub(super) struct DayPairs {
    pairs: BTreeMap<Pair, u64>,
    /// People on any day.
    people: u64,
    outside: OnceLock<PeopleOutside>,
}

/// The days of a statistic within a range.
#[derive(Debug, Clone)]
pub(super) struct DaysWithin<'a> {
    all: &'a DayPairs,
    range: Range<Day>,
}

impl DayPairs {
    /// Adds people who did it on two days and not in between. `None` for no earlier or no later day.
    pub(super) fn add(&mut self, day_before: Option<Day>, day: Option<Day>, people: u64) {
        *self.pairs.entry((day_before.unwrap_or(Day::MIN), day.unwrap_or(Day::MAX))).or_default() += people;
        self.people += if day_before.is_none() { people } else { 0 };
        self.outside = OnceLock::new();
    }

    /// Only what was done in a range of days.
    pub(super) fn within(&self, range: &Range<Day>) -> DaysWithin<'_> {
        DaysWithin { all: self, range: range.clone() }
    }

    /// People who did it on these days.
    pub(super) fn people_in(&self, days: &Range<Day>) -> u64 {
        if days.is_empty() {
            return 0;
        }
        let outside = self.outside.get_or_init(|| PeopleOutside::of(&self.pairs, MAX_KEPT_DAYS));
        self.people - outside.people(&self.pairs, days)
    }

    /// People who did it on both parts of a range of days that a day divides.
    pub(super) fn people_on_both_sides(&self, days: &Range<Day>, of: Day) -> u64 {
        self.people_in(&(days.start..of)) + self.people_in(&(of..days.end)) - self.people_in(days)
    }
}

impl DaysWithin<'_> {
    /// From the first day on which anybody did it to the last one.
    pub(super) fn first_to_last(&self) -> Option<Range<Day>> {
        let is_active = |day: &Day| self.people_in(&(*day..*day + 1)) > 0;
        let first = self.range.clone().find(is_active)?;
        let last = (first..self.range.end).rev().find(is_active)?;
        Some(first..last + 1)
    }

    /// People who did it on those of these days that are in the range.
    pub(super) fn people_in(&self, days: &Range<Day>) -> u64 {
        self.all.people_in(&(days.start.max(self.range.start)..days.end.min(self.range.end)))
    }

    /// Whether leaving out blocks at both ends always leaves out nobody or enough people. `ends` are the starts of the blocks
    /// and the end of the last one.
    pub(super) fn can_be_shortened(&self, ends: &[Day], min_size: MinGroupSize) -> bool {
        let people = self.people_in(&self.range);
        let leaves_out_few = |shorter: &Range<Day>| min_size.hides(people - self.people_in(shorter));
        let ranges = ends.iter().enumerate().flat_map(|(at, &start)| ends[at + 1..].iter().map(move |&end| start..end));
        !ranges.into_iter().any(|shorter| leaves_out_few(&shorter))
    }

    /// Whether at every start of a block nobody or enough people did it on both sides.
    pub(super) fn can_be_split(&self, ends: &[Day], min_size: MinGroupSize) -> bool {
        let both_sides = |&day: &Day| {
            self.people_in(&(self.range.start..day)) + self.people_in(&(day..self.range.end))
                - self.people_in(&self.range)
        };
        !ends.iter().any(|day| min_size.hides(both_sides(day)))
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

/// People who did something, but on none of the days of a range.
#[derive(Debug, Clone)]
enum PeopleOutside {
    /// Kept for all ranges of these days: by start, then by end of the range.
    Kept { days: Range<Day>, people: Vec<u32> },
    /// Summed up from the pairs.
    Counted,
}

impl PeopleOutside {
    fn of(pairs: &BTreeMap<Pair, u64>, max_days: usize) -> Self {
        let first = pairs.keys().map(|(_, day)| *day).min().unwrap_or(0);
        let last = pairs.keys().map(|(before, _)| *before).max().unwrap_or(first);
        let days = first..last.max(first).saturating_add(1);
        let ends = days.len() + 1;
        if ends > max_days {
            return Self::Counted;
        }
        let mut people = vec![0; ends * ends];
        // Pairs whose earlier day is before the start, by their later day; the last element has those without a later day.
        let mut later = vec![0_u32; ends];
        let mut pairs = pairs.iter().peekable();
        for (start, of_start) in days.clone().chain([days.end]).zip(people.chunks_mut(ends)) {
            while let Some((&(_, day), count)) = pairs.next_if(|((before, _), _)| *before < start) {
                later[(day.min(days.end) - first) as usize] += *count as u32;
            }
            let mut sum = 0;
            for (outside, later) in of_start.iter_mut().zip(&later).rev() {
                sum += later;
                *outside = sum;
            }
        }
        Self::Kept { days, people }
    }

    fn people(&self, pairs: &BTreeMap<Pair, u64>, range: &Range<Day>) -> u64 {
        match self {
            Self::Kept { days, people } => {
                let place = |day: Day| (day.clamp(days.start, days.end) - days.start) as usize;
                u64::from(people[place(range.start) * (days.len() + 1) + place(range.end)])
            }
            Self::Counted => {
                let before = pairs.range(..(range.start, Day::MIN));
                before.filter(|((_, day), _)| *day >= range.end).map(|(_, people)| people).sum()
            }
        }
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
            prop_assert_eq!(days.people, count(&people, |_| true));
            prop_assert_eq!(days.people_in(&range), count(&people, is_in));
            let counted = PeopleOutside::of(&days.pairs, 1).people(&days.pairs, &range);
            prop_assert_eq!(counted, days.people - days.people_in(&range));
            let both = |days: &[Day]| days[0] < start && days[days.len() - 1] >= start;
            prop_assert_eq!(days.people_on_both_sides(&(1..9), start), count(&people, both));
            let before_both = |days: &[Day]| is_in(days) && days.iter().any(|&day| day < 5 && range.contains(&day));
            prop_assert_eq!(days.within(&range).people_in(&(0..5)), count(&people, before_both));
            let first_to_last = days.within(&range).first_to_last();
            let of_range = people.iter().flatten().copied().filter(|day| range.contains(day));
            let ends = of_range.clone().min().zip(of_range.max());
            prop_assert_eq!(first_to_last, ends.map(|(first, last)| first..last + 1));
        }

        #[test]
        fn days_can_be_left_out_if_no_shorter_range_lacks_few_people(people in people()) {
            let (days, min_size) = (days_of(&people), MinGroupSize::try_from(5).expect("enough"));
            let ranges = (1..9).flat_map(|start| (start + 1..10).map(move |end| start..end));
            let lacks_few = |range: &Range<Day>| min_size.hides(count(&people, |days| !days.iter().any(|day| range.contains(day))));
            let within = days.within(&(1..9));
            let ends: Vec<Day> = (1..10).collect();
            prop_assert_eq!(within.can_be_shortened(&ends, min_size), !ranges.clone().any(|range| lacks_few(&range)));
            let few_on_both_sides = |at: Day| min_size.hides(count(&people, |days| days[0] < at && days[days.len() - 1] >= at));
            prop_assert_eq!(within.can_be_split(&ends, min_size), !(2..9).any(few_on_both_sides));
        }

        #[test]
        fn blocks_have_nobody_or_enough_people(people in people()) {
            let (days, min_size) = (days_of(&people), MinGroupSize::try_from(5).expect("enough"));
            let blocks = days.within(&(1..9)).blocks(&(1..9), min_size);
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
