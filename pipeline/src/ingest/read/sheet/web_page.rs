//! Writes the tables of a web page, or of an XML workbook of Excel 2003, as comma-separated lines. Many systems give such files the
//! extension `.xls`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use encoding_rs::{Encoding, GB18030, UTF_8};

use super::cells::{CellWriter, Merged};
use super::mark::SheetMark;
use super::page_tokens::{Element, Token, Tokens};
use super::workbook_error::SheetError;

/// Number of bytes in which the page names its encoding.
const START_BYTES: usize = 4 << 10;
/// Maximum number of rows and columns that a cell may span.
const MAX_SPAN: u32 = 65_535;

/// Writes each table after a mark.
pub(super) fn write(path: &Path, out: &mut impl Write) -> Result<(), SheetError> {
    let bytes = std::fs::read(path)?;
    let text = decoded(&bytes)?;
    let mut table: Option<PageTable> = None;
    let (mut tables, mut is_workbook, mut name) = (0, false, String::new());
    for token in Tokens::new(&text) {
        match token {
            Token::Text(text) => {
                if let Some(cell) = table.as_mut().and_then(|table| table.open.as_mut()) {
                    cell.text.push_str(&text);
                }
            }
            Token::Open(element) => match element.name.as_str() {
                "table" => {
                    finish(table.take(), &name, out)?;
                    tables += 1;
                    if !is_workbook {
                        name = format!("table {tables}");
                    }
                    table = Some(PageTable::default());
                }
                "worksheet" => {
                    is_workbook = true;
                    name = element.attribute("name").unwrap_or_default().to_owned();
                }
                _ => {
                    if let Some(table) = &mut table {
                        table.open(&element);
                    }
                }
            },
            Token::Close(closed) => match closed.as_str() {
                "table" => finish(table.take(), &name, out)?,
                _ => {
                    if let Some(table) = &mut table {
                        table.close(&closed);
                    }
                }
            },
        }
    }
    finish(table, &name, out)?;
    if tables > 0 { Ok(()) } else { Err(SheetError::NoTable) }
}

/// Decodes a page by its byte order mark or the encoding that it names, otherwise as UTF-8 or GB18030.
fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, SheetError> {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(START_BYTES)]).to_ascii_lowercase();
    let named = ["charset=", "encoding="].iter().find_map(|key| {
        let rest = start.split_once(key)?.1.trim_start_matches(['"', '\'']);
        Encoding::for_label(
            rest.split(|mark: char| !mark.is_ascii_alphanumeric() && !"-_".contains(mark)).next()?.as_bytes(),
        )
    });
    let marked = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let is_utf8 = std::str::from_utf8(bytes).is_ok();
    // Pages often name an encoding and are then saved as UTF-8.
    let encoding = marked.or(is_utf8.then_some(UTF_8)).or(named.filter(|named| *named != UTF_8)).unwrap_or(GB18030);
    let encoding = if encoding == encoding_rs::GBK { GB18030 } else { encoding };
    let (text, _, has_errors) = encoding.decode(bytes);
    if has_errors {
        return Err(SheetError::Workbook(format!("its text is not {}", encoding.name())));
    }
    Ok(text)
}

fn finish(table: Option<PageTable>, name: &str, out: &mut impl Write) -> Result<(), SheetError> {
    let Some(mut table) = table else { return Ok(()) };
    table.close_cell();
    SheetMark { name: name.to_owned(), hidden_rows: table.hidden_rows, ..SheetMark::default() }.write(out)?;
    let mut writer = CellWriter::new(out, name, table.merged);
    table.cells.sort_by_key(|cell| (cell.0, cell.1));
    table.cells.dedup_by_key(|cell| (cell.0, cell.1));
    table.cells.iter().try_for_each(|(row, column, text)| writer.cell((*row, *column), text))?;
    writer.end()
}

/// The cells of one table.
#[derive(Debug, Default)]
struct PageTable {
    cells: Vec<(u32, u32, String)>,
    merged: Vec<Merged>,
    /// Number of rows that were begun.
    rows: u32,
    /// The next free column of the row.
    column: u32,
    /// Last row of the cells that reach into the following rows, by column.
    taken: BTreeMap<u32, u32>,
    open: Option<OpenCell>,
    is_hidden: bool,
    hidden_rows: u64,
}

#[derive(Debug)]
struct OpenCell {
    place: (u32, u32),
    bottom: u32,
    text: String,
}

impl PageTable {
    fn open(&mut self, element: &Element) {
        match element.name.as_str() {
            "tr" | "row" => {
                self.close_cell();
                let index = element.attribute("index").and_then(|index| index.parse::<u32>().ok());
                self.rows = index.filter(|index| *index > self.rows).unwrap_or(self.rows.saturating_add(1));
                self.column = 0;
                let style = element.attribute("style").unwrap_or_default().replace(' ', "");
                self.is_hidden = style.contains("display:none") || element.attribute("hidden") == Some("1");
                self.hidden_rows += u64::from(self.is_hidden);
            }
            "td" | "th" | "cell" => self.open_cell(element),
            "br" | "p" | "div" => {
                if let Some(cell) = &mut self.open {
                    cell.text.push(' ');
                }
            }
            _ => {}
        }
    }

    fn open_cell(&mut self, element: &Element) {
        self.close_cell();
        self.rows = self.rows.max(1);
        let row = self.rows - 1;
        let count = |name: &str| element.attribute(name).and_then(|text| text.trim().parse::<u32>().ok());
        // A web page counts the rows and columns of a cell, a workbook the further ones.
        let further = |page: &str, workbook: &str| {
            let further = count(page).map_or_else(|| count(workbook).unwrap_or(0), |all| all.saturating_sub(1));
            further.min(MAX_SPAN)
        };
        let (down, across) = (further("rowspan", "mergedown"), further("colspan", "mergeacross"));
        match count("index").filter(|index| *index > 0) {
            Some(index) => self.column = index - 1,
            None => {
                while self.taken.get(&self.column).is_some_and(|bottom| *bottom >= row) {
                    self.column += 1;
                }
            }
        }
        let bottom = row.saturating_add(down);
        if down > 0 {
            let last = self.column.saturating_add(across);
            self.taken.extend((self.column..=last).map(|column| (column, bottom)));
        }
        self.open = Some(OpenCell { place: (row, self.column), bottom, text: String::new() });
        self.column = self.column.saturating_add(across).saturating_add(1);
    }

    fn close(&mut self, name: &str) {
        if matches!(name, "td" | "th" | "cell" | "tr" | "row") {
            self.close_cell();
        }
    }

    fn close_cell(&mut self) {
        let Some(OpenCell { place: (row, column), bottom, text }) = self.open.take() else { return };
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            return;
        }
        if bottom > row {
            self.merged.push(Merged { top: row, column, bottom });
        }
        self.cells.push((row, column, text));
    }
}
