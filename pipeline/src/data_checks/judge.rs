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

/// Every check of a build; `published` are the last published ones, latest first.
///
/// Rosters are compared with the longest of these, so that a short one does not become what the next is compared with; everything
/// else with the last.
#[must_use]
pub fn judge(now: &Measures, published: &[Measures], config: &ChecksConfig, zone: Zone) -> Vec<DataCheck> {
    // A state of an earlier instant holds less by nature.
    let before = published.first().filter(|before| before.as_of <= now.as_of);
    let mut checks = vec![];
    if let Some(before) = before {
        checks.push(volume(now, before, config));
        checks.push(values(now, before, config));
        checks.push(rosters(now, published, config));
    }
    checks.push(days(now, before, config, zone));
    checks.push(freshness(now, published, config));
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

/// Rosters whose newest delivery is much shorter than the longest of the recent ones. A delivery that held less than half of its
/// table was no full one, and is not compared with.
fn rosters(now: &Measures, published: &[Measures], config: &ChecksConfig) -> DataCheck {
    let is_full = |build: &Measures, key: &str, rows: u64| {
        let table = table_of(key);
        // Builds of earlier versions counted members without a roster as well.
        let known = build.rostered.get(table).or_else(|| build.volumes.get(table)).copied().unwrap_or_default();
        config.full_files.iter().any(|name| name == table) && rows * 2 >= known
    };
    let mut longest: BTreeMap<String, u64> = BTreeMap::new();
    for build in published.iter().filter(|build| build.as_of <= now.as_of) {
        for (key, &rows) in build.deliveries.iter().filter(|(key, rows)| is_full(build, key, **rows)) {
            let known = longest.entry(key.clone()).or_default();
            *known = rows.max(*known);
        }
    }
    let left = shrunk(&now.deliveries, &longest, config);
    let (zh, en) = named(&left);
    let text = if left.is_empty() {
        ("名册文件没有明显变短。".to_owned(), "no roster is much shorter than recent ones".to_owned())
    } else {
        (
            format!("最新的名册文件比近期最长的一份短很多，只剩：{zh}。"),
            format!("the newest roster has only these shares of the rows of the longest recent one: {en}"),
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

/// The table of a roster's name.
fn table_of(roster: &str) -> &str {
    roster.split('/').next().unwrap_or_default()
}

/// Streams, and rosters that were delivered more than once, of which nothing new came for too long.
fn freshness(now: &Measures, published: &[Measures], config: &ChecksConfig) -> DataCheck {
    let is_late = |stream: &str, latest: i64| {
        let age = (now.as_of - latest).div_euclid(86_400);
        config.fresh_days.get(stream).is_some_and(|days| age > i64::from(*days)).then_some(age)
    };
    let streams = now.latest.iter().filter_map(|(stream, &at)| Some((stream.as_str(), is_late(stream, at)?)));
    let mut late: Vec<(&str, i64)> = streams.collect();
    // A file that came once, such as a list of new members, is not expected again. Where no roster comes any more, the stream is
    // named already.
    let came_again = |name: &String, at: i64| {
        published.iter().any(|build| build.delivered.get(name).is_some_and(|earlier| *earlier < at))
    };
    for (name, &at) in now.delivered.iter().filter(|(name, at)| came_again(name, **at)) {
        let is_named = late.iter().any(|(stream, _)| *stream == table_of(name));
        late.extend(is_late(table_of(name), at).filter(|_| !is_named).map(|age| (name.as_str(), age)));
    }
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
mod tests;
