//! Refuses files without columns that their source names.

use zhihui_data::nearest_name;

use super::super::error::{AbsentColumn, FileError};
use super::Plan;

impl Plan {
    /// A column that `where` tests, that looks like consent and that is not used otherwise: leaving rows out says nothing
    /// about the consent of the others.
    pub(in crate::ingest) fn tested_consent(&self) -> Option<&str> {
        let source = self.source.as_ref()?;
        let is_used = |name: &str| source.file_columns().any(|column| column.column.is_some() && column.name == name);
        let tested = source.conditions.iter().map(|condition| condition.column.as_str());
        tested.into_iter().find(|name| self.table.may_be_consent(name) && !is_used(name))
    }

    /// Refuses a file without a column that the source names. `others` are further columns of the file.
    pub(in crate::ingest) fn check_absent(&self, names: &[String], others: &[String]) -> Result<(), FileError> {
        let Some(source) = &self.source else { return Ok(()) };
        let Some(absent) = source.absent_column(names) else { return Ok(()) };
        let is_new = |name: &&String| !name.is_empty() && !names.contains(name);
        let found: Vec<&str> = names
            .iter()
            .filter(|name| !name.is_empty())
            .chain(others.iter().filter(is_new))
            .map(String::as_str)
            .collect();
        let near = nearest_name(absent.name, found.iter().copied());
        let remedy = match absent.column {
            Some(column) => format!(
                "correct the name in {} of the [[source]], or add optional = [{column:?}] to it if files may lack the column",
                absent.key
            ),
            None => format!("correct the name in {} of the [[source]]", absent.key),
        };
        Err(FileError::AbsentColumn(Box::new(AbsentColumn {
            source_name: source.name.clone(),
            key: absent.column.unwrap_or(absent.key).to_owned(),
            column: absent.name.to_owned(),
            hint: near.map_or_else(String::new, |near| format!(" (did you mean {near:?}?)")),
            remedy,
            found: found.into_iter().take(30).collect::<Vec<_>>().join(", "),
        })))
    }
}
