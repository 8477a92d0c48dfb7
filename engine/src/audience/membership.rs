//! Rules without an item: how many members meet one, and which conditions a member meets.

use super::{
    Rule, RuleError,
    evaluate::{Evaluation, Resolver},
    funnel::Funnel,
};
use crate::{Engine, Overlay};

impl Engine {
    /// Returns the number of members who meet a rule at `now`, seconds since 1970 in UTC. With `within`, only members of
    /// that union and those below it count.
    ///
    /// # Errors
    /// [`RuleError`] if the rule is invalid for this snapshot.
    pub fn count_rule(
        &self,
        overlay: &Overlay,
        rule: &Rule,
        within: Option<&str>,
        now: i64,
        resolve: &Resolver<'_>,
    ) -> Result<usize, RuleError> {
        let evaluation = Evaluation { engine: self, overlay, now, within, resolve, stop: &|| false };
        Ok(Funnel::of_rule(&evaluation, Some(rule))?.rows.len())
    }

    /// Returns whether a member meets a rule and each condition and group inside it, as pairs of JSON pointer and result,
    /// outer ones first. `None` for a member who is unknown or erased. `within` and `now` are those of
    /// [`Engine::count_rule`].
    ///
    /// # Errors
    /// [`RuleError`] if the rule is invalid for this snapshot.
    pub fn explain_rule(
        &self,
        overlay: &Overlay,
        rule: &Rule,
        member_id: &str,
        (within, now): (Option<&str>, i64),
        resolve: &Resolver<'_>,
    ) -> Result<Option<Vec<(String, bool)>>, RuleError> {
        let Some(row) = self.member_row(member_id).filter(|&row| !overlay.is_erased(row)) else { return Ok(None) };
        let evaluation = Evaluation { engine: self, overlay, now, within, resolve, stop: &|| false };
        let mut found = Vec::new();
        explain(&evaluation, rule, "", row, &mut found)?;
        Ok(Some(found))
    }
}

fn explain(
    evaluation: &Evaluation<'_>,
    rule: &Rule,
    at: &str,
    row: usize,
    found: &mut Vec<(String, bool)>,
) -> Result<(), RuleError> {
    found.push((at.to_owned(), evaluation.members(rule, at, &mut Vec::new())?.contains(row)));
    match rule {
        Rule::All { all } => {
            for (place, inner) in all.iter().enumerate() {
                explain(evaluation, inner, &format!("{at}/all/{place}"), row, found)?;
            }
        }
        Rule::Any { any } => {
            for (place, inner) in any.iter().enumerate() {
                explain(evaluation, inner, &format!("{at}/any/{place}"), row, found)?;
            }
        }
        Rule::Not { not } => explain(evaluation, not, &format!("{at}/not"), row, found)?,
        Rule::Did { .. }
        | Rule::Preference { .. }
        | Rule::Segment { .. }
        | Rule::Audience { .. }
        | Rule::SimilarTo { .. }
        | Rule::Field(_) => {}
    }
    Ok(())
}
