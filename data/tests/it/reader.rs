//! Reads sample files back, as far as the tests need.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::path::Path;

use chrono::{DateTime, Utc};
use zhihui_data::Table;
use zhihui_data::sample::{self, SampleOptions, SampleSummary};

/// A row by contract column, without empty cells and unknown columns.
pub(crate) type Record = HashMap<&'static str, String>;

pub(crate) fn options(members: u32, unions: u32, days: u32) -> SampleOptions {
    let as_of: DateTime<Utc> = "2026-11-22T02:30:00Z".parse().expect("a time");
    SampleOptions { members, unions, days, seed: 5, ..SampleOptions::demo(as_of) }
}

pub(crate) fn generate(options: &SampleOptions) -> (tempfile::TempDir, SampleSummary) {
    let folder = tempfile::tempdir().expect("a folder");
    let summary = sample::write(options, folder.path(), &mut |_, _| {}).expect("a sample");
    (folder, summary)
}

/// All files of a folder with their decompressed bytes.
pub(crate) fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries
        .map(|path| {
            let bytes = std::fs::read(&path).expect("a file");
            let mut plain = Vec::new();
            if path.extension().is_some_and(|ending| ending == "gz") {
                flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).expect("gzip");
            } else {
                plain = bytes;
            }
            (path.file_name().expect("a name").to_string_lossy().into_owned(), plain)
        })
        .collect()
}

/// The lines of a CSV file below its header, and the contract columns of the header.
pub(crate) fn lines(folder: &Path, file: &str, table: Table) -> (Vec<Option<&'static str>>, Vec<Vec<String>>) {
    let bytes = contents(folder).remove(file).expect("the file");
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let (text, _, damaged) = encoding_rs::GB18030.decode(error.as_bytes());
            assert!(!damaged, "{file} is neither UTF-8 nor GB18030");
            text.into_owned()
        }
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let headers = reader.headers().expect("a header").clone();
    let columns = headers.iter().map(|header| table.column_of_header(header).map(|column| column.name)).collect();
    let rows = reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect();
    (columns, rows)
}

/// All CSV rows of a table, from its files in order of name. Rows of a wrong length are left out.
pub(crate) fn records(folder: &Path, summary: &SampleSummary, table: Table) -> Vec<Record> {
    let mut records = Vec::new();
    for file in summary.files.iter().filter(|file| file.table == table && file.file.contains(".csv")) {
        let (columns, rows) = lines(folder, &file.file, table);
        for row in rows.into_iter().filter(|row| row.len() == columns.len()) {
            let cells = columns.iter().zip(row).filter(|(_, cell)| !cell.is_empty());
            records.push(cells.filter_map(|(column, cell)| Some(((*column)?, cell))).collect());
        }
    }
    records
}

/// The objects of `articles.jsonl`.
pub(crate) fn articles(folder: &Path) -> Vec<serde_json::Value> {
    let bytes = contents(folder).remove("articles.jsonl").expect("the file");
    let text = String::from_utf8(bytes).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}
