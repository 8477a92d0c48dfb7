//! What ingest did not understand, by groups of similar files: a thousand hourly files make one note.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use zhihui_data::Table;

use super::{FileReport, NulledValues};

/// Files of one table and source with the same unknown columns, and what was not understood in them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FileNotes {
    /// The contract table.
    pub table: String,
    /// The `[[source]]` that maps the files, if any.
    pub source: Option<String>,
    /// Number of files.
    pub files: u64,
    /// Path of the first file.
    pub path: String,
    /// Columns that no table of the files uses.
    pub unknown_columns: Vec<UnknownColumn>,
    /// Added rows, and those of them with a member or item that is not described yet.
    pub added: u64,
    /// See [`Self::added`].
    pub unresolved: u64,
    /// Measurements that were set to unknown, by column and reason.
    pub nulled_values: Vec<NulledValues>,
}

/// A column that is not used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnknownColumn {
    /// Its header.
    pub name: String,
    /// The known header that it most likely means.
    pub similar: Option<String>,
    /// Whether it names people, phone numbers or identity numbers, which are never stored.
    pub personal: bool,
}

impl UnknownColumn {
    pub(super) fn new(table: Option<Table>, name: &str, similar: &BTreeMap<String, String>) -> Self {
        Self {
            name: name.to_owned(),
            similar: similar.get(name).cloned(),
            personal: table.is_some_and(|table| table.is_identifying(name)),
        }
    }
}

impl FileNotes {
    /// Groups the files of a report, in their order. Files without anything to note are left out.
    pub(super) fn of(files: &[FileReport]) -> Vec<Self> {
        let mut notes: Vec<Self> = Vec::new();
        let mut places: HashMap<(&str, Option<&str>, Vec<&str>), usize> = HashMap::new();
        let mut entries: HashMap<&str, Vec<&FileReport>> = HashMap::new();
        files.iter().for_each(|file| entries.entry(&file.path).or_default().push(file));
        for file in files {
            let Some(name) = file.table.as_deref() else { continue };
            let others = &entries[file.path.as_str()];
            // Another table of the same file may use the column. The first table names the columns that none uses.
            let is_unused = |name: &&String| others.iter().all(|other| other.unknown_columns.contains(name));
            let is_first = others.first().is_some_and(|first| std::ptr::eq(*first, file));
            let unused: Vec<&str> = match others.len() {
                1 => file.unknown_columns.iter().map(String::as_str).collect(),
                _ if is_first => file.unknown_columns.iter().filter(is_unused).map(String::as_str).collect(),
                _ => Vec::new(),
            };
            if unused.is_empty() && file.counts.unresolved == 0 && file.counts.nulled == 0 {
                continue;
            }
            let place = *places.entry((name, file.source.as_deref(), unused)).or_insert_with_key(|(_, _, unused)| {
                notes.push(Self::without_counts(name, file, unused));
                notes.len() - 1
            });
            notes[place].add(file);
        }
        notes
    }

    fn without_counts(table: &str, file: &FileReport, unused: &[&str]) -> Self {
        let column = |name: &&str| UnknownColumn::new(Table::named(table), name, &file.similar_columns);
        Self {
            table: table.to_owned(),
            source: file.source.clone(),
            files: 0,
            path: file.path.clone(),
            unknown_columns: unused.iter().map(column).collect(),
            added: 0,
            unresolved: 0,
            nulled_values: Vec::new(),
        }
    }

    fn add(&mut self, file: &FileReport) {
        self.files += 1;
        self.added += file.counts.new + file.counts.replaced;
        self.unresolved += file.counts.unresolved;
        for values in &file.nulled_values {
            let same = |own: &&mut NulledValues| own.column == values.column && own.reason == values.reason;
            match self.nulled_values.iter_mut().find(same) {
                Some(own) => own.values += values.values,
                None => self.nulled_values.push(values.clone()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::decode::empty_report;
    use super::*;

    fn file(path: &str, unknown: &[&str], unresolved: u64) -> FileReport {
        let mut report = empty_report(Path::new(path));
        report.table = Some("reads".to_owned());
        report.unknown_columns = unknown.iter().map(|name| (*name).to_owned()).collect();
        (report.counts.new, report.counts.unresolved) = (10, unresolved);
        report
    }

    #[test]
    fn similar_files_make_one_note_and_files_without_findings_none() {
        let hourly = (0..385).map(|hour| file(&format!("clicks-{hour}.csv"), &["session", "姓名"], 4));
        let files: Vec<FileReport> = hourly.chain([file("reads.csv", &[], 0), file("other.csv", &["x"], 0)]).collect();
        let notes = FileNotes::of(&files);
        assert_eq!(notes.len(), 2);
        let [clicks, other] = [&notes[0], &notes[1]];
        assert_eq!((clicks.files, clicks.added, clicks.unresolved), (385, 3_850, 1_540));
        assert_eq!((clicks.path.as_str(), other.path.as_str()), ("clicks-0.csv", "other.csv"));
        let personal: Vec<bool> = clicks.unknown_columns.iter().map(|column| column.personal).collect();
        assert_eq!(personal, [false, true]);
    }

    #[test]
    fn a_column_that_another_table_of_the_file_uses_is_not_named() {
        let files = [file("members.csv", &["topics"], 0), file("members.csv", &["joined", "topics"], 3)];
        let notes = FileNotes::of(&files);
        let names: Vec<Vec<&str>> = notes
            .iter()
            .map(|notes| notes.unknown_columns.iter().map(|column| column.name.as_str()).collect())
            .collect();
        assert_eq!(names, [vec!["topics"], vec![]]);
    }
}
