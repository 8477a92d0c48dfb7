//! Reads comma- or tab-separated text: finds delimiter and header, and rejects rows that do not match the header.

use std::io::Read;

use super::super::error::FileError;
use super::super::reject::Reason;
use super::super::sink::Sink;
use super::records::{Fields, Record, Records};
use super::{SmallTable, header};

/// Maximum number of rows of a look-up file.
const MAX_LOOKUP_ROWS: usize = 2_000_000;

pub(super) fn read(
    input: Box<dyn Read>,
    delimiter: Option<u8>,
    limit: usize,
    sink: &mut Sink<'_>,
) -> Result<(), FileError> {
    let mut records = Records::new(input, delimiter.unwrap_or(b','), limit);
    if delimiter.is_none() {
        let detected = detect_delimiter(records.peek()?, &|name| sink.plan().knows(name));
        records.set_delimiter(detected);
    }
    table(&mut records, TrailingFields::Required, sink)
}

/// Whether a row may have fewer fields than the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TrailingFields {
    /// No.
    Required,
    /// Yes: sheets omit empty fields at the end.
    Optional,
}

/// Reads a table, including title rows above its header.
pub(super) fn table<R: Read>(
    records: &mut Records<R>,
    trailing: TrailingFields,
    sink: &mut Sink<'_>,
) -> Result<(), FileError> {
    let mut first_rows: Vec<(u64, Vec<String>, Vec<u8>)> = Vec::new();
    while first_rows.len() < header::MAX_ROWS {
        match records.next()? {
            None => break,
            Some(Record::BadQuote(line, raw)) => first_rows.push((line, Vec::new(), raw.to_vec())),
            Some(Record::Fields(_, fields)) if fields.is_blank() => {}
            Some(Record::Fields(line, fields)) => first_rows.push((line, fields.texts(), fields.raw().to_vec())),
        }
    }
    if first_rows.is_empty() {
        return Err(FileError::Refused("is empty: there is no header row; send the file with its header".to_owned()));
    }
    let rows: Vec<Vec<String>> = first_rows.iter().map(|(_, texts, _)| texts.clone()).collect();
    let found = header::find(&rows, &|name| sink.plan().knows(name), &|names| sink.plan().suffices(names));
    let first = rows.into_iter().next().unwrap_or_default();
    let header = found.unwrap_or(header::Header { data_from: 1, names: first });
    sink.found_header(
        first_rows.get(header.data_from - 1).map_or(1, |(line, _, _)| *line),
        (trailing == TrailingFields::Required).then(|| records.delimiter()),
    );
    sink.bind(&header.names)?;
    let filter = RowFilter { names: &header.names, trailing };
    for (line, texts, raw) in &first_rows[header.data_from..] {
        if texts.is_empty() {
            sink.reject_line(*line, Reason::BadQuote, raw)?;
        } else {
            filter.handle(*line, texts.len(), |field| texts.get(field).map(String::as_str), raw, sink)?;
        }
    }
    while let Some(record) = records.next()? {
        match record {
            Record::BadQuote(line, raw) => sink.reject_line(line, Reason::BadQuote, raw)?,
            Record::Fields(line, fields) => {
                filter.handle(line, fields.len(), |field| fields.get(field), fields.raw(), sink)?;
            }
        }
    }
    Ok(())
}

struct RowFilter<'a> {
    names: &'a [String],
    trailing: TrailingFields,
}

impl RowFilter<'_> {
    /// Passes a row to the sink, rejects it, or skips an empty row or a remark.
    fn handle<'v>(
        &self,
        line: u64,
        fields: usize,
        value: impl Fn(usize) -> Option<&'v str>,
        raw: &[u8],
        sink: &mut Sink<'_>,
    ) -> Result<(), FileError> {
        let filled = |field: usize| value(field).is_some_and(|text| !text.trim().is_empty());
        let first = value(0).unwrap_or_default();
        // Checks only rows with an unusual first field, which is fast for most rows.
        let may_be_remark =
            first.trim().is_empty() || !first.is_ascii() || Some(first) == self.names.first().map(String::as_str);
        if may_be_remark && (!(0..fields).any(filled) || self.is_remark(fields, &value)) {
            return Ok(());
        }
        let width = self.names.len();
        let fits = match fields.cmp(&width) {
            std::cmp::Ordering::Equal => true,
            std::cmp::Ordering::Greater => !(width..fields).any(filled),
            std::cmp::Ordering::Less => self.trailing == TrailingFields::Optional,
        };
        if fits { sink.row(line, value) } else { sink.reject_line(line, Reason::RaggedRow, raw) }
    }

    /// Whether a row is a total, a note below the table, or a repeated header.
    fn is_remark<'v>(&self, fields: usize, value: &impl Fn(usize) -> Option<&'v str>) -> bool {
        let mut filled = (0..fields).filter_map(|field| value(field).map(str::trim).filter(|text| !text.is_empty()));
        let Some(first) = filled.next() else { return true };
        let is_only_field = filled.next().is_none();
        let word = first.trim_end_matches([':', '\u{ff1a}', ' ', '\u{3000}']).replace([' ', '\u{3000}'], "");
        if matches!(word.as_str(), "合计" | "总计" | "小计" | "共计") {
            return true;
        }
        if is_only_field
            && self.names.len() > 1
            && ["注:", "注\u{ff1a}", "备注", "说明", "填表", "制表"].iter().any(|mark| first.starts_with(mark))
        {
            return true;
        }
        !is_only_field
            && (0..fields).all(|field| value(field).map(str::trim) == self.names.get(field).map(String::as_str))
    }
}

/// Detects the delimiter: the one with most known headers in the first line with several known headers, or in any of the
/// first lines. A comma by default.
pub(super) fn detect_delimiter(start: &[u8], known: &dyn Fn(&str) -> bool) -> u8 {
    let text = String::from_utf8_lossy(&start[..start.len().min(64 << 10)]);
    let mut best = (0, b',');
    for line in text.lines().take(header::MAX_ROWS) {
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
        } else if table.rows.len() < MAX_LOOKUP_ROWS {
            table.rows.push(texts(fields));
        } else {
            let why = format!("has more than {MAX_LOOKUP_ROWS} rows, which is too many for a look-up");
            return Err(FileError::Refused(why));
        }
    }
    Ok(table)
}
