//! Narrows an audience step by step and counts the reasons for excluding members.

use std::collections::BTreeMap;

use super::{ExclusionCount, FunnelStep, Rule, RuleError, evaluate::Evaluation, member_set::MemberSet};
use crate::{Engine, Overlay};

/// The remaining members, in order of their rows, and the number of excluded members by reason.
pub(super) struct Funnel {
    pub(super) rows: Vec<u32>,
    pub(super) steps: Vec<FunnelStep>,
    pub(super) excluded: BTreeMap<String, usize>,
    pub(super) exclusions: Vec<ExclusionCount>,
}

/// The members whom the caller may see, without those who are erased.
pub(super) fn visible_members(evaluation: &Evaluation<'_>) -> MemberSet {
    let engine = evaluation.engine;
    let top = evaluation.within.map(|union| engine.union_row(union).map(|row| row as u32));
    let is_seen = |row| match top {
        None => true,
        Some(Some(top)) => engine.row_is_within(row, top),
        Some(None) => false,
    };
    let n_members = engine.snapshot().members.id.len();
    MemberSet::of(n_members, |row| !evaluation.overlay.is_erased(row) && is_seen(row))
}

/// Whether a message can reach a member: an openid is known, and the member follows the account. Returns the reason if not.
pub(super) fn reachable(engine: &Engine, overlay: &Overlay, row: usize) -> Result<(), &'static str> {
    match overlay.openid(engine, row) {
        None => Err("no_openid"),
        Some(_) if !overlay.follows(engine, row) => Err("not_following"),
        Some(_) => Ok(()),
    }
}

impl Funnel {
    /// Starts with the visible members who meet the rule. Adds one step for each condition of an outermost `all`, else one
    /// step for the whole rule.
    pub(super) fn of_rule(evaluation: &Evaluation<'_>, rule: Option<&Rule>) -> Result<Self, RuleError> {
        let mut left = visible_members(evaluation);
        let everybody = left.len();
        let mut steps = vec![FunnelStep { step: "all".to_owned(), path: None, left: everybody }];
        let mut narrow = |condition: &Rule, path: String| {
            left.intersect(&evaluation.members(condition, &path, &mut Vec::new())?);
            steps.push(FunnelStep { step: "rule".to_owned(), path: Some(path), left: left.len() });
            Ok::<_, RuleError>(())
        };
        match rule {
            Some(Rule::All { all }) => {
                for (place, condition) in all.iter().enumerate() {
                    narrow(condition, format!("/all/{place}"))?;
                }
            }
            Some(rule) => narrow(rule, String::new())?,
            None => {}
        }
        let mut funnel = Self { rows: left.rows().collect(), steps, excluded: BTreeMap::new(), exclusions: Vec::new() };
        funnel.exclude("rule", everybody - funnel.rows.len());
        Ok(funnel)
    }

    /// Keeps the members for whom `test` returns no reason to exclude them.
    pub(super) fn keep(&mut self, step: &str, mut test: impl FnMut(usize) -> Result<(), &'static str>) {
        let mut reasons: BTreeMap<&'static str, usize> = BTreeMap::new();
        self.rows.retain(|&row| match test(row as usize) {
            Ok(()) => true,
            Err(reason) => {
                *reasons.entry(reason).or_default() += 1;
                false
            }
        });
        for (reason, count) in reasons {
            self.exclude(reason, count);
        }
        self.row(step, self.rows.len());
    }

    pub(super) fn row(&mut self, step: &str, left: usize) {
        self.steps.push(FunnelStep { step: step.to_owned(), path: None, left });
    }

    pub(super) fn exclude(&mut self, reason: &str, count: usize) {
        if count > 0 {
            *self.excluded.entry(reason.to_owned()).or_default() += count;
        }
    }
}
