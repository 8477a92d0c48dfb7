//! `expand`: list columns of a file whose elements become rows.

use serde::{Deserialize, Deserializer, Serialize};

/// Parallel list columns: the first elements of all make a row, the second ones another.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Expand {
    /// Columns of the file, or paths to lists of objects.
    pub columns: Vec<String>,
    /// Separator of lists that are written as text; `;`, `；` and `、` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
}

impl Expand {
    /// Whether a column of the file has one value for each new row: it is expanded, or within an expanded list of objects.
    #[must_use]
    pub fn covers(&self, column: &str) -> bool {
        self.columns.iter().any(|list| is_within(column, list))
    }
}

/// Whether a column is a list or a path into it.
pub(super) fn is_within(column: &str, list: &str) -> bool {
    column.strip_prefix(list).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Parses one column, a list of columns, or a table.
pub(super) fn optional<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Expand>, D::Error> {
    let custom = |error: toml::de::Error| serde::de::Error::custom(error.message());
    match toml::Value::deserialize(input)? {
        toml::Value::String(column) => Ok(Some(Expand { columns: vec![column], split: None })),
        columns @ toml::Value::Array(_) => {
            Ok(Some(Expand { columns: columns.try_into().map_err(custom)?, split: None }))
        }
        table @ toml::Value::Table(_) => table.try_into().map(Some).map_err(custom),
        _ => Err(serde::de::Error::custom(
            "must be a column, a list of columns, or { columns = [\"a\"], split = \"|\" }",
        )),
    }
}
