//! Evaluates a rule to a set of members.

use super::{
    Rule, RuleError,
    event_condition::{check_not_sensitive, members_who_did},
    field_condition::{check_segment, members_with},
    member_set::MemberSet,
};
use crate::{Engine, Overlay, scoring::Profile};

/// Finds the rule of a saved audience by id.
pub type Resolver<'a> = dyn Fn(&str) -> Option<Rule> + 'a;

/// Whether the caller has cancelled the request. The engine reads no clock, so the caller enforces deadlines.
pub type StopCheck<'a> = dyn Fn() -> bool + Sync + 'a;

/// The context in which a rule is evaluated.
pub(super) struct Evaluation<'a> {
    pub(super) engine: &'a Engine,
    pub(super) overlay: &'a Overlay,
    pub(super) now: i64,
    /// The union, by external id, whose members and those below it the caller may see. `None` for all members.
    pub(super) within: Option<&'a str>,
    pub(super) resolve: &'a Resolver<'a>,
    /// Called before each condition.
    pub(super) stop: &'a StopCheck<'a>,
}

impl Evaluation<'_> {
    /// Returns the members who meet a rule. Members who opted out of personalised lists have no preference and no
    /// segment. `not` selects all other members, including those with unknown values; every other condition requires a
    /// known value. `within` lists the saved audiences that contain this rule.
    pub(super) fn members(&self, rule: &Rule, at: &str, within: &mut Vec<String>) -> Result<MemberSet, RuleError> {
        if (self.stop)() {
            return Err(RuleError::Stopped { at: at.to_owned() });
        }
        let n_members = self.engine.snapshot().members.id.len();
        match rule {
            Rule::All { all } => {
                let mut set = MemberSet::all(n_members);
                for (place, inner) in all.iter().enumerate() {
                    set.intersect(&self.members(inner, &format!("{at}/all/{place}"), within)?);
                }
                Ok(set)
            }
            Rule::Any { any } => {
                let mut set = MemberSet::empty(n_members);
                for (place, inner) in any.iter().enumerate() {
                    set.unite(&self.members(inner, &format!("{at}/any/{place}"), within)?);
                }
                Ok(set)
            }
            Rule::Not { not } => Ok(self.members(not, &format!("{at}/not"), within)?.complement()),
            Rule::Did { did } => {
                check_not_sensitive(self.engine, did, at)?;
                Ok(members_who_did(self.engine, self.overlay, did, self.now))
            }
            Rule::Preference { preference } => self.members_preferring(&preference.topic, preference.at_least, at),
            Rule::Segment { segment } => {
                let snapshot = self.engine.snapshot();
                let wanted = snapshot.model.segments.iter().position(|known| known.name == *segment);
                check_segment(self.engine, wanted, &format!("{at}/segment"))?;
                let (column, engine, overlay) = (&snapshot.members.segment, self.engine, self.overlay);
                Ok(MemberSet::of(n_members, |member| {
                    wanted.is_some_and(|at| column[member] as usize == at) && allows_profile(engine, overlay, member)
                }))
            }
            Rule::Audience { audience } => self.saved_audience(audience, at, within),
            Rule::SimilarTo { similar_to } => {
                let at = format!("{at}/similar_to");
                let seed = self.saved_audience(&similar_to.audience, &at, within)?;
                let ranking = self.rank_by_likeness(&seed, &at)?;
                Ok(MemberSet::from_rows(n_members, ranking.rows(similar_to.width)))
            }
            Rule::Field(condition) => members_with(self.engine, self.overlay, condition, at),
        }
    }

    fn saved_audience(&self, id: &str, at: &str, within: &mut Vec<String>) -> Result<MemberSet, RuleError> {
        let (place, name) = (format!("{at}/audience"), id.to_owned());
        if within.iter().any(|outer| outer == id) {
            return Err(RuleError::AudienceRing { at: place, id: name });
        }
        if within.len() >= Rule::MAX_DEPTH {
            return Err(RuleError::TooDeep { at: place });
        }
        let Some(rule) = (self.resolve)(id) else {
            return Err(RuleError::UnknownAudience { at: place, id: name });
        };
        within.push(name);
        let set = self.members(&rule, &place, within);
        within.pop();
        set
    }

    fn members_preferring(&self, topic: &str, at_least: f64, at: &str) -> Result<MemberSet, RuleError> {
        let (engine, overlay) = (self.engine, self.overlay);
        let n_members = engine.snapshot().members.id.len();
        let Some(row) = engine.topic_row(topic) else { return Ok(MemberSet::empty(n_members)) };
        if engine.is_sensitive(row as u32) {
            return Err(RuleError::Sensitive { at: format!("{at}/preference/topic"), topic: topic.to_owned() });
        }
        let prefers = |profile: &mut Profile, member: usize| {
            if !allows_profile(engine, overlay, member) {
                return false;
            }
            profile.load_evidence(engine, overlay.member(member));
            let share = engine.preference(profile, row as u32);
            share.is_some_and(|share| f64::from(share) >= at_least)
        };
        Ok(MemberSet::of_init(n_members, Profile::default, prefers))
    }
}

/// Whether preferences and segments of a member may be used.
fn allows_profile(engine: &Engine, overlay: &Overlay, member: usize) -> bool {
    overlay.allows_personalised(engine, overlay.member(member))
}
