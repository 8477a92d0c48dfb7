//! `[push]` of `zhihui.toml`: limits of pushes per member, hold-outs over all lists, and hours without pushes.

use chrono::NaiveTime;
use serde::Deserialize;
use zhihui_engine::audience::{PushCaps, QuietTime, StandingHoldOut};

use super::hold_out::{HoldOutConfig, TopicHoldOutConfig, check_hold_outs, standing_hold_outs};

/// Default of [`PushConfig::one_list_days`].
const ONE_LIST_DAYS: u32 = 7;
/// Maximum of [`PushConfig::one_list_days`].
const MAX_ONE_LIST_DAYS: u32 = 92;

/// Caps in addition to WeChat's limit of four pushes per calendar month. Urgent items are exempt.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PushConfig {
    /// Maximum number of pushes to one member per calendar month. No cap if missing.
    pub per_month: Option<u32>,
    /// Maximum number of pushes to one member within 7 days. No cap if missing.
    pub per_7_days: Option<u32>,
    /// Maximum number of pushes to one member on one day. No cap if missing.
    pub per_day: Option<u32>,
    /// When `zhihui push` sends nothing.
    pub quiet_hours: Option<QuietHours>,
    /// Members to whom no list pushes.
    pub global_hold_out: Option<HoldOutConfig>,
    /// Members to whom no list for items of a topic pushes.
    pub topic_hold_out: Vec<TopicHoldOutConfig>,
    /// Whether an audience leaves out members to push to in another list that is approved or was exported, is not closed,
    /// and is for another item.
    pub one_list_at_a_time: bool,
    /// Such a list counts for this many days after it was exported, or approved if it was not.
    pub one_list_days: u32,
}

impl Default for PushConfig {
    fn default() -> Self {
        Self {
            per_month: None,
            per_7_days: None,
            per_day: None,
            quiet_hours: None,
            global_hold_out: None,
            topic_hold_out: Vec::new(),
            one_list_at_a_time: false,
            one_list_days: ONE_LIST_DAYS,
        }
    }
}

/// A part of the day in local time, such as `21:30-08:00`. It may pass midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct QuietHours {
    from: NaiveTime,
    to: NaiveTime,
}

impl QuietHours {
    /// If a local time is in these hours, returns the time at which they end.
    #[must_use]
    pub fn end_if_quiet(self, time: NaiveTime) -> Option<NaiveTime> {
        self.quiet_time().contains(time).then_some(self.to)
    }

    /// The hours in the engine's type.
    #[must_use]
    pub fn quiet_time(self) -> QuietTime {
        QuietTime { from: self.from, to: self.to }
    }
}

impl TryFrom<String> for QuietHours {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let time = |text: &str| NaiveTime::parse_from_str(text.trim(), "%H:%M").ok();
        let times = text.split_once('-').and_then(|(from, to)| Some((time(from)?, time(to)?)));
        let (from, to) = times
            .filter(|(from, to)| from != to)
            .ok_or_else(|| format!("quiet_hours {text:?}: must be two different times, such as \"21:30-08:00\""))?;
        Ok(Self { from, to })
    }
}

impl PushConfig {
    /// The caps for audiences.
    #[must_use]
    pub fn caps(&self) -> PushCaps {
        PushCaps {
            own_per_month: self.per_month,
            own_per_7_days: self.per_7_days,
            own_per_day: self.per_day,
            ..PushCaps::default()
        }
    }

    /// The hold-outs over all lists.
    #[must_use]
    pub fn standing_hold_outs(&self) -> Vec<StandingHoldOut> {
        standing_hold_outs(self.global_hold_out.as_ref(), &self.topic_hold_out)
    }

    pub(super) fn check(&self) -> Result<(), (String, String)> {
        check_hold_outs(self.global_hold_out.as_ref(), &self.topic_hold_out)?;
        if !(1..=MAX_ONE_LIST_DAYS).contains(&self.one_list_days) {
            let why = format!("must be from 1 to {MAX_ONE_LIST_DAYS} days, not {}", self.one_list_days);
            return Err(("one_list_days".to_owned(), why));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_may_pass_midnight() {
        let ends = |hours: &str, hour: u32| {
            let quiet = QuietHours::try_from(hours.to_owned()).expect("valid");
            let end = quiet.end_if_quiet(NaiveTime::from_hms_opt(hour, 0, 0).expect("an hour"));
            end.map(|end| end.format("%H:%M").to_string())
        };
        assert_eq!(ends("21:00-08:00", 23).as_deref(), Some("08:00"));
        assert_eq!(ends("21:00-08:00", 7).as_deref(), Some("08:00"));
        assert_eq!(ends("21:00-08:00", 8), None);
        assert_eq!(ends("12:00-14:00", 13).as_deref(), Some("14:00"));
        assert_eq!(ends("12:00-14:00", 20), None);
        for text in ["21:00", "21-8", "25:00-08:00", "08:00-08:00"] {
            assert!(QuietHours::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
