//! A sample in another format has the rows of the clean CSV files; the number of threads does not change a large sample.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use zhihui_data::Table;
use zhihui_data::sample::{self, SampleFormat, SampleOptions, SampleSummary, TableFile, TableFormat};

use crate::reader::{contents, generate, options, records};

/// One row a line, with the named cells only.
struct Lines;

struct LinesFile(BufWriter<File>, Vec<&'static str>);

impl TableFormat for Lines {
    fn ending(&self) -> &'static str {
        "lines"
    }

    fn create(&self, path: &Path, _: Table, columns: &[&'static str]) -> io::Result<Box<dyn TableFile>> {
        Ok(Box::new(LinesFile(BufWriter::new(File::create(path)?), columns.to_vec())))
    }
}

impl TableFile for LinesFile {
    fn write(&mut self, cells: &[String]) -> io::Result<()> {
        let named = self.1.iter().zip(cells).filter(|(name, cell)| !name.is_empty() && !cell.is_empty());
        let cells: BTreeMap<&str, &str> = named.map(|(name, cell)| (*name, cell.as_str())).collect();
        writeln!(self.0, "{cells:?}")
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.0.flush()
    }
}

fn in_lines(options: &SampleOptions) -> (tempfile::TempDir, SampleSummary) {
    let folder = tempfile::tempdir().expect("a folder");
    let written = sample::write_as(SampleFormat::Other(&Lines), options, folder.path(), &mut |_, _| {});
    (folder, written.expect("a sample"))
}

/// All rows of a table, in order of the file names.
fn rows(folder: &Path, summary: &SampleSummary, table: Table) -> Vec<String> {
    let files = contents(folder);
    let of_table = summary.files.iter().filter(|file| file.table == table);
    let text = |file: &str| String::from_utf8(files[file].clone()).expect("UTF-8");
    of_table.flat_map(|file| text(&file.file).lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn another_format_has_the_rows_of_the_clean_files() {
    let options = options(300, 12, 40);
    let (csv, csv_summary) = generate(&SampleOptions { dirt: false, ..options.clone() });
    let (lines, summary) = in_lines(&options);
    for table in [Table::Unions, Table::Activities, Table::Reads, Table::Shares, Table::SignUps, Table::Shown] {
        let expected: Vec<String> = records(csv.path(), &csv_summary, table)
            .iter()
            .map(|record| {
                format!("{:?}", record.iter().map(|(name, cell)| (*name, cell.as_str())).collect::<BTreeMap<_, _>>())
            })
            .collect();
        assert!(!expected.is_empty(), "{table}");
        assert!(expected == rows(lines.path(), &summary, table), "{table}");
    }
    for table in [Table::Members, Table::Articles] {
        assert_eq!(rows(lines.path(), &summary, table).len() as u64, csv_summary.new_rows(table), "{table}");
    }
    assert!(summary.files.iter().all(|file| file.dirt.is_empty() && file.file.ends_with(".lines")));
}

#[test]
fn the_number_of_threads_does_not_change_a_large_sample() {
    let options = SampleOptions { reads_per_member_year: 20.0, ..options(SampleOptions::LARGE + 1, 400, 7) };
    let made = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| in_lines(&options))
    };
    let (one, of_one) = made(1);
    let (three, of_three) = made(3);
    assert_eq!(of_one, of_three);
    assert!(contents(one.path()) == contents(three.path()), "the files differ");
    let (days, rows_of): (Vec<&str>, Vec<u64>) = of_one
        .files
        .iter()
        .filter(|file| file.table == Table::Reads)
        .map(|file| (file.file.as_str(), file.rows))
        .unzip();
    assert_eq!(days[0], "reads-2026-11-15.lines");
    assert_eq!(days.len(), 8);
    let reads: u64 = rows_of.iter().sum();
    let expected = f64::from(options.members) * options.reads_per_member_year * 7.4 / 365.0;
    let ratio = reads as f64 / expected;
    // Many reads of the last articles would follow after the end.
    assert!((0.5..1.1).contains(&ratio), "{reads} reads, {expected} expected");
    let members = rows(one.path(), &of_one, Table::Members);
    let distinct: std::collections::HashSet<&String> = members.iter().collect();
    assert_eq!(distinct.len() as u64, of_one.members);
    for read in rows(one.path(), &of_one, Table::Reads) {
        let (_, at) = read.split_once("\"read_at\": \"").expect("a time");
        assert!(at[..19] < *"2026-11-22 10:30:00", "{read}");
    }
}
