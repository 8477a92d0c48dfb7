//! Reads workbooks in a child process with limited memory and CPU time, because a small file can need a lot of both.
//!
//! The child writes each sheet as comma-separated text, one line per row, after a line that starts with a form feed.

mod cells;

use std::io::{BufRead, BufReader, Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::super::error::FileError;
use super::super::sink::Sink;
use super::Records;
use super::delimited::{TrailingFields, table};
use crate::config::FileFormat;
use crate::process_limits::limit_process;

pub use cells::SheetError;

/// First byte of the line before each sheet.
const SHEET_MARK: u8 = 0x0c;

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
    cells::write(path, out)
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
            cells::write(path, &mut text).map_err(|error| FileError::Refused(error.to_string()))?;
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

/// Calls `read` with the records of each sheet.
pub(super) fn for_each_sheet(
    mut text: &mut dyn BufRead,
    limit: usize,
    mut read: impl FnMut(&mut Records<SheetText<'_, &mut dyn BufRead>>) -> Result<(), FileError>,
) -> Result<(), FileError> {
    while skip_to_sheet(&mut text)? {
        let sheet = SheetText { text: &mut text, is_line_start: true };
        read(&mut Records::new(sheet, b',', limit))?;
    }
    Ok(())
}

/// Waits for the child and converts its failure. With `stop`, kills it first.
fn check_exit(mut child: Child, format: FileFormat, limits: (u64, u64), stop: bool) -> Result<(), FileError> {
    if stop {
        // Nobody reads the pipe any more, so the child could block forever.
        let _ = child.kill();
    }
    let output = child.wait_with_output().map_err(FileError::Io)?;
    if output.status.success() || (stop && output.stderr.is_empty()) {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let why = stderr.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    if output.status.code().is_some() && !why.is_empty() {
        return Err(FileError::Refused(why.trim_start_matches("error: ").to_owned()));
    }
    let name = if format == FileFormat::Xls { "an .xls" } else { "an .xlsx" };
    Err(FileError::Refused(format!(
        "cannot be decoded as {name} workbook within {} MiB and {} s; save the sheet as \"CSV UTF-8\" and send it again",
        limits.0 >> 20,
        limits.1
    )))
}

/// Reads all sheets with a known header. Skips other sheets unless there is no readable sheet.
fn read_sheets(mut text: impl BufRead, limit: usize, sink: &mut Sink<'_>) -> Result<(), FileError> {
    let mut first_refusal = None;
    let mut sheets_read = 0;
    while skip_to_sheet(&mut text)? {
        let sheet = SheetText { text: &mut text, is_line_start: true };
        let mut records = Records::new(sheet, b',', limit);
        match table(&mut records, TrailingFields::Optional, sink) {
            Ok(()) => sheets_read += 1,
            Err(refusal @ (FileError::MissingColumn { .. } | FileError::Refused(_))) => {
                first_refusal.get_or_insert(refusal);
            }
            Err(error) => return Err(error),
        }
    }
    match first_refusal {
        Some(refusal) if sheets_read == 0 => Err(refusal),
        None if sheets_read == 0 => Err(FileError::Refused("is a workbook without rows; check its sheets".to_owned())),
        _ => Ok(()),
    }
}

/// Skips to the start of the next sheet. Returns false at the end.
fn skip_to_sheet(text: &mut impl BufRead) -> Result<bool, FileError> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if text.read_until(b'\n', &mut line).map_err(FileError::Io)? == 0 {
            return Ok(false);
        }
        if line.first() == Some(&SHEET_MARK) {
            return Ok(true);
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
        if buffer.is_empty() || (self.is_line_start && buffer[0] == SHEET_MARK) {
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
