//! Counts of every condition and group of a rule, for a form that shows them beside each condition.

use serde::Serialize;

use super::{
    Rule, RuleError,
    evaluate::{Evaluation, Resolver, StopCheck},
    funnel::visible_members,
    member_set::MemberSet,
};
use crate::{Engine, Overlay};

/// What a condition or a group leaves of the members that it receives.
///
/// The outermost condition receives all members whom the caller may see. A condition of an `all` receives those whom the
/// conditions before it left; a condition of an `any` or a `not` receives those that the group received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConditionCount {
    /// JSON pointer to the condition, empty for the whole rule.
    pub path: String,
    /// Members it receives.
    pub before: usize,
    /// Members of these who meet it.
    pub left: usize,
}

impl Engine {
    /// Counts a rule and every condition and group inside it at `now`, seconds since 1970 in UTC; outer ones first. With
    /// `within`, only members of that union and those below it count. Saved audiences count as one condition.
    ///
    /// # Errors
    /// [`RuleError`] if the rule is invalid for this snapshot, or if `stop` returned true.
    pub fn condition_counts(
        &self,
        overlay: &Overlay,
        rule: &Rule,
        (within, now): (Option<&str>, i64),
        resolve: &Resolver<'_>,
        stop: &StopCheck<'_>,
    ) -> Result<Vec<ConditionCount>, RuleError> {
        let evaluation = Evaluation { engine: self, overlay, now, within, resolve, stop };
        let received = visible_members(&evaluation);
        let mut counts = Vec::new();
        count(&evaluation, rule, "", &received, &mut counts)?;
        Ok(counts)
    }
}

/// Returns the members of `received` who meet the rule, after adding its counts and those inside it.
fn count(
    evaluation: &Evaluation<'_>,
    rule: &Rule,
    at: &str,
    received: &MemberSet,
    counts: &mut Vec<ConditionCount>,
) -> Result<MemberSet, RuleError> {
    let place = counts.len();
    counts.push(ConditionCount { path: at.to_owned(), before: received.len(), left: 0 });
    let met = match rule {
        Rule::All { all } => {
            let mut left = received.clone();
            for (place, inner) in all.iter().enumerate() {
                left = count(evaluation, inner, &format!("{at}/all/{place}"), &left, counts)?;
            }
            left
        }
        Rule::Any { any } => {
            let mut found = MemberSet::empty(evaluation.engine.snapshot().members.id.len());
            for (place, inner) in any.iter().enumerate() {
                found.unite(&count(evaluation, inner, &format!("{at}/any/{place}"), received, counts)?);
            }
            found
        }
        Rule::Not { not } => {
            let mut others = count(evaluation, not, &format!("{at}/not"), received, counts)?.complement();
            others.intersect(received);
            others
        }
        condition => {
            let mut met = evaluation.members(condition, at, &mut Vec::new())?;
            met.intersect(received);
            met
        }
    };
    counts[place].left = met.len();
    Ok(met)
}
