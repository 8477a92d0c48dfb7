//! What sample data is asked for, and the one place where the request is checked.

use chrono::{DateTime, Datelike, Utc};

use super::error::SampleError;

/// A request for sample data. Equal requests give equal bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleOptions {
    /// Members in the rosters, 10 to 20 million.
    pub members: u32,
    /// Rows of the unions file in all: the federation, its street unions, enterprises and clubs; 1 to `members`.
    pub unions: u32,
    /// Whole days before the day of `as_of`, 7 to 3,660.
    pub days: u32,
    /// Where all chance comes from.
    pub seed: u64,
    /// The instant at which the data ends: nothing that happened later is in the files. Activities that are planned for
    /// later are, some open for sign-up and some not yet.
    pub as_of: DateTime<Utc>,
    /// Reads a year for one member on the average, 0.1 to 1,000. Members who never read are part of that average.
    pub reads_per_member_year: f64,
    /// Whether damaged rows are put in, each counted in the summary.
    pub dirt: bool,
}

impl SampleOptions {
    /// The demo: a science park's 43,000 members, 1,200 unions, a year and about two million reads.
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

    /// Members of the sample relative to the demo, at most 1: seats and numbers of items shrink with its square root.
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
