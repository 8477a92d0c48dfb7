//! Reads interaction files, `user_id,item_id[,weight][,timestamp]` as CSV or Parquet, and maps ids to dense indices.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use thiserror::Error;

/// Reasons why an interaction file cannot be used.
#[derive(Debug, Error)]
pub enum EvaluationFileError {
    /// The file could not be opened or read.
    #[error("{path} cannot be read; check the path and its permissions")]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The content of the file is invalid.
    #[error("{path}: {message}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        message: String,
    },
}

/// One line of an interaction file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    /// External id of the user.
    pub user: String,
    /// External id of the item.
    pub item: String,
    /// Weight; 1 if the file has none.
    pub weight: f32,
    /// Seconds since 1970, if the file has times.
    pub at: Option<i64>,
}

/// Reads a `.csv` or `.parquet` file.
///
/// # Errors
/// [`FileError`] naming file, row and column.
pub(super) fn read(path: &Path) -> Result<Vec<Line>, EvaluationFileError> {
    let content = |message: String| EvaluationFileError::Content { path: path.to_owned(), message };
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("csv") => read_csv(path),
        Some("parquet") => read_parquet(path),
        _ => Err(content("unknown file type; only .csv and .parquet can be evaluated".into())),
    }
}

fn read_csv(path: &Path) -> Result<Vec<Line>, EvaluationFileError> {
    let content = |message: String| EvaluationFileError::Content { path: path.to_owned(), message };
    let file = File::open(path).map_err(|source| EvaluationFileError::Io { path: path.to_owned(), source })?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
    let headers = reader.headers().map_err(|error| content(error.to_string()))?.clone();
    let at = |name: &str| headers.iter().position(|header| header.trim_start_matches('\u{feff}') == name);
    let missing = |name: &str| {
        content(format!("column {name} is missing; the header must be user_id,item_id[,weight][,timestamp]"))
    };
    let user = at("user_id").ok_or_else(|| missing("user_id"))?;
    let item = at("item_id").ok_or_else(|| missing("item_id"))?;
    let (weight, time) = (at("weight"), at("timestamp"));
    let mut lines = Vec::new();
    for (row, record) in reader.records().enumerate() {
        let record = record.map_err(|error| content(error.to_string()))?;
        let field = |column: Option<usize>| column.and_then(|column| record.get(column));
        lines.push(
            line(field(Some(user)), field(Some(item)), field(weight), field(time))
                .map_err(|message| content(format!("row {}: {message}", row + 2)))?,
        );
    }
    Ok(lines)
}

fn read_parquet(path: &Path) -> Result<Vec<Line>, EvaluationFileError> {
    let content = |message: String| EvaluationFileError::Content { path: path.to_owned(), message };
    let file = File::open(path).map_err(|source| EvaluationFileError::Io { path: path.to_owned(), source })?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| content(error.to_string()))?;
    let reader = builder.build().map_err(|error| content(error.to_string()))?;
    let mut lines = Vec::new();
    for batch in reader {
        let batch = batch.map_err(|error| content(error.to_string()))?;
        let text = |name: &str| {
            let cast_to_text = |column: &Arc<dyn Array>| match column.data_type() {
                DataType::Timestamp(..) => {
                    let seconds = cast(column, &DataType::Timestamp(TimeUnit::Second, None))?;
                    cast(&cast(&seconds, &DataType::Int64)?, &DataType::Utf8)
                }
                _ => cast(column, &DataType::Utf8),
            };
            batch.column_by_name(name).map(cast_to_text).transpose()
        };
        let columns = ["user_id", "item_id", "weight", "timestamp"].map(text);
        let [user, item, weight, time] = columns;
        let column =
            |found: Result<Option<_>, arrow::error::ArrowError>| found.map_err(|error| content(error.to_string()));
        let (user, item, weight, time) = (column(user)?, column(item)?, column(weight)?, column(time)?);
        for (found, name) in [(&user, "user_id"), (&item, "item_id")] {
            if found.is_none() {
                return Err(content(format!(
                    "column {name} is missing; the columns must be user_id,item_id[,weight][,timestamp]"
                )));
            }
        }
        for row in 0..batch.num_rows() {
            let field = |column: &Option<Arc<dyn Array>>| {
                column
                    .as_ref()
                    .and_then(|column| column.is_valid(row).then(|| column.as_string::<i32>().value(row).to_owned()))
            };
            let values = [field(&user), field(&item), field(&weight), field(&time)];
            let [user, item, weight, time] = values.each_ref().map(Option::as_deref);
            lines.push(
                line(user, item, weight, time)
                    .map_err(|message| content(format!("row {}: {message}", lines.len() + 1)))?,
            );
        }
    }
    Ok(lines)
}

fn line(user: Option<&str>, item: Option<&str>, weight: Option<&str>, time: Option<&str>) -> Result<Line, String> {
    let id = |text: Option<&str>, name: &str| match text {
        Some(text) if !text.is_empty() => Ok(text.to_owned()),
        _ => Err(format!("{name} is empty")),
    };
    let weight = match weight.filter(|text| !text.is_empty()) {
        None => 1.0,
        Some(text) => match text.parse::<f32>() {
            Ok(weight) if weight.is_finite() && weight >= 0.0 => weight,
            _ => return Err(format!("weight {text:?} is not a finite number of zero or more")),
        },
    };
    let at = match time.filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => match text.parse::<f64>() {
            Ok(time) if time.is_finite() => Some(seconds(time)),
            _ => return Err(format!("timestamp {text:?} is not a number of seconds since 1970")),
        },
    };
    Ok(Line { user: id(user, "user_id")?, item: id(item, "item_id")?, weight, at })
}

/// Returns whole seconds from seconds or milliseconds since 1970. Milliseconds read as seconds would be thousands of
/// years ahead.
fn seconds(time: f64) -> i64 {
    const FIRST_MILLISECONDS: f64 = 1e11;
    (if time.abs() < FIRST_MILLISECONDS { time } else { time / 1000.0 }).floor() as i64
}

/// External ids in the order that breaks ties: numeric if all are integers, else alphabetic.
#[derive(Debug, Clone, Default)]
pub(super) struct Ids {
    names: Vec<String>,
    index: HashMap<String, u32>,
}

impl Ids {
    /// Assigns indices to the distinct ids in order.
    #[must_use]
    pub(super) fn of<'a>(ids: impl Iterator<Item = &'a str>) -> Self {
        let mut names: Vec<String> =
            ids.collect::<std::collections::HashSet<_>>().into_iter().map(str::to_owned).collect();
        let numbers: Option<Vec<i128>> = names.iter().map(|name| name.parse().ok()).collect();
        match numbers {
            Some(_) => names.sort_by(|left, right| {
                let number = |name: &str| name.parse::<i128>().unwrap_or(i128::MAX);
                number(left).cmp(&number(right)).then_with(|| left.cmp(right))
            }),
            None => names.sort(),
        }
        let index = names.iter().enumerate().map(|(at, name)| (name.clone(), at as u32)).collect();
        Self { names, index }
    }

    /// Returns the index of an id.
    #[must_use]
    pub(super) fn index(&self, id: &str) -> Option<u32> {
        self.index.get(id).copied()
    }

    /// Returns the number of ids.
    #[must_use]
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integer_ids_are_ordered_as_numbers_and_other_ids_as_text() {
        let numbers = Ids::of(["10", "9", "9", "-1"].into_iter());
        assert_eq!([numbers.index("-1"), numbers.index("9"), numbers.index("10")], [Some(0), Some(1), Some(2)]);
        let texts = Ids::of(["10", "9", "a"].into_iter());
        assert_eq!([texts.index("10"), texts.index("9"), texts.index("a")], [Some(0), Some(1), Some(2)]);
    }

    #[test]
    fn an_error_names_the_row_and_column() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("train.csv");
        std::fs::write(&path, "user_id,item_id,weight\n1,2,1\n1,3,NaN\n").expect("written");
        assert!(read(&path).expect_err("refused").to_string().contains("row 3: weight \"NaN\""));
        std::fs::write(&path, "user,item\n1,2\n").expect("written");
        assert!(read(&path).expect_err("refused").to_string().contains("column user_id is missing"));
    }
}
