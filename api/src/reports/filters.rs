//! Period and filters of the report pages: links to common periods, the form, and what the URL says.

use axum::http::Uri;
use chrono::{DateTime, Datelike, Duration, Months, NaiveDate};
use zhihui_data::Zone;
use zhihui_data::holidays::spring_festivals;

use super::routes::PeriodQuery;
use crate::web::locale::Locale;

/// Period and filters of one page.
pub(crate) struct Filters {
    /// The page.
    pub(crate) path: &'static str,
    pub(crate) query: PeriodQuery,
    pub(crate) presets: Vec<Preset>,
    /// The query string without language and format, for links to other pages and formats.
    pub(crate) same_query: String,
}

/// A link to a common period.
pub(crate) struct Preset {
    pub(crate) label: String,
    pub(crate) url: String,
    pub(crate) is_current: bool,
}

impl Filters {
    /// Reads the filters of a page. `now` is in seconds since 1970.
    pub(crate) fn new(path: &'static str, uri: &Uri, query: PeriodQuery, now: i64, zone: Zone, t: Locale) -> Self {
        let without = |names: &[&str]| {
            let is_kept = |pair: &&str| {
                !pair.is_empty()
                    && !names.iter().any(|name| pair.strip_prefix(name).is_some_and(|rest| rest.starts_with('=')))
            };
            uri.query().unwrap_or_default().split('&').filter(is_kept).collect::<Vec<_>>().join("&")
        };
        let other_filters = without(&["lang", "file", "from", "to"]);
        let presets = presets(path, &other_filters, now, zone, t, &query);
        Self { path, same_query: without(&["lang", "file"]), presets, query }
    }

    /// Whether the form is open: a period or filter is chosen.
    pub(crate) fn is_open(&self) -> bool {
        !self.chosen().is_empty()
    }

    /// The chosen period and filters as fields of a form.
    pub(crate) fn chosen(&self) -> Vec<(&'static str, &str)> {
        let PeriodQuery { from, to, compare, union, district, age_band } = &self.query;
        let fields = [("from", from), ("to", to), ("compare", compare), ("union", union), ("district", district)];
        let fields = fields.into_iter().chain([("age_band", age_band)]);
        fields.filter_map(|(name, value)| Some((name, value.as_deref().filter(|text| !text.is_empty())?))).collect()
    }

    /// Whether this is the chosen period of comparison.
    pub(crate) fn compares(&self, name: &str) -> bool {
        self.query.compare.as_deref().filter(|name| !name.is_empty()).unwrap_or("previous") == name
    }

    /// The same period and filters on another page.
    pub(crate) fn on(&self, path: &str) -> String {
        if self.same_query.is_empty() { path.to_owned() } else { format!("{path}?{}", self.same_query) }
    }

    /// The query string with its question mark; empty without one.
    pub(crate) fn tail(&self) -> String {
        self.on("")
    }

    /// The value of a field of the form.
    pub(crate) fn value<'a>(&self, field: &'a Option<String>) -> &'a str {
        field.as_deref().unwrap_or_default()
    }
}

/// Common periods, in whole days before today.
fn presets(path: &str, other_filters: &str, now: i64, zone: Zone, t: Locale, query: &PeriodQuery) -> Vec<Preset> {
    let today = zone.day(DateTime::from_timestamp(now, 0).unwrap_or_default());
    let preset = |(label, from, to): NamedPeriod| {
        let (from, to) = (from.to_string(), to.to_string());
        // Without a period the report covers the last 30 days.
        let default_from = (today - Duration::days(30)).to_string();
        let from_day = query.from.as_deref().filter(|from| !from.is_empty()).unwrap_or(&default_from);
        let to_day = query.to.as_deref().filter(|to| !to.is_empty()).map_or_else(|| today.to_string(), str::to_owned);
        let is_current = from_day == from && to_day == to;
        let rest = if other_filters.is_empty() { String::new() } else { format!("&{other_filters}") };
        Preset { label, url: format!("{path}?from={from}&to={to}{rest}"), is_current }
    };
    periods(today, t).into_iter().map(preset).collect()
}

/// A label, the first day and the day after the last one.
type NamedPeriod = (String, NaiveDate, NaiveDate);

/// The periods of a union's year. Periods that have not ended go to the end of today.
fn periods(today: NaiveDate, t: Locale) -> Vec<NamedPeriod> {
    let tomorrow = today + Duration::days(1);
    let week = today - Duration::days(i64::from(today.weekday().num_days_from_monday()));
    let month = first_of_month(today);
    let quarter = first_day(today.year(), month.month0() / 3 * 3 + 1);
    let year = first_day(today.year(), 1);
    let (last_month, last_quarter) = (earlier(month, 1), earlier(quarter, 3));
    // The latest first and second half that have begun.
    let half = if today.month() > 6 { today.year() } else { today.year() - 1 };
    let named = |label: &str, from, to| (label.to_owned(), from, to);
    let mut periods = vec![
        named(t.reports_days_7(), today - Duration::days(7), today),
        named(t.reports_days_30(), today - Duration::days(30), today),
        named(t.reports_this_week(), week, tomorrow),
        named(t.reports_last_week(), week - Duration::days(7), week),
        named(t.reports_this_month(), month, tomorrow),
        named(t.reports_last_month(), last_month, month),
        named(t.reports_this_quarter(), quarter, tomorrow),
        named(t.reports_last_quarter(), last_quarter, quarter),
        named(t.reports_this_year(), year, tomorrow),
        named(t.reports_last_year(), earlier(year, 12), year),
        (t.reports_first_half(today.year()), year, first_day(today.year(), 7).min(tomorrow)),
        (t.reports_second_half(half), first_day(half, 7), first_day(half + 1, 1).min(tomorrow)),
    ];
    let festival = spring_festivals().filter(|festival| festival.first <= today).last();
    periods.extend(festival.map(|festival| {
        let to = (festival.last + Duration::days(1)).min(tomorrow);
        (t.reports_spring_festival(festival.first.year()), festival.first, to)
    }));
    periods
}

fn first_day(year: i32, month: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, 1).unwrap_or_default()
}

fn earlier(day: NaiveDate, months: u32) -> NaiveDate {
    day.checked_sub_months(Months::new(months)).unwrap_or(day)
}

fn first_of_month(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use zhihui_engine::Language;

    use super::*;

    #[test]
    fn links_keep_the_other_filters_and_drop_the_language() {
        let uri: Uri =
            "/reports?from=2026-11-01&to=2026-11-08&district=%E6%9C%9D%E9%98%B3&lang=en".parse().expect("an address");
        let query =
            PeriodQuery { from: Some("2026-11-01".into()), to: Some("2026-11-08".into()), ..PeriodQuery::default() };
        let filters = Filters::new("/reports", &uri, query, 1_795_320_000, Zone::default(), Locale::new(Language::Zh));
        assert_eq!(
            filters.on("/reports/explore"),
            "/reports/explore?from=2026-11-01&to=2026-11-08&district=%E6%9C%9D%E9%98%B3"
        );
        assert!(filters.presets.iter().all(|preset| preset.url.ends_with("&district=%E6%9C%9D%E9%98%B3")));
        assert!(filters.presets.iter().all(|preset| preset.url.matches("from=").count() == 1));
    }

    #[test]
    fn the_periods_of_a_year_are_whole_and_end_today_at_the_latest() {
        let zh = Locale::new(Language::Zh);
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        let of = |today: &str, label: &str| {
            let found = periods(day(today), zh).into_iter().find(|period| period.0 == label).expect("a period");
            (found.1.to_string(), found.2.to_string())
        };
        let days = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        // A Sunday.
        assert_eq!(of("2026-11-22", "本周"), days("2026-11-16", "2026-11-23"));
        assert_eq!(of("2026-11-22", "上周"), days("2026-11-09", "2026-11-16"));
        assert_eq!(of("2026-11-22", "上季度"), days("2026-07-01", "2026-10-01"));
        assert_eq!(of("2026-01-31", "上月"), days("2025-12-01", "2026-01-01"));
        assert_eq!(of("2026-11-22", "去年"), days("2025-01-01", "2026-01-01"));
        assert_eq!(of("2026-11-22", "2026 上半年"), days("2026-01-01", "2026-07-01"));
        assert_eq!(of("2026-11-22", "2026 下半年"), days("2026-07-01", "2026-11-23"));
        assert_eq!(of("2026-03-05", "2025 下半年"), days("2025-07-01", "2026-01-01"));
        assert_eq!(of("2026-11-22", "2026 春节"), days("2026-02-15", "2026-02-24"));
        assert_eq!(of("2026-02-16", "2026 春节"), days("2026-02-15", "2026-02-17"));
        assert_eq!(of("2026-02-14", "2025 春节"), days("2025-01-28", "2025-02-05"));
    }
}
