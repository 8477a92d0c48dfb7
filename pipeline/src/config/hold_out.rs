//! `[push.global_hold_out]` and `[[push.topic_hold_out]]` of `zhihui.toml`: members to whom no list pushes for a while.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::Deserialize;
use zhihui_engine::audience::StandingHoldOut;

/// A hold-out over all items.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldOutConfig {
    /// Share of the members: above 0 and below 1.
    pub share: f64,
    /// The last day.
    pub until: LastDay,
}

/// A hold-out over the items of a topic.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopicHoldOutConfig {
    /// The topic, as in articles and activities.
    pub topic: String,
    /// Share of the members: above 0 and below 1.
    pub share: f64,
    /// The last day.
    pub until: LastDay,
}

/// The last day of a hold-out in the zone of the home, as text such as `2027-03-31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct LastDay(pub NaiveDate);

impl TryFrom<String> for LastDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d")
            .map(Self)
            .map_err(|_| format!("until {text:?}: must be a day in quotes, such as \"2027-03-31\""))
    }
}

/// The hold-outs in the engine's type, the global one first.
pub(super) fn standing_hold_outs(
    global: Option<&HoldOutConfig>,
    by_topic: &[TopicHoldOutConfig],
) -> Vec<StandingHoldOut> {
    let of_all = global.map(|global| StandingHoldOut { topic: None, share: global.share, until: global.until.0 });
    let of_topic = |config: &TopicHoldOutConfig| StandingHoldOut {
        topic: Some(config.topic.trim().to_owned()),
        share: config.share,
        until: config.until.0,
    };
    of_all.into_iter().chain(by_topic.iter().map(of_topic)).collect()
}

/// Refuses a share out of bounds, an empty topic and a topic that is named twice. Returns the key and what is wrong.
pub(super) fn check_hold_outs(
    global: Option<&HoldOutConfig>,
    by_topic: &[TopicHoldOutConfig],
) -> Result<(), (String, String)> {
    let check_share = |key: &str, share: f64| match share {
        share if share > 0.0 && share < 1.0 => Ok(()),
        share => Err((key.to_owned(), format!("share must be above 0 and below 1, such as 0.02 for 2 %, not {share}"))),
    };
    global.map_or(Ok(()), |global| check_share("global_hold_out", global.share))?;
    let mut topics = BTreeSet::new();
    for config in by_topic {
        let topic = config.topic.trim();
        if topic.is_empty() {
            return Err(("topic_hold_out".to_owned(), "topic is empty; name a topic of your items".to_owned()));
        }
        check_share(&format!("topic_hold_out {topic:?}"), config.share)?;
        if !topics.insert(topic) {
            return Err((format!("topic_hold_out {topic:?}"), "is there twice; keep one of the two".to_owned()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn hold_outs_are_parsed_and_checked() {
        let text = r#"
            [push.global_hold_out]
            share = 0.02
            until = "2027-03-31"
            [[push.topic_hold_out]]
            topic = " 亲子 "
            share = 0.05
            until = "2026-12-31"
        "#;
        let found = Config::parse("zhihui.toml", text).expect("valid").push.standing_hold_outs();
        assert_eq!((found[0].topic.as_deref(), found[0].share), (None, 0.02));
        assert_eq!((found[1].topic.as_deref(), found[1].until.to_string().as_str()), (Some("亲子"), "2026-12-31"));
        let error = |text: &str| Config::parse("zhihui.toml", text).expect_err("invalid").to_string();
        let global = |rest: &str| error(&format!("[push.global_hold_out]\n{rest}"));
        assert!(global("share = 1.0\nuntil = \"2027-03-31\"").contains("push.global_hold_out: share must be above 0"));
        assert!(global("share = nan\nuntil = \"2027-03-31\"").contains("push.global_hold_out"));
        assert!(global("share = 0.02\nuntil = \"31.3.2027\"").contains("such as \"2027-03-31\""));
        assert!(global("share = 0.02").contains("until"));
        let topic = "[[push.topic_hold_out]]\ntopic = \"亲子\"\nshare = 0.1\nuntil = \"2027-03-31\"\n";
        assert!(error(&format!("{topic}{topic}")).contains("twice"));
        assert!(error(&topic.replace("亲子", " ")).contains("topic is empty"));
        assert!(error("[push]\none_list_days = 0").contains("push.one_list_days: must be from 1 to 92 days"));
    }
}
