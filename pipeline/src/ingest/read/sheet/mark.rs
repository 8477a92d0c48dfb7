//! The line before each sheet in the decoder's output: a form feed, and what the sheet's text does not show.

use std::io::{Error, Write};

use serde::{Deserialize, Serialize};

/// First byte of the line before each sheet. No cell contains it.
pub(super) const FORM_FEED: u8 = 0x0c;

/// What the text of a sheet does not show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct SheetMark {
    /// Name of the sheet, or number of the table of a web page.
    pub name: String,
    /// Whether the sheet is hidden.
    pub hidden: bool,
    /// Number of hidden rows with cells. Their cells are in the text.
    pub hidden_rows: u64,
    /// Number of formulas without a stored value. Their cells are empty.
    pub empty_formulas: u64,
    /// Number of cells with an error such as `#REF!`.
    pub errors: u64,
}

impl SheetMark {
    pub(super) fn write(&self, out: &mut impl Write) -> Result<(), Error> {
        out.write_all(&[FORM_FEED])?;
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }

    /// Parses a line. `None` if it is not a mark.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        Some(Self::parse_rest(line.strip_prefix(&[FORM_FEED])?))
    }

    /// Parses what follows the form feed.
    pub(super) fn parse_rest(rest: &[u8]) -> Self {
        serde_json::from_slice(rest).unwrap_or_default()
    }
}
