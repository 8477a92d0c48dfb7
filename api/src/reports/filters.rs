//! Period and filters of the report pages: links to common periods, the form, and what the URL says.

use axum::http::Uri;
use chrono::{DateTime, Datelike, Duration, NaiveDate};
use zhihui_data::Zone;

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
    pub(crate) label: &'static str,
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

    /// The value of a field of the form.
    pub(crate) fn value<'a>(&self, field: &'a Option<String>) -> &'a str {
        field.as_deref().unwrap_or_default()
    }
}

/// Common periods, in whole days before today.
fn presets(path: &str, other_filters: &str, now: i64, zone: Zone, t: Locale, query: &PeriodQuery) -> Vec<Preset> {
    let today = zone.day(DateTime::from_timestamp(now, 0).unwrap_or_default());
    let month = first_of_month(today);
    let last_month = first_of_month(month - Duration::days(1));
    let year = today.with_ordinal(1).unwrap_or(today);
    let periods = [
        (t.reports_days_7(), today - Duration::days(7), today),
        (t.reports_days_30(), today - Duration::days(30), today),
        (t.reports_this_month(), month, today + Duration::days(1)),
        (t.reports_last_month(), last_month, month),
        (t.reports_this_year(), year, today + Duration::days(1)),
    ];
    let preset = |(label, from, to): (&'static str, NaiveDate, NaiveDate)| {
        let (from, to) = (from.to_string(), to.to_string());
        // Without a period the report covers the last 30 days.
        let default_from = (today - Duration::days(30)).to_string();
        let from_day = query.from.as_deref().filter(|from| !from.is_empty()).unwrap_or(&default_from);
        let to_day = query.to.as_deref().filter(|to| !to.is_empty()).map_or_else(|| today.to_string(), str::to_owned);
        let is_current = from_day == from && to_day == to;
        let rest = if other_filters.is_empty() { String::new() } else { format!("&{other_filters}") };
        Preset { label, url: format!("{path}?from={from}&to={to}{rest}"), is_current }
    };
    periods.map(preset).into()
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
}
