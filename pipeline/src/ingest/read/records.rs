//! Splits delimited text into records with bounded memory: quoted fields may hold line breaks, doubled quotes stand for one.

use std::io::Read;

use super::super::error::FileError;
use super::encoding::from_io;

/// The records of a text. A quotation mark that is never closed costs its own line, not the rest of the file.
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

/// A record, or a line that is none.
#[derive(Debug)]
pub(crate) enum Record<'a> {
    /// Fields of the record that begins at a line, counted from 1.
    Fields(u64, Fields<'a>),
    /// A line in which a quotation mark is opened and never closed, as it stands.
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
    Whole { bytes: usize, lines: u64 },
    NeedsMore { quoted: bool },
}

/// Where the buffer starts; it grows to the limit.
const FIRST_BUFFER: usize = 256 << 10;

impl<R: Read> Records<R> {
    pub(crate) fn new(input: R, delimiter: u8, limit: usize) -> Self {
        Self {
            input,
            buffer: vec![0; FIRST_BUFFER],
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

    /// The lines of a text, each a record of one field.
    pub(crate) fn lines(input: R, limit: usize) -> Self {
        Self { quotes: false, ..Self::new(input, b'\n', limit) }
    }

    /// Uses another delimiter from the next record on.
    pub(crate) fn set_delimiter(&mut self, delimiter: u8) {
        self.delimiter = delimiter;
    }

    /// The text that lies in reach, without taking it.
    pub(crate) fn peek(&mut self) -> Result<&[u8], FileError> {
        if !self.ended && self.end == self.start {
            self.refill()?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    /// The next record; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Record<'_>>, FileError> {
        loop {
            if self.start == self.end && self.ended {
                return Ok(None);
            }
            match self.parse() {
                Parsed::Whole { bytes, lines } => {
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
                Parsed::NeedsMore { quoted } => {
                    let held = &self.buffer[self.start..self.end];
                    let full = held.len() >= self.limit;
                    if !self.ended && !full {
                        self.refill()?;
                        continue;
                    }
                    if full && !(quoted && held.contains(&b'\n')) {
                        return Err(FileError::RecordTooLong { line: self.line, limit: self.limit });
                    }
                    let length = line_end(held).unwrap_or(held.len());
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
            let larger = (self.buffer.len() * 2).min(self.limit.max(FIRST_BUFFER) + 1);
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
                        return Parsed::NeedsMore { quoted: true };
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
                        None if !self.ended => return Parsed::NeedsMore { quoted: true },
                        _ => break,
                    }
                }
            }
            let length = match buffer[at..].iter().position(ends) {
                Some(length) => length,
                None if self.ended => buffer.len() - at,
                None => return Parsed::NeedsMore { quoted: false },
            };
            let stop = at + length;
            let last = buffer.get(stop).is_none_or(|&byte| byte == b'\n');
            let shown = if last && length > 0 && buffer[stop - 1] == b'\r' { stop - 1 } else { stop };
            if span.unquoted {
                self.unquoted.extend_from_slice(&buffer[at..shown]);
                span.to = self.unquoted.len();
            } else {
                span.to = shown;
            }
            self.fields.push(span);
            if last {
                return Parsed::Whole { bytes: (stop + 1).min(buffer.len()) - self.start, lines };
            }
            at = stop + 1;
            if at == buffer.len() && !self.ended {
                return Parsed::NeedsMore { quoted: false };
            }
        }
    }
}

fn line_end(text: &[u8]) -> Option<usize> {
    text.iter().position(|&byte| byte == b'\n')
}

impl<'a> Fields<'a> {
    /// How many fields there are.
    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    /// The text of a field; missing where the record is shorter or the bytes are no UTF-8.
    pub(crate) fn get(&self, field: usize) -> Option<&'a str> {
        let span = self.spans.get(field)?;
        let bytes = if span.unquoted { self.unquoted } else { self.buffer };
        std::str::from_utf8(bytes.get(span.from..span.to)?).ok()
    }

    /// All fields as texts.
    pub(crate) fn texts(&self) -> Vec<String> {
        (0..self.len()).map(|field| self.get(field).unwrap_or_default().to_owned()).collect()
    }

    /// Whether no field holds more than spaces.
    pub(crate) fn is_blank(&self) -> bool {
        (0..self.len()).all(|field| self.get(field).is_none_or(|text| text.trim().is_empty()))
    }

    /// The record as it stands in the file.
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
    fn quotes_line_breaks_and_missing_last_newline() {
        let text = "a,b\r\n\"x, \"\"y\"\"\",\"two\nlines\"\n,\n\nlast,";
        let expected = ["1:a|b", "2:x, \"y\"|two\nlines", "4:|", "5:", "6:last|"];
        assert_eq!(split(text, 1 << 20).expect("splits"), expected);
        assert_eq!(split("", 1 << 20).expect("splits"), Vec::<String>::new());
    }

    #[test]
    fn an_open_quote_costs_its_line_only() {
        let found = split("a,b\n\"open,1\nc,2\nd,3\n", 1 << 20).expect("splits");
        assert_eq!(found, ["1:a|b", "2!\"open,1", "3:c|2", "4:d|3"]);
    }

    #[test]
    fn a_record_beyond_the_limit_is_refused() {
        let long = format!("a\n{}\n", "x".repeat(600 << 10));
        assert!(matches!(split(&long, 512 << 10), Err(FileError::RecordTooLong { line: 2, .. })));
        assert_eq!(split(&long, 1 << 20).expect("fits").len(), 2);
    }
}
