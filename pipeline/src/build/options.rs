//! Options and report of a build.

use chrono::{DateTime, Utc};
use serde::Serialize;
use zhihui_data::Zone;
use zhihui_data::snapshot::AgeBands;
use zhihui_engine::overlay::Consent;

use super::BuildError;
use crate::cluster::ClusterOptions;
use crate::sql::SessionLimits;

/// The options of a build.
#[derive(Debug, Clone)]
pub struct BuildOptions {
    /// The instant whose state is built. Events at or after it are ignored, except consent.
    pub as_of: DateTime<Utc>,
    /// The wall clock, for the commits.
    pub now: DateTime<Utc>,
    /// The id of the run, for the commits.
    pub run_id: String,
    /// The event inbox and the number up to which the raw tables contain its events; `None` without an inbox.
    pub inbox: Option<(String, u64)>,
    /// The zone of days, months and birthdays.
    pub zone: Zone,
    /// The age bands.
    pub age_bands: AgeBands,
    /// Half-lives of interest and popularity.
    pub half_lives: HalfLives,
    /// Weights of interactions.
    pub weights: Weights,
    /// Shrinks an age band's reach towards that of all members, as if this many members more had been seen at their rate.
    pub reach_prior: f64,
    /// Consent of members now, whatever `as_of` is.
    pub consent: Consent,
    /// A topic that contains one of these words never becomes a preference; `item_topics` leaves it out.
    pub sensitive_topics: Vec<String>,
    /// Memory, threads and spill folder.
    pub limits: SessionLimits,
    /// The cluster that runs the queries; without one, this process does.
    pub cluster: Option<ClusterOptions>,
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
            consent: Consent::default(),
            sensitive_topics: Vec::new(),
            limits: SessionLimits { memory_bytes: 1 << 30, threads: 2, spill_dir: None },
            cluster: None,
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
                return Err(BuildError::Options(format!("the {name} half-life is {days} days; use a number above 0")));
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
                return Err(BuildError::Options(format!("the {name} is {value}; use a number of at least 0")));
            }
        }
        Ok(())
    }
}

/// Days after which the weight of an interaction is halved.
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

/// Weights of new interactions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// A complete read.
    pub read: f64,
    /// A share.
    pub share: f64,
    /// A sign-up.
    pub sign_up: f64,
    /// An attendance, in addition to its sign-up.
    pub attended: f64,
}

impl Default for Weights {
    /// 1 for a read, 2 for a share, 3 for a sign-up and 1 more for an attendance.
    fn default() -> Self {
        Self { read: 1.0, share: 2.0, sign_up: 3.0, attended: 1.0 }
    }
}

/// The result of a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BuildReport {
    /// The instant whose state was built, RFC 3339.
    pub as_of: String,
    /// One entry per table, in the order of building.
    pub tables: Vec<BuiltTable>,
    /// Rows of reads, shares, sign-ups, shown and feedback left out because their openid has no owner.
    pub unresolved: u64,
}

/// The result for one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BuiltTable {
    /// Its name below `built/`. A table in partitions has one entry for each, such as `interactions/reads/2026-11`.
    pub name: String,
    /// Whether it was built again.
    pub status: TableStatus,
    /// Number of rows.
    pub rows: u64,
    /// Why it was built again or skipped.
    pub why: String,
}

/// Whether a table was built again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TableStatus {
    /// Built.
    Done,
    /// Kept, because nothing that it depends on changed.
    Skipped,
}
