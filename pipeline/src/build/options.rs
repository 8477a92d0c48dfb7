//! What a build is told, and what it tells.

use chrono::{DateTime, Utc};
use serde::Serialize;
use zhihui_data::Zone;
use zhihui_data::snapshot::AgeBands;
use zhihui_engine::overlay::Consent;

use super::BuildError;
use crate::sql::SessionLimits;

/// The parameters of a build.
#[derive(Debug, Clone)]
pub struct BuildOptions {
    /// The instant whose state is built: nothing at or after it is looked at.
    pub as_of: DateTime<Utc>,
    /// The wall clock, for the commits.
    pub now: DateTime<Utc>,
    /// The run that builds, for the commits.
    pub run_id: String,
    /// The event inbox and the number up to which the raw tables hold its events; `None` without an inbox.
    pub inbox: Option<(String, u64)>,
    /// The zone of days, months and birthdays.
    pub zone: Zone,
    /// The age bands.
    pub age_bands: AgeBands,
    /// How fast interest and popularity fade.
    pub half_lives: HalfLives,
    /// How much interactions weigh.
    pub weights: Weights,
    /// How many members at the rate of all members are added when a band's reach is told.
    pub reach_prior: f64,
    /// What members asked for: it holds whatever the instant.
    pub wishes: Consent,
    /// Words of topics that never become preferences: a topic that holds one of them is left out of `item_topics`.
    pub sensitive_topics: Vec<String>,
    /// Memory, threads and spilling.
    pub limits: SessionLimits,
}

impl BuildOptions {
    /// The defaults for a state at `as_of`: Asia/Shanghai, 1 GB of memory, two threads, no spilling; `now` is `as_of`.
    #[must_use]
    pub fn at(as_of: DateTime<Utc>, run_id: impl Into<String>) -> Self {
        Self {
            as_of,
            now: as_of,
            run_id: run_id.into(),
            inbox: None,
            zone: Zone::default(),
            age_bands: AgeBands::default(),
            half_lives: HalfLives::default(),
            weights: Weights::default(),
            reach_prior: 50.0,
            wishes: Consent::default(),
            sensitive_topics: Vec::new(),
            limits: SessionLimits { memory_bytes: 1 << 30, threads: 2, spill_dir: None },
        }
    }

    pub(super) fn check(&self) -> Result<(), BuildError> {
        let half_lives = [
            ("topic", self.half_lives.topic_days),
            ("article", self.half_lives.article_days),
            ("activity", self.half_lives.activity_days),
        ];
        for (name, days) in half_lives {
            if !(days.is_finite() && days > 0.0) {
                return Err(BuildError::Options(format!("the {name} half-life is {days} days; give a number above 0")));
            }
        }
        let Weights { read, share, sign_up, attended } = self.weights;
        for (name, value) in [
            ("weight of a read", read),
            ("weight of a share", share),
            ("weight of a sign-up", sign_up),
            ("weight of attending", attended),
            ("reach prior", self.reach_prior),
        ] {
            if !(value.is_finite() && value >= 0.0) {
                return Err(BuildError::Options(format!("the {name} is {value}; give a number of at least 0")));
            }
        }
        Ok(())
    }
}

/// Days after which an interaction counts half.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HalfLives {
    /// For a member's interest in topics.
    pub topic_days: f64,
    /// For the popularity of articles.
    pub article_days: f64,
    /// For the popularity of everything else.
    pub activity_days: f64,
}

impl Default for HalfLives {
    /// 30 days for topics, 7 for articles, 30 for everything else.
    fn default() -> Self {
        Self { topic_days: 30.0, article_days: 7.0, activity_days: 30.0 }
    }
}

/// What an interaction weighs when it is new.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// A read to the end.
    pub read: f64,
    /// A share.
    pub share: f64,
    /// A sign-up.
    pub sign_up: f64,
    /// Coming, on top of the sign-up.
    pub attended: f64,
}

impl Default for Weights {
    /// 1 for a read, 2 for a share, 3 for a sign-up, 1 more for coming.
    fn default() -> Self {
        Self { read: 1.0, share: 2.0, sign_up: 3.0, attended: 1.0 }
    }
}

/// What a build did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BuildReport {
    /// The instant whose state was built, RFC 3339.
    pub as_of: String,
    /// One entry for each table in the order of building.
    pub tables: Vec<BuiltTable>,
    /// Rows of reads, shares, sign-ups, shown and feedback left out because their openid belongs to nobody known.
    pub unresolved: u64,
}

/// What became of one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BuiltTable {
    /// Its name below `built/`; interactions stand by source and month: `interactions/reads/2026-11`.
    pub name: String,
    /// Whether it was made anew.
    pub status: TableStatus,
    /// Rows it has now.
    pub rows: u64,
    /// Why it was made anew or left.
    pub why: String,
}

/// Whether a table was made anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TableStatus {
    /// It was.
    Done,
    /// Nothing that it depends on changed.
    Skipped,
}
