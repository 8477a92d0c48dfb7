//! Runs the data checks: compares a build with thresholds and with the last published build.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate};
use zhihui_data::Zone;
use zhihui_engine::report::Sentence;

use super::{CheckStatus, DataCheck, Measures};
use crate::config::ChecksConfig;

/// The `limit` of `days.sql`.
const MAX_DAYS: usize = 42;
/// Earlier weeks with which a day is compared.
const COMPARED_WEEKS: u64 = 4;
/// Streams whose openids are resolved to members.
const RESOLVED: [&str; 5] = ["reads", "shares", "shown", "sign_ups", "feedback"];

/// Runs every check of a build. `published` are the last published builds, latest first.
///
/// Compares rosters with the longest of the published builds, so that a short roster does not lower the standard for the next one,
/// and everything else with the last published build.
#[must_use]
pub fn run_checks(now: &Measures, published: &[Measures], config: &ChecksConfig, zone: Zone) -> Vec<DataCheck> {
    // A build as of an earlier instant has fewer rows and is not compared.
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

/// Names with the remaining share of their earlier rows, sorted by name.
type Losses<'a> = Vec<(&'a str, f64)>;

/// Returns the names whose remaining share is not above the threshold for a warning.
fn losses_of<'a>(now: &BTreeMap<String, u64>, before: &'a BTreeMap<String, u64>, config: &ChecksConfig) -> Losses<'a> {
    let compared = before.iter().filter(|(_, rows)| **rows >= config.least_rows.max(1));
    let shares =
        compared.map(|(name, rows)| (name.as_str(), now.get(name).copied().unwrap_or_default() as f64 / *rows as f64));
    shares.filter(|(_, share)| *share <= config.volume_warn).collect()
}

fn status_of(losses: &Losses<'_>, config: &ChecksConfig) -> CheckStatus {
    match smallest(losses) {
        None => CheckStatus::Ok,
        Some(share) if share < config.volume_fail => CheckStatus::Fail,
        Some(_) => CheckStatus::Warn,
    }
}

fn smallest(losses: &Losses<'_>) -> Option<f64> {
    losses.iter().map(|(_, share)| *share).min_by(f64::total_cmp)
}

/// Lists losses in Chinese and English.
fn describe(losses: &Losses<'_>) -> (String, String) {
    let zh: Vec<String> = losses.iter().map(|(name, share)| format!("{} {}", zh_name(name), percent(*share))).collect();
    let en: Vec<String> = losses.iter().map(|(name, share)| format!("{name} {}", percent(*share))).collect();
    (zh.join("、"), en.join(", "))
}

fn percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

fn check(name: &str, status: CheckStatus, value: Option<f64>, (zh, en): (String, String)) -> DataCheck {
    DataCheck { name: name.to_owned(), status, value, message: Sentence { zh, en } }
}

fn volume(now: &Measures, before: &Measures, config: &ChecksConfig) -> DataCheck {
    let losses = losses_of(&now.volumes, &before.volumes, config);
    let (zh, en) = describe(&losses);
    let text = if losses.is_empty() {
        ("数据量没有比上次发布明显减少。".to_owned(), "no table has far fewer rows than at the last publish".to_owned())
    } else {
        (format!("与上次发布相比，数据只剩：{zh}。"), format!("share of rows left since the last publish: {en}"))
    };
    check("data_volume", status_of(&losses, config), smallest(&losses), text)
}

fn values(now: &Measures, before: &Measures, config: &ChecksConfig) -> DataCheck {
    let losses = losses_of(&now.known, &before.known, config);
    let (zh, en) = describe(&losses);
    let text = if losses.is_empty() {
        (
            "会员的年龄、工会和 openid 没有成批丢失。".to_owned(),
            "members have not lost ages, unions or openids".to_owned(),
        )
    } else {
        (
            format!("与上次发布相比，会员资料只剩：{zh}。新名册可能缺列。"),
            format!("share of member values left since the last publish: {en}; columns may be missing in a new roster"),
        )
    };
    check("data_values", status_of(&losses, config), smallest(&losses), text)
}

/// Checks whether the newest delivery of a roster is much shorter than the longest recent one. A delivery of less than half of its
/// table was not a full roster and is ignored.
fn rosters(now: &Measures, published: &[Measures], config: &ChecksConfig) -> DataCheck {
    let is_full = |build: &Measures, key: &str, rows: u64| {
        let table = table_of(key);
        // Builds of earlier releases counted members without a roster as well.
        let rows_of_table = build.rostered.get(table).or_else(|| build.volumes.get(table)).copied().unwrap_or_default();
        config.full_files.iter().any(|name| name == table) && rows * 2 >= rows_of_table
    };
    let mut longest: BTreeMap<String, u64> = BTreeMap::new();
    for build in published.iter().filter(|build| build.as_of <= now.as_of) {
        for (key, &rows) in build.deliveries.iter().filter(|(key, rows)| is_full(build, key, **rows)) {
            let max = longest.entry(key.clone()).or_default();
            *max = rows.max(*max);
        }
    }
    let losses = losses_of(&now.deliveries, &longest, config);
    let (zh, en) = describe(&losses);
    let text = if losses.is_empty() {
        ("名册文件没有明显变短。".to_owned(), "no roster is much shorter than recent ones".to_owned())
    } else {
        (
            format!("最新的名册文件比近期最长的一份短很多，只剩：{zh}。"),
            format!("the newest roster is much shorter than the longest recent one; share of its rows: {en}"),
        )
    };
    check("data_roster", status_of(&losses, config), smallest(&losses), text)
}

/// Checks whether days lost rows since the last publish, and whether the last complete day has far fewer rows than the same weekday
/// of earlier weeks.
fn days(now: &Measures, before: Option<&Measures>, config: &ChecksConfig, zone: Zone) -> DataCheck {
    let lost = before.map(|before| {
        let counts = |days: &BTreeMap<String, BTreeMap<String, u64>>| -> BTreeMap<String, u64> {
            let kinds = |(day, kinds): (&String, &BTreeMap<String, u64>)| -> Vec<(String, u64)> {
                kinds.iter().map(|(kind, rows)| (format!("{day} {kind}"), *rows)).collect()
            };
            days.iter().flat_map(kinds).collect()
        };
        // With fewer days than the limit, no day is outside of the window, so that missing days are lost.
        let is_full = now.days.len() >= MAX_DAYS;
        let first = now.days.keys().next().filter(|_| is_full).cloned().unwrap_or_default();
        let mut earlier = counts(&before.days);
        earlier.retain(|day, _| *day >= first);
        let current = counts(&now.days);
        let lost = losses_of(&current, &earlier, config).into_iter();
        lost.map(|(day, share)| (day.to_owned(), share)).collect::<Vec<_>>()
    });
    let mut losses = lost.unwrap_or_default();
    losses.extend(quiet_day(now, config, zone));
    if losses.is_empty() {
        let text = ("近期每天的数据量正常。".to_owned(), "the latest days have their usual number of rows".to_owned());
        return check("data_days", CheckStatus::Ok, None, text);
    }
    let listed = losses.iter().take(5).map(|(day, share)| format!("{day} {}", percent(*share)));
    let listed = listed.collect::<Vec<_>>().join(", ");
    let value = losses.iter().map(|(_, share)| *share).min_by(f64::total_cmp);
    let text = (
        format!("有几天的数据量明显偏少：{}。", listed.replace(", ", "、")),
        format!("some days have far fewer rows than before or than usual: {listed}"),
    );
    check("data_days", CheckStatus::Warn, value, text)
}

/// Compares the last complete day with the median of the same weekday in earlier weeks.
fn quiet_day(now: &Measures, config: &ChecksConfig, zone: Zone) -> Vec<(String, f64)> {
    let as_of = DateTime::from_timestamp(now.as_of, 0).unwrap_or_default();
    let Some(day) = zone.day(as_of).checked_sub_days(Days::new(1)) else { return Vec::new() };
    let rows = |day: NaiveDate, kind: &str| {
        now.days.get(&day.to_string()).map_or(0, |kinds| kinds.get(kind).copied().unwrap_or(0))
    };
    let mut quiet = Vec::new();
    for kind in ["reads", "sign_ups"] {
        let weeks = (1..=COMPARED_WEEKS).filter_map(|week| day.checked_sub_days(Days::new(7 * week)));
        let mut usual: Vec<u64> = weeks.map(|earlier| rows(earlier, kind)).collect();
        usual.sort_unstable();
        let median = usual[usual.len() / 2];
        let share = rows(day, kind) as f64 / median.max(1) as f64;
        if median >= config.least_rows && share <= config.volume_warn {
            quiet.push((format!("{day} {kind}"), share));
        }
    }
    quiet
}

/// The table in the name of a roster.
fn table_of(roster: &str) -> &str {
    roster.split('/').next().unwrap_or_default()
}

/// Checks whether streams, and rosters that were delivered more than once, have had no new data for too long.
fn freshness(now: &Measures, published: &[Measures], config: &ChecksConfig) -> DataCheck {
    let days_late = |stream: &str, latest: i64| {
        let age = (now.as_of - latest).div_euclid(86_400);
        config.fresh_days.get(stream).is_some_and(|days| age > i64::from(*days)).then_some(age)
    };
    let streams = now.latest.iter().filter_map(|(stream, &at)| Some((stream.as_str(), days_late(stream, at)?)));
    let mut late: Vec<(&str, i64)> = streams.collect();
    // A file that was delivered once, such as a list of new members, is not expected again. If all rosters of a table are late, the
    // stream is listed already.
    let was_repeated = |name: &String, at: i64| {
        published.iter().any(|build| build.delivered.get(name).is_some_and(|earlier| *earlier < at))
    };
    for (name, &at) in now.delivered.iter().filter(|(name, at)| was_repeated(name, **at)) {
        let is_listed = late.iter().any(|(stream, _)| *stream == table_of(name));
        late.extend(days_late(table_of(name), at).filter(|_| !is_listed).map(|age| (name.as_str(), age)));
    }
    let Some(value) = late.iter().map(|(_, age)| *age).max() else {
        let text = ("各类数据都是近期的。".to_owned(), "all data are up to date".to_owned());
        return check("data_freshness", CheckStatus::Ok, None, text);
    };
    let zh: Vec<String> = late.iter().map(|(stream, age)| format!("{} {age} 天", zh_name(stream))).collect();
    let en: Vec<String> = late.iter().map(|(stream, age)| format!("{stream} {age} days")).collect();
    let text = (
        format!("这些数据很久没有更新：{}。", zh.join("、")),
        format!("no recent data in these streams: {}", en.join(", ")),
    );
    check("data_freshness", CheckStatus::Warn, Some(value as f64), text)
}

/// Compares shares with their thresholds.
fn shares(now: &Measures, config: &ChecksConfig) -> Vec<DataCheck> {
    let volume = |stream: &str| now.volumes.get(stream).copied().unwrap_or_default();
    let known = |name: &str| now.known.get(name).copied().unwrap_or_default();
    let members = volume("members");
    let resolved: u64 = RESOLVED.iter().map(|&stream| volume(stream)).sum();
    let undescribed = now.undescribed;
    let share_check = |name, part: u64, total: u64, limit: f64, zh: &str, en: &str| {
        let share = if total == 0 { 0.0 } else { part as f64 / total as f64 };
        let status = if share > limit { CheckStatus::Warn } else { CheckStatus::Ok };
        let text = (format!("{zh}：{}。", percent(share)), format!("{en}: {}", percent(share)));
        check(name, status, Some(share), text)
    };
    let (zh, en) = (
        format!("没有标题或没有任何属性的文章和活动 {undescribed} 项，占"),
        format!("{undescribed} items without title or without any attribute, share"),
    );
    vec![
        share_check(
            "data_age",
            members.saturating_sub(known("age")),
            members,
            config.without_age_warn,
            "年龄不详的会员占",
            "members without age",
        ),
        share_check(
            "data_union",
            members.saturating_sub(known("union")),
            members,
            config.without_union_warn,
            "工会不详的会员占",
            "members without union",
        ),
        share_check(
            "data_unresolved",
            now.unresolved,
            now.unresolved + resolved,
            config.unresolved_warn,
            "openid 对不上会员的记录占",
            "rows whose openid has no owner",
        ),
        share_check("data_items", undescribed, volume("items"), config.undescribed_warn, &zh, &en),
        share_check(
            "data_ahead",
            now.ahead,
            now.ahead + resolved,
            config.ahead_warn,
            "时间在未来的记录占",
            "rows dated in the future",
        ),
    ]
}

/// The Chinese name of a stream, value or roster.
fn zh_name(name: &str) -> String {
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
