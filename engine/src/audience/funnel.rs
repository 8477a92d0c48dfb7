//! Narrows an audience step by step and counts the reasons for excluding members.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::{ExclusionCount, FunnelStep, Rule, RuleError, evaluate::Evaluation, member_set::MemberSet};
use crate::{Engine, Overlay};

/// Members that one thread tests at a time.
const ROWS_PER_TASK: usize = 16_384;

/// The remaining members, in order of their rows, and the number of excluded members by reason.
pub(super) struct Funnel {
    pub(super) rows: Vec<u32>,
    pub(super) steps: Vec<FunnelStep>,
    pub(super) excluded: BTreeMap<String, usize>,
    pub(super) exclusions: Vec<ExclusionCount>,
}

/// The members whom the caller may see, without those who are erased.
pub(super) fn visible_members(evaluation: &Evaluation<'_>) -> MemberSet {
    let (engine, overlay) = (evaluation.engine, evaluation.overlay);
    let top = evaluation.within.map(|union| engine.union_row(union).map(|row| row as u32));
    let is_seen = |row| match top {
        None => true,
        Some(Some(top)) => engine.row_is_within(row, top),
        Some(None) => false,
    };
    let n_members = engine.snapshot().members.id.len();
    MemberSet::of(n_members, |row| !overlay.is_erased(row) && is_seen(row))
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

    /// Starts with these members.
    pub(super) fn of_rows(rows: Vec<u32>) -> Self {
        Self { rows, steps: Vec::new(), excluded: BTreeMap::new(), exclusions: Vec::new() }
    }

    /// Keeps the members for whom `test` returns no reason to exclude them. Tests in parallel.
    pub(super) fn keep(&mut self, step: &str, test: impl Fn(usize) -> Result<(), &'static str> + Sync) {
        let part = |rows: &[u32]| {
            let (mut kept, mut reasons) = (Vec::with_capacity(rows.len()), BTreeMap::<&'static str, usize>::new());
            for &row in rows {
                match test(row as usize) {
                    Ok(()) => kept.push(row),
                    Err(reason) => *reasons.entry(reason).or_default() += 1,
                }
            }
            (kept, reasons)
        };
        let parts: Vec<_> = if self.rows.len() <= ROWS_PER_TASK {
            vec![part(&self.rows)]
        } else {
            self.rows.par_chunks(ROWS_PER_TASK).map(part).collect()
        };
        self.rows.clear();
        for (kept, reasons) in parts {
            self.rows.extend(kept);
            reasons.into_iter().for_each(|(reason, count)| self.exclude(reason, count));
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
