//! `[[source]]` of `zhihui.toml`: maps the files of another system to a contract table.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use chrono::format::{Item, StrftimeItems};
use serde::{Deserialize, Deserializer, Serialize};
use zhihui_data::{ColumnKind, Table};

/// A mapping. The keys of all maps are contract columns.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Name in results.
    pub name: String,
    /// Pattern of file names with `*` and `?`. Matches the end of the path if it contains a `/`, and ignores `.gz` and
    /// `.zst`.
    #[serde(rename = "match")]
    pub pattern: String,
    /// The table of the rows.
    pub table: Table,
    /// The format. By default the file's extension decides.
    #[serde(default)]
    pub format: Option<FileFormat>,
    /// The file's column for each contract column; `""` omits a contract column. Other columns are found by their contract
    /// name or a synonym.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
    /// Format of times: `unix_s`, `unix_ms`, `auto` (the default) or a chrono format.
    #[serde(default)]
    pub time: BTreeMap<String, String>,
    /// Translates words of the file to words of the contract. Other words are unchanged.
    #[serde(default)]
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// Separator of list elements; `;` by default.
    #[serde(default)]
    pub split: BTreeMap<String, String>,
    /// Constant values of all rows.
    #[serde(default, deserialize_with = "scalars")]
    pub constant: BTreeMap<String, String>,
    /// An integer to add to each value of a column: guests plus 1 are tickets.
    #[serde(default)]
    pub add: BTreeMap<String, i64>,
    /// The day for which the column `age` is valid.
    #[serde(default, deserialize_with = "day")]
    pub age_as_of: Option<NaiveDate>,
    /// Values from another file.
    #[serde(default)]
    pub lookup: BTreeMap<String, Lookup>,
}

/// A column whose values come from another file. Several values of one key become a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// The other file, in the same folder.
    pub file: String,
    /// Key column of the other file.
    pub key: String,
    /// Column of the ingested file that contains the key.
    pub by: String,
    /// Value column of the other file.
    pub value: String,
}

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    /// Comma-separated text. A semicolon or a tab as separator is detected in the header.
    Csv,
    /// Tab-separated text.
    Tsv,
    /// One JSON object per line.
    Jsonl,
    /// Apache Parquet.
    Parquet,
    /// A workbook of Excel 2007 or later.
    Xlsx,
    /// A workbook of earlier versions of Excel.
    Xls,
    /// Replies of WeChat's statistics interfaces, for `account_statistics` only.
    Replies,
}

impl Source {
    /// Whether another mapping reads the same files into the same table.
    #[must_use]
    pub fn is_for_same_files(&self, other: &Self) -> bool {
        self.pattern == other.pattern && self.table == other.table
    }

    /// Checks that every key is a column of the table and that its type allows the mapping.
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
                return Err((format!("time.{name}"), format!("{name} is not a time")));
            }
            if StrftimeItems::new(format).any(|item| matches!(item, Item::Error)) {
                let why = format!("{format:?} is not unix_s, unix_ms, auto or a chrono format such as %Y-%m-%d %H:%M");
                return Err((format!("time.{name}"), why));
            }
        }
        for (name, separator) in &self.split {
            if column("split", name)?.kind != ColumnKind::List || separator.is_empty() {
                return Err((format!("split.{name}"), "must be a list column with a non-empty separator".to_owned()));
            }
        }
        for name in self.add.keys() {
            if !matches!(column("add", name)?.kind, ColumnKind::Integer { .. }) {
                return Err((format!("add.{name}"), format!("{name} is not a whole number")));
            }
        }
        if self.format == Some(FileFormat::Replies) && self.table != Table::AccountStatistics {
            return Err(("format".to_owned(), "replies are read into account_statistics only".to_owned()));
        }
        for (name, lookup) in &self.lookup {
            if lookup.file.contains(['/', '\\']) || lookup.file.starts_with('.') {
                return Err((
                    format!("lookup.{name}.file"),
                    "must be the name of a file in the same folder".to_owned(),
                ));
            }
        }
        Ok(())
    }
}

/// Parses a day from a string or a TOML date.
fn day<'de, D: Deserializer<'de>>(input: D) -> Result<Option<NaiveDate>, D::Error> {
    let text = match toml::Value::deserialize(input)? {
        toml::Value::String(text) => text,
        other => other.to_string(),
    };
    text.parse()
        .map(Some)
        .map_err(|_| serde::de::Error::custom(format!("invalid date {text}: use the form 1998-04-22")))
}

/// Converts strings, numbers and flags to text.
fn scalars<'de, D: Deserializer<'de>>(input: D) -> Result<BTreeMap<String, String>, D::Error> {
    let values = BTreeMap::<String, toml::Value>::deserialize(input)?;
    let text = |value| match value {
        toml::Value::String(text) => Ok(text),
        toml::Value::Integer(_) | toml::Value::Float(_) | toml::Value::Boolean(_) | toml::Value::Datetime(_) => {
            Ok(value.to_string())
        }
        toml::Value::Array(_) | toml::Value::Table(_) => {
            Err(serde::de::Error::custom("a constant must be a text, a number, a flag or a time"))
        }
    };
    values.into_iter().map(|(key, value)| Ok((key, text(value)?))).collect()
}
