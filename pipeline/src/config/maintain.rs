//! `[maintain]` of `zhihui.toml`: when nightly runs maintain the lake.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// Schedule of maintenance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MaintainConfig {
    /// Time between two maintenances. A pending erasure starts one earlier.
    #[serde(deserialize_with = "span")]
    pub every: Duration,
    /// Hours for which unreferenced files are kept, because readers may still use them.
    pub keep_hours: u32,
}

const HOUR: u64 = 3_600;

impl Default for MaintainConfig {
    fn default() -> Self {
        Self { every: Duration::from_secs(24 * HOUR), keep_hours: 24 }
    }
}

/// Parses a number of days or hours: `7d`, `12h`.
fn span<'de, D: Deserializer<'de>>(input: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(input)?;
    let number = |text: &str| text.trim().parse::<u64>().ok().filter(|number| (1..=24 * 366).contains(number));
    let hours = match (text.strip_suffix('d'), text.strip_suffix('h')) {
        (Some(days), _) => number(days).map(|days| days * 24),
        (_, Some(hours)) => number(hours),
        _ => None,
    };
    let invalid =
        || serde::de::Error::custom(format!("invalid duration {text:?}: use days or hours, such as 7d or 12h"));
    hours.map(|hours| Duration::from_secs(hours * HOUR)).ok_or_else(invalid)
}
