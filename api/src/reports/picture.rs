//! Pictures drawn here: bars for groups, columns for days. The table behind them says the same in numbers.

use serde_json::Value;
use zhihui_engine::report::ReportTable;

use super::table::text_of;
use crate::pages::tongue::Tongue;

/// Most bars in one picture; the table has the rest.
const MOST_BARS: usize = 12;
/// Most columns: a year of days.
const MOST_COLUMNS: usize = 366;
/// Width of one column's place and height of the picture in its own units.
const COLUMN: f64 = 10.0;
const HEIGHT: f64 = 100.0;

/// One picture.
#[derive(Debug)]
pub(super) enum Picture {
    /// Bars side by side with their names and numbers.
    Bars {
        /// What their length means.
        caption: String,
        /// The bars.
        bars: Vec<Bar>,
    },
    /// Columns over time.
    Columns {
        /// What their height means.
        caption: String,
        /// The whole width in the picture's own units.
        width: f64,
        /// The columns.
        columns: Vec<Column>,
        /// Name of the first.
        first: String,
        /// Name of the last.
        last: String,
        /// The highest number.
        most: String,
    },
}

/// One bar.
#[derive(Debug)]
pub(super) struct Bar {
    pub(super) label: String,
    /// Percent of the longest.
    pub(super) length: String,
    pub(super) value: String,
    pub(super) hidden: bool,
}

/// One column.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) height: f64,
    pub(super) title: String,
    pub(super) hidden: bool,
}

/// Whether a cell was hidden because it is about too few people.
pub(super) fn hidden(value: &Value) -> bool {
    let bound = value.as_str().and_then(|text| text.strip_prefix('<'));
    bound.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

impl Picture {
    /// The picture of a table's first column of numbers, `None` where there is nothing to compare.
    pub(super) fn of(table: &ReportTable, units: &[&str], numeric: &[bool], l: Tongue) -> Option<Self> {
        let at = numeric.iter().position(|&is| is).filter(|&at| at > 0)?;
        let caption = table.column_details.get(at).map_or_else(String::new, |column| l.of(&column.label).to_owned());
        let number = |row: &Vec<Value>| row.get(at).and_then(Value::as_f64).unwrap_or(0.0).max(0.0);
        let most = table.rows.iter().map(number).fold(0.0, f64::max);
        if table.rows.len() < 2 || most <= 0.0 {
            return None;
        }
        let name = |row: &Vec<Value>| row.first().map(|value| text_of(value, units[0], l)).unwrap_or_default();
        let value = |row: &Vec<Value>| row.get(at).map(|value| text_of(value, units[at], l)).unwrap_or_default();
        let is_hidden = |row: &Vec<Value>| row.get(at).is_some_and(hidden);
        if is_time(&table.columns[0], units[0]) {
            let rows = &table.rows[table.rows.len().saturating_sub(MOST_COLUMNS)..];
            let columns = rows.iter().enumerate().map(|(place, row)| {
                let height = if is_hidden(row) { HEIGHT / 12.0 } else { number(row) / most * HEIGHT };
                let title = format!("{} · {}", name(row), value(row));
                Column { x: place as f64 * COLUMN + 1.0, y: HEIGHT - height, height, title, hidden: is_hidden(row) }
            });
            return Some(Self::Columns {
                caption,
                width: rows.len() as f64 * COLUMN,
                columns: columns.collect(),
                first: rows.first().map(name).unwrap_or_default(),
                last: rows.last().map(name).unwrap_or_default(),
                most: text_of(&Value::from(most), units[at], l),
            });
        }
        let bar = |row: &Vec<Value>| Bar {
            label: name(row),
            length: format!("{:.2}", if is_hidden(row) { 4.0 } else { number(row) / most * 100.0 }),
            value: value(row),
            hidden: is_hidden(row),
        };
        Some(Self::Bars { caption, bars: table.rows.iter().take(MOST_BARS).map(bar).collect() })
    }
}

fn is_time(name: &str, unit: &str) -> bool {
    let words = ["day", "date", "week", "month", "hour"];
    words.contains(&name) || words.contains(&unit)
}
