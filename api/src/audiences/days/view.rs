//! The days of a saved audience as texts, a chart and a table.

use chrono::{Days, NaiveDate};
use zhihui_data::Zone;

use super::list::ChangedMembers;
use super::record::{AudienceDay, Change, KEPT_LISTS};
use crate::web::chart::{Chart, GappedSeries, Mark};
use crate::web::locale::Locale;
use crate::web::numbers::{grouped, minute_of};
use crate::web::url::{percent_encode, url_with_query};

/// The figures of an audience.
pub(super) struct DaysView {
    /// The last day, compared with the one before.
    pub(super) sentence: String,
    /// What the last day counted.
    pub(super) counted: String,
    pub(super) notes: Vec<String>,
    /// The chart as JSON; empty with a single day.
    pub(super) chart: String,
    /// The days, latest first.
    pub(super) rows: Vec<DayRow>,
}

/// A day as a row of the table.
pub(super) struct DayRow {
    pub(super) day: String,
    pub(super) size: String,
    pub(super) reachable: String,
    pub(super) entered: Count,
    pub(super) left: Count,
    /// For the first day, or a day with other conditions than the day before.
    pub(super) remark: &'static str,
    /// What the change of the conditions brought in and out.
    pub(super) by_rule: Vec<Count>,
}

/// A number of members, with the URL of their list if there is one.
pub(super) struct Count {
    pub(super) text: String,
    pub(super) label: String,
    pub(super) url: Option<String>,
}

/// The members who entered or left on a day.
pub(super) struct ListView {
    pub(super) title: String,
    /// Ids of members with the URLs of their pages.
    pub(super) members: Vec<(String, String)>,
    pub(super) notes: Vec<String>,
    pub(super) next_url: Option<String>,
}

impl DaysView {
    /// `None` without days.
    pub(super) fn new(id: &str, days: &[AudienceDay], today: NaiveDate, zone: Zone, t: Locale) -> Option<Self> {
        let last = days.last()?;
        let mut notes = Vec::new();
        if last.previous_day.is_none() {
            notes.push(t.audience_days_first_day().to_owned());
        }
        if last.rule_changed {
            let [entered, left] = [Change::EnteredByRule, Change::LeftByRule].map(|change| people(last, change));
            notes.push(t.audience_days_by_rule(entered, left));
        }
        let as_of = minute_of(&last.as_of, zone);
        Some(Self {
            sentence: sentence(last, today, t),
            counted: t.audience_days_counted(as_of, grouped(last.reachable as f64, 0), last.rule_version),
            notes,
            chart: if days.len() > 1 { chart(days, t).json() } else { String::new() },
            rows: days.iter().rev().map(|day| DayRow::new(id, day, t)).collect(),
        })
    }
}

fn sentence(last: &AudienceDay, today: NaiveDate, t: Locale) -> String {
    let is_today = last.day == today;
    let day = if is_today { t.audience_days_today().to_owned() } else { last.day.to_string() };
    let size = grouped(last.size as f64, 0);
    let Some(previous) = last.previous_day else { return t.audience_days_alone(day, size) };
    let is_next = previous.checked_add_days(Days::new(1)) == Some(last.day);
    let previous = match (is_next, is_today) {
        (true, true) => t.audience_days_yesterday().to_owned(),
        (true, false) => t.audience_days_day_before().to_owned(),
        (false, _) => t.audience_days_earlier_day(previous),
    };
    let [entered, left] = [Change::Entered, Change::Left].map(|change| people(last, change));
    t.audience_days_compared(day, entered, left, previous, size)
}

fn people(day: &AudienceDay, change: Change) -> String {
    day.count(change).map_or_else(|| "–".to_owned(), |count| grouped(count as f64, 0))
}

/// A line of all days from the first to the last. Days without figures are gaps.
fn chart(days: &[AudienceDay], t: Locale) -> Chart {
    let (first, last) = (days.first().map(|day| day.day), days.last().map(|day| day.day));
    let calendar = first.into_iter().flat_map(|first| first.iter_days()).take_while(|day| Some(*day) <= last);
    let calendar: Vec<NaiveDate> = calendar.collect();
    let at = |day: &NaiveDate| days.iter().find(|known| known.day == *day);
    let label = |day: &NaiveDate| day.format("%m-%d").to_string();
    let values =
        |count: fn(&AudienceDay) -> i64| calendar.iter().map(|day| at(day).map(|day| count(day) as f64)).collect();
    let marks = days.iter().filter(|day| day.rule_changed);
    Chart::Lines {
        categories: calendar.iter().map(label).collect(),
        series: vec![
            GappedSeries { name: t.audience_days_size().to_owned(), values: values(|day| day.size) },
            GappedSeries { name: t.audience_days_reachable().to_owned(), values: values(|day| day.reachable) },
        ],
        marks: marks.map(|day| Mark { category: label(&day.day), name: t.audience_days_rule_changed() }).collect(),
        unit: "",
    }
}

impl DayRow {
    fn new(id: &str, day: &AudienceDay, t: Locale) -> Self {
        let count = |change: Change| Count::new(id, day, change, t);
        let by_rule = [Change::EnteredByRule, Change::LeftByRule];
        let by_rule = by_rule.into_iter().filter(|_| day.rule_changed);
        Self {
            day: day.day.to_string(),
            size: grouped(day.size as f64, 0),
            reachable: grouped(day.reachable as f64, 0),
            entered: count(Change::Entered),
            left: count(Change::Left),
            remark: match (day.previous_day, day.rule_changed) {
                (None, _) => t.audience_days_first(),
                (_, true) => t.audience_days_rule_changed(),
                _ => "",
            },
            by_rule: by_rule.map(count).collect(),
        }
    }
}

impl Count {
    fn new(id: &str, day: &AudienceDay, change: Change, t: Locale) -> Self {
        let sign = match (day.count(change), change) {
            (None | Some(0), _) => "",
            (_, Change::Entered | Change::EnteredByRule) => "+",
            (_, Change::Left | Change::LeftByRule) => "−",
        };
        let has_list = day.members_kept && day.count(change).is_some_and(|count| count > 0);
        Self {
            text: format!("{sign}{}", people(day, change)),
            label: t.audience_days_list(name(change, t), day.day, people(day, change)),
            url: has_list.then(|| list_url(id, day.day, change, 0)),
        }
    }
}

impl ListView {
    pub(super) fn new(id: &str, change: Change, found: ChangedMembers, t: Locale) -> Self {
        let mut notes = Vec::new();
        if found.hidden > 0 {
            notes.push(t.audience_days_hidden(found.hidden));
        }
        if (found.listed as i64) < found.total {
            notes.push(t.audience_days_cut(grouped(found.listed as f64, 0)));
        }
        let url = |member: &String| format!("/members/{}", percent_encode(member));
        Self {
            title: t.audience_days_list(name(change, t), found.day, grouped(found.total as f64, 0)),
            members: found.members.into_iter().map(|member| (url(&member), member)).collect(),
            notes,
            next_url: found.next.map(|after| list_url(id, found.day, change, after)),
        }
    }

    /// For a day without a list.
    pub(super) fn gone(day: NaiveDate, t: Locale) -> Self {
        let notes = vec![t.audience_days_not_kept(KEPT_LISTS)];
        Self { title: day.to_string(), members: Vec::new(), notes, next_url: None }
    }
}

fn name(change: Change, t: Locale) -> &'static str {
    match change {
        Change::Entered => t.audience_days_entered(),
        Change::Left => t.audience_days_left(),
        Change::EnteredByRule => t.audience_days_entered_by_rule(),
        Change::LeftByRule => t.audience_days_left_by_rule(),
    }
}

fn list_url(id: &str, day: NaiveDate, change: Change, after: usize) -> String {
    let (page, day, after) = (format!("/audiences/saved/{}", percent_encode(id)), day.to_string(), after.to_string());
    let mut query = vec![("day", day.as_str()), ("change", change.as_str())];
    if after != "0" {
        query.push(("after", after.as_str()));
    }
    format!("{}#list", url_with_query(&page, query))
}
