//! Members, unions and age bands in columns.

use serde::{Deserialize, Serialize};

use super::lists::Lists;
use super::missing::NONE;

/// Age bands, given by their lower bounds. The band after the last is `unknown`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgeBands {
    lower_bounds: Vec<u32>,
}

impl Default for AgeBands {
    /// `0-17`, `18-24`, `25-34`, `35-44`, `45-54`, `55-64`, `65+`.
    fn default() -> Self {
        Self { lower_bounds: vec![0, 18, 25, 35, 45, 55, 65] }
    }
}

impl AgeBands {
    /// The label of the band for members of unknown age.
    pub const UNKNOWN: &'static str = "unknown";

    /// Creates bands that start at these ascending ages. If the first bound is above 0, a band from 0 is added. Returns
    /// `None` if the bounds do not ascend.
    #[must_use]
    pub fn from_lower_bounds(bounds: &[u32]) -> Option<Self> {
        let mut lower_bounds = bounds.to_vec();
        if lower_bounds.first() != Some(&0) {
            lower_bounds.insert(0, 0);
        }
        lower_bounds.windows(2).all(|pair| pair[0] < pair[1]).then_some(Self { lower_bounds })
    }

    /// Index of the band of an age in years. [`NONE`] belongs to the band `unknown`.
    #[must_use]
    pub fn band_of(&self, age: u32) -> u8 {
        let band = if age == NONE {
            self.lower_bounds.len()
        } else {
            self.lower_bounds.partition_point(|&bound| bound <= age).saturating_sub(1)
        };
        u8::try_from(band).unwrap_or(u8::MAX)
    }

    /// Number of bands, including `unknown`.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lower_bounds.len() + 1
    }

    /// The label of a band: `25-34`, `65+`, `unknown`.
    #[must_use]
    pub fn label(&self, band: usize) -> String {
        match (self.lower_bounds.get(band), self.lower_bounds.get(band + 1)) {
            (Some(from), Some(next)) => format!("{from}-{}", next - 1),
            (Some(from), None) => format!("{from}+"),
            _ => Self::UNKNOWN.to_owned(),
        }
    }

    /// The band with this label.
    #[must_use]
    pub fn named(&self, label: &str) -> Option<u8> {
        (0..self.count()).find(|&band| self.label(band) == label).and_then(|band| u8::try_from(band).ok())
    }
}

/// Unions in columns, sorted by id.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Unions {
    /// External id.
    pub id: Vec<String>,
    /// Name, or the id if there is none.
    pub name: Vec<String>,
    /// Index of the union's district, or [`NONE`].
    pub district: Vec<u32>,
    /// Index of the parent union, or [`NONE`].
    pub parent: Vec<u32>,
}

/// Members in columns, sorted by id.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Members {
    /// External id.
    pub id: Vec<String>,
    /// WeChat id; empty if unknown.
    pub openid: Vec<String>,
    /// Index of the member's own union, or [`NONE`].
    pub union: Vec<u32>,
    /// Indices of further unions and clubs.
    pub memberships: Lists,
    /// Age in full years at `as_of`, or [`NONE`].
    pub age: Vec<u32>,
    /// Index of the age band.
    pub age_band: Vec<u8>,
    /// 0 unknown, 1 male, 2 female.
    pub gender: Vec<u8>,
    /// Index of the home district, or [`NONE`].
    pub home_district: Vec<u32>,
    /// Index of the work district, or [`NONE`].
    pub work_district: Vec<u32>,
    /// When the member joined the union, or [`NO_TIME`](super::NO_TIME).
    pub joined_at: Vec<i64>,
    /// Whether the member follows the account: has an openid and has not unfollowed since the last follow.
    pub follows: Vec<bool>,
    /// Whether the member allows personalised lists.
    pub personalised: Vec<bool>,
    /// Whether the member wants to be matched with teams.
    pub team_match: Vec<bool>,
    /// Lifecycle stage: an index into [`Members::LIFECYCLE`].
    pub lifecycle: Vec<u8>,
    /// Index of the interest segment, or [`NONE`].
    pub segment: Vec<u32>,
}

impl Members {
    /// Names of the lifecycle stages. `new`: first active in the last 30 days. `active`: active in the last 30 days and
    /// before. `returning`: active in the last 30 days after at least 60 days without activity. `fading`: last active
    /// 30 to 90 days ago. `dormant`: last active earlier. `silent`: never active.
    pub const LIFECYCLE: &'static [&'static str] = &["silent", "new", "active", "returning", "fading", "dormant"];
}
