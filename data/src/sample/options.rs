//! Options of the sample generator and their validation.

use chrono::{DateTime, Datelike, Utc};

use super::error::SampleError;

/// Options of a sample. Equal options give equal bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleOptions {
    /// Number of members in the rosters, 10 to 20 million.
    pub members: u32,
    /// Total number of rows in the unions file (the federation, street unions, enterprises and clubs), 1 to `members`.
    pub unions: u32,
    /// Full days before the day of `as_of`, 7 to 3,660.
    pub days: u32,
    /// Seed of all random numbers.
    pub seed: u64,
    /// End of the data: the files contain nothing that happened later. Planned activities may start later, some already
    /// open for sign-up.
    pub as_of: DateTime<Utc>,
    /// Mean number of reads per member and year, 0.1 to 1,000, including members who never read.
    pub reads_per_member_year: f64,
    /// Whether damaged rows are added. The summary counts them.
    pub dirt: bool,
}

impl SampleOptions {
    /// Samples of more members are made by all threads and have files by day instead of month.
    pub const LARGE: u32 = 100_000;

    /// The demo: 43,000 members of a science park, 1,200 unions, one year and about two million reads.
    #[must_use]
    pub fn demo(as_of: DateTime<Utc>) -> Self {
        Self { members: 43_000, unions: 1_200, days: 365, seed: 1, as_of, reads_per_member_year: 45.0, dirt: true }
    }
}

/// Options within their bounds.
#[derive(Debug, Clone)]
pub(super) struct CheckedOptions(SampleOptions);

impl CheckedOptions {
    pub(super) fn new(options: &SampleOptions) -> Result<Self, SampleError> {
        let within = |name: &'static str, value: f64, low: f64, high: f64| {
            if value >= low && value <= high { Ok(()) } else { Err(SampleError::Option { name, value, low, high }) }
        };
        within("members", f64::from(options.members), 10.0, 20_000_000.0)?;
        within("unions", f64::from(options.unions), 1.0, f64::from(options.members))?;
        within("days", f64::from(options.days), 7.0, 3_660.0)?;
        within("reads_per_member_year", options.reads_per_member_year, 0.1, 1_000.0)?;
        within("the year of as_of", f64::from(options.as_of.year()), 2005.0, 2100.0)?;
        Ok(Self(options.clone()))
    }

    /// Whether parts of the sample are made at the same time, from random streams of their own.
    pub(super) fn is_large(&self) -> bool {
        self.members > SampleOptions::LARGE
    }

    /// Number of members relative to the demo, at most 1. Seats and numbers of items are proportional to its square
    /// root.
    pub(super) fn scale(&self) -> f64 {
        (f64::from(self.members) / f64::from(SampleOptions::demo(self.as_of).members)).min(1.0)
    }
}

impl std::ops::Deref for CheckedOptions {
    type Target = SampleOptions;

    fn deref(&self) -> &SampleOptions {
        &self.0
    }
}
