//! Writes data to stdout and messages to stderr.

use std::io::{IsTerminal, Write};

use serde::Serialize;
use tracing_subscriber::EnvFilter;

/// Starts logging to stderr. `ZHIHUI_LOG` sets the filter; the default is `warn`.
pub(crate) fn start_logging(json: bool) {
    let filter = EnvFilter::try_from_env("ZHIHUI_LOG").unwrap_or_else(|_| EnvFilter::new("warn,zhihui=info"));
    let logger = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let logger = logger.with_ansi(std::io::stderr().is_terminal());
    // A second start (in tests of this binary) keeps the first logger.
    let _ = if json { logger.json().try_init() } else { logger.without_time().with_target(false).try_init() };
}

pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    print_line(&serde_json::to_string_pretty(value)?)
}

/// Prints a text and a line break. Ignores a closed pipe.
pub(crate) fn print_line(text: &str) -> anyhow::Result<()> {
    match writeln!(std::io::stdout().lock(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Prints a message for people to stderr.
pub(crate) fn print_message(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Escapes line breaks and other control characters, which names of files may contain.
pub(crate) fn one_line(text: &str) -> String {
    let escaped =
        |letter: char| if letter.is_control() { letter.escape_default().to_string() } else { letter.to_string() };
    text.chars().map(escaped).collect()
}

pub(crate) fn print_error(error: &anyhow::Error) {
    print_message(&format!("zhihui: {}", format_error(error)));
}

/// Formats an error with its causes, leaving out causes that it already contains.
pub(crate) fn format_error(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string).filter(|cause| cause != "refused") {
        if text.contains(&cause) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&cause);
    }
    text
}

/// Prints rows under headers with aligned columns. `right` says which columns are right-aligned.
pub(crate) fn table(headers: &[&str], rows: &[Vec<String>], right: &[bool]) -> anyhow::Result<()> {
    let mut widths: Vec<usize> = headers.iter().map(|header| width(header)).collect();
    for row in rows {
        for (at, cell) in row.iter().enumerate() {
            widths[at] = widths[at].max(width(cell));
        }
    }
    let print = |cells: &[String]| {
        let mut text = String::new();
        for (at, cell) in cells.iter().enumerate() {
            let gap = " ".repeat(widths[at].saturating_sub(width(cell)));
            let (before, after) =
                if right.get(at).copied().unwrap_or(false) { (gap.as_str(), "") } else { ("", gap.as_str()) };
            text.push_str(&format!("{before}{cell}{after}  "));
        }
        print_line(text.trim_end())
    };
    print(&headers.iter().map(|header| (*header).to_owned()).collect::<Vec<_>>())?;
    rows.iter().try_for_each(|row| print(row))
}

/// Returns the width of a text on a terminal. Chinese characters and full-width forms take two columns.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(|letter| if (letter as u32) >= 0x1100 { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    #[test]
    fn a_cause_is_printed_once() {
        let disk = Err::<(), _>(std::io::Error::other("disk is full")).context("cannot write: disk is full");
        let error = disk.context("inbox.db").expect_err("an error");
        assert_eq!(format_error(&error), "inbox.db: cannot write: disk is full");
    }
}
