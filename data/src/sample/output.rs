//! The output: one file of each table and month at a time, and the summaries of finished files.

use std::collections::BTreeMap;

use super::csv_file::Encoding;
use super::dirt::Row;
use super::error::SampleError;
use super::folder::Folder;
use super::ids;
use super::members::Member;
use super::options::CheckedOptions;
use super::sample_file::{Header, SampleFile};
use super::summary::FileSummary;
use crate::Table;

/// The finished files and those being written.
pub(super) struct OutputFolder<'a> {
    pub(super) folder: Folder<'a>,
    options: &'a CheckedOptions,
    open: BTreeMap<Table, (String, SampleFile)>,
    done: Vec<FileSummary>,
}

impl<'a> OutputFolder<'a> {
    pub(super) fn new(folder: Folder<'a>, options: &'a CheckedOptions) -> Self {
        Self { folder, options, open: BTreeMap::new(), done: Vec::new() }
    }

    /// Adds the summary of a finished file.
    pub(super) fn add(&mut self, summary: FileSummary) {
        self.done.push(summary);
    }

    /// The table's file for this month. Finishes the file of the previous month.
    ///
    /// # Errors
    /// [`SampleError::Write`].
    pub(super) fn month(&mut self, table: Table, month: &str) -> Result<&mut SampleFile, SampleError> {
        let current = match self.open.remove(&table) {
            Some(current) if current.0 == month => current,
            other => {
                if let Some((_, before)) = other {
                    self.done.push(before.finish()?);
                }
                let created = dated(&self.folder, table, month, rows_a_month(self.options, table))?;
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
}

/// Creates the table's file of this day.
///
/// # Errors
/// [`SampleError::Write`].
pub(super) fn day_file(
    folder: &Folder<'_>,
    options: &CheckedOptions,
    table: Table,
    day: &str,
) -> Result<SampleFile, SampleError> {
    // There is one push a week.
    let files_a_month = if table == Table::Pushes { 4.0 } else { 30.0 };
    dated(folder, table, day, rows_a_month(options, table) / files_a_month)
}

fn dated(folder: &Folder<'_>, table: Table, date: &str, rows: f64) -> Result<SampleFile, SampleError> {
    let encoding = if table == Table::SignUps { Encoding::Excel } else { Encoding::Gzip };
    folder.create(&format!("{table}-{date}"), table, encoding, headers(table), rows)
}

fn rows_a_month(options: &CheckedOptions, table: Table) -> f64 {
    let members = f64::from(options.members);
    match table {
        Table::Reads => members * options.reads_per_member_year / 12.0,
        Table::Pushes => members * 0.6,
        Table::Shown => members * 0.6,
        Table::SignUps => members * 0.3,
        _ => members * 0.05,
    }
}

/// The two cells that identify the actor: mostly the member id, in some rows the openid only.
pub(super) fn actor(file: &mut SampleFile, number: u32, member: &Member, by_openid: bool, seed: u64) -> [String; 2] {
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
