//! Formats when to send to the members of an audience: a sentence, a chart of the 24 hours, and the tables behind it.

use zhihui_engine::audience::{HourCount, SendHours};

use crate::web::labels;
use crate::web::locale::Locale;
use crate::web::numbers::grouped;

/// Width of an hour in the chart, and the height of the longest column.
const HOUR_WIDTH: u32 = 10;
const HEIGHT: f64 = 100.0;

/// When to send, formatted.
pub(crate) struct HoursView {
    pub(crate) sentence: String,
    pub(crate) width: u32,
    pub(crate) columns: Vec<HourColumn>,
    /// Hour, members by habit, members by age band, whether it is quiet.
    pub(crate) rows: Vec<(String, String, String, bool)>,
    /// Age band, members without a habit, time.
    pub(crate) bands: Vec<(String, String, String)>,
}

/// The column of an hour: members by habit at the bottom, those by age band above.
pub(crate) struct HourColumn {
    pub(crate) x: u32,
    pub(crate) by_habit: [String; 2],
    pub(crate) by_age_band: [String; 2],
    pub(crate) title: String,
}

impl HoursView {
    pub(crate) fn new(hours: &SendHours, t: Locale) -> Self {
        let all = |hour: &HourCount| hour.by_habit + hour.by_age_band;
        let most = hours.hours.iter().map(all).max().unwrap_or(0).max(1) as f64;
        let column = |hour: &HourCount| {
            let [habit, band] = [hour.by_habit, hour.by_age_band].map(|members| HEIGHT * members as f64 / most);
            let part = |top: f64, height: f64| [format!("{top:.2}"), format!("{height:.2}")];
            HourColumn {
                x: hour.hour * HOUR_WIDTH,
                by_habit: part(HEIGHT - habit, habit),
                by_age_band: part(HEIGHT - habit - band, band),
                title: format!("{} · {}", span(hour.hour), grouped(all(hour) as f64, 0)),
            }
        };
        let count = |members: usize| grouped(members as f64, 0);
        let row = |hour: &HourCount| (span(hour.hour), count(hour.by_habit), count(hour.by_age_band), hour.quiet);
        let band = |band: &zhihui_engine::audience::BandTime| {
            let label = labels::known(&band.age_band, t).to_owned();
            (label, count(band.members), band.time.clone().unwrap_or_else(|| "–".to_owned()))
        };
        Self {
            sentence: sentence(hours, t),
            width: 24 * HOUR_WIDTH,
            columns: hours.hours.iter().map(column).collect(),
            rows: hours.hours.iter().map(row).collect(),
            bands: hours.age_bands.iter().map(band).collect(),
        }
    }
}

fn sentence(hours: &SendHours, t: Locale) -> String {
    let percent = grouped(100.0 * hours.by_habit as f64 / hours.members.max(1) as f64, 0);
    match (hours.best_hour, &hours.rest_at) {
        (None, _) => t.audiences_hours_unknown().to_owned(),
        (Some(best), _) if hours.by_habit == hours.members => t.audiences_hours_all_by_habit(span(best)),
        (Some(best), Some(rest)) => t.audiences_hours_by_habit_and_rest(span(best), percent, rest),
        (Some(best), None) => t.audiences_hours_rest_unknown(span(best), percent),
    }
}

/// An hour as its beginning and end.
fn span(hour: u32) -> String {
    format!("{hour:02}:00–{:02}:00", hour + 1)
}

#[cfg(test)]
mod tests {
    use zhihui_engine::Language;

    use super::*;

    fn hours(by_habit: usize, best_hour: Option<u32>, rest_at: Option<&str>) -> SendHours {
        let hour = |hour| HourCount {
            hour,
            by_habit: if hour == 20 { by_habit } else { 0 },
            by_age_band: if hour == 12 { 10 - by_habit } else { 0 },
            quiet: hour < 8,
        };
        SendHours {
            members: 10,
            by_habit,
            hours: (0..24).map(hour).collect(),
            age_bands: Vec::new(),
            rest_at: rest_at.map(str::to_owned),
            best_hour,
        }
    }

    #[test]
    fn the_sentence_says_whose_habit_is_known() {
        let sentence = |hours| HoursView::new(&hours, Locale::new(Language::En)).sentence;
        let some = sentence(hours(6, Some(20), Some("12:30")));
        assert!(some.contains("60%") && some.contains("the rest at 12:30") && some.contains("20:00–21:00"), "{some}");
        assert!(!sentence(hours(10, Some(20), None)).contains("the rest"));
        assert!(sentence(hours(0, None, None)).contains("no reads"));
        assert!(sentence(hours(4, Some(20), None)).contains("40%"));
    }

    #[test]
    fn columns_are_stacked_within_the_chart() {
        let view = HoursView::new(&hours(6, Some(20), Some("12:30")), Locale::new(Language::Zh));
        assert_eq!((view.columns.len(), view.columns[23].x), (24, 230));
        assert_eq!(view.columns[20].by_habit, ["0.00".to_owned(), "100.00".to_owned()]);
        assert!(view.rows[7].3 && !view.rows[8].3);
    }
}
