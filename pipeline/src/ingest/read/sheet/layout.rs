//! Finds merged cells, hidden rows and formulas without a value in the XML of a sheet. Ignores XML that it cannot read; calamine
//! reports it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use zip::ZipArchive;

use super::cells::Merged;

/// Maximum length of a tag in bytes. Longer ones are cut.
const MAX_TAG: u64 = 64 << 10;
/// Maximum number of merged cells of a sheet.
const MAX_MERGED: usize = 2_000_000;

/// What the cells of a sheet do not show.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    pub merged: Vec<Merged>,
    pub hidden_rows: u64,
    pub empty_formulas: u64,
    pub errors: u64,
}

/// The sheets of an `.xlsx` file, in the order of the workbook.
pub(super) struct Layouts {
    archive: ZipArchive<BufReader<File>>,
    parts: Vec<String>,
}

impl Layouts {
    /// `None` if the workbook cannot be read.
    pub(super) fn open(path: &Path) -> Option<Self> {
        let mut archive = ZipArchive::new(BufReader::new(File::open(path).ok()?)).ok()?;
        let mut targets: Vec<(String, String)> = Vec::new();
        each_tag(archive.by_name("xl/_rels/workbook.xml.rels").ok()?, |tag| {
            if tag.name() == "Relationship"
                && let (Some(id), Some(target)) = (tag.attribute("Id"), tag.attribute("Target"))
            {
                let inside = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
                targets.push((id.to_owned(), inside));
            }
        });
        let mut parts = Vec::new();
        each_tag(archive.by_name("xl/workbook.xml").ok()?, |tag| {
            if tag.name() == "sheet" {
                let target = targets.iter().find(|(id, _)| Some(id.as_str()) == tag.attribute("id"));
                parts.push(target.map(|(_, part)| part.clone()).unwrap_or_default());
            }
        });
        Some(Self { archive, parts })
    }

    /// The layout of a sheet, counted from 0.
    pub(super) fn of(&mut self, sheet: usize) -> Layout {
        let mut layout = Layout::default();
        let Some(Ok(part)) = self.parts.get(sheet).map(|part| self.archive.by_name(part)) else { return layout };
        let (mut is_hidden, mut has_formula, mut has_value) = (false, false, false);
        each_tag(part, |tag| match tag.name() {
            "c" => {
                (has_formula, has_value) = (false, false);
                layout.errors += u64::from(tag.attribute("t") == Some("e"));
                if is_hidden && !tag.is_empty() {
                    layout.hidden_rows += 1;
                    is_hidden = false;
                }
            }
            "f" => has_formula = true,
            "v" | "is" => has_value = !tag.is_empty(),
            "/c" => layout.empty_formulas += u64::from(has_formula && !has_value),
            "row" => is_hidden = matches!(tag.attribute("hidden"), Some("1" | "true")),
            "mergeCell" => {
                let merged = tag.attribute("ref").and_then(merged_rows);
                layout.merged.extend(merged.filter(|_| layout.merged.len() < MAX_MERGED));
            }
            _ => {}
        });
        layout
    }
}

/// The text between `<` and `>`, without the prefix of a namespace.
struct Tag<'a>(&'a [u8]);

impl Tag<'_> {
    fn name(&self) -> &str {
        let end = self.0.iter().position(|byte| byte.is_ascii_whitespace()).unwrap_or(self.0.len());
        let name = std::str::from_utf8(&self.0[..end]).unwrap_or_default();
        if name.len() > 1 { name.trim_end_matches('/') } else { name }
    }

    /// Whether the element ends with its tag.
    fn is_empty(&self) -> bool {
        self.0.ends_with(b"/")
    }

    /// The value of an attribute, by its name without a prefix.
    fn attribute(&self, name: &str) -> Option<&str> {
        let text = std::str::from_utf8(self.0).ok()?;
        let mut rest = text;
        while let Some(found) = rest.find(name) {
            let before = rest[..found].chars().next_back();
            let after = rest[found + name.len()..].trim_start().strip_prefix('=').map(str::trim_start);
            if let Some(value) = after.filter(|_| before.is_some_and(|mark| mark == ':' || mark.is_whitespace())) {
                let quote = value.chars().next().filter(|mark| matches!(mark, '"' | '\''))?;
                return value[1..].split(quote).next();
            }
            rest = &rest[found + name.len()..];
        }
        None
    }
}

fn each_tag(input: impl Read, mut visit: impl FnMut(Tag<'_>)) {
    let mut input = BufReader::with_capacity(64 << 10, input);
    let mut tag = Vec::new();
    loop {
        tag.clear();
        let Ok(skipped) = input.skip_until(b'<') else { return };
        let Ok(length) = input.by_ref().take(MAX_TAG).read_until(b'>', &mut tag) else { return };
        if skipped == 0 || length == 0 {
            return;
        }
        if tag.pop() == Some(b'>') {
            let start = if tag.first() == Some(&b'/') { 1 } else { 0 };
            let name_end = tag.iter().position(|byte| byte.is_ascii_whitespace()).unwrap_or(tag.len());
            if let Some(prefix) = tag[start..name_end.max(start)].iter().position(|&byte| byte == b':') {
                tag.drain(start..=start + prefix);
            }
            visit(Tag(&tag));
        }
    }
}

/// The rows of a range such as `A2:B5`. `None` if it has one row.
fn merged_rows(range: &str) -> Option<Merged> {
    let (first, last) = range.split_once(':')?;
    let ((top, column), (bottom, _)) = (place(first)?, place(last)?);
    (bottom > top).then_some(Merged { top, column, bottom })
}

/// Row and column of a name such as `B5`, counted from 0.
fn place(name: &str) -> Option<(u32, u32)> {
    let letters = name.find(|letter: char| letter.is_ascii_digit())?;
    let digit = |column: u32, letter: u8| {
        let value = letter.is_ascii_uppercase().then(|| u32::from(letter - b'A') + 1)?;
        column.checked_mul(26)?.checked_add(value)
    };
    let column = name[..letters].bytes().try_fold(0, digit)?;
    let row: u32 = name[letters..].parse().ok()?;
    Some((row.checked_sub(1)?, column.checked_sub(1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_cells_are_parsed() {
        assert_eq!(merged_rows("A2:B5"), Some(Merged { top: 1, column: 0, bottom: 4 }));
        assert_eq!(merged_rows("AA2:AB3"), Some(Merged { top: 1, column: 26, bottom: 2 }));
        assert_eq!(merged_rows("A2:F2"), None);
        assert_eq!(merged_rows("2:5"), None);
    }

    #[test]
    fn attributes_and_prefixes_are_parsed() {
        let mut found = Vec::new();
        let text = "<?xml version='1.0'?><x:row r=\"5\" x14ac:spans='1:2' hidden = '1'/><c r=\"A1\" t=\"e\"></x:c>";
        each_tag(text.as_bytes(), |tag| {
            let attribute = |name| tag.attribute(name).unwrap_or("-").to_owned();
            found.push(format!("{} {} {} {}", tag.name(), attribute("r"), attribute("hidden"), attribute("spans")));
        });
        assert_eq!(found, ["?xml - - -", "row 5 1 1:2", "c A1 - -", "/c - - -"]);
    }
}
