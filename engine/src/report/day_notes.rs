//! What explains the figures of single days: holidays, moved working days, and notes of staff. Tables of days show them in a column.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ReportColumn, ReportTable, Sentence};
use crate::Language;

/// Name of the column with the notes.
const DAY_NOTES: &str = "day_notes";

/// A note about one day or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayNote {
    /// The first day, such as `2026-10-01`.
    pub first: String,
    /// The last day.
    pub last: String,
    /// What it is.
    pub kind: DayNoteKind,
    /// The note. What staff write is the same in both languages.
    pub text: Sentence,
}

/// Kinds of notes about days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayNoteKind {
    /// A public holiday.
    Holiday,
    /// A working day at a weekend, in exchange for a holiday.
    MovedWorkday,
    /// A note of staff.
    Annotation,
}

/// A table with a column of notes, if it is a table of days and a note is about one of them.
#[must_use]
pub fn with_day_notes<'a>(table: &'a ReportTable, notes: &[DayNote], language: Language) -> Cow<'a, ReportTable> {
    let separator = if language == Language::Zh { "；" } else { "; " };
    let text = |row: &Vec<Value>| {
        let day = row.first().and_then(Value::as_str).unwrap_or_default();
        let about = notes.iter().filter(|note| (note.first.as_str()..=note.last.as_str()).contains(&day));
        let texts = about.map(|note| if language == Language::Zh { &*note.text.zh } else { &*note.text.en });
        texts.collect::<Vec<_>>().join(separator)
    };
    if !is_by_day(table) {
        return Cow::Borrowed(table);
    }
    let texts: Vec<String> = table.rows.iter().map(text).collect();
    if texts.iter().all(String::is_empty) {
        return Cow::Borrowed(table);
    }
    let mut table = table.clone();
    table.columns.push(DAY_NOTES.to_owned());
    let label = Sentence { zh: "备注".to_owned(), en: "Notes".to_owned() };
    table.column_details.push(ReportColumn { label, unit: "text".to_owned() });
    for (row, text) in table.rows.iter_mut().zip(texts) {
        row.push(text.into());
    }
    Cow::Owned(table)
}

/// Whether each row of a table is a day.
#[must_use]
pub fn is_by_day(table: &ReportTable) -> bool {
    table.columns.first().is_some_and(|name| name == "day")
}

/// The notes in a row of a table of [`with_day_notes`]; empty if there are none.
#[must_use]
pub fn day_notes_of<'a>(table: &ReportTable, row: &'a [Value]) -> &'a str {
    let has_notes = table.columns.last().is_some_and(|name| name == DAY_NOTES);
    row.last().filter(|_| has_notes).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn table(column: &str) -> ReportTable {
        ReportTable {
            name: "daily".into(),
            label: Sentence::default(),
            columns: vec![column.into(), "readers".into()],
            column_details: Vec::new(),
            rows: ["2026-02-14", "2026-02-15", "2026-02-24"].map(|day| vec![json!(day), json!(3)]).into(),
        }
    }

    fn note(first: &str, last: &str, text: &str) -> DayNote {
        let text = Sentence { zh: text.to_owned(), en: text.to_owned() };
        DayNote { first: first.into(), last: last.into(), kind: DayNoteKind::Annotation, text }
    }

    #[test]
    fn a_table_of_days_names_the_notes_of_each_day() {
        let notes = [note("2026-02-15", "2026-02-23", "春节放假"), note("2026-02-10", "2026-02-15", "抢票活动")];
        let table = table("day");
        let noted = with_day_notes(&table, &notes, Language::Zh);
        let texts: Vec<&str> = noted.rows.iter().map(|row| day_notes_of(&noted, row)).collect();
        assert_eq!(texts, ["抢票活动", "春节放假；抢票活动", ""]);
        assert_eq!(day_notes_of(&table, &table.rows[0]), "", "a table without the column");
    }

    #[test]
    fn other_tables_and_days_stay_as_they_are() {
        let notes = [note("2026-02-15", "2026-02-23", "春节放假")];
        assert!(matches!(with_day_notes(&table("topic"), &notes, Language::En), Cow::Borrowed(_)));
        let other = [note("2026-03-01", "2026-03-01", "妇女节活动")];
        assert!(matches!(with_day_notes(&table("day"), &other, Language::En), Cow::Borrowed(_)));
    }
}
