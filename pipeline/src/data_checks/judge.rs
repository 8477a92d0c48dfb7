//! Compares a build with thresholds and with the last published build.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate};
use zhihui_data::Zone;
use zhihui_engine::report::Sentence;

use super::{CheckStatus, DataCheck, Measures};
use crate::config::ChecksConfig;

/// Days that are measured at most, the `limit` of `days.sql`.
const DAYS_MEASURED: usize = 42;
/// Weeks with which a day is compared.
const WEEKS: u64 = 4;
/// Kinds of the streams that are resolved through openids.
const RESOLVED: [&str; 5] = ["reads", "shares", "shown", "sign_ups", "feedback"];

/// Every check of a build; `before` is the last published one.
#[must_use]
pub fn judge(now: &Measures, before: Option<&Measures>, config: &ChecksConfig, zone: Zone) -> Vec<DataCheck> {
    // A state of an earlier instant holds less by nature.
    let before = before.filter(|before| before.as_of <= now.as_of);
    let mut checks = vec![];
    if let Some(before) = before {
        checks.push(volume(now, before, config));
        checks.push(values(now, before, config));
        checks.push(rosters(now, before, config));
    }
    checks.push(days(now, before, config, zone));
    checks.push(freshness(now, config));
    checks.extend(shares(now, config));
    checks
}

/// Names with the share of what was there before that is left, in order.
type Left<'a> = Vec<(&'a str, f64)>;

/// What has shrunk below the threshold for a warning.
fn shrunk<'a>(now: &BTreeMap<String, u64>, before: &'a BTreeMap<String, u64>, config: &ChecksConfig) -> Left<'a> {
    let compared = before.iter().filter(|(_, rows)| **rows >= config.least_rows.max(1));
    let left =
        compared.map(|(name, rows)| (name.as_str(), now.get(name).copied().unwrap_or_default() as f64 / *rows as f64));
    left.filter(|(_, share)| *share <= config.volume_warn).collect()
}

fn status_of(left: &Left<'_>, config: &ChecksConfig) -> CheckStatus {
    match smallest(left) {
        None => CheckStatus::Ok,
        Some(share) if share < config.volume_fail => CheckStatus::Fail,
        Some(_) => CheckStatus::Warn,
    }
}

fn smallest(left: &Left<'_>) -> Option<f64> {
    left.iter().map(|(_, share)| *share).min_by(f64::total_cmp)
}

fn named(left: &Left<'_>) -> (String, String) {
    let zh: Vec<String> = left.iter().map(|(name, share)| format!("{} {}", zh_of(name), percent(*share))).collect();
    let en: Vec<String> = left.iter().map(|(name, share)| format!("{name} {}", percent(*share))).collect();
    (zh.join("、"), en.join(", "))
}

fn percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

fn check(name: &str, status: CheckStatus, value: Option<f64>, (zh, en): (String, String)) -> DataCheck {
    DataCheck { name: name.to_owned(), status, value, message: Sentence { zh, en } }
}

fn volume(now: &Measures, before: &Measures, config: &ChecksConfig) -> DataCheck {
    let left = shrunk(&now.volumes, &before.volumes, config);
    let (zh, en) = named(&left);
    let text = if left.is_empty() {
        ("数据量没有比上次发布明显减少。".to_owned(), "no table lost many rows since the last publish".to_owned())
    } else {
        (
            format!("与上次发布相比，数据只剩：{zh}。"),
            format!("of the rows at the last publish these shares are left: {en}"),
        )
    };
    check("data_volume", status_of(&left, config), smallest(&left), text)
}

fn values(now: &Measures, before: &Measures, config: &ChecksConfig) -> DataCheck {
    let left = shrunk(&now.known, &before.known, config);
    let (zh, en) = named(&left);
    let text = if left.is_empty() {
        (
            "会员的年龄、工会和 openid 没有成批丢失。".to_owned(),
            "ages, unions and openids of members are kept".to_owned(),
        )
    } else {
        (
            format!("与上次发布相比，会员资料只剩：{zh}。新名册可能缺列。"),
            format!(
                "of the values of members at the last publish these shares are left: {en}; a new roster may lack columns"
            ),
        )
    };
    check("data_values", status_of(&left, config), smallest(&left), text)
}

/// Rosters whose newest delivery is much shorter than the one before. A delivery that held less than half of its table was no
/// full one, and is not compared with.
fn rosters(now: &Measures, before: &Measures, config: &ChecksConfig) -> DataCheck {
    let is_full = |key: &str, rows: u64| {
        let table = key.split('/').next().unwrap_or_default();
        let known = before.volumes.get(table).copied().unwrap_or_default();
        config.full_files.iter().any(|name| name == table) && rows * 2 >= known
    };
    let full = before.deliveries.iter().filter(|(key, rows)| is_full(key, **rows));
    let full: BTreeMap<String, u64> = full.map(|(key, rows)| (key.clone(), *rows)).collect();
    let left = shrunk(&now.deliveries, &full, config);
    let (zh, en) = named(&left);
    let text = if left.is_empty() {
        ("名册文件没有明显变短。".to_owned(), "no roster is much shorter than the one before".to_owned())
    } else {
        (
            format!("最新的名册文件比上一份短很多，只剩：{zh}。"),
            format!("the newest roster has only these shares of the rows of the one before: {en}"),
        )
    };
    check("data_roster", status_of(&left, config), smallest(&left), text)
}

/// Days that lost rows since the last publish, and a last whole day far below the same weekday of earlier weeks.
fn days(now: &Measures, before: Option<&Measures>, config: &ChecksConfig, zone: Zone) -> DataCheck {
    let lost = before.map(|before| {
        let counts = |days: &BTreeMap<String, BTreeMap<String, u64>>| -> BTreeMap<String, u64> {
            let kinds = |(day, kinds): (&String, &BTreeMap<String, u64>)| -> Vec<(String, u64)> {
                kinds.iter().map(|(kind, rows)| (format!("{day} {kind}"), *rows)).collect()
            };
            days.iter().flat_map(kinds).collect()
        };
        // Where fewer days are left than are measured, none has left the window: what is missing is lost.
        let is_full = now.days.len() >= DAYS_MEASURED;
        let first = now.days.keys().next().filter(|_| is_full).cloned().unwrap_or_default();
        let mut earlier = counts(&before.days);
        earlier.retain(|day, _| *day >= first);
        let current = counts(&now.days);
        let left = shrunk(&current, &earlier, config).into_iter();
        left.map(|(day, share)| (day.to_owned(), share)).collect::<Vec<_>>()
    });
    let mut left = lost.unwrap_or_default();
    left.extend(quiet_day(now, config, zone));
    if left.is_empty() {
        let text = ("近期每天的数据量正常。".to_owned(), "the latest days have their usual number of rows".to_owned());
        return check("data_days", CheckStatus::Ok, None, text);
    }
    let named = left.iter().take(5).map(|(day, share)| format!("{day} {}", percent(*share)));
    let named = named.collect::<Vec<_>>().join(", ");
    let value = left.iter().map(|(_, share)| *share).min_by(f64::total_cmp);
    let text = (
        format!("有几天的数据量明显偏少：{}。", named.replace(", ", "、")),
        format!("some days have far fewer rows than before or than usual: {named}"),
    );
    check("data_days", CheckStatus::Warn, value, text)
}

/// The last whole day beside the median of the same weekday in the weeks before.
fn quiet_day(now: &Measures, config: &ChecksConfig, zone: Zone) -> Vec<(String, f64)> {
    let as_of = DateTime::from_timestamp(now.as_of, 0).unwrap_or_default();
    let Some(day) = zone.day(as_of).checked_sub_days(Days::new(1)) else { return Vec::new() };
    let rows = |day: NaiveDate, kind: &str| {
        now.days.get(&day.to_string()).map_or(0, |kinds| kinds.get(kind).copied().unwrap_or(0))
    };
    let mut found = Vec::new();
    for kind in ["reads", "sign_ups"] {
        let weeks = (1..=WEEKS).filter_map(|week| day.checked_sub_days(Days::new(7 * week)));
        let mut usual: Vec<u64> = weeks.map(|earlier| rows(earlier, kind)).collect();
        usual.sort_unstable();
        let median = usual[usual.len() / 2];
        let share = rows(day, kind) as f64 / median.max(1) as f64;
        if median >= config.least_rows && share <= config.volume_warn {
            found.push((format!("{day} {kind}"), share));
        }
    }
    found
}

fn freshness(now: &Measures, config: &ChecksConfig) -> DataCheck {
    let late: Vec<(&str, i64)> = config
        .fresh_days
        .iter()
        .filter_map(|(stream, days)| {
            let age = (now.as_of - now.latest.get(stream)?).div_euclid(86_400);
            (age > i64::from(*days)).then_some((stream.as_str(), age))
        })
        .collect();
    let Some(value) = late.iter().map(|(_, age)| *age).max() else {
        let text = ("各类数据都是近期的。".to_owned(), "every stream of data is current".to_owned());
        return check("data_freshness", CheckStatus::Ok, None, text);
    };
    let zh: Vec<String> = late.iter().map(|(stream, age)| format!("{} {age} 天", zh_of(stream))).collect();
    let en: Vec<String> = late.iter().map(|(stream, age)| format!("{stream} {age} days")).collect();
    let text = (
        format!("这些数据很久没有更新：{}。", zh.join("、")),
        format!("nothing new came of these streams: {}", en.join(", ")),
    );
    check("data_freshness", CheckStatus::Warn, Some(value as f64), text)
}

/// Checks of one share against one threshold.
fn shares(now: &Measures, config: &ChecksConfig) -> Vec<DataCheck> {
    let volume = |stream: &str| now.volumes.get(stream).copied().unwrap_or_default();
    let known = |name: &str| now.known.get(name).copied().unwrap_or_default();
    let members = volume("members");
    let resolved: u64 = RESOLVED.iter().map(|&stream| volume(stream)).sum();
    let undescribed = now.undescribed;
    let one = |name, part: u64, whole: u64, limit: f64, zh: &str, en: &str| {
        let share = if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        let status = if share > limit { CheckStatus::Warn } else { CheckStatus::Ok };
        let text = (format!("{zh}：{}。", percent(share)), format!("{en}: {}", percent(share)));
        check(name, status, Some(share), text)
    };
    let (zh, en) = (
        format!("没有标题或没有任何属性的文章和活动 {undescribed} 项，占"),
        format!("{undescribed} items without title or any attribute, share"),
    );
    vec![
        one(
            "data_age",
            members.saturating_sub(known("age")),
            members,
            config.without_age_warn,
            "年龄不详的会员占",
            "members without age",
        ),
        one(
            "data_union",
            members.saturating_sub(known("union")),
            members,
            config.without_union_warn,
            "工会不详的会员占",
            "members without union",
        ),
        one(
            "data_unresolved",
            now.unresolved,
            now.unresolved + resolved,
            config.unresolved_warn,
            "openid 对不上会员的记录占",
            "rows whose openid belongs to no known member",
        ),
        one("data_items", undescribed, volume("items"), config.undescribed_warn, &zh, &en),
        one(
            "data_ahead",
            now.ahead,
            now.ahead + resolved,
            config.ahead_warn,
            "时间在未来的记录占",
            "rows dated in the future",
        ),
    ]
}

/// The Chinese name of a stream, a value or a roster.
fn zh_of(name: &str) -> String {
    let (first, rest) = name.split_once('/').map_or((name, None), |(first, rest)| (first, Some(rest)));
    let zh = match first {
        "members" => "会员",
        "unions" => "工会",
        "items" => "文章和活动",
        "reads" => "阅读",
        "shares" => "分享",
        "shown" => "展示",
        "sign_ups" => "报名",
        "pushes" => "推送",
        "feedback" => "评价",
        "age" => "年龄",
        "union" => "所属工会",
        other => other,
    };
    rest.map_or_else(|| zh.to_owned(), |rest| format!("{zh}（{rest}）"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measures() -> Measures {
        let map = |pairs: &[(&str, u64)]| pairs.iter().map(|(name, rows)| ((*name).to_owned(), *rows)).collect();
        Measures {
            as_of: 1_700_000_000,
            volumes: map(&[("members", 1_000), ("items", 200), ("reads", 50_000), ("pushes", 40)]),
            known: map(&[("age", 900), ("union", 950), ("openid", 800)]),
            deliveries: map(&[("members/members", 1_000), ("members/new", 90)]),
            latest: [("reads".to_owned(), 1_700_000_000 - 3_600)].into(),
            ..Measures::default()
        }
    }

    fn status(now: &Measures, before: &Measures, name: &str) -> CheckStatus {
        let checks = judge(now, Some(before), &ChecksConfig::default(), Zone::default());
        checks.iter().find(|check| check.name == name).expect("the check").status
    }

    #[test]
    fn a_build_like_the_one_before_passes_every_check() {
        let checks = judge(&measures(), Some(&measures()), &ChecksConfig::default(), Zone::default());
        let found: Vec<&DataCheck> = checks.iter().filter(|check| check.status != CheckStatus::Ok).collect();
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn half_gone_is_a_warning_and_nearly_all_gone_a_failure() {
        for (left, expected) in [(600, CheckStatus::Ok), (499, CheckStatus::Warn), (99, CheckStatus::Fail)] {
            let mut now = measures();
            now.volumes.insert("members".into(), left);
            assert_eq!(status(&now, &measures(), "data_volume"), expected, "{left} members");
            let mut now = measures();
            now.deliveries.insert("members/members".into(), left);
            assert_eq!(status(&now, &measures(), "data_roster"), expected, "a roster of {left}");
        }
        let mut now = measures();
        now.known.insert("openid".into(), 10);
        assert_eq!(status(&now, &measures(), "data_values"), CheckStatus::Fail, "cleared openids");
    }

    #[test]
    fn small_streams_partial_files_and_earlier_instants_are_not_compared() {
        let mut now = measures();
        now.volumes.insert("pushes".into(), 0);
        now.deliveries.insert("members/new".into(), 1);
        assert_eq!(status(&now, &measures(), "data_volume"), CheckStatus::Ok);
        assert_eq!(status(&now, &measures(), "data_roster"), CheckStatus::Ok);
        let earlier = Measures { as_of: 1_600_000_000, ..Measures::default() };
        let checks = judge(&earlier, Some(&measures()), &ChecksConfig::default(), Zone::default());
        assert!(checks.iter().all(|check| check.status != CheckStatus::Fail), "{checks:?}");
    }

    #[test]
    fn late_streams_missing_values_and_quiet_days_are_warnings() {
        let mut now = measures();
        now.latest.insert("reads".into(), now.as_of - 5 * 86_400);
        now.known.insert("age".into(), 300);
        now.undescribed = 50;
        now.unresolved = 40_000;
        for name in ["data_freshness", "data_age", "data_items", "data_unresolved"] {
            assert_eq!(status(&now, &measures(), name), CheckStatus::Warn, "{name}");
        }
        let mut now = measures();
        let day = |text: &str, rows: u64| (text.to_owned(), BTreeMap::from([("reads".to_owned(), rows)]));
        // The instant is 15 November 2023 in Shanghai.
        now.days =
            [day("2023-11-14", 100), day("2023-11-07", 900), day("2023-10-31", 1_000), day("2023-10-24", 950)].into();
        assert_eq!(status(&now, &measures(), "data_days"), CheckStatus::Warn);
        let mut before = now.clone();
        before.days = [day("2023-11-14", 900), day("2023-11-07", 900), day("2023-10-31", 1_000)].into();
        now.days.insert("2023-11-14".into(), BTreeMap::from([("reads".to_owned(), 900)]));
        assert_eq!(status(&now, &before, "data_days"), CheckStatus::Ok);
        now.days.insert("2023-10-31".into(), BTreeMap::from([("reads".to_owned(), 3)]));
        assert_eq!(status(&now, &before, "data_days"), CheckStatus::Warn, "a day lost its rows");
        now.days = [day("2023-11-14", 900)].into();
        assert_eq!(status(&now, &before, "data_days"), CheckStatus::Warn, "the oldest days are gone");
    }
}
