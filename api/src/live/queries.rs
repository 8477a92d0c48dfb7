//! The queries of routes and pages to the published engine. [`PublishedEngine`](crate::PublishedEngine) implements both
//! traits; tests use stubs.

use std::collections::BTreeMap;

use serde::Serialize;
use zhihui_data::{ItemKind, Zone};
use zhihui_engine::answer::{ItemList, RecommendRequest};
use zhihui_engine::audience::{ConditionCount, Preview, SeatPlan};
use zhihui_engine::insight::{ItemDay, ItemInsight, MemberInsight, ModelInsight, Reach};
use zhihui_engine::overlay::Consent;
use zhihui_engine::{Language, MemberProfile, Recommendations};

use super::audience_query::AudienceQuery;
use super::day_queries::DayQueries;
use super::plan_queries::PlanQueries;
use super::push_policy::PushPolicy;
use super::push_queries::{AudienceVisitor, PushQueries};
use super::query_error::QueryError;
use super::team_queries::TeamQueries;
use crate::clock;

/// Summary of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SnapshotInfo {
    /// Name of the snapshot.
    pub version: String,
    /// The instant whose state the snapshot holds, seconds since 1970 in UTC.
    pub as_of: i64,
    /// Number of members.
    pub members: usize,
    /// Number of items.
    pub items: usize,
    /// Name of the personal model, or `popular` if there is none.
    pub model: String,
    /// Time zone of days.
    #[serde(skip)]
    pub zone: Zone,
}

impl SnapshotInfo {
    /// `as_of` as RFC 3339 in UTC.
    #[must_use]
    pub fn as_of_text(&self) -> String {
        clock::rfc3339(self.as_of)
    }
}

/// A request for popular items.
#[derive(Debug, Clone, Copy)]
pub struct PopularRequest<'a> {
    /// Label of an age band; `None` for all members.
    pub age_band: Option<&'a str>,
    /// Maximum length of the list.
    pub n: usize,
    /// Only items of this kind.
    pub kind: Option<ItemKind>,
    /// Time of the request, seconds since 1970 in UTC.
    pub now: i64,
    /// Language of the reasons.
    pub language: Language,
}

/// A request for items similar to one item.
#[derive(Debug, Clone, Copy)]
pub struct SimilarRequest<'a> {
    /// Id of the item.
    pub item_id: &'a str,
    /// Maximum length of the list.
    pub n: usize,
    /// Only items of this kind.
    pub kind: Option<ItemKind>,
    /// Time of the request, seconds since 1970 in UTC.
    pub now: i64,
    /// Language of the reasons.
    pub language: Language,
}

/// What an audience can be selected by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AudienceChoices {
    /// Topics, without the sensitive ones.
    pub topics: Vec<String>,
    /// Districts.
    pub districts: Vec<String>,
    /// Labels of the age bands in order, `unknown` last.
    pub age_bands: Vec<String>,
    /// Names of the interest segments.
    pub segments: Vec<String>,
}

/// What a name is searched among.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchKind {
    /// Items that can be pushed now: open and future items, and recent articles.
    Offered,
    /// All items without a sensitive topic, latest first. Conditions name them.
    Items,
    /// Topics without the sensitive ones.
    Topics,
    /// Unions that the caller may see.
    Unions,
}

/// A search for a name.
#[derive(Debug, Clone)]
pub struct NameSearch {
    /// What is searched.
    pub kind: SearchKind,
    /// Part of the name, or of the id. Empty for the first ones.
    pub text: String,
    /// The union subtree the caller may see, or `None` for all unions.
    pub within: Option<String>,
    /// Maximum number of results.
    pub n: usize,
    /// Time of the request, seconds since 1970 in UTC.
    pub now: i64,
}

/// A result of a search for a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundName {
    /// Id, or the name of a topic.
    pub id: String,
    /// Name.
    pub name: String,
    /// Kind of an item.
    pub kind: Option<ItemKind>,
}

/// Names by id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FormNames {
    /// Titles of items.
    pub items: BTreeMap<String, String>,
    /// Names of unions.
    pub unions: BTreeMap<String, String>,
}

/// What the form of an audience needs.
pub trait FormQueries {
    /// Counts of every group and condition of a rule; with `within`, only members of that union subtree.
    ///
    /// # Errors
    /// [`QueryError`] if the rule is invalid for the published snapshot.
    fn condition_counts(&self, query: &AudienceQuery, now: i64) -> Result<Vec<ConditionCount>, QueryError>;

    /// Items, topics or unions by part of their name, best first.
    fn search(&self, search: &NameSearch) -> Vec<FoundName>;

    /// The names of items and unions; with `within`, only of unions of that subtree.
    fn names(&self, items: &[&str], unions: &[&str], within: Option<&str>) -> FormNames;
}

/// A published engine.
pub trait EngineQueries:
    PageQueries + PushQueries + FormQueries + PlanQueries + DayQueries + TeamQueries + Send + Sync + 'static
{
    /// Summary of the snapshot.
    fn info(&self) -> SnapshotInfo;

    /// The list for one member.
    fn recommend(&self, request: &RecommendRequest<'_>) -> Recommendations;

    /// Items similar to one item.
    ///
    /// # Errors
    /// [`QueryError::UnknownItem`].
    fn similar(&self, request: &SimilarRequest<'_>) -> Result<ItemList, QueryError>;

    /// The most popular items, of one age band or of all members.
    ///
    /// # Errors
    /// [`QueryError::Parameter`] for an unknown age band.
    fn popular(&self, request: &PopularRequest<'_>) -> Result<ItemList, QueryError>;

    /// Counts an audience.
    ///
    /// # Errors
    /// [`QueryError`] for an unknown item, an invalid rule or a parameter out of bounds.
    fn preview(&self, query: &AudienceQuery, now: i64, language: Language) -> Result<Preview, QueryError>;

    /// Counts an audience and, for an item with seats, makes its seat plan.
    ///
    /// # Errors
    /// As [`preview`](Self::preview).
    fn preview_with_seat_plan(
        &self,
        query: &AudienceQuery,
        now: i64,
        language: Language,
    ) -> Result<(Preview, Option<SeatPlan>), QueryError> {
        Ok((self.preview(query, now, language)?, None))
    }

    /// The profile of a member, or `None` if the member is unknown or erased.
    fn member(&self, _member_id: &str) -> Option<MemberProfile> {
        None
    }

    /// The openids of a member.
    fn openids(&self, _member_id: &str) -> Vec<String> {
        Vec::new()
    }

    /// The member an openid belongs to, or `None` if that is unknown.
    fn owner(&self, _openid: &str) -> Option<String> {
        None
    }

    /// The wanted ones among all openids of the snapshot, with the members they belong to now.
    fn owners_of(&self, _is_wanted: &dyn Fn(&str) -> bool) -> Vec<(String, String)> {
        Vec::new()
    }

    /// Whether a member belongs to this union or one below it.
    fn is_member_within(&self, _member_id: &str, _union_id: &str) -> bool {
        false
    }

    /// Whether a union is `top` or below it.
    fn is_union_within(&self, _union_id: &str, _top: &str) -> bool {
        false
    }

    /// What the home decided about pushes.
    fn push_policy(&self) -> PushPolicy {
        PushPolicy::default()
    }

    /// Topics of items that never become preferences, segments or reasons.
    fn sensitive_topics(&self) -> Vec<String> {
        Vec::new()
    }

    /// Replaces the consent of all members. The next request sees it.
    fn set_consent(&self, _consent: &Consent) {}

    /// Applies the consent that was set on an earlier engine of the same snapshot.
    fn apply_consent(&self) {}
}

/// What pages need beyond lists: details of items, members, audiences and the model.
pub trait PageQueries {
    /// Open and future items, and articles published since `since`.
    fn item_list(&self, since: i64, now: i64) -> Vec<ItemInsight>;

    /// One item, or `None` if the id is unknown.
    fn item_view(&self, item_id: &str, now: i64) -> Option<ItemInsight>;

    /// The reach of each item, in the same order; with `within`, only members of that union subtree.
    fn reach_of(&self, item_ids: &[&str], within: Option<&str>, now: i64) -> Vec<Reach>;

    /// Activity on an item for each day between two consecutive `midnights`.
    fn item_days(&self, item_id: &str, midnights: &[i64]) -> Vec<ItemDay>;

    /// One member, or `None` if the member is unknown or erased.
    fn member_view(&self, member_id: &str) -> Option<MemberInsight>;

    /// The trained model.
    fn model_view(&self) -> ModelInsight;

    /// What an audience can be selected by.
    fn choices(&self) -> AudienceChoices;

    /// Selects a whole audience, with reasons for every member, and passes it to `visit`.
    ///
    /// # Errors
    /// [`QueryError`], as [`EngineQueries::preview`].
    fn audience(
        &self,
        query: &AudienceQuery,
        now: i64,
        language: Language,
        visit: &mut AudienceVisitor<'_>,
    ) -> Result<(), QueryError>;
}
