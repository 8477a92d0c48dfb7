//! The members who meet a rule, for those who follow an audience from day to day.

use super::{
    Rule, RuleError,
    evaluate::{Evaluation, Resolver, StopCheck},
    funnel::{Funnel, reachable},
};
use crate::{Engine, Overlay};

/// The members who meet a rule.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleMembers {
    /// Their rows in the snapshot, ascending.
    pub rows: Vec<u32>,
    /// How many of them have an openid and follow the account.
    pub reachable: usize,
}

impl Engine {
    /// Returns the members who meet a rule. `within` and `now` are those of [`Engine::count_rule`]. `stop` is called before
    /// each condition.
    ///
    /// # Errors
    /// [`RuleError`] if the rule is invalid for this snapshot, or `stop` returned true.
    pub fn rule_members(
        &self,
        overlay: &Overlay,
        rule: &Rule,
        (within, now): (Option<&str>, i64),
        resolve: &Resolver<'_>,
        stop: &StopCheck<'_>,
    ) -> Result<RuleMembers, RuleError> {
        let evaluation = Evaluation { engine: self, overlay, now, within, resolve, stop };
        let rows = Funnel::of_rule(&evaluation, Some(rule))?.rows;
        let reachable = rows.iter().filter(|&&row| reachable(self, overlay, row as usize).is_ok()).count();
        Ok(RuleMembers { rows, reachable })
    }

    /// Whether staff may be shown that a member entered or left an audience: the member is known, was not erased and allows
    /// personalised lists. With `within`, only a member of that union or one below it.
    #[must_use]
    pub fn may_be_listed(&self, overlay: &Overlay, member_id: &str, within: Option<&str>) -> bool {
        let row = self.member_row(member_id).filter(|_| self.visible_member(overlay, member_id, within).is_some());
        row.is_some_and(|row| overlay.allows_personalised(self, overlay.member(row)))
    }

    /// The ids of all members by row; `None` for those who were erased.
    #[must_use]
    pub fn unerased_member_ids(&self, overlay: &Overlay) -> Vec<Option<&str>> {
        let ids = self.snapshot().members.id.iter().enumerate();
        ids.map(|(row, id)| (!overlay.is_erased(row)).then_some(id.as_str())).collect()
    }
}
