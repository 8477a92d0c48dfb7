//! A `[[source]]`: how the files of another system become rows of a contract table.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use chrono::format::{Item, StrftimeItems};
use serde::{Deserialize, Deserializer, Serialize};
use zhihui_data::{ColumnKind, Table};

/// One mapping. All maps are keyed by contract columns.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its name in results.
    pub name: String,
    /// Which files: `*` and `?` in the file's name, or in the end of its path where a `/` is given; with or without
    /// `.gz` and `.zst`.
    #[serde(rename = "match")]
    pub pattern: String,
    /// The table that the rows belong to.
    pub table: Table,
    /// The format, where the file's ending does not say it.
    #[serde(default)]
    pub format: Option<FileFormat>,
    /// The file's column for each contract column; `""` leaves a contract column out. Columns that are not named here are
    /// found by their contract name or a synonym.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
    /// How instants are written: `unix_s`, `unix_ms`, `auto` (the default) or a chrono format.
    #[serde(default)]
    pub time: BTreeMap<String, String>,
    /// Words of the file and the contract's words for them; others pass as they are.
    #[serde(default)]
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// What separates the elements of a list; `;` by default.
    #[serde(default)]
    pub split: BTreeMap<String, String>,
    /// Values that every row has.
    #[serde(default, deserialize_with = "scalars")]
    pub constant: BTreeMap<String, String>,
    /// A whole number added to each value of a column: "guests" plus 1 are tickets.
    #[serde(default)]
    pub add: BTreeMap<String, i64>,
    /// The day on which the column `age` was true.
    #[serde(default, deserialize_with = "day")]
    pub age_as_of: Option<NaiveDate>,
    /// Values found in another file.
    #[serde(default)]
    pub lookup: BTreeMap<String, Lookup>,
}

/// A column's values in another file, several for one key becoming a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// The other file, beside the one that is read.
    pub file: String,
    /// Its column that is matched.
    pub key: String,
    /// The column of the file that is read, with which it is matched.
    pub by: String,
    /// The other file's column that holds the value.
    pub value: String,
}

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    /// Comma-separated text; a semicolon or a tab is recognised in the header.
    Csv,
    /// Tab-separated text.
    Tsv,
    /// One JSON object a line.
    Jsonl,
    /// Apache Parquet.
    Parquet,
    /// A workbook of today.
    Xlsx,
    /// A workbook of before 2007.
    Xls,
}

impl Source {
    /// Whether the mapping is possible: every key a column of the table, and fit for what is asked of it.
    pub(super) fn check(&self) -> Result<(), (String, String)> {
        let column = |section: &str, name: &str| {
            self.table
                .column(name)
                .ok_or_else(|| (format!("{section}.{name}"), format!("{} has no column {name}", self.table)))
        };
        let (columns, values) = (self.columns.keys(), self.values.keys());
        let sections = [("columns", columns.collect::<Vec<_>>()), ("values", values.collect())];
        let rest = [("constant", self.constant.keys().collect::<Vec<_>>()), ("lookup", self.lookup.keys().collect())];
        for (section, names) in sections.into_iter().chain(rest) {
            for name in names {
                column(section, name)?;
            }
        }
        for (name, format) in &self.time {
            if !matches!(column("time", name)?.kind, ColumnKind::Time | ColumnKind::Date) {
                return Err((format!("time.{name}"), format!("{name} holds no time")));
            }
            if StrftimeItems::new(format).any(|item| matches!(item, Item::Error)) {
                let why = format!("{format:?} is not unix_s, unix_ms, auto or a chrono format such as %Y-%m-%d %H:%M");
                return Err((format!("time.{name}"), why));
            }
        }
        for (name, separator) in &self.split {
            if column("split", name)?.kind != ColumnKind::List || separator.is_empty() {
                return Err((format!("split.{name}"), "only lists are split, at a text that is not empty".to_owned()));
            }
        }
        for name in self.add.keys() {
            if !matches!(column("add", name)?.kind, ColumnKind::Integer { .. }) {
                return Err((format!("add.{name}"), format!("{name} holds no whole number")));
            }
        }
        for (name, lookup) in &self.lookup {
            if lookup.file.contains(['/', '\\']) || lookup.file.starts_with('.') {
                return Err((format!("lookup.{name}.file"), "must be a file's name in the same folder".to_owned()));
            }
        }
        Ok(())
    }
}

/// A day as text or as TOML's own date.
fn day<'de, D: Deserializer<'de>>(input: D) -> Result<Option<NaiveDate>, D::Error> {
    let text = match toml::Value::deserialize(input)? {
        toml::Value::String(text) => text,
        other => other.to_string(),
    };
    text.parse().map(Some).map_err(|_| serde::de::Error::custom(format!("{text} is no date such as 1998-04-22")))
}

/// Texts, numbers and flags as their text.
fn scalars<'de, D: Deserializer<'de>>(input: D) -> Result<BTreeMap<String, String>, D::Error> {
    let values = BTreeMap::<String, toml::Value>::deserialize(input)?;
    let text = |value| match value {
        toml::Value::String(text) => Ok(text),
        toml::Value::Integer(_) | toml::Value::Float(_) | toml::Value::Boolean(_) | toml::Value::Datetime(_) => {
            Ok(value.to_string())
        }
        toml::Value::Array(_) | toml::Value::Table(_) => {
            Err(serde::de::Error::custom("a constant is a text, a number, a flag or a time"))
        }
    };
    values.into_iter().map(|(key, value)| Ok((key, text(value)?))).collect()
}
