//! Results of slices: by group of items, and by items and members with and without a history.

use std::collections::BTreeSet;

use zhihui_data::snapshot::ItemGroup;
use zhihui_engine::report::is_too_few;

use super::interval::{clustered, ratio};
use super::lists::{List, SizeResult};
use super::report::{AudienceSlice, RuleReport, SizeReport};
use super::rules::RULES;
use super::size::ListSize;

/// Indices in [`List::responders`]: members without and with an earlier response.
const ALL_MEMBERS: &[usize] = &[0, 1];

/// One slice of a division: history of the items, name and indices of the members.
type Division = (Option<bool>, &'static str, &'static [usize]);

/// Divisions of a group of items by history of the items (`None` for all) and of the members. A division is shown
/// completely or not at all: one of its slices and the total would disclose the other.
const DIVISIONS: [&[Division]; 3] = [
    &[(None, "all", ALL_MEMBERS)],
    &[(None, "warm", &[1]), (None, "cold", &[0])],
    &[(Some(true), "all", ALL_MEMBERS), (Some(false), "all", ALL_MEMBERS)],
];

/// Returns all divisions without a small group.
pub(super) fn slices(lists: &[List], sizes: &[ListSize], n_dates: usize, seed: u64) -> Vec<AudienceSlice> {
    let mut reports = Vec::new();
    for (group, items) in [(ItemGroup::Articles, "articles"), (ItemGroup::Activities, "activities")] {
        for division in DIVISIONS {
            let slice = |&(warm, members, which_members): &Division| {
                let is_in_slice = |list: &&List| list.group == group && warm.is_none_or(|warm| list.is_warm == warm);
                let slice = Slice { lists: lists.iter().filter(is_in_slice).collect(), which_members, n_dates, seed };
                let history = warm.map_or("all", |warm| if warm { "warm" } else { "cold" });
                (slice, [items, history, members])
            };
            let slices: Vec<_> = division.iter().map(slice).collect();
            if slices.iter().any(|(slice, _)| is_too_few(slice.people() as u64)) {
                continue;
            }
            let slices = slices.iter().filter(|(slice, _)| slice.people() > 0);
            reports.extend(slices.map(|(slice, names)| slice.report(*names, sizes)));
        }
    }
    reports
}

struct Slice<'a> {
    lists: Vec<&'a List>,
    /// Indices in [`List::responders`].
    which_members: &'static [usize],
    n_dates: usize,
    seed: u64,
}

impl Slice<'_> {
    fn people(&self) -> usize {
        let responders =
            self.lists.iter().flat_map(|list| self.which_members.iter().flat_map(|&part| &list.responders[part]));
        responders.collect::<BTreeSet<&u32>>().len()
    }

    fn responses(&self, list: &List) -> f64 {
        self.which_members.iter().map(|&part| list.responders[part].len()).sum::<usize>() as f64
    }

    fn hits(&self, result: &SizeResult, ordering: usize) -> f64 {
        self.which_members.iter().map(|&part| result.hits[ordering][part]).sum()
    }

    fn report(&self, [items, warmth, members]: [&str; 3], sizes: &[ListSize]) -> AudienceSlice {
        AudienceSlice {
            items: items.to_owned(),
            history: warmth.to_owned(),
            members: members.to_owned(),
            lists: self.lists.len(),
            judged_intervals: self.lists.iter().filter(|list| list.is_interval_judged).count(),
            people: self.people(),
            responses: self.lists.iter().map(|list| self.responses(list) as usize).sum(),
            sizes: sizes.iter().enumerate().map(|(at, size)| self.size(at, *size)).collect(),
        }
    }

    fn size(&self, at: usize, size: ListSize) -> SizeReport {
        let (recall, interval) = self.ratio(at, |list, result| (self.hits(result, 0), self.responses(list)));
        let rule = |(rule, name): (usize, &&str)| {
            let of_rule = |result: &SizeResult| self.hits(result, rule + 1);
            let (lift, interval) = self.ratio(at, |_, result| (self.hits(result, 0), of_rule(result)));
            let (recall, _) = self.ratio(at, |list, result| (of_rule(result), self.responses(list)));
            RuleReport { rule: (*name).to_owned(), recall: recall.unwrap_or_default(), lift, interval }
        };
        let rules: Vec<RuleReport> = RULES.iter().enumerate().map(rule).collect();
        let best = rules.iter().skip(1).max_by(|left, right| left.recall.total_cmp(&right.recall));
        let all_members = self.which_members == ALL_MEMBERS;
        let sum = |of: &dyn Fn(&SizeResult) -> f64| self.lists.iter().map(|list| of(&list.sizes[at])).sum::<f64>();
        let is_covered = |list: &&&List| {
            let [_, low, high] = list.sizes[at].expected;
            // Responses are whole numbers: an interval from 0.4 to 1.6 means 0 to 2.
            (low.floor()..=high.ceil()).contains(&self.hits(&list.sizes[at], 0))
        };
        let new: Vec<&&List> = self.lists.iter().filter(|list| list.is_interval_judged).collect();
        let covered = new.iter().filter(|list| is_covered(list)).count() as f64 / new.len() as f64;
        SizeReport {
            size: size.to_string(),
            listed: self.lists.iter().map(|list| list.sizes[at].length).sum(),
            recall: recall.unwrap_or_default(),
            interval,
            best_rule: best.map(|best| best.rule.clone()),
            rules,
            expected: all_members.then(|| sum(&|result| result.expected[0])),
            actual: sum(&|result| self.hits(result, 0)) as usize,
            coverage: (all_members && !new.is_empty()).then_some(covered),
        }
    }

    fn ratio(&self, at: usize, of: impl Fn(&List, &SizeResult) -> (f64, f64)) -> (Option<f64>, [Option<f64>; 2]) {
        let pair = |list: &&List| {
            let (numerator, denominator) = of(list, &list.sizes[at]);
            (list.date, numerator, denominator)
        };
        let pairs: Vec<(usize, f64, f64)> = self.lists.iter().map(pair).collect();
        ratio(&clustered(&pairs, self.n_dates), self.seed)
    }
}
