//! Pictures of a table as SVG: bars for groups, columns for days. The table below shows the same numbers.

use serde_json::Value;
use zhihui_engine::report::{ReportTable, day_notes_of};

use super::cell::{hidden, text_of};
use super::row_name::RowName;
use crate::web::locale::Locale;

/// Maximum number of bars. The table shows all rows.
const MAX_BARS: usize = 12;
/// Maximum number of columns: a year of days.
const MAX_COLUMNS: usize = 366;
/// Width of a column and height of the picture, in units of the SVG.
const COLUMN: f64 = 10.0;
const HEIGHT: f64 = 100.0;

/// A picture.
#[derive(Debug)]
pub(crate) enum Picture {
    /// Horizontal bars with labels and values.
    Bars {
        /// Meaning of the length.
        caption: String,
        /// The bars.
        bars: Vec<Bar>,
    },
    /// Columns over time.
    Columns {
        /// Meaning of the height.
        caption: String,
        /// Width in units of the SVG.
        width: f64,
        /// The columns.
        columns: Vec<Column>,
        /// Label of the first column.
        first: String,
        /// Label of the last column.
        last: String,
        /// The highest value.
        most: String,
    },
}

/// A bar.
#[derive(Debug)]
pub(crate) struct Bar {
    pub(crate) label: String,
    /// The id of what the bar is about; empty if the label is all there is.
    pub(crate) id: String,
    /// Percentage of the longest bar.
    pub(crate) length: String,
    pub(crate) value: String,
    pub(crate) hidden: bool,
}

/// A column.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) height: f64,
    pub(crate) title: String,
    pub(crate) hidden: bool,
    /// Whether a note explains the day.
    pub(crate) is_marked: bool,
}

impl Picture {
    /// A picture of the first numeric column, or `None` if there is nothing to compare.
    pub(crate) fn of(
        table: &ReportTable,
        units: &[&str],
        numeric: &[bool],
        row_name: &RowName,
        t: Locale,
    ) -> Option<Self> {
        // Ages of models are all the same, and rows of tables are nothing to compare.
        let is_comparable = |at: &usize| *at > 0 && !["days", "rows"].contains(&units[*at]);
        let at = numeric.iter().position(|&is| is).filter(is_comparable)?;
        let caption =
            table.column_details.get(at).map_or_else(String::new, |column| t.sentence(&column.label).to_owned());
        let number = |row: &Vec<Value>| row.get(at).and_then(Value::as_f64).unwrap_or(0.0).max(0.0);
        let most = table.rows.iter().map(number).fold(0.0, f64::max);
        if table.rows.len() < 2 || most <= 0.0 {
            return None;
        }
        let name = |row: &Vec<Value>| row_name.text(row, units, t);
        let value = |row: &Vec<Value>| row.get(at).map(|value| text_of(value, units[at], t)).unwrap_or_default();
        let is_hidden = |row: &Vec<Value>| row.get(at).is_some_and(hidden);
        if is_time(&table.columns[0], units[0]) {
            let rows = &table.rows[table.rows.len().saturating_sub(MAX_COLUMNS)..];
            let columns = rows.iter().enumerate().map(|(place, row)| {
                let height = if is_hidden(row) { HEIGHT / 12.0 } else { number(row) / most * HEIGHT };
                let note = day_notes_of(table, row);
                let mut title = format!("{} · {}", name(row), value(row));
                if !note.is_empty() {
                    title = format!("{title} · {note}");
                }
                let (x, y) = (place as f64 * COLUMN + 1.0, HEIGHT - height);
                Column { x, y, height, title, hidden: is_hidden(row), is_marked: !note.is_empty() }
            });
            return Some(Self::Columns {
                caption,
                width: rows.len() as f64 * COLUMN,
                columns: columns.collect(),
                first: rows.first().map(name).unwrap_or_default(),
                last: rows.last().map(name).unwrap_or_default(),
                most: text_of(&Value::from(most), units[at], t),
            });
        }
        let bar = |row: &Vec<Value>| Bar {
            label: name(row),
            id: row_name.id(row),
            length: format!("{:.2}", if is_hidden(row) { 4.0 } else { number(row) / most * 100.0 }),
            value: value(row),
            hidden: is_hidden(row),
        };
        Some(Self::Bars { caption, bars: table.rows.iter().take(MAX_BARS).map(bar).collect() })
    }
}

fn is_time(name: &str, unit: &str) -> bool {
    let words = ["day", "date", "week", "month", "hour"];
    words.contains(&name) || words.contains(&unit)
}
