//! Reads workbooks in a child process with limited memory and CPU time, because a small file can need a lot of both.
//!
//! The child writes each sheet as comma-separated text, one line per row, after a mark.

mod cells;
mod layout;
mod mark;
mod page_tokens;
mod web_page;
mod workbook;
mod workbook_error;

use std::io::{BufRead, BufReader, Cursor, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::super::error::FileError;
use super::super::note::Note;
use super::super::sink::Sink;
use super::Records;
use super::delimited::{TrailingFields, table};
use crate::config::FileFormat;
use crate::process_limits::limit_process;

use mark::{FORM_FEED, SheetMark};
pub use workbook_error::SheetError;

/// Number of the signal that ends a process at once.
const KILL: i32 = 9;

/// How workbooks are decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SheetDecoder {
    /// By the command `PROGRAM decode-sheet FILE`, which calls [`decode_main`].
    Program {
        /// The executable, usually the running one.
        program: PathBuf,
        /// Address space in bytes and CPU time in seconds.
        limits: (u64, u64),
    },
    /// In this process without limits, for tests.
    InProcess,
}

/// Main function of the child: sets its limits, arranges to end with its parent, and writes the sheets to `out`.
///
/// # Errors
/// [`SheetError`], whose text the parent reports as the file's error.
pub fn decode_main(path: &Path, limits: (u64, u64), out: impl Write) -> Result<(), SheetError> {
    limit_process(limits).map_err(SheetError::Limits)?;
    workbook::write(path, out)
}

pub(super) fn read(
    path: &Path,
    format: FileFormat,
    decoder: &SheetDecoder,
    limit: usize,
    sink: &mut Sink<'_>,
) -> Result<(), FileError> {
    with_text(path, format, decoder, |text| read_sheets(text, limit, sink))
}

/// Decodes a workbook and calls `read` with its text.
pub(super) fn with_text(
    path: &Path,
    format: FileFormat,
    decoder: &SheetDecoder,
    read: impl FnOnce(&mut dyn BufRead) -> Result<(), FileError>,
) -> Result<(), FileError> {
    match decoder {
        SheetDecoder::InProcess => {
            let mut text = Vec::new();
            workbook::write(path, &mut text).map_err(|error| FileError::Refused(error.to_string()))?;
            read(&mut Cursor::new(text))
        }
        SheetDecoder::Program { program, limits } => {
            let mut child = Command::new(program)
                .arg("decode-sheet")
                .arg(path)
                .args(["--memory", &limits.0.to_string(), "--seconds", &limits.1.to_string()])
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .map_err(FileError::Io)?;
            let result = match child.stdout.take() {
                Some(output) => read(&mut BufReader::with_capacity(256 << 10, output)),
                None => Ok(()),
            };
            // The decoder's error explains more than an error about its incomplete text.
            check_exit(child, format, *limits, result.is_err())?;
            result
        }
    }
}

/// Which sheets of a workbook are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// The sheets that ingest reads.
    Visible,
    /// Hidden ones too.
    All,
}

/// Calls `read` with the records of each sheet.
pub(super) fn for_each_sheet(
    mut text: &mut dyn BufRead,
    limit: usize,
    which: Which,
    mut read: impl FnMut(&mut Records<SheetText<'_, &mut dyn BufRead>>) -> Result<(), FileError>,
) -> Result<(), FileError> {
    while let Some(mark) = next_sheet(&mut text)? {
        if which == Which::All || !mark.hidden {
            let sheet = SheetText { text: &mut text, is_line_start: true };
            read(&mut Records::new(sheet, b',', limit))?;
        }
    }
    Ok(())
}

/// The text of the first visible sheet with cells in the output of `decode-sheet`. Empty if there is none.
#[must_use]
pub fn first_visible_sheet(output: &[u8]) -> &[u8] {
    let visible = output.split(|&byte| byte == FORM_FEED).skip(1).filter_map(|part| {
        let end = part.iter().position(|&byte| byte == b'\n')?;
        let mark = SheetMark::parse_rest(&part[..end]);
        (!mark.hidden).then(|| part[end..].trim_ascii())
    });
    visible.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
}

/// Waits for the child and converts its failure. With `stop`, kills it first.
fn check_exit(mut child: Child, format: FileFormat, limits: (u64, u64), stop: bool) -> Result<(), FileError> {
    if stop {
        // Nobody reads the pipe any more, so the child could block forever.
        let _ = child.kill();
    }
    let output = child.wait_with_output().map_err(FileError::Io)?;
    // Ended by the kill above, or by itself because nobody reads.
    let is_stopped = stop && matches!(output.status.signal(), None | Some(KILL)) && output.stderr.is_empty();
    if output.status.success() || is_stopped {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let why = stderr.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    if output.status.code().is_some() && !why.is_empty() {
        return Err(FileError::Refused(why.trim_start_matches("error: ").trim_start_matches("zhihui: ").to_owned()));
    }
    let name = if format == FileFormat::Xls { "an .xls" } else { "an .xlsx" };
    Err(FileError::Refused(format!(
        "cannot be decoded as {name} workbook within {} MiB and {} s; save the sheet as \"CSV UTF-8\" and send it again",
        limits.0 >> 20,
        limits.1
    )))
}

/// Reads all visible sheets with a known header, and notes which sheets were not read. Refuses the file if no sheet is readable.
fn read_sheets(mut text: impl BufRead, limit: usize, sink: &mut Sink<'_>) -> Result<(), FileError> {
    let mut first_refusal = None;
    let (mut sheets_read, mut notes) = (0, Vec::new());
    while let Some(mark) = next_sheet(&mut text)? {
        let name = mark.name.as_str();
        if mark.hidden {
            let text = format!("sheet {name} is hidden and was not read; show it if its rows are needed");
            notes.push(Note { code: "hidden_sheet", count: 1, text });
            continue;
        }
        let sheet = SheetText { text: &mut text, is_line_start: true };
        let mut records = Records::new(sheet, b',', limit);
        match table(&mut records, TrailingFields::Optional, sink) {
            Ok(()) => {
                sheets_read += 1;
                notes.extend(cell_notes(&mark));
            }
            Err(FileError::Empty) => {}
            Err(refusal @ (FileError::MissingColumn { .. } | FileError::Refused(_))) => {
                let text = format!("sheet {name} was not read: {refusal}");
                notes.push(Note { code: "sheet_not_read", count: 1, text });
                first_refusal.get_or_insert(refusal);
            }
            Err(error) => return Err(error),
        }
    }
    if sheets_read > 0 {
        sink.note(notes);
        return Ok(());
    }
    Err(match (first_refusal, notes.first()) {
        (Some(refusal), _) => refusal,
        (None, Some(hidden)) => FileError::Refused(format!("is a workbook without visible rows: {}", hidden.text)),
        (None, None) => FileError::Refused("is a workbook without rows; check its sheets".to_owned()),
    })
}

/// Notes on cells whose value is not what the sheet shows.
fn cell_notes(mark: &SheetMark) -> impl Iterator<Item = Note> {
    let place = format!(" of sheet {}", mark.name);
    let notes = [
        Note::counted("hidden_rows", mark.hidden_rows, |count| {
            format!(
                "hidden rows{place} were read like the others: {count}; delete them if they do not belong to the table"
            )
        }),
        Note::counted("empty_formulas", mark.empty_formulas, |count| {
            format!(
                "formulas{place} have no stored result and count as empty: {count}; open the file in Excel or WPS and save it again"
            )
        }),
        Note::counted("cell_errors", mark.errors, |count| {
            format!(
                "cells{place} show an error such as #REF! or #N/A instead of a value: {count}; correct their formulas"
            )
        }),
    ];
    notes.into_iter().flatten()
}

/// Skips to the start of the next sheet. `None` at the end.
fn next_sheet(text: &mut impl BufRead) -> Result<Option<SheetMark>, FileError> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if text.read_until(b'\n', &mut line).map_err(FileError::Io)? == 0 {
            return Ok(None);
        }
        if let Some(mark) = SheetMark::parse(&line) {
            return Ok(Some(mark));
        }
    }
}

/// The lines of one sheet.
pub(super) struct SheetText<'a, R> {
    text: &'a mut R,
    is_line_start: bool,
}

impl<R: BufRead> Read for SheetText<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let buffer = self.text.fill_buf()?;
        if buffer.is_empty() || (self.is_line_start && buffer[0] == FORM_FEED) {
            return Ok(0);
        }
        let line = buffer.iter().position(|&byte| byte == b'\n').map_or(buffer.len(), |end| end + 1);
        let length = line.min(out.len());
        out[..length].copy_from_slice(&buffer[..length]);
        self.is_line_start = buffer[length - 1] == b'\n';
        self.text.consume(length);
        Ok(length)
    }
}
