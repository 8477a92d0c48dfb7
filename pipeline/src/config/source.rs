//! `[[source]]` of `zhihui.toml`: maps the files of another system to a contract table.

mod checks;
mod condition;
mod expand;
mod file_columns;
mod reference;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, Serialize};
use zhihui_data::{Table, Zone};

pub(crate) use condition::Bound;
pub use condition::{Case, Condition};
pub use expand::Expand;
pub use reference::{MAPPING_KEYS, MappingExample, MappingKey};

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
    /// Format of times: `unix_s`, `unix_ms`, `unix_us`, `unix_ns`, `auto` (the default) or a chrono format.
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
    // Keys from here on are serialised only where they are used, so that the fingerprints of older sources stay the same.
    /// Mapped columns that a file may lack.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub optional: BTreeSet<String>,
    /// Several columns of the file for a contract column; the first that is not empty counts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub first_of: BTreeMap<String, Vec<String>>,
    /// Values that follow from conditions on columns of the file.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub cases: BTreeMap<String, Vec<Case>>,
    /// The number of the row, or of the element of an expanded list, as a value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub row_number: BTreeMap<String, RowNumber>,
    /// List columns of the file whose elements become rows.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "expand::optional")]
    pub expand: Option<Expand>,
    /// Conditions of the rows to read. Other rows are counted as `filtered`.
    #[serde(
        rename = "where",
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "condition::one_or_many"
    )]
    pub conditions: Vec<Condition>,
    /// Number columns in which a range means its middle.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub middle: BTreeSet<String>,
    /// Decimal mark of numbers, `,` or `.`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub decimal: BTreeMap<String, char>,
    /// A factor for each value of a number column: 0.01 for percentages.
    #[serde(default, alias = "factor", skip_serializing_if = "BTreeMap::is_empty")]
    pub scale: BTreeMap<String, f64>,
    /// Zone of times without a zone. By default that of the home.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Zone>,
}

/// What a `row_number` counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RowNumber {
    /// Rows of a file with this content. A row that comes again in a longer file is another one.
    Content,
    /// Rows of a file with this name. A row with the same number in a file of the same name is the same one.
    Name,
    /// Elements of an expanded list, from 1.
    Element,
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
    let text = |value| condition::scalar(value).map_err(|why| serde::de::Error::custom(format!("a constant {why}")));
    values.into_iter().map(|(key, value)| Ok((key, text(value)?))).collect()
}
