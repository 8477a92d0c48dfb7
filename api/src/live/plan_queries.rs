//! Requests for plans of several items, and for look-alikes.

use zhihui_engine::Language;
use zhihui_engine::audience::{BandPlan, GroupBy, LookAlikeWidth, LookAlikes};

use super::audience_query::AudienceQuery;
use super::query_error::QueryError;
use crate::exclusions::source::ExclusionSource;

/// A request for a plan of several items.
#[derive(Debug, Clone)]
pub struct BandPlanQuery {
    /// Ids of the items.
    pub item_ids: Vec<String>,
    /// What members are grouped by.
    pub by: GroupBy,
    /// Rule, hold-out, union, saved audiences and cancellation, as for the audience of one item. Its item, topic, limit and
    /// exclusions are not used.
    pub audience: AudienceQuery,
    /// The members whom the audience of each item leaves out, in the order of the items.
    pub exclusions: Vec<Vec<ExclusionSource>>,
}

/// The members to find look-alikes of.
#[derive(Debug, Clone)]
pub enum SeedQuery {
    /// A saved audience by id.
    Audience(String),
    /// The members who meet the rule of the query.
    Rule,
    /// Members by id.
    Members(Vec<String>),
}

/// A request for look-alikes.
#[derive(Debug, Clone)]
pub struct LookAlikesQuery {
    /// The members to find look-alikes of.
    pub seed: SeedQuery,
    /// The width that is described.
    pub width: LookAlikeWidth,
    /// The rule of the seed, union, saved audiences, exclusions and cancellation.
    pub audience: AudienceQuery,
}

/// What the planning of pushes needs.
pub trait PlanQueries {
    /// Plans several items for one slot.
    ///
    /// # Errors
    /// [`QueryError`] for an unknown item, an invalid rule or a parameter out of bounds.
    fn band_plan(&self, query: &BandPlanQuery, now: i64) -> Result<BandPlan, QueryError>;

    /// Ranks the members who are most like a seed.
    ///
    /// # Errors
    /// [`QueryError`] if the seed is invalid or too small.
    fn look_alikes(&self, query: &LookAlikesQuery, now: i64, language: Language) -> Result<LookAlikes, QueryError>;
}
