//! The gate: the model trained now and the one that served before are judged on the same days, and what serves is chosen.

use zhihui_data::snapshot::{RankerWeights, Snapshot};
use zhihui_engine::Engine;

use super::card::Findings;
use super::comparison::Comparison;
use super::entrant::{Entrant, Outcome};
use super::floor_cost::FloorCost;
use super::gate::Gate;
use super::incumbent::Incumbent;
use super::labels::Labels;
use super::mornings::Mornings;
use super::off_policy::OffPolicy;
use super::rankers::{Fitted, Gathered};
use super::replay::Replay;
use super::scores::Scores;
use super::served::{Served, accepted};
use super::verdict::{Judgement, SideVerdict};
use super::why::{Serving, why};
use super::windows::Windows;
use super::{TrainError, TrainOptions, gather};

/// What the gate decides on.
pub(super) struct Contest<'a> {
    /// Everything that is known, the test window included.
    pub(super) known: &'a Snapshot,
    pub(super) previous: Option<&'a Snapshot>,
    pub(super) restrict: &'a dyn Fn(&Snapshot, i64) -> Snapshot,
    pub(super) windows: Windows,
    pub(super) options: &'a TrainOptions,
}

impl Contest<'_> {
    /// Calibrates and judges `fitted`, which learnt nothing of the test window, beside the model that served before; says
    /// what serves. `start` is what was known and learnt where the test window begins, `later` holds that window's examples.
    ///
    /// # Errors
    /// [`TrainError`] as training itself.
    pub(super) fn hold(
        &self,
        start: Snapshot,
        later: &Gathered,
        fitted: &[Fitted],
        findings: &mut Findings,
    ) -> Result<Served, TrainError> {
        let seed = self.options.seed;
        let mut hear = |group, rule: Option<&'static str>, report| findings.hear(group, rule, report);
        let challenger = Entrant::calibrate(later, self.known.as_of, self.options, fitted, &mut hear)?;
        let labels = Labels::of(self.known, self.windows, self.mornings(self.options).mornings(), seed);
        let outcome = challenger.judge(&labels, &mut self.mornings(self.options), seed)?;
        findings.comparison = Comparison::of(&outcome.lists, &start, seed);
        self.look_at_lists(start, &challenger, &outcome, findings);
        let before = self.incumbent(&challenger, fitted, &labels)?;
        // Settings and rankers are of one model: the one that is accepted for more sides, and of equals the newer one.
        let stays = before.as_ref().filter(|(_, other)| accepted(other) > accepted(&outcome));
        let (entrant, chosen) = stays.map_or((&challenger, &outcome), |(entrant, other)| (entrant, other));
        findings.sides = verdicts(&outcome, before.as_ref().map(|(_, other)| other), stays.is_some());
        findings.gate = Gate::of(&outcome, findings.sides.clone(), seed);
        Ok(Served::of(entrant, chosen))
    }

    /// What logged lists say of the new rankers, and what a floor on exposure would cost.
    fn look_at_lists(&self, start: Snapshot, challenger: &Entrant, outcome: &Outcome, findings: &mut Findings) {
        let rankers: Vec<RankerWeights> =
            challenger.rankers.iter().flatten().map(|lines| lines.weights.clone()).collect();
        let engine = Engine::new(start);
        findings.off_policy = OffPolicy::of(&engine, self.known, self.windows, &rankers);
        let mut start = engine.into_snapshot();
        start.model.rankers = rankers;
        findings.floor_cost = FloorCost::of(&Engine::new(start), &outcome.lists, self.windows.test_from);
    }

    fn mornings<'a>(&'a self, options: &'a TrainOptions) -> Replay<'a> {
        Replay::new(self.known, self.restrict, options, [self.windows.test_from, self.windows.until])
    }

    /// The model that served before, with its own settings; the rules beside it are calibrated anew where these differ.
    fn incumbent(
        &self,
        challenger: &Entrant,
        fitted: &[Fitted],
        labels: &Labels,
    ) -> Result<Option<(Entrant, Outcome)>, TrainError> {
        let previous = self.previous.and_then(|previous| Incumbent::of(previous, self.known.as_of, self.options));
        let Some(incumbent) = previous else { return Ok(None) };
        let rules = if incumbent.has_the_features_of(self.options) {
            challenger.rules.clone()
        } else {
            let window = [self.windows.test_from, self.windows.until];
            let later = Gathered::of_items_asked_for(self.known, window[1]);
            let later = gather(self.known, self.restrict, &incumbent.options, window, later)?;
            Entrant::calibrate(&later, self.known.as_of, &incumbent.options, fitted, &mut |_, _, _| ())?.rules
        };
        let Incumbent { options, as_of, rankers } = incumbent;
        let entrant = Entrant { options, as_of, rankers, rules };
        let outcome = entrant.judge(labels, &mut self.mornings(&entrant.options), self.options.seed)?;
        Ok(Some((entrant, outcome)))
    }
}

fn verdicts(challenger: &Outcome, incumbent: Option<&Outcome>, incumbent_serves: bool) -> Vec<SideVerdict> {
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
            why: why(serving, scores, judgement),
        }
    };
    challenger.cells.iter().enumerate().map(verdict).collect()
}
