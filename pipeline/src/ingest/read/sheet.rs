//! Workbooks, decoded in a child process with little memory and time, since a small workbook can ask for a lot of both.
//!
//! The child writes each sheet as comma-separated text, one line a row, after a line that begins with a form feed.

mod cells;

use std::io::{BufRead, BufReader, Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Resource, Rlimit, setrlimit};

use super::super::error::FileError;
use super::super::sink::Sink;
use super::Records;
use super::delimited::{Shape, table};
use crate::config::FileFormat;

pub use cells::SheetError;

/// Begins the line before a sheet.
const SHEET: u8 = 0x0c;

/// The program that decodes workbooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SheetDecoder {
    /// `PROGRAM decode-sheet FILE`, which calls [`decode_main`].
    Program {
        /// The program; usually the running one.
        program: PathBuf,
        /// Address space in bytes and processor time in seconds.
        limits: (u64, u64),
    },
    /// This process; only for tests, since nothing bounds it.
    InProcess,
}

/// The whole of the child: limits itself, ends when its parent ends, then writes the sheets of a workbook to `out`.
///
/// # Errors
/// [`SheetError`], whose text the parent puts into the file's refusal.
pub fn decode_main(path: &Path, limits: (u64, u64), out: impl Write) -> Result<(), SheetError> {
    let limit = |resource, value| {
        let wanted = Rlimit { current: Some(value), maximum: Some(value) };
        setrlimit(resource, wanted).map_err(|error| SheetError::Limits(error.to_string()))
    };
    limit(Resource::As, limits.0)?;
    limit(Resource::Cpu, limits.1)?;
    // A parent that was killed cannot stop its child.
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
        .map_err(|error| SheetError::Limits(error.to_string()))?;
    cells::write(path, out)
}

pub(super) fn read(
    path: &Path,
    format: FileFormat,
    decoder: &SheetDecoder,
    limit: usize,
    sink: &mut Sink<'_>,
) -> Result<(), FileError> {
    decoded(path, format, decoder, |text| sheets(text, limit, sink))
}

/// Hands the decoded text of a workbook to `take`.
pub(super) fn decoded(
    path: &Path,
    format: FileFormat,
    decoder: &SheetDecoder,
    take: impl FnOnce(&mut dyn BufRead) -> Result<(), FileError>,
) -> Result<(), FileError> {
    match decoder {
        SheetDecoder::InProcess => {
            let mut text = Vec::new();
            cells::write(path, &mut text).map_err(|error| FileError::Refused(error.to_string()))?;
            take(&mut Cursor::new(text))
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
                Some(output) => take(&mut BufReader::with_capacity(256 << 10, output)),
                None => Ok(()),
            };
            // A decoder that failed explains more than the text that it left unfinished.
            outcome(child, format, *limits, result.is_err())?;
            result
        }
    }
}

/// Hands each sheet's records to `take`.
pub(super) fn each(
    mut text: &mut dyn BufRead,
    limit: usize,
    mut take: impl FnMut(&mut Records<SheetText<'_, &mut dyn BufRead>>) -> Result<(), FileError>,
) -> Result<(), FileError> {
    while skip_to_sheet(&mut text)? {
        let sheet = SheetText { text: &mut text, line_begins: true };
        take(&mut Records::new(sheet, b',', limit))?;
    }
    Ok(())
}

fn outcome(mut child: Child, format: FileFormat, limits: (u64, u64), stop: bool) -> Result<(), FileError> {
    if stop {
        // Whoever no longer listens must not leave the child waiting for its pipe to drain.
        let _ = child.kill();
    }
    let output = child.wait_with_output().map_err(FileError::Io)?;
    if output.status.success() || (stop && output.stderr.is_empty()) {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let why = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    if output.status.code().is_some() && !why.is_empty() {
        return Err(FileError::Refused(why.trim_start_matches("error: ").to_owned()));
    }
    let name = if format == FileFormat::Xls { "an .xls" } else { "an .xlsx" };
    Err(FileError::Refused(format!(
        "cannot be decoded as {name} workbook within {} MiB and {} s; save the sheet as \"CSV UTF-8\" and send that",
        limits.0 >> 20,
        limits.1
    )))
}

/// Takes every sheet that has a known header; those without one are notes.
fn sheets(mut text: impl BufRead, limit: usize, sink: &mut Sink<'_>) -> Result<(), FileError> {
    let mut first_refusal = None;
    let mut taken = 0;
    while skip_to_sheet(&mut text)? {
        let sheet = SheetText { text: &mut text, line_begins: true };
        let mut records = Records::new(sheet, b',', limit);
        match table(&mut records, Shape::Loose, sink) {
            Ok(()) => taken += 1,
            Err(refusal @ (FileError::MissingColumn { .. } | FileError::Refused(_))) => {
                first_refusal.get_or_insert(refusal);
            }
            Err(error) => return Err(error),
        }
    }
    match first_refusal {
        Some(refusal) if taken == 0 => Err(refusal),
        None if taken == 0 => Err(FileError::Refused("is a workbook without a sheet that holds rows".to_owned())),
        _ => Ok(()),
    }
}

/// Moves past the line that announces the next sheet.
fn skip_to_sheet(text: &mut impl BufRead) -> Result<bool, FileError> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if text.read_until(b'\n', &mut line).map_err(FileError::Io)? == 0 {
            return Ok(false);
        }
        if line.first() == Some(&SHEET) {
            return Ok(true);
        }
    }
}

/// The lines of one sheet.
pub(super) struct SheetText<'a, R> {
    text: &'a mut R,
    line_begins: bool,
}

impl<R: BufRead> Read for SheetText<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let held = self.text.fill_buf()?;
        if held.is_empty() || (self.line_begins && held[0] == SHEET) {
            return Ok(0);
        }
        let line = held.iter().position(|&byte| byte == b'\n').map_or(held.len(), |end| end + 1);
        let taken = line.min(out.len());
        out[..taken].copy_from_slice(&held[..taken]);
        self.line_begins = held[taken - 1] == b'\n';
        self.text.consume(taken);
        Ok(taken)
    }
}
