//! The model gate: judges the model trained now and the one that serves on the same days, and decides what serves.

use zhihui_data::snapshot::{RankerWeights, Snapshot};
use zhihui_engine::Engine;

use super::card::Findings;
use super::daily_engines::DailyEngines as _;
use super::floor_cost::FloorCost;
use super::gate::Gate;
use super::incumbent::Incumbent;
use super::labels::Labels;
use super::model_candidate::{CandidateResult, ModelCandidate};
use super::model_comparison::ModelComparison;
use super::off_policy::OffPolicy;
use super::rankers::{Fitted, WindowExamples};
use super::replay::Replay;
use super::scores::Scores;
use super::served_model::{ServedModel, accepted};
use super::serving_reason::{Serving, serving_reason};
use super::verdict::{Judgement, SideVerdict};
use super::windows::Windows;
use super::{TrainError, TrainOptions, gather};

pub(super) struct ModelGate<'a> {
    /// The full history, including the test window.
    pub(super) assembled: &'a Snapshot,
    pub(super) previous: Option<&'a Snapshot>,
    pub(super) snapshot_before: &'a dyn Fn(&Snapshot, i64) -> Snapshot,
    pub(super) windows: Windows,
    pub(super) options: &'a TrainOptions,
}

impl ModelGate<'_> {
    /// Calibrates and judges `fitted`, which was not fitted on the test window, and the incumbent. Returns what serves.
    /// `replay` has replayed the test window; `later` has the examples of that window.
    ///
    /// # Errors
    /// [`TrainError`] as training itself.
    pub(super) fn decide(
        &self,
        mut replay: Replay<'_>,
        later: &WindowExamples,
        fitted: &[Fitted],
        findings: &mut Findings,
    ) -> Result<ServedModel, TrainError> {
        let seed = self.options.seed;
        let mut on_report = |group, rule: Option<&'static str>, report| findings.record_report(group, rule, report);
        let challenger = ModelCandidate::calibrate(later, self.assembled.as_of, self.options, fitted, &mut on_report)?;
        let labels = Labels::of(self.assembled, self.windows, replay.day_starts(), seed);
        let (outcome, before) = self.judge(&challenger, fitted, &labels, &mut replay)?;
        let start = replay.engine_at(self.windows.test_from)?;
        drop(replay);
        findings.comparison = ModelComparison::of(&outcome.lists, start.snapshot(), seed);
        self.analyse_lists(start, &challenger, &outcome, findings);
        // Settings and rankers always come from one model: the one accepted for more sides, or the newer of equals.
        let stays = before.as_ref().filter(|(_, other)| accepted(other) > accepted(&outcome));
        let (candidate, chosen) = stays.map_or((&challenger, &outcome), |(candidate, other)| (candidate, other));
        findings.sides = verdicts(&outcome, before.as_ref().map(|(_, other)| other), stays.is_some());
        findings.gate = Gate::of(&outcome, findings.sides.clone(), seed);
        Ok(ServedModel::of(candidate, chosen))
    }

    /// Records what logged lists say about the new rankers, and the cost of an exposure floor.
    fn analyse_lists(
        &self,
        start: Engine,
        challenger: &ModelCandidate,
        outcome: &CandidateResult,
        findings: &mut Findings,
    ) {
        let rankers: Vec<RankerWeights> =
            challenger.rankers.iter().flatten().map(|calibrated| calibrated.weights.clone()).collect();
        findings.off_policy = OffPolicy::of(&start, self.assembled, self.windows, &rankers);
        let start = start.with_rankers(rankers);
        findings.floor_cost = FloorCost::of(&start, &outcome.lists, self.windows.test_from);
    }

    /// Judges the challenger, and the incumbent with its own settings. Both share the engines of the window if their settings of
    /// features are the same.
    fn judge(
        &self,
        challenger: &ModelCandidate,
        fitted: &[Fitted],
        labels: &Labels,
        replay: &mut Replay<'_>,
    ) -> Result<(CandidateResult, Option<(ModelCandidate, CandidateResult)>), TrainError> {
        let seed = self.options.seed;
        let previous = self.previous.and_then(|previous| Incumbent::of(previous, self.assembled.as_of, self.options));
        let Some(previous) = previous else {
            let mut results = ModelCandidate::judge_all(&[challenger], labels, replay, seed)?;
            return Ok((results.pop().unwrap_or_default(), None));
        };
        let (incumbent, mut results) = if previous.has_the_features_of(self.options) {
            let Incumbent { options, as_of, rankers } = previous;
            let incumbent = ModelCandidate { options, as_of, rankers, rules: challenger.rules.clone() };
            let results = ModelCandidate::judge_all(&[challenger, &incumbent], labels, replay, seed)?;
            (incumbent, results)
        } else {
            let mut results = ModelCandidate::judge_all(&[challenger], labels, replay, seed)?;
            let (incumbent, judged) = self.judge_apart(previous, fitted, labels)?;
            results.extend(judged);
            (incumbent, results)
        };
        let of_incumbent = results.pop().unwrap_or_default();
        Ok((results.pop().unwrap_or_default(), Some((incumbent, of_incumbent))))
    }

    /// Judges an incumbent whose settings of features differ, on the engines of these settings. Its rules are calibrated again.
    fn judge_apart(
        &self,
        incumbent: Incumbent,
        fitted: &[Fitted],
        labels: &Labels,
    ) -> Result<(ModelCandidate, Option<CandidateResult>), TrainError> {
        let Incumbent { options, as_of, rankers } = incumbent;
        let window = [self.windows.test_from, self.windows.until];
        let mut replay = Replay::new(self.assembled, self.snapshot_before, &options, window).keeping_days();
        let later = WindowExamples::of_offered_items(self.assembled, window[1]);
        let later = gather(&mut replay, later)?;
        let rules = ModelCandidate::calibrate(&later, self.assembled.as_of, &options, fitted, &mut |_, _, _| ())?.rules;
        let incumbent = ModelCandidate { options: options.clone(), as_of, rankers, rules };
        let judged = ModelCandidate::judge_all(&[&incumbent], labels, &mut replay, self.options.seed)?.pop();
        Ok((incumbent, judged))
    }
}

fn verdicts(
    challenger: &CandidateResult,
    incumbent: Option<&CandidateResult>,
    incumbent_serves: bool,
) -> Vec<SideVerdict> {
    let verdict = |(at, (group, side, scores, judgement)): (usize, &(_, _, Scores, Judgement))| {
        let other = incumbent.map(|outcome| &outcome.cells[at].3);
        let outcome = incumbent.filter(|_| incumbent_serves).unwrap_or(challenger);
        let chosen = &outcome.cells[at].3;
        let serving = match &chosen.best_rule {
            _ if outcome.is_personal(*group, *side) && incumbent_serves => Serving::Incumbent,
            _ if chosen.accepted => Serving::Challenger,
            _ if outcome.is_personal(*group, *side) => Serving::OtherSide,
            Some(rule) => Serving::Rule(rule),
            None => Serving::Popularity,
        };
        let serves = match serving {
            Serving::Challenger | Serving::OtherSide => "blend",
            Serving::Incumbent => "incumbent",
            Serving::Rule(rule) => rule,
            Serving::Popularity => "popular",
        };
        SideVerdict {
            group: *group,
            side: *side,
            metric: Scores::metric(*side),
            members: scores.members,
            responses: scores.responses,
            judged: scores.judged,
            enough: scores.enough,
            challenger: judgement.clone(),
            incumbent: other.cloned(),
            serves: serves.to_owned(),
            why: serving_reason(serving, scores, judgement),
        }
    };
    challenger.cells.iter().enumerate().map(verdict).collect()
}
