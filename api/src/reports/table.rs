//! Formats a table of a report, with its picture.

use serde_json::Value;
use zhihui_engine::report::{ReportTable, day_notes_of, is_by_day, size_classes, unit_label};

use super::cell::{hidden, text_of};
use super::picture::Picture;
use super::row_name::RowName;
use crate::web::chart::{Chart, GappedSeries};
use crate::web::locale::Locale;

/// Number of shades of a heat map.
const SHADES: f64 = 8.0;

/// One table.
#[derive(Debug)]
pub(crate) struct TableView {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) picture: Option<Picture>,
    pub(crate) columns: Vec<Head>,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// Label of the button that opens the table of a picture.
    pub(crate) table_label: String,
    /// Why the picture is coarser than the table, or missing; empty otherwise.
    pub(crate) picture_note: &'static str,
    /// What explains single days.
    pub(crate) marks: Vec<String>,
    /// The picture of days as JSON for the script, which adds hovering, zooming and keys.
    pub(crate) chart: Option<String>,
}

/// A column header.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) label: String,
    pub(crate) unit: String,
    pub(crate) numeric: bool,
}

/// One cell.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) class: String,
    /// The id of the row, in the cell with its name.
    pub(crate) id: String,
}

impl TableView {
    pub(crate) fn new(table: &ReportTable, t: Locale) -> Self {
        let units: Vec<&str> = (0..table.columns.len())
            .map(|at| table.column_details.get(at).map_or("text", |column| column.unit.as_str()))
            .collect();
        let numeric: Vec<bool> = (0..units.len()).map(|at| is_numeric(table, at)).collect();
        let shading = Shading::of(table, &units, &numeric);
        let name = RowName::of(table, t);
        let columns: Vec<usize> = (0..table.columns.len()).filter(|at| name.is_shown(*at)).collect();
        let head = |&at: &usize| Head {
            label: table
                .column_details
                .get(at)
                .map_or(table.columns[at].as_str(), |column| t.sentence(&column.label))
                .to_owned(),
            unit: if numeric[at] { unit_label(units[at], t.language()).to_owned() } else { String::new() },
            numeric: numeric[at],
        };
        let cell = |at: usize, row: &[Value]| {
            let value = row.get(at).unwrap_or(&Value::Null);
            let shade = shading.class(at, value);
            let classes = [if numeric[at] { "n" } else { "" }, &shade, if hidden(value) { "hid" } else { "" }];
            let class = classes.into_iter().filter(|class| !class.is_empty()).collect::<Vec<_>>().join(" ");
            let id = if at == name.title { name.id(row) } else { String::new() };
            Cell { text: text_of(value, units[at], t), class, id }
        };
        let rows: Vec<Vec<Cell>> =
            table.rows.iter().map(|row| columns.iter().map(|&at| cell(at, row)).collect()).collect();
        let (picture, picture_note) =
            if shading.is_heat() { (None, "") } else { picture(table, &units, &numeric, &name, t) };
        let behind = t.reports_table_rows(rows.len());
        Self {
            name: table.name.clone(),
            title: t.sentence(&table.label).to_owned(),
            picture,
            columns: columns.iter().map(head).collect(),
            rows,
            table_label: behind,
            picture_note,
            marks: Vec::new(),
            chart: day_chart(table, &units, t),
        }
    }
}

/// The counts of people of a table of days. Hidden counts are gaps.
fn day_chart(table: &ReportTable, units: &[&str], t: Locale) -> Option<String> {
    if !is_by_day(table) || table.rows.len() < 2 {
        return None;
    }
    let values = |at: usize| table.rows.iter().map(move |row| row.get(at).and_then(Value::as_f64));
    let counts = (1..units.len()).filter(|&at| units[at] == "people" && values(at).any(|value| value.is_some()));
    let series: Vec<GappedSeries> = counts
        .map(|at| {
            let name = table.column_details.get(at).map(|column| t.sentence(&column.label)).unwrap_or_default();
            GappedSeries { name: name.to_owned(), values: values(at).collect() }
        })
        .collect();
    let day = |row: &Vec<Value>| row.first().and_then(Value::as_str).unwrap_or_default().to_owned();
    let categories = table.rows.iter().map(day).collect();
    let notes = table.rows.iter().map(|row| day_notes_of(table, row).to_owned()).collect();
    (!series.is_empty()).then(|| Chart::Days { categories, series, notes, unit: "" }.json())
}

/// The picture of a table. If most of its values are hidden, a picture of a coarser grouping if there is one, and why.
fn picture(
    table: &ReportTable,
    units: &[&str],
    numeric: &[bool],
    name: &RowName,
    t: Locale,
) -> (Option<Picture>, &'static str) {
    let picture = Picture::of(table, units, numeric, name, t);
    if picture.is_none() || !is_mostly_hidden(table, numeric) {
        return (picture, "");
    }
    let Some(classes) = size_classes(table) else { return (None, t.reports_mostly_hidden()) };
    let units: Vec<&str> = classes.column_details.iter().map(|column| column.unit.as_str()).collect();
    let picture = Picture::of(&classes, &units, &[false, true], &RowName::of(&classes, t), t);
    (picture, t.reports_by_size())
}

/// Whether more than half of the values that a picture would show are hidden.
fn is_mostly_hidden(table: &ReportTable, numeric: &[bool]) -> bool {
    let Some(at) = numeric.iter().position(|&is| is) else { return false };
    let hidden = table.rows.iter().filter(|row| row.get(at).is_some_and(hidden)).count();
    2 * hidden > table.rows.len()
}

/// Whether a column contains numbers, some of which may be hidden or missing.
fn is_numeric(table: &ReportTable, at: usize) -> bool {
    let cells = || table.rows.iter().filter_map(|row| row.get(at));
    cells().any(Value::is_number) && cells().all(|cell| cell.is_number() || cell.is_null() || hidden(cell))
}

/// Shades of a heat map: a table whose columns all have the same unit, such as topics by age band.
struct Shading(Option<f64>);

impl Shading {
    fn of(table: &ReportTable, units: &[&str], numeric: &[bool]) -> Self {
        let is_uniform = units.len() >= 4
            && !numeric[0]
            && numeric[1..].iter().all(|&is| is)
            && units[1..].windows(2).all(|pair| pair[0] == pair[1]);
        let numbers = table.rows.iter().flat_map(|row| row.iter().skip(1)).filter_map(Value::as_f64);
        let most = numbers.fold(0.0, f64::max);
        Self((is_uniform && most > 0.0).then_some(most))
    }

    fn is_heat(&self) -> bool {
        self.0.is_some()
    }

    fn class(&self, at: usize, value: &Value) -> String {
        match (self.0, value.as_f64()) {
            (Some(most), Some(number)) if at > 0 => format!("h{:.0}", (number.max(0.0) / most * SHADES).round()),
            _ => String::new(),
        }
    }
}
