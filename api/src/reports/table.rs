//! One table of a report, with the picture that goes before it.

use serde_json::Value;
use zhihui_engine::report::{ReportTable, unit_word};

use super::figures::figure;
use super::picture::{Picture, hidden};
use crate::pages::tongue::Tongue;

/// Steps of shade of a heat table.
const SHADES: f64 = 8.0;

/// One table.
#[derive(Debug)]
pub(super) struct TableView {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) picture: Option<Picture>,
    pub(super) columns: Vec<Head>,
    pub(super) rows: Vec<Vec<Cell>>,
    /// What the button says that opens the table behind a picture.
    pub(super) behind: String,
}

/// The head of a column.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) label: String,
    pub(super) unit: String,
    pub(super) numeric: bool,
}

/// One cell.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) class: String,
}

impl TableView {
    pub(super) fn new(table: &ReportTable, l: Tongue) -> Self {
        let units: Vec<&str> = (0..table.columns.len())
            .map(|at| table.column_details.get(at).map_or("text", |column| column.unit.as_str()))
            .collect();
        let numeric: Vec<bool> = (0..units.len()).map(|at| is_numeric(table, at)).collect();
        let shading = Shading::of(table, &units, &numeric);
        let columns = table
            .columns
            .iter()
            .enumerate()
            .map(|(at, name)| Head {
                label: table.column_details.get(at).map_or(name.as_str(), |column| l.of(&column.label)).to_owned(),
                unit: if numeric[at] { unit_word(units[at], l.0).to_owned() } else { String::new() },
                numeric: numeric[at],
            })
            .collect();
        let cell = |at: usize, value: &Value| {
            let shade = shading.class(at, value);
            let classes =
                [if numeric.get(at) == Some(&true) { "n" } else { "" }, &shade, if hidden(value) { "hid" } else { "" }];
            let class = classes.into_iter().filter(|class| !class.is_empty()).collect::<Vec<_>>().join(" ");
            Cell { text: text_of(value, units.get(at).copied().unwrap_or("text"), l), class }
        };
        let rows: Vec<Vec<Cell>> =
            table.rows.iter().map(|row| row.iter().enumerate().map(|(at, value)| cell(at, value)).collect()).collect();
        let picture = if shading.is_heat() { None } else { Picture::of(table, &units, &numeric, l) };
        let behind = if l.tag() == "zh-CN" {
            format!("数据表({} 行)", rows.len())
        } else {
            format!("The table behind it ({} rows)", rows.len())
        };
        Self { name: table.name.clone(), title: l.of(&table.label).to_owned(), picture, columns, rows, behind }
    }
}

/// A column of numbers, some of which may be hidden or missing.
fn is_numeric(table: &ReportTable, at: usize) -> bool {
    let cells = || table.rows.iter().filter_map(|row| row.get(at));
    cells().any(Value::is_number) && cells().all(|cell| cell.is_number() || cell.is_null() || hidden(cell))
}

pub(super) fn text_of(value: &Value, unit: &str, l: Tongue) -> String {
    match value {
        Value::Null => "–".to_owned(),
        // The cell may be hidden for another one's sake, and be larger than the bound.
        value if hidden(value) => hidden_word(l).to_owned(),
        Value::String(text) if text == "unknown" => l.say("未知", "unknown").to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(yes) => if *yes { l.say("是", "yes") } else { l.say("否", "no") }.to_owned(),
        other => other.as_f64().map_or_else(|| other.to_string(), |number| plain(number, unit, l)),
    }
}

/// What stands for a hidden cell.
pub(super) fn hidden_word(l: Tongue) -> &'static str {
    l.say("隐去", "hidden")
}

/// A number in a table: the unit stands in the head, but for durations and shares.
fn plain(number: f64, unit: &str, l: Tongue) -> String {
    let (text, word) = figure(number, unit, l, false);
    match unit {
        "share" => format!("{text}%"),
        "seconds" => format!("{text} {word}"),
        _ => text,
    }
}

/// The shades of a table whose columns are all of one kind, such as topics by age band.
struct Shading(Option<f64>);

impl Shading {
    fn of(table: &ReportTable, units: &[&str], numeric: &[bool]) -> Self {
        let alike = units.len() >= 4
            && !numeric[0]
            && numeric[1..].iter().all(|&is| is)
            && units[1..].windows(2).all(|pair| pair[0] == pair[1]);
        let numbers = table.rows.iter().flat_map(|row| row.iter().skip(1)).filter_map(Value::as_f64);
        let most = numbers.fold(0.0, f64::max);
        Self((alike && most > 0.0).then_some(most))
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
