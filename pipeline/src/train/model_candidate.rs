//! A model that may serve: its settings, rankers and simple rules, and how they performed.

use zhihui_data::snapshot::{ItemGroup, RankerWeights, Side};
use zhihui_engine::Engine;

use super::compared_order::{CHALLENGER, ComparedOrder};
use super::daily_engines::DailyEngines;
use super::item_group::GROUPS;
use super::labels::Labels;
use super::list_gate::{self, JudgedList};
use super::rankers::{self, Fitted, RankerReport, WindowExamples};
use super::scores::Scores;
use super::shared_orderings::SharedOrderings;
use super::verdict::Judgement;
use super::{TrainError, TrainOptions, audience_gate, rules};

/// A ranker with a calibration line for each half of the members.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CalibratedRanker {
    pub(super) weights: RankerWeights,
    pub(super) halves: [[f32; 2]; 2],
}

/// Settings, rankers and rules that were judged on the same features. They are used together or not at all.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ModelCandidate {
    pub(super) options: TrainOptions,
    /// The state on which the rankers were fitted.
    pub(super) as_of: i64,
    /// The rankers of all features, by group.
    pub(super) rankers: [Option<CalibratedRanker>; 2],
    /// The rules, by group.
    pub(super) rules: [Vec<(&'static str, CalibratedRanker)>; 2],
}

/// The performance of a candidate.
#[derive(Debug, Default)]
pub(super) struct CandidateResult {
    /// Scores and judgement by group and side.
    pub(super) cells: Vec<(ItemGroup, Side, Scores, Judgement)>,
    /// Judged lists of the groups with a ranker. The first orderings are those of
    /// [`RANKINGS`](super::model_comparison::RANKINGS).
    pub(super) lists: Vec<JudgedList>,
}

impl CandidateResult {
    pub(super) fn judgement(&self, group: ItemGroup, side: Side) -> Option<&Judgement> {
        self.cells.iter().find(|cell| (cell.0, cell.1) == (group, side)).map(|cell| &cell.3)
    }

    /// Returns whether the personal model serves a side of a group: it is accepted there, or accepted for the other
    /// side and may follow.
    pub(super) fn is_personal(&self, group: ItemGroup, side: Side) -> bool {
        let is_accepted = |side| self.judgement(group, side).is_some_and(|judgement| judgement.accepted);
        let may_follow = self.judgement(group, side).is_some_and(|judgement| judgement.may_follow);
        is_accepted(side) || (may_follow && Side::ALL.into_iter().any(is_accepted))
    }
}

impl ModelCandidate {
    /// Calibrates the rankers and their simple rules on the examples of the test window, with the state at `as_of`.
    /// Calls `on_report` with each calibration report.
    pub(super) fn calibrate(
        later: &WindowExamples,
        as_of: i64,
        options: &TrainOptions,
        fitted: &[Fitted],
        on_report: &mut dyn FnMut(ItemGroup, Option<&'static str>, RankerReport),
    ) -> Result<Self, TrainError> {
        let (rankers, rules) = ([None, None], [Vec::new(), Vec::new()]);
        let mut candidate = Self { options: options.clone(), as_of, rankers, rules };
        let mut calibrate_one = |ranker: Fitted, rule: Option<&'static str>| {
            let group = ranker.group;
            let (weights, report) = rankers::calibrate(later, ranker)?;
            let halves = report.calibration_by_half;
            on_report(group, rule, report);
            Ok::<CalibratedRanker, TrainError>(CalibratedRanker { weights, halves })
        };
        for of_all in fitted {
            let at = of_all.group as usize;
            for rule in rules::of_group(of_all.group) {
                let CalibratedRanker { weights, halves } = calibrate_one(rules::fitted(of_all, rule), Some(rule))?;
                candidate.rules[at]
                    .push((rule, CalibratedRanker { weights: rules::with_one_feature(weights, rule), halves }));
            }
            candidate.rankers[at] = Some(calibrate_one(of_all.clone(), None)?);
        }
        Ok(candidate)
    }

    /// Judges lists and audiences of all days of the window. Each candidate must compute the features of the engines, so that
    /// these are gathered once for all.
    pub(super) fn judge_all(
        candidates: &[&Self],
        labels: &Labels,
        engines: &mut dyn DailyEngines,
        seed: u64,
    ) -> Result<Vec<CandidateResult>, TrainError> {
        let mut started = StartedJudgement::of(candidates, seed);
        for day_start in labels.day_starts() {
            started.add_day(&engines.engine_at(day_start)?, labels, day_start);
        }
        let finish = |(at, candidate): (usize, &&Self)| started.result_of(candidate, at, labels, seed);
        Ok(candidates.iter().enumerate().map(finish).collect())
    }

    /// Returns the compared orders: the ranker if there is one, then popularity in the age band and overall, chance,
    /// and the rules.
    fn orderings(&self, group: ItemGroup, side: Side, seed: u64) -> Vec<ComparedOrder> {
        let ranker = self.rankers[group as usize].iter();
        let ranker = ranker.map(|calibrated| ComparedOrder::ranker(CHALLENGER, &calibrated.weights, calibrated.halves));
        let popularity = (side == Side::Lists).then(ComparedOrder::popularity);
        let rules = self.rules[group as usize].iter().filter(|(rule, _)| rules::orders(rule, side));
        let rules = rules.map(|(rule, calibrated)| ComparedOrder::ranker(rule, &calibrated.weights, calibrated.halves));
        let plain = popularity.into_iter().chain([ComparedOrder::band_popularity(), ComparedOrder::chance(seed)]);
        ranker.chain(plain).chain(rules).collect()
    }

    /// Returns the ranker that serves a side of a group after `outcome`, or `None` for popularity.
    pub(super) fn serving(&self, group: ItemGroup, side: Side, result: &CandidateResult) -> Option<&RankerWeights> {
        let at = group as usize;
        if result.is_personal(group, side) {
            return self.rankers[at].as_ref().map(|calibrated| &calibrated.weights);
        }
        let rule = result.judgement(group, side)?.best_rule.as_deref()?;
        self.rules[at].iter().find(|(name, _)| *name == rule).map(|(_, calibrated)| &calibrated.weights)
    }
}

/// Lists and audiences of the days so far, for the orderings of all candidates.
struct StartedJudgement {
    /// By group and side.
    orderings: [[SharedOrderings; 2]; 2],
    lists: [Vec<JudgedList>; 2],
    responses: [Vec<audience_gate::Response>; 2],
}

impl StartedJudgement {
    fn of(candidates: &[&ModelCandidate], seed: u64) -> Self {
        let of_side = |group, side| {
            SharedOrderings::of(candidates.iter().map(|candidate| candidate.orderings(group, side, seed)))
        };
        let orderings = GROUPS.map(|group| Side::ALL.map(|side| of_side(group, side)));
        Self { orderings, lists: Default::default(), responses: Default::default() }
    }

    fn add_day(&mut self, engine: &Engine, labels: &Labels, day_start: i64) {
        for (at, group) in GROUPS.into_iter().enumerate() {
            let of_lists = &self.orderings[at][0].all;
            self.lists[at].extend(list_gate::judge(engine, group, labels.lists_of(at, day_start), of_lists));
        }
        let audiences = [0, 1].map(|at| labels.audiences_of(at, day_start));
        let of_audiences = [0, 1].map(|at| &self.orderings[at][1].all[..]);
        let judged = audience_gate::judge(engine, audiences, &labels.sample, of_audiences);
        self.responses.iter_mut().zip(judged).for_each(|(responses, judged)| responses.extend(judged));
    }

    /// Returns the performance of the candidate with this number.
    fn result_of(&self, candidate: &ModelCandidate, number: usize, labels: &Labels, seed: u64) -> CandidateResult {
        let (mut cells, mut with_ranker) = (Vec::new(), Vec::new());
        for (at, group) in GROUPS.into_iter().enumerate() {
            let [of_lists, of_audiences] = &self.orderings[at];
            let lists: Vec<JudgedList> =
                self.lists[at].iter().map(|list| list.of_orderings(&of_lists.of_candidate[number])).collect();
            let responses = self.responses[at].iter();
            let responses: Vec<audience_gate::Response> =
                responses.map(|response| response.of_orderings(&of_audiences.of_candidate[number])).collect();
            let of_side = [
                Scores::of_lists(&lists, of_lists.names(number)),
                Scores::of_audiences(&responses, labels.audiences[at].len(), of_audiences.names(number)),
            ];
            for (side, scores) in Side::ALL.into_iter().zip(of_side) {
                let judgement = Judgement::of(&scores, seed);
                cells.push((group, side, scores, judgement));
            }
            with_ranker.extend(lists.into_iter().filter(|_| candidate.rankers[at].is_some()));
        }
        CandidateResult { cells, lists: with_ranker }
    }
}
