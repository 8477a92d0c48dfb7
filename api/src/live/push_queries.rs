//! What saved audiences, push lists and allocations ask the published engine for. `push_answers` implements it.

use serde::Serialize;
use zhihui_data::snapshot::Snapshot;
use zhihui_engine::allocation::{TicketRequest, TicketRules};
use zhihui_engine::audience::{AudienceResult, Preview, Recheck, Undeliverable, Variant};

use super::audience_query::AudienceQuery;
use super::query_error::QueryError;
use crate::push_lists::members::ListMember;

/// Receives an audience together with the snapshot whose rows it refers to.
pub type AudienceVisitor<'a> = dyn FnMut(&Snapshot, &AudienceResult) + 'a;

/// Who of a list responded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Responses {
    /// Responses count before this time, seconds since 1970 in UTC; `None` if the item is unknown.
    pub until: Option<i64>,
    /// Labels of the age bands in order, `unknown` last.
    pub age_bands: Vec<String>,
    /// One entry for each requested member, in the same order.
    pub members: Vec<MemberResponse>,
    /// Seats of the item; `None` without a limit.
    pub seats: Option<Seats>,
}

/// Seats of an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Seats {
    /// All seats.
    pub capacity: u32,
    /// Those taken by sign-ups, at most all.
    pub taken: u32,
}

/// The response of one member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberResponse {
    /// Index of the member's age band.
    pub age_band: usize,
    /// Whether the member responded in time.
    pub responded: bool,
}

/// A condition of a rule, and whether a member meets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConditionResult {
    /// JSON pointer to the condition.
    pub path: String,
    /// Whether the member meets the condition.
    pub holds: bool,
}

/// The sign-ups of an activity that ask for tickets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketPool {
    /// Title of the activity.
    pub title: String,
    /// When sign-up closes, seconds since 1970 in UTC; `None` if that is unknown.
    pub closes_at: Option<i64>,
    /// The limits of the activity.
    pub rules: TicketRules,
    /// The sign-ups, ascending in member id.
    pub requests: Vec<TicketRequest>,
}

/// What saved audiences, frozen push lists and allocations need.
pub trait PushQueries: Send + Sync {
    /// Number of members who meet a rule; with `within`, only members of that union subtree.
    ///
    /// # Errors
    /// [`QueryError`] if the rule is invalid for the published snapshot.
    fn count_rule(&self, query: &AudienceQuery, now: i64) -> Result<usize, QueryError>;

    /// Whether a member meets a rule, condition by condition; `None` for an unknown member. With `within`, look-alikes are
    /// sought among the members of that union subtree.
    ///
    /// # Errors
    /// [`QueryError`] if the rule is invalid for the published snapshot.
    fn explain_rule(
        &self,
        query: &AudienceQuery,
        member_id: &str,
        now: i64,
    ) -> Result<Option<Vec<ConditionResult>>, QueryError>;

    /// For each member id or openid, the id of the member, or `None` for an unknown or erased member.
    /// With `within`, only members of that union subtree are known.
    fn known_members(&self, ids: &[String], within: Option<&str>) -> Vec<Option<String>>;

    /// For each member, why the member cannot be pushed now; `None` for those who can.
    fn undeliverable(&self, member_ids: &[&str]) -> Vec<Option<Undeliverable>>;

    /// For each member of a frozen list, why the member must not be pushed to now, with the names of the funnel's exclusions;
    /// `None` for those who can. Of the query, the item and the exclusions count.
    ///
    /// # Errors
    /// [`QueryError`] if the item is unknown.
    fn recheck(
        &self,
        query: &AudienceQuery,
        now: i64,
        member_ids: &[&str],
        recheck: Recheck,
    ) -> Result<Vec<Option<&'static str>>, QueryError>;

    /// Who of these members responded to an item that was sent at `sent_at`, seconds since 1970 in UTC.
    fn responses(&self, item_id: &str, sent_at: i64, member_ids: &[&str]) -> Responses;

    /// The sign-ups of an activity; `None` for an unknown item and for an article.
    fn ticket_pool(&self, item_id: &str) -> Option<TicketPool>;

    /// Passes the members of a list who can be pushed now to `visit`, as an audience with their current openids.
    fn frozen_audience(&self, list: (&Preview, &[Variant]), members: &[ListMember], visit: &mut AudienceVisitor<'_>);
}
