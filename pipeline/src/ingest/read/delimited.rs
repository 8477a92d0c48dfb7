//! Reads comma- or tab-separated text: finds delimiter and header, and rejects rows that do not match the header.

use std::io::Read;

use super::super::error::FileError;
use super::super::note::{Note, SkippedRow};
use super::super::reject::Reason;
use super::super::sink::Sink;
use super::records::{Record, Records};
use super::{header, remark};

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
        records.skip_blank_lines()?;
        match records.next()? {
            None => break,
            Some(Record::BadQuote(line, raw)) => first_rows.push((line, Vec::new(), raw.to_vec())),
            Some(Record::Fields(_, fields)) if fields.is_blank() => {}
            Some(Record::Fields(line, fields)) => first_rows.push((line, fields.texts(), fields.raw().to_vec())),
        }
    }
    if first_rows.is_empty() {
        return Err(FileError::Empty);
    }
    let rows: Vec<Vec<String>> = first_rows.iter().map(|(_, texts, _)| texts.clone()).collect();
    let found = header::find(&rows, &|name| sink.plan().knows(name), &|names| sink.plan().suffices(names));
    let first = rows.into_iter().next().unwrap_or_default();
    let mut header = found.unwrap_or(header::Header { data_from: 1, names: first });
    sink.found_header(
        first_rows.get(header.data_from - 1).map_or(1, |(line, _, _)| *line),
        (trailing == TrailingFields::Required).then(|| records.delimiter()),
    );
    let second = header::second_table(&header.names, &|name| sink.plan().knows(name));
    let second = second.filter(|&from| !sink.plan().maps_any(&header.names[from..], &header.names[..from]));
    if let Some(from) = second {
        header.names[from..].iter_mut().for_each(String::clear);
    }
    sink.bind(&header.names)?;
    sink.note(second.map(beside));
    let filter = RowFilter { names: &header.names, used: second.unwrap_or(usize::MAX), trailing };
    for (line, texts, raw) in &first_rows[header.data_from..] {
        if texts.is_empty() {
            sink.reject_line(*line, Reason::BadQuote, raw)?;
        } else {
            filter.handle(*line, texts.len(), |field| texts.get(field).map(String::as_str), raw, sink)?;
        }
    }
    loop {
        records.skip_blank_lines()?;
        let Some(record) = records.next()? else { return Ok(()) };
        match record {
            Record::BadQuote(line, raw) => sink.reject_line(line, Reason::BadQuote, raw)?,
            Record::Fields(line, fields) => {
                filter.handle(line, fields.len(), |field| fields.get(field), fields.raw(), sink)?;
            }
        }
    }
}

/// Notes a table beside the first one, from this column on.
fn beside(from: usize) -> Note {
    let text = format!(
        "a second table beside the first one, from column {} on, was not read; move it to a sheet or file of its own",
        from + 1
    );
    Note { code: "second_table", count: 1, text }
}

struct RowFilter<'a> {
    names: &'a [String],
    /// Number of columns before a second table.
    used: usize,
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
        if may_be_remark {
            if !(0..fields.min(self.used)).any(filled) {
                return Ok(());
            }
            if let Some(kind) = self.skipped_as(fields, &value) {
                sink.skip_row(line, kind);
                return Ok(());
            }
        }
        let width = self.names.len();
        let fits = match fields.cmp(&width) {
            std::cmp::Ordering::Equal => true,
            std::cmp::Ordering::Greater => !(width..fields).any(filled),
            std::cmp::Ordering::Less => self.trailing == TrailingFields::Optional,
        };
        if fits { sink.row(line, value) } else { sink.reject_line(line, Reason::RaggedRow, raw) }
    }

    /// Whether a row is a total, a remark below the table, or a repeated header.
    fn skipped_as<'v>(&self, fields: usize, value: &impl Fn(usize) -> Option<&'v str>) -> Option<SkippedRow> {
        let filled = || (0..fields).filter_map(|field| value(field).map(str::trim).filter(|text| !text.is_empty()));
        if remark::is_total(filled()) {
            return Some(SkippedRow::Total);
        }
        if self.names.len() > 1 && remark::is_remark(filled()) {
            return Some(SkippedRow::Remark);
        }
        let repeats = |field: usize| value(field).map(str::trim) == self.names.get(field).map(String::as_str);
        (filled().nth(1).is_some() && (0..fields).all(repeats)).then_some(SkippedRow::Header)
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
