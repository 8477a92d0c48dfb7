//! The output folder: one writer for each table, with a new file for each month.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::csv_file::{CsvFile, Encoding, Header};
use super::dirt::{self, Row, RowDamager};
use super::error::SampleError;
use super::ids;
use super::members::Member;
use super::options::CheckedOptions;
use super::summary::{Dirt, FileSummary};
use crate::Table;

/// The finished files and those being written.
pub(super) struct OutputFolder<'a> {
    folder: &'a Path,
    options: &'a CheckedOptions,
    open: BTreeMap<Table, (String, CsvFile)>,
    done: Vec<FileSummary>,
}

impl<'a> OutputFolder<'a> {
    /// Opens a new or empty folder.
    ///
    /// # Errors
    /// [`SampleError::NotEmpty`], [`SampleError::Write`].
    pub(super) fn new(folder: &'a Path, options: &'a CheckedOptions) -> Result<Self, SampleError> {
        let failed = |source| SampleError::Write { path: folder.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(failed)?;
        if std::fs::read_dir(folder).map_err(failed)?.next().is_some() {
            return Err(SampleError::NotEmpty(folder.to_owned()));
        }
        Ok(Self { folder, options, open: BTreeMap::new(), done: Vec::new() })
    }

    /// The path of a file in the folder.
    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    /// The damager of a file with about `rows` expected rows.
    pub(super) fn damager(&self, file: &str, kinds: &'static [Dirt], rows: f64) -> RowDamager {
        let gap = (rows / (2.0 * kinds.len() as f64)).clamp(4.0, 2_500.0);
        RowDamager::new(self.options.seed, file, kinds, self.options.dirt.then_some(gap))
    }

    /// Creates a CSV file that is not split by month.
    ///
    /// # Errors
    /// [`SampleError::Write`].
    pub(super) fn create(
        &self,
        file: &str,
        table: Table,
        encoding: Encoding,
        headers: &[Header],
        rows: f64,
    ) -> Result<CsvFile, SampleError> {
        let damager = self.damager(file, dirt::kinds(table), rows);
        let summary = FileSummary::new(file.to_owned(), table);
        CsvFile::create(self.path(file), encoding, headers, damager, summary)
    }

    /// Adds the summary of a finished file.
    pub(super) fn add(&mut self, summary: FileSummary) {
        self.done.push(summary);
    }

    /// The table's file for this month. Finishes the file of the previous month.
    ///
    /// # Errors
    /// [`SampleError::Write`].
    pub(super) fn month(&mut self, table: Table, month: &str) -> Result<&mut CsvFile, SampleError> {
        let current = match self.open.remove(&table) {
            Some(current) if current.0 == month => current,
            other => {
                if let Some((_, before)) = other {
                    self.done.push(before.finish()?);
                }
                let (encoding, ending) =
                    if table == Table::SignUps { (Encoding::Excel, "csv") } else { (Encoding::Gzip, "csv.gz") };
                let file = format!("{table}-{month}.{ending}");
                let created = self.create(&file, table, encoding, headers(table), self.rows_a_month(table))?;
                (month.to_owned(), created)
            }
        };
        Ok(&mut self.open.entry(table).or_insert(current).1)
    }

    /// Finishes all files. Returns the summaries in the recommended order of ingest.
    ///
    /// # Errors
    /// [`SampleError::Write`].
    pub(super) fn finish(mut self) -> Result<Vec<FileSummary>, SampleError> {
        for (_, file) in self.open.into_values() {
            self.done.push(file.finish()?);
        }
        self.done.sort_by(|left, right| (left.table, &left.file).cmp(&(right.table, &right.file)));
        Ok(self.done)
    }

    fn rows_a_month(&self, table: Table) -> f64 {
        let members = f64::from(self.options.members);
        match table {
            Table::Reads => members * self.options.reads_per_member_year / 12.0,
            Table::Pushes => members * 0.6,
            Table::Shown => members * 0.6,
            Table::SignUps => members * 0.3,
            _ => members * 0.05,
        }
    }
}

/// The two cells that identify the actor: mostly the member id, in some rows the openid only.
pub(super) fn actor(file: &mut CsvFile, number: u32, member: &Member, by_openid: bool, seed: u64) -> [String; 2] {
    if by_openid && member.has_openid {
        file.count_by_openid();
        [String::new(), ids::openid(number, seed)]
    } else {
        [ids::member(number), String::new()]
    }
}

/// Builds a row from cells.
pub(super) fn row<const N: usize>(cells: [String; N]) -> Row {
    Row::from(cells)
}

/// The headers of the monthly files.
pub(super) fn headers(table: Table) -> &'static [Header] {
    match table {
        Table::Reads => &[
            ("会员编号", "member_id"),
            ("openid", "openid"),
            ("文章编号", "article_id"),
            ("阅读时间", "read_at"),
            ("停留秒数", "dwell_seconds"),
            ("阅读比例", "read_fraction"),
            ("渠道", "channel"),
        ],
        Table::Shares => &[
            ("member_id", "member_id"),
            ("openid", "openid"),
            ("item_id", "item_id"),
            ("shared_at", "shared_at"),
            ("channel", "channel"),
        ],
        Table::SignUps => &[
            ("报名编号", "sign_up_id"),
            ("会员编号", "member_id"),
            ("openid", "openid"),
            ("活动编号", "activity_id"),
            ("报名时间", "signed_up_at"),
            ("状态", "status"),
            ("票数", "tickets"),
            ("儿童数", "children"),
            ("更新时间", "updated_at"),
        ],
        Table::Pushes => &[
            ("push_id", "push_id"),
            ("member_id", "member_id"),
            ("item_id", "item_id"),
            ("sent_at", "sent_at"),
            ("arm", "arm"),
            ("channel", "channel"),
        ],
        Table::Shown => &[
            ("member_id", "member_id"),
            ("openid", "openid"),
            ("item_id", "item_id"),
            ("shown_at", "shown_at"),
            ("position", "position"),
            ("version", "version"),
        ],
        _ => &[
            ("会员编号", "member_id"),
            ("openid", "openid"),
            ("内容编号", "item_id"),
            ("时间", "at"),
            ("评分", "rating"),
            ("留言", "text"),
        ],
    }
}
