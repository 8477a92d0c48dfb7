//! When nightly runs maintain the lake.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// The `[maintain]` of `zhihui.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MaintainConfig {
    /// How much time lies between two maintenances; a waiting erasure does not wait for it.
    #[serde(deserialize_with = "span")]
    pub every: Duration,
    /// How many hours files stay that no table needs any more, for readers that still use them.
    pub keep_hours: u32,
}

const HOUR: u64 = 3_600;

impl Default for MaintainConfig {
    fn default() -> Self {
        Self { every: Duration::from_secs(24 * HOUR), keep_hours: 24 }
    }
}

/// A number of days or hours: `7d`, `12h`. Nights are a day apart, give or take the time that a run takes to begin.
fn span<'de, D: Deserializer<'de>>(input: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(input)?;
    let number = |text: &str| text.trim().parse::<u64>().ok().filter(|number| (1..=24 * 366).contains(number));
    let hours = match (text.strip_suffix('d'), text.strip_suffix('h')) {
        (Some(days), _) => number(days).map(|days| days * 24),
        (_, Some(hours)) => number(hours),
        _ => None,
    };
    let wrong = || serde::de::Error::custom(format!("{text:?} is no span of time: write 1d, 7d or 12h"));
    hours.map(|hours| Duration::from_secs(hours * HOUR)).ok_or_else(wrong)
}
