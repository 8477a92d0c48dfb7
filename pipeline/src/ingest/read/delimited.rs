//! Comma- or tab-separated text: finds delimiter and header, passes rows on, tells those that do not fit.

use std::io::Read;

use super::super::error::FileError;
use super::super::reject::Reason;
use super::super::sink::Sink;
use super::records::{Fields, Record, Records};
use super::{SmallTable, header};

/// Rows of a file that others look values up in; a larger one is no look-up.
const LOOKUP_ROWS: usize = 2_000_000;

pub(super) fn read(
    input: Box<dyn Read>,
    delimiter: Option<u8>,
    limit: usize,
    sink: &mut Sink<'_>,
) -> Result<(), FileError> {
    let mut records = Records::new(input, delimiter.unwrap_or(b','), limit);
    if delimiter.is_none() {
        let found = likely_delimiter(records.peek()?, &|name| sink.plan().knows(name));
        records.set_delimiter(found);
    }
    table(&mut records, Shape::Strict, sink)
}

/// How the rows of a table end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Every row has a field for each column.
    Strict,
    /// Empty fields at the end may be missing, as in sheets.
    Loose,
}

/// Reads one table, from its title rows to the end of the records.
pub(super) fn table<R: Read>(records: &mut Records<R>, shape: Shape, sink: &mut Sink<'_>) -> Result<(), FileError> {
    let mut head: Vec<(u64, Vec<String>, Vec<u8>)> = Vec::new();
    while head.len() < header::REACH {
        match records.next()? {
            None => break,
            Some(Record::BadQuote(line, raw)) => head.push((line, Vec::new(), raw.to_vec())),
            Some(Record::Fields(_, fields)) if fields.is_blank() => {}
            Some(Record::Fields(line, fields)) => head.push((line, fields.texts(), fields.raw().to_vec())),
        }
    }
    if head.is_empty() {
        return Err(FileError::Refused("is empty: there is no header row; send the file with its header".to_owned()));
    }
    let rows: Vec<Vec<String>> = head.iter().map(|(_, texts, _)| texts.clone()).collect();
    let found = header::find(&rows, &|name| sink.plan().knows(name), &|names| sink.plan().suffices(names));
    let first = rows.into_iter().next().unwrap_or_default();
    let header = found.unwrap_or(header::Header { data_from: 1, names: first });
    sink.bind(&header.names)?;
    let judge = Judge { names: &header.names, shape };
    for (line, texts, raw) in &head[header.data_from..] {
        if texts.is_empty() {
            sink.reject_line(*line, Reason::BadQuote, raw)?;
        } else {
            judge.pass(*line, texts.len(), |field| texts.get(field).map(String::as_str), raw, sink)?;
        }
    }
    while let Some(record) = records.next()? {
        match record {
            Record::BadQuote(line, raw) => sink.reject_line(line, Reason::BadQuote, raw)?,
            Record::Fields(line, fields) => {
                judge.pass(line, fields.len(), |field| fields.get(field), fields.raw(), sink)?;
            }
        }
    }
    Ok(())
}

struct Judge<'a> {
    names: &'a [String],
    shape: Shape,
}

impl Judge<'_> {
    fn pass<'v>(
        &self,
        line: u64,
        fields: usize,
        value: impl Fn(usize) -> Option<&'v str>,
        raw: &[u8],
        sink: &mut Sink<'_>,
    ) -> Result<(), FileError> {
        let filled = |field: usize| value(field).is_some_and(|text| !text.trim().is_empty());
        let first = value(0).unwrap_or_default();
        // Only rows that begin like no row of data are looked at closely.
        let suspect =
            first.trim().is_empty() || !first.is_ascii() || Some(first) == self.names.first().map(String::as_str);
        if suspect && (!(0..fields).any(filled) || self.is_remark(fields, &value)) {
            return Ok(());
        }
        let width = self.names.len();
        let fits = match fields.cmp(&width) {
            std::cmp::Ordering::Equal => true,
            std::cmp::Ordering::Greater => !(width..fields).any(filled),
            std::cmp::Ordering::Less => self.shape == Shape::Loose,
        };
        if fits { sink.row(line, value) } else { sink.reject_line(line, Reason::RaggedRow, raw) }
    }

    /// A sum, a note under the table, or the header once more.
    fn is_remark<'v>(&self, fields: usize, value: &impl Fn(usize) -> Option<&'v str>) -> bool {
        let mut filled = (0..fields).filter_map(|field| value(field).map(str::trim).filter(|text| !text.is_empty()));
        let Some(first) = filled.next() else { return true };
        let alone = filled.next().is_none();
        let word = first.trim_end_matches([':', '\u{ff1a}', ' ', '\u{3000}']).replace([' ', '\u{3000}'], "");
        if matches!(word.as_str(), "合计" | "总计" | "小计" | "共计") {
            return true;
        }
        if alone
            && self.names.len() > 1
            && ["注:", "注\u{ff1a}", "备注", "说明", "填表", "制表"].iter().any(|mark| first.starts_with(mark))
        {
            return true;
        }
        !alone && (0..fields).all(|field| value(field).map(str::trim) == self.names.get(field).map(String::as_str))
    }
}

/// The delimiter that makes most known headers, in the first line that has several, else in any of the first lines; a
/// comma where nothing speaks for another.
pub(super) fn likely_delimiter(start: &[u8], known: &dyn Fn(&str) -> bool) -> u8 {
    let text = String::from_utf8_lossy(&start[..start.len().min(64 << 10)]);
    let mut best = (0, b',');
    for line in text.lines().take(header::REACH) {
        for delimiter in [b',', b'\t', b';'] {
            let cells = line.split(char::from(delimiter));
            let found = cells.filter(|cell| known(cell.trim().trim_matches('"'))).count();
            if found > best.0 {
                best = (found, delimiter);
            }
        }
        if best.0 > 1 {
            break;
        }
    }
    best.1
}

pub(super) fn small_table(
    input: Box<dyn Read>,
    delimiter: Option<u8>,
    limit: usize,
    sha256: String,
) -> Result<SmallTable, FileError> {
    let mut records = Records::new(input, delimiter.unwrap_or(b','), limit);
    let texts = |fields: Fields<'_>| fields.texts();
    let mut table = SmallTable { sha256, header: Vec::new(), rows: Vec::new() };
    while let Some(record) = records.next()? {
        let Record::Fields(_, fields) = record else { continue };
        if fields.is_blank() {
            continue;
        }
        if table.header.is_empty() {
            table.header = texts(fields).iter().map(|name| name.trim().to_owned()).collect();
        } else if table.rows.len() < LOOKUP_ROWS {
            table.rows.push(texts(fields));
        } else {
            let why = format!("has more than {LOOKUP_ROWS} rows, too many to look values up in");
            return Err(FileError::Refused(why));
        }
    }
    Ok(table)
}
