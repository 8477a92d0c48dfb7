//! `[checks]` of `zhihui.toml`: thresholds of the data checks.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Thresholds of the data checks.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChecksConfig {
    /// Warns if a table, a day or a roster has less than this share of its earlier rows.
    pub volume_warn: f64,
    /// Fails below this share: nothing is published until the failure is accepted. 0 disables the check.
    pub volume_fail: f64,
    /// Minimum number of earlier rows for a comparison.
    pub least_rows: u64,
    /// Tables whose files always contain all rows, so that their lengths are comparable.
    pub full_files: Vec<String>,
    /// Warns above this share of rows whose openid has no known owner.
    pub unresolved_warn: f64,
    /// Warns above this share of members without age.
    pub without_age_warn: f64,
    /// Warns above this share of members without union.
    pub without_union_warn: f64,
    /// Warns above this share of items without a title or without any attribute.
    pub undescribed_warn: f64,
    /// Warns above this share of event rows with a time in the future.
    pub ahead_warn: f64,
    /// Number of days without new rows after which a stream is late.
    pub fresh_days: BTreeMap<String, u32>,
}

impl Default for ChecksConfig {
    fn default() -> Self {
        let days = [("reads", 3), ("shown", 7), ("sign_ups", 14), ("pushes", 45), ("members", 45)];
        Self {
            volume_warn: 0.5,
            volume_fail: 0.1,
            least_rows: 100,
            full_files: ["members", "unions"].map(str::to_owned).to_vec(),
            unresolved_warn: 0.3,
            without_age_warn: 0.5,
            without_union_warn: 0.3,
            undescribed_warn: 0.0,
            ahead_warn: 0.01,
            fresh_days: days.map(|(stream, days)| (stream.to_owned(), days)).into(),
        }
    }
}

impl ChecksConfig {
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        let shares = [
            ("volume_warn", self.volume_warn),
            ("volume_fail", self.volume_fail),
            ("unresolved_warn", self.unresolved_warn),
            ("without_age_warn", self.without_age_warn),
            ("without_union_warn", self.without_union_warn),
            ("undescribed_warn", self.undescribed_warn),
            ("ahead_warn", self.ahead_warn),
        ];
        if let Some((key, _)) = shares.into_iter().find(|(_, share)| !(0.0..=1.0).contains(share)) {
            return Err((key, "must be a share between 0 and 1".to_owned()));
        }
        let streams = ["reads", "shares", "shown", "sign_ups", "pushes", "feedback", "members", "unions"];
        if let Some(other) = self.fresh_days.keys().find(|name| !streams.contains(&name.as_str())) {
            return Err(("fresh_days", format!("unknown stream {other:?}; use {}", streams.join(", "))));
        }
        let rosters = ["members", "unions"];
        match self.full_files.iter().find(|name| !rosters.contains(&name.as_str())) {
            Some(other) => Err(("full_files", format!("unknown table {other:?}; use {}", rosters.join(", ")))),
            None => Ok(()),
        }
    }
}
