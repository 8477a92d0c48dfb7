//! The request for look-alikes, and its answer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::LookAlikeWidth;
use crate::{
    Language, Reason,
    audience::{Breakdown, Exclusion, Rule, Sentence},
};

/// The members to find look-alikes of.
#[derive(Debug, Clone, PartialEq)]
pub enum Seed {
    /// A saved audience by id.
    Audience(String),
    /// The members who meet a rule.
    Rule(Rule),
    /// Members by external id.
    Members(Vec<String>),
}

/// A request for look-alikes.
#[derive(Debug, Clone, PartialEq)]
pub struct LookAlikesRequest {
    /// The members to find look-alikes of.
    pub seed: Seed,
    /// The width whose members are described.
    pub width: LookAlikeWidth,
    /// Restricts seed and result to members of this union and those below it, by external id. `None` for all members.
    pub within: Option<String>,
    /// The time of the request, in seconds since 1970 in UTC.
    pub now: i64,
    /// Members who are left out of the result.
    pub exclusions: Vec<Exclusion>,
    /// Number of members in the sample.
    pub sample: usize,
    /// The language of the reasons.
    pub language: Language,
}

/// How many members the seed has, and how many of them others are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SeedCounts {
    /// Members of the seed whom the caller may see.
    pub members: usize,
    /// Members of the seed whom others are compared with.
    pub usable: usize,
    /// Members of the seed who refuse personalised lists.
    pub opted_out: usize,
    /// Members of the seed without any read or sign-up.
    pub without_evidence: usize,
    /// Given ids that are unknown, erased, or of members whom the caller may not see.
    pub unknown: usize,
}

/// The number of look-alikes of one width.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LookAlikeSize {
    /// The width.
    pub width: LookAlikeWidth,
    /// The share of `base`.
    pub share: f64,
    /// The number of members without the excluded ones. Less than the share if too few members can be ranked.
    pub members: usize,
    /// Members of this width who are left out by exclusion lists and other push lists, as an audience with `rule` leaves
    /// them out.
    pub excluded: usize,
}

/// A topic that look-alikes follow more than all members do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LookAlikeTopic {
    /// The topic. Never a sensitive one.
    pub topic: String,
    /// Its mean share of the look-alikes' attention.
    pub share: f64,
    /// Its share of all members' attention.
    pub overall_share: f64,
    /// `share` divided by `overall_share`.
    pub lift: f64,
}

/// A look-alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LookAlikeMember {
    /// External id.
    pub member_id: String,
    /// Rank by likeness, from 1.
    pub rank: usize,
    /// Reasons, strongest first.
    pub reasons: Vec<Reason>,
}

/// The look-alikes of a seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LookAlikes {
    /// The time of the snapshot's data, RFC 3339.
    pub as_of: String,
    /// The snapshot's version.
    pub version: String,
    /// A summary in one sentence.
    pub sentence: Sentence,
    /// The seed.
    pub seed: SeedCounts,
    /// Members who can be pushed to: the widths are shares of this number.
    pub base: usize,
    /// Members of `base` outside of the seed who are not ranked, because they never read or signed up for anything.
    pub unranked: usize,
    /// The size of each width, the narrowest first.
    pub sizes: Vec<LookAlikeSize>,
    /// The width that the following fields describe, without the excluded members.
    pub width: LookAlikeWidth,
    /// Topics that the look-alikes have in common, by lift.
    pub topics: Vec<LookAlikeTopic>,
    /// Look-alikes by `age_band`.
    pub breakdowns: BTreeMap<String, Vec<Breakdown>>,
    /// The first of the look-alikes.
    pub sample: Vec<LookAlikeMember>,
    /// The condition that selects these look-alikes in a rule. `None` unless the seed is a saved audience.
    pub rule: Option<Rule>,
}
