//! The figures of parts of the lists: by group of items, by items and members with and without a history.

use std::collections::BTreeSet;

use zhihui_data::snapshot::ItemGroup;
use zhihui_engine::report::is_too_few;

use super::interval::{clustered, ratio};
use super::lists::{List, ORDERINGS, Sized};
use super::report::{PartReport, RuleReport, SizeReport};
use super::rules::RULES;
use super::size::ListSize;

/// Places in [`List::came`]: members without, with a history before.
const EVERYBODY: &[usize] = &[0, 1];

/// A part: the history of the items, the name and the places of the members.
type Division = (Option<bool>, &'static str, &'static [usize]);

/// What a group of items is divided into: by history of the items (`None`: whatever it is), and of the members. A division
/// is shown whole or not at all: with one of its parts the total would tell of the other.
const DIVISIONS: [&[Division]; 3] = [
    &[(None, "all", EVERYBODY)],
    &[(None, "warm", &[1]), (None, "cold", &[0])],
    &[(Some(true), "all", EVERYBODY), (Some(false), "all", EVERYBODY)],
];

/// Every division none of whose parts one to nine people make up.
pub(super) fn parts(lists: &[List], sizes: &[ListSize], n_dates: usize, seed: u64) -> Vec<PartReport> {
    let mut reports = Vec::new();
    for (group, items) in [(ItemGroup::Articles, "articles"), (ItemGroup::Activities, "activities")] {
        for division in DIVISIONS {
            let part = |&(warm, members, which): &Division| {
                let in_part = |list: &&List| list.group == group && warm.is_none_or(|warm| list.is_warm == warm);
                let part = Part { lists: lists.iter().filter(in_part).collect(), which, n_dates, seed };
                let history = warm.map_or("all", |warm| if warm { "warm" } else { "cold" });
                (part, [items, history, members])
            };
            let parts: Vec<_> = division.iter().map(part).collect();
            if parts.iter().any(|(part, _)| is_too_few(part.people() as u64)) {
                continue;
            }
            let parts = parts.iter().filter(|(part, _)| part.people() > 0);
            reports.extend(parts.map(|(part, names)| part.report(*names, sizes)));
        }
    }
    reports
}

struct Part<'a> {
    lists: Vec<&'a List>,
    /// Places in [`List::came`].
    which: &'static [usize],
    n_dates: usize,
    seed: u64,
}

impl Part<'_> {
    fn people(&self) -> usize {
        let came = self.lists.iter().flat_map(|list| self.which.iter().flat_map(|&part| &list.came[part]));
        came.collect::<BTreeSet<&u32>>().len()
    }

    fn came(&self, list: &List) -> f64 {
        self.which.iter().map(|&part| list.came[part].len()).sum::<usize>() as f64
    }

    fn hits(&self, sized: &Sized, ordering: usize) -> f64 {
        self.which.iter().map(|&part| sized.hits[ordering][part]).sum()
    }

    fn report(&self, [items, warmth, members]: [&str; 3], sizes: &[ListSize]) -> PartReport {
        PartReport {
            items: items.to_owned(),
            history: warmth.to_owned(),
            members: members.to_owned(),
            lists: self.lists.len(),
            people: self.people(),
            responses: self.lists.iter().map(|list| self.came(list) as usize).sum(),
            sizes: sizes.iter().enumerate().map(|(at, size)| self.size(at, *size)).collect(),
        }
    }

    fn size(&self, at: usize, size: ListSize) -> SizeReport {
        let (recall, interval) = self.ratio(at, |list, sized| (self.hits(sized, 0), self.came(list)));
        let rule = |(rule, name): (usize, &&str)| {
            let of_rule = |sized: &Sized| self.hits(sized, rule + 1);
            let (lift, interval) = self.ratio(at, |_, sized| (self.hits(sized, 0), of_rule(sized)));
            let (recall, _) = self.ratio(at, |list, sized| (of_rule(sized), self.came(list)));
            RuleReport { rule: (*name).to_owned(), recall: recall.unwrap_or_default(), lift, interval }
        };
        let rules: Vec<RuleReport> = RULES.iter().enumerate().map(rule).collect();
        let best = rules.iter().skip(1).max_by(|left, right| left.recall.total_cmp(&right.recall));
        let all_members = self.which == EVERYBODY;
        let sum = |of: &dyn Fn(&Sized) -> f64| self.lists.iter().map(|list| of(&list.sizes[at])).sum::<f64>();
        let is_covered = |list: &&&List| {
            let [_, low, high] = list.sizes[at].expected;
            // Heads are whole: an interval from 0.4 to 1.6 says 0 to 2.
            (low.floor()..=high.ceil()).contains(&self.hits(&list.sizes[at], 0))
        };
        let covered = self.lists.iter().filter(is_covered).count() as f64 / self.lists.len().max(1) as f64;
        SizeReport {
            size: size.to_string(),
            listed: self.lists.iter().map(|list| list.sizes[at].length).sum(),
            recall: recall.unwrap_or_default(),
            interval,
            best_rule: best.map(|best| best.rule.clone()),
            rules,
            expected: all_members.then(|| sum(&|sized| sized.expected[0])),
            actual: sum(&|sized| self.hits(sized, 0)) as usize,
            coverage: all_members.then_some(covered),
        }
    }

    fn ratio(&self, at: usize, of: impl Fn(&List, &Sized) -> (f64, f64)) -> (Option<f64>, [Option<f64>; 2]) {
        let pair = |list: &&List| {
            let (above, below) = of(list, &list.sizes[at]);
            (list.date, above, below)
        };
        let pairs: Vec<(usize, f64, f64)> = self.lists.iter().map(pair).collect();
        ratio(&clustered(&pairs, self.n_dates), self.seed)
    }
}

/// Ours and every rule.
const _: () = assert!(ORDERINGS == RULES.len() + 1);
