//! Splits delimited text into records with bounded memory. Quoted fields may contain line breaks and doubled quotes.

use std::io::Read;

use super::super::error::FileError;
use super::encoding::from_io;

/// Iterates over the records of a text. An unclosed quotation mark invalidates its line only, not the rest of the file.
pub(crate) struct Records<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    line: u64,
    limit: usize,
    delimiter: u8,
    quotes: bool,
    fields: Vec<Span>,
    unquoted: Vec<u8>,
}

/// A record or an invalid line.
#[derive(Debug)]
pub(crate) enum Record<'a> {
    /// First line of the record, counted from 1, and its fields.
    Fields(u64, Fields<'a>),
    /// A line with an unclosed quotation mark.
    BadQuote(u64, &'a [u8]),
}

/// The fields of one record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'a> {
    spans: &'a [Span],
    buffer: &'a [u8],
    unquoted: &'a [u8],
    raw: &'a [u8],
}

#[derive(Debug, Clone, Copy)]
struct Span {
    from: usize,
    to: usize,
    unquoted: bool,
}

enum Parsed {
    Complete { bytes: usize, lines: u64 },
    Incomplete { is_quoted: bool },
}

/// Initial size of the buffer in bytes. It grows up to the limit.
const INITIAL_BUFFER: usize = 256 << 10;

impl<R: Read> Records<R> {
    pub(crate) fn new(input: R, delimiter: u8, limit: usize) -> Self {
        Self {
            input,
            buffer: vec![0; INITIAL_BUFFER],
            start: 0,
            end: 0,
            ended: false,
            line: 1,
            limit,
            delimiter,
            quotes: true,
            fields: Vec::new(),
            unquoted: Vec::new(),
        }
    }

    /// Treats each line as a record with one field.
    pub(crate) fn lines(input: R, limit: usize) -> Self {
        Self { quotes: false, ..Self::new(input, b'\n', limit) }
    }

    /// Sets the delimiter of the following records.
    pub(crate) fn set_delimiter(&mut self, delimiter: u8) {
        self.delimiter = delimiter;
    }

    /// The delimiter.
    pub(crate) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// Returns the buffered text without consuming it.
    pub(crate) fn peek(&mut self) -> Result<&[u8], FileError> {
        if !self.ended && self.end == self.start {
            self.refill()?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    /// Skips empty lines before the next record.
    pub(crate) fn skip_blank_lines(&mut self) -> Result<(), FileError> {
        loop {
            let rest = &self.buffer[self.start..self.end];
            let blank = rest.iter().take_while(|&&byte| byte == b'\n').count();
            self.start += blank;
            self.line += blank as u64;
            if self.start < self.end || self.ended {
                return Ok(());
            }
            self.refill()?;
        }
    }

    /// Returns the next record. `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Record<'_>>, FileError> {
        loop {
            if self.start == self.end && self.ended {
                return Ok(None);
            }
            match self.parse() {
                Parsed::Complete { bytes, lines } => {
                    let (from, line) = (self.start, self.line);
                    self.start += bytes;
                    self.line += lines;
                    let fields = Fields {
                        spans: &self.fields,
                        buffer: &self.buffer,
                        unquoted: &self.unquoted,
                        raw: &self.buffer[from..from + bytes],
                    };
                    return Ok(Some(Record::Fields(line, fields)));
                }
                Parsed::Incomplete { is_quoted } => {
                    let rest = &self.buffer[self.start..self.end];
                    let is_full = rest.len() >= self.limit;
                    if !self.ended && !is_full {
                        self.refill()?;
                        continue;
                    }
                    if is_full && !(is_quoted && rest.contains(&b'\n')) {
                        return Err(FileError::RecordTooLong { line: self.line, limit: self.limit });
                    }
                    let length = line_end(rest).unwrap_or(rest.len());
                    let (from, line) = (self.start, self.line);
                    self.start = (from + length + 1).min(self.end);
                    self.line += 1;
                    return Ok(Some(Record::BadQuote(line, &self.buffer[from..from + length])));
                }
            }
        }
    }

    fn refill(&mut self) -> Result<(), FileError> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            let larger = (self.buffer.len() * 2).min(self.limit.max(INITIAL_BUFFER) + 1);
            self.buffer.resize(larger.max(self.end + 1), 0);
        }
        while !self.ended && self.end < self.buffer.len() {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(read) => {
                    self.end += read;
                    self.ended = read == 0;
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(from_io(error)),
            }
        }
        Ok(())
    }

    /// Finds the fields of the record at `start`.
    fn parse(&mut self) -> Parsed {
        self.fields.clear();
        self.unquoted.clear();
        let buffer = &self.buffer[..self.end];
        let delimiter = self.delimiter;
        let ends = |byte: &u8| *byte == delimiter || *byte == b'\n';
        let mut lines = 1;
        let mut at = self.start;
        loop {
            let mut span = Span { from: at, to: at, unquoted: false };
            if self.quotes && buffer.get(at) == Some(&b'"') {
                span = Span { from: self.unquoted.len(), to: 0, unquoted: true };
                at += 1;
                loop {
                    let Some(length) = buffer[at..].iter().position(|&byte| byte == b'"') else {
                        return Parsed::Incomplete { is_quoted: true };
                    };
                    let part = &buffer[at..at + length];
                    lines += part.iter().filter(|&&byte| byte == b'\n').count() as u64;
                    self.unquoted.extend_from_slice(part);
                    at += length + 1;
                    match buffer.get(at) {
                        Some(b'"') => {
                            self.unquoted.push(b'"');
                            at += 1;
                        }
                        None if !self.ended => return Parsed::Incomplete { is_quoted: true },
                        _ => break,
                    }
                }
            }
            let length = match buffer[at..].iter().position(ends) {
                Some(length) => length,
                None if self.ended => buffer.len() - at,
                None => return Parsed::Incomplete { is_quoted: false },
            };
            let stop = at + length;
            let is_last = buffer.get(stop).is_none_or(|&byte| byte == b'\n');
            let field_end = if is_last && length > 0 && buffer[stop - 1] == b'\r' { stop - 1 } else { stop };
            if span.unquoted {
                self.unquoted.extend_from_slice(&buffer[at..field_end]);
                span.to = self.unquoted.len();
            } else {
                span.to = field_end;
            }
            self.fields.push(span);
            if is_last {
                return Parsed::Complete { bytes: (stop + 1).min(buffer.len()) - self.start, lines };
            }
            at = stop + 1;
            if at == buffer.len() && !self.ended {
                return Parsed::Incomplete { is_quoted: false };
            }
        }
    }
}

fn line_end(text: &[u8]) -> Option<usize> {
    text.iter().position(|&byte| byte == b'\n')
}

impl<'a> Fields<'a> {
    /// Number of fields.
    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    /// The text of a field. `None` if the record is shorter or the bytes are not UTF-8.
    pub(crate) fn get(&self, field: usize) -> Option<&'a str> {
        let span = self.spans.get(field)?;
        let bytes = if span.unquoted { self.unquoted } else { self.buffer };
        std::str::from_utf8(bytes.get(span.from..span.to)?).ok()
    }

    /// The texts of all fields.
    pub(crate) fn texts(&self) -> Vec<String> {
        (0..self.len()).map(|field| self.get(field).unwrap_or_default().to_owned()).collect()
    }

    /// Whether all fields are empty or white space.
    pub(crate) fn is_blank(&self) -> bool {
        (0..self.len()).all(|field| self.get(field).is_none_or(|text| text.trim().is_empty()))
    }

    /// The bytes of the record.
    pub(crate) fn raw(&self) -> &'a [u8] {
        self.raw
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str, limit: usize) -> Result<Vec<String>, FileError> {
        let mut records = Records::new(text.as_bytes(), b',', limit);
        let mut found = Vec::new();
        while let Some(record) = records.next()? {
            found.push(match record {
                Record::Fields(line, fields) => format!("{line}:{}", fields.texts().join("|")),
                Record::BadQuote(line, raw) => format!("{line}!{}", String::from_utf8_lossy(raw)),
            });
        }
        Ok(found)
    }

    #[test]
    fn quotes_line_breaks_and_a_missing_last_newline_are_handled() {
        let text = "a,b\r\n\"x, \"\"y\"\"\",\"two\nlines\"\n,\n\nlast,";
        let expected = ["1:a|b", "2:x, \"y\"|two\nlines", "4:|", "5:", "6:last|"];
        assert_eq!(split(text, 1 << 20).expect("splits"), expected);
        assert_eq!(split("", 1 << 20).expect("splits"), Vec::<String>::new());
    }

    #[test]
    fn empty_lines_are_skipped_and_counted() {
        let text = format!("a\n{}b\n\n", "\n".repeat(INITIAL_BUFFER * 2));
        let mut records = Records::new(text.as_bytes(), b',', 1 << 20);
        records.next().expect("a record");
        records.skip_blank_lines().expect("skipped");
        let line = INITIAL_BUFFER as u64 * 2 + 2;
        assert!(matches!(records.next(), Ok(Some(Record::Fields(found, _))) if found == line));
        records.skip_blank_lines().expect("skipped");
        assert!(matches!(records.next(), Ok(None)));
    }

    #[test]
    fn an_unclosed_quote_invalidates_only_its_line() {
        let found = split("a,b\n\"open,1\nc,2\nd,3\n", 1 << 20).expect("splits");
        assert_eq!(found, ["1:a|b", "2!\"open,1", "3:c|2", "4:d|3"]);
    }

    #[test]
    fn a_record_longer_than_the_limit_is_an_error() {
        let long = format!("a\n{}\n", "x".repeat(600 << 10));
        assert!(matches!(split(&long, 512 << 10), Err(FileError::RecordTooLong { line: 2, .. })));
        assert_eq!(split(&long, 1 << 20).expect("fits").len(), 2);
    }
}
