//! A model that asks to serve: its settings and rankers, the simple rules beside it, and how all of them did.

use zhihui_data::snapshot::{ItemGroup, RankerWeights, Side};

use super::contender::{CHALLENGER, Contender};
use super::labels::Labels;
use super::list_gate::{self, Judged};
use super::mornings::Mornings;
use super::rankers::{self, Fitted, GROUPS, Gathered, RankerReport};
use super::scores::Scores;
use super::verdict::Judgement;
use super::{TrainError, TrainOptions, audience_gate, rules};

/// A ranker with the calibration lines of the two halves of the members.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lines {
    pub(super) weights: RankerWeights,
    pub(super) halves: [[f32; 2]; 2],
}

/// Everything that is restored together: settings, rankers and rules that were judged on the same features.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entrant {
    pub(super) options: TrainOptions,
    /// The instant at whose state the rankers were fitted.
    pub(super) as_of: i64,
    /// The rankers of all features, by group.
    pub(super) rankers: [Option<Lines>; 2],
    /// The rules, by group.
    pub(super) rules: [Vec<(&'static str, Lines)>; 2],
}

/// How an entrant did.
#[derive(Debug)]
pub(super) struct Outcome {
    /// Scores and judgement by group and side.
    pub(super) cells: Vec<(ItemGroup, Side, Scores, Judgement)>,
    /// The lists of the groups that have a ranker, with the contenders in the order of [`RANKINGS`](super::comparison::RANKINGS).
    pub(super) lists: Vec<Judged>,
}

impl Outcome {
    /// How the model did on a side of a group.
    pub(super) fn judgement(&self, group: ItemGroup, side: Side) -> Option<&Judgement> {
        self.cells.iter().find(|cell| (cell.0, cell.1) == (group, side)).map(|cell| &cell.3)
    }

    /// Whether the personal model serves a side of a group: it is accepted there, or for the other side and may follow.
    pub(super) fn is_personal(&self, group: ItemGroup, side: Side) -> bool {
        let is_accepted = |side| self.judgement(group, side).is_some_and(|judgement| judgement.accepted);
        let may_follow = self.judgement(group, side).is_some_and(|judgement| judgement.may_follow);
        is_accepted(side) || (may_follow && Side::ALL.into_iter().any(is_accepted))
    }
}

impl Entrant {
    /// Calibrates fitted rankers and the rules beside them on the examples of the test window, as known at `as_of`; `hear`
    /// gets how each did.
    pub(super) fn calibrate(
        later: &Gathered,
        as_of: i64,
        options: &TrainOptions,
        fitted: &[Fitted],
        hear: &mut dyn FnMut(ItemGroup, Option<&'static str>, RankerReport),
    ) -> Result<Self, TrainError> {
        let (rankers, rules) = ([None, None], [Vec::new(), Vec::new()]);
        let mut entrant = Self { options: options.clone(), as_of, rankers, rules };
        let mut lines = |ranker: Fitted, rule: Option<&'static str>| {
            let group = ranker.group;
            let (weights, report) = rankers::calibrate(later, ranker)?;
            let halves = report.calibration_by_half;
            hear(group, rule, report);
            Ok::<Lines, TrainError>(Lines { weights, halves })
        };
        for of_all in fitted {
            let at = of_all.group as usize;
            for rule in rules::of_group(of_all.group) {
                let Lines { weights, halves } = lines(rules::fitted(of_all, rule), Some(rule))?;
                entrant.rules[at].push((rule, Lines { weights: rules::alone(weights, rule), halves }));
            }
            entrant.rankers[at] = Some(lines(of_all.clone(), None)?);
        }
        Ok(entrant)
    }

    /// Judges lists and audiences of all mornings of the window.
    pub(super) fn judge(&self, labels: &Labels, mornings: &mut dyn Mornings, seed: u64) -> Result<Outcome, TrainError> {
        let contenders = GROUPS.map(|group| Side::ALL.map(|side| self.contenders(group, side, seed)));
        let mut lists: [Vec<Judged>; 2] = Default::default();
        let mut responses: [Vec<audience_gate::Response>; 2] = Default::default();
        for morning in labels.mornings() {
            let engine = mornings.engine_at(morning)?;
            for (at, group) in GROUPS.into_iter().enumerate() {
                let [of_lists, of_audiences] = &contenders[at];
                lists[at].extend(list_gate::judge(&engine, group, labels.visits_of(at, morning), of_lists));
                let openings = labels.openings_of(at, morning);
                responses[at].extend(audience_gate::judge(&engine, openings, &labels.sample, of_audiences));
            }
        }
        let names = |contenders: &[Contender]| contenders.iter().map(|contender| contender.name.clone()).collect();
        let mut cells = Vec::new();
        for (at, group) in GROUPS.into_iter().enumerate() {
            let [of_lists, of_audiences] = &contenders[at];
            let of_side = [
                Scores::of_lists(&lists[at], names(of_lists)),
                Scores::of_audiences(&responses[at], labels.openings[at].len(), names(of_audiences)),
            ];
            for (side, scores) in Side::ALL.into_iter().zip(of_side) {
                let judgement = Judgement::of(&scores, seed);
                cells.push((group, side, scores, judgement));
            }
        }
        let mut with_ranker = Vec::new();
        for (lists, ranker) in lists.into_iter().zip(&self.rankers) {
            with_ranker.extend(lists.into_iter().filter(|_| ranker.is_some()));
        }
        Ok(Outcome { cells, lists: with_ranker })
    }

    /// What is compared: the ranker first where there is one, then popularity in the age band and overall, chance, the rules.
    fn contenders(&self, group: ItemGroup, side: Side, seed: u64) -> Vec<Contender> {
        let ranker = self.rankers[group as usize].iter();
        let ranker = ranker.map(|lines| Contender::ranker(CHALLENGER, &lines.weights, lines.halves));
        let popularity = (side == Side::Lists).then(Contender::popularity);
        let rules = self.rules[group as usize].iter().filter(|(rule, _)| rules::orders(rule, side));
        let rules = rules.map(|(rule, lines)| Contender::ranker(rule, &lines.weights, lines.halves));
        let plain = popularity.into_iter().chain([Contender::band_popularity(), Contender::chance(seed)]);
        ranker.chain(plain).chain(rules).collect()
    }

    /// What serves a side of a group after `outcome`; `None` for popularity.
    pub(super) fn serving(&self, group: ItemGroup, side: Side, outcome: &Outcome) -> Option<&RankerWeights> {
        let at = group as usize;
        if outcome.is_personal(group, side) {
            return self.rankers[at].as_ref().map(|lines| &lines.weights);
        }
        let rule = outcome.judgement(group, side)?.best_rule.as_deref()?;
        self.rules[at].iter().find(|(name, _)| *name == rule).map(|(_, lines)| &lines.weights)
    }
}
