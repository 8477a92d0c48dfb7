//! Adds to a report what explains its days: the official calendar, and the notes of staff.

use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use zhihui_api::ReportNotes;
use zhihui_data::holidays::{has_calendar, official_days, spring_festivals};
use zhihui_engine::report::{DayNote, DayNoteKind, Report, Sentence, is_by_day};

use crate::home::Home;

/// Adds the notes about the days of a report with a table of days.
///
/// # Errors
/// If the database cannot be read.
pub(crate) async fn add(home: &Home, report: &mut Report) -> anyhow::Result<()> {
    let day = |text: &str| text.parse::<DateTime<Utc>>().map(|at| home.zone().day(at));
    let (from, to) = (day(&report.from)?, day(&report.to)?);
    report.notes.extend(shifted_festival(report, from, to));
    if !report.tables.iter().any(is_by_day) {
        return Ok(());
    }
    let years = from.year()..=to.pred_opt().unwrap_or(to).year();
    report.notes.extend(years.filter(|year| !has_calendar(*year)).map(without_calendar));
    report.day_notes = official_notes(from, to);
    if home.has_store() {
        let union = report.filters.get("union").and_then(|union| union.as_str());
        let notes = ReportNotes::new(&home.store().await?).within(from, to, union).await?;
        report.day_notes.extend(notes.into_iter().map(|note| DayNote {
            first: note.first.to_string(),
            last: note.last.to_string(),
            kind: DayNoteKind::Annotation,
            text: both(note.text.clone(), note.text),
        }));
    }
    Ok(())
}

fn official_notes(from: NaiveDate, to: NaiveDate) -> Vec<DayNote> {
    let within = official_days().iter().filter(|days| days.days_within(from, to) > 0);
    let note = |days: &zhihui_data::holidays::OfficialDays| DayNote {
        first: days.first.to_string(),
        last: days.last.to_string(),
        kind: if days.is_holiday { DayNoteKind::Holiday } else { DayNoteKind::MovedWorkday },
        text: match days.is_holiday {
            true => both(format!("{}放假", days.zh), format!("{} holiday", days.en)),
            false => both(format!("{}调休上班", days.zh), format!("working day moved for {}", days.en)),
        },
    };
    within.map(note).collect()
}

fn without_calendar(year: i32) -> Sentence {
    both(
        format!("没有 {year} 年的节假日安排，图表不标出当年的节假日和调休。"),
        format!("There is no calendar for {year}: its holidays and moved working days are not marked."),
    )
}

/// Says so if a report and the period a year earlier have different parts of Spring Festival, which moves by weeks.
fn shifted_festival(report: &Report, from: NaiveDate, to: NaiveDate) -> Option<Sentence> {
    let filter = |name: &str| report.filters.get(name).and_then(|value| value.as_str());
    if filter("compare") != Some("last_year") {
        return None;
    }
    // A report with a filter is about a month, and is compared with the same month.
    let is_filtered = ["union", "district", "age_band"].into_iter().any(|name| filter(name).is_some());
    let earlier = |day: NaiveDate| match is_filtered {
        true => day.checked_sub_months(Months::new(12)).unwrap_or(day),
        false => day - chrono::Duration::days(364),
    };
    let days = |from, to| spring_festivals().map(|festival| festival.days_within(from, to)).sum::<i64>();
    let (now, before) = (days(from, to), days(earlier(from), earlier(to)));
    (now != before).then(|| {
        both(
            format!("春节每年日期不同：这段时间有 {now} 天春节假期，去年同期有 {before} 天，比较时请留意。"),
            format!("Spring Festival moves: this period has {now} days of it, the period a year earlier {before}."),
        )
    })
}

fn both(zh: String, en: String) -> Sentence {
    Sentence { zh, en }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn report(compare: &str, union: Option<&str>) -> Report {
        let report = serde_json::json!({
            "from": "", "to": "", "as_of": "", "filters": { "compare": compare, "union": union },
            "summary": { "zh": "", "en": "" }, "metrics": [], "tables": [], "notes": [],
        });
        serde_json::from_value(report).expect("a report")
    }

    #[test]
    fn holidays_and_moved_working_days_of_the_period_are_named() {
        let notes = official_notes(day("2026-09-01"), day("2026-10-02"));
        let texts: Vec<&str> = notes.iter().map(|note| note.text.zh.as_str()).collect();
        assert_eq!(texts, ["国庆节调休上班", "中秋节放假", "国庆节放假"]);
        assert_eq!((notes[0].kind, notes[2].last.as_str()), (DayNoteKind::MovedWorkday, "2026-10-07"));
        assert!(official_notes(day("2026-11-01"), day("2026-12-01")).is_empty());
    }

    #[test]
    fn a_year_earlier_with_another_share_of_spring_festival_is_said() {
        let (from, to) = (day("2026-02-01"), day("2026-03-01"));
        let note = shifted_festival(&report("last_year", None), from, to).expect("a note");
        assert!(note.zh.contains("这段时间有 9 天春节假期，去年同期有 3 天"), "{}", note.zh);
        let note = shifted_festival(&report("last_year", Some("u1")), from, to).expect("a note");
        assert!(note.zh.contains("去年同期有 4 天"), "{}", note.zh);
        assert_eq!(shifted_festival(&report("previous", None), from, to), None);
        assert_eq!(shifted_festival(&report("last_year", None), day("2026-06-01"), day("2026-07-01")), None);
    }
}
