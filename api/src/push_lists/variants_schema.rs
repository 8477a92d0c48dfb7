//! Schemas of the variants of a push list, and of the responses to each.

use serde::Deserialize;
use utoipa::ToSchema;

use super::schema::{ArmResponses, UpliftInterval};

/// A variant of a push list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListVariant {
    /// Name.
    pub name: String,
    /// The item that is pushed.
    pub item_id: String,
    /// Title of the item when the list was frozen.
    pub item_title: String,
    /// The title that is sent, or the name of the material; null for that of the item.
    pub title: Option<String>,
    /// Share of the members that it was meant to get.
    pub share: f64,
    /// Members to push to.
    pub push: usize,
    /// Held-out members who would have got it.
    pub hold_out: usize,
}

/// Responses to a variant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VariantResponses {
    /// Name of the variant.
    pub name: String,
    /// The pushed members.
    pub push: ArmResponses,
    /// The members of the hold-out of the list who would have got the variant.
    pub hold_out: ArmResponses,
    /// The response rate of the pushed members; null with fewer than 30.
    pub rate: Option<RateInterval>,
    /// The effect of the push against the hold-out; null if an arm has fewer than 30 members.
    pub uplift: Option<UpliftInterval>,
    /// The response rate minus that of the first variant; null for the first one, and if either has fewer than 30 members.
    pub against_first: Option<UpliftInterval>,
    /// How many more members both variants need together to tell the difference from none; null if it is clear, if there is
    /// none, and if there are too few members to judge.
    pub more_members: Option<u64>,
}

/// A response rate with its interval, in percent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RateInterval {
    /// Pushed members who responded.
    pub percent: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}
