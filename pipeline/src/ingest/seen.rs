//! What a preview notes while a file is read: headers, separators and the columns that they were bound to.

use serde::Serialize;

use super::plan::{Binding, BoundColumn, Origin, Plan};
use crate::config::Source;

/// A table in a file: the whole file, or one sheet of a workbook.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SeenTable {
    /// `,`, `;` or a tab between the fields of a text file.
    pub separator: Option<String>,
    /// Row of the header, counted from 1; of a header of two rows the second.
    pub header_row: Option<u64>,
    /// Whether its rows were read. A sheet without the required columns is not.
    pub is_read: bool,
    /// The columns of the file, in their order.
    pub columns: Vec<SeenColumn>,
    /// Columns that the file does not have and that get a constant value.
    pub constants: Vec<SeenColumn>,
}

/// A column of the file and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeenColumn {
    /// Its header.
    pub header: String,
    /// The contract columns that it is read into; none if it is not used.
    pub columns: Vec<&'static str>,
    /// Why: `name`, `synonym`, `source`, `lookup` or `constant`; empty if it is not used.
    pub by: &'static str,
    /// How the source reads its values, for example `time unix_ms`.
    pub how: Vec<String>,
}

/// The notes of one file.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) tables: Vec<SeenTable>,
    place: Option<(u64, Option<u8>)>,
}

impl Seen {
    /// Notes where the next header was found.
    pub(super) fn found_header(&mut self, row: u64, separator: Option<u8>) {
        self.place = Some((row, separator));
    }

    /// Notes a complete header, whose rows may be refused.
    pub(super) fn add(&mut self, plan: &Plan, names: &[String], binding: &Binding) {
        let (header_row, separator) = self.place.take().map_or((None, None), |(row, by)| (Some(row), by));
        let separator = separator.map(|byte| char::from(byte).to_string());
        self.tables.push(SeenTable { separator, header_row, ..seen_table(plan, names, binding) });
    }

    /// Notes that the rows of the last header are read. Names that are found one after the other replace the earlier ones.
    pub(super) fn is_read(&mut self, plan: &Plan, names: &[String], binding: &Binding) {
        let is_same = |table: &SeenTable| {
            table.columns.len() <= names.len()
                && table.columns.iter().zip(names).all(|(seen, name)| seen.header == *name)
        };
        if let Some(last) = self.tables.last_mut().filter(|last| is_same(last)) {
            *last = SeenTable { is_read: true, columns: seen_table(plan, names, binding).columns, ..last.clone() };
        } else {
            self.tables.push(SeenTable { is_read: true, ..seen_table(plan, names, binding) });
        }
    }

    /// Adds columns that are named one by one and not used.
    pub(super) fn add_unused(&mut self, unknown: &[String]) {
        let Some(table) = self.tables.last_mut() else { return };
        for name in unknown {
            if !table.columns.iter().any(|seen| seen.header == *name) {
                table.columns.push(SeenColumn { header: name.clone(), columns: Vec::new(), by: "", how: Vec::new() });
            }
        }
    }
}

fn seen_table(plan: &Plan, names: &[String], binding: &Binding) -> SeenTable {
    let source = plan.source.as_deref();
    let mut columns: Vec<SeenColumn> = names
        .iter()
        .map(|name| SeenColumn { header: name.clone(), columns: Vec::new(), by: "", how: Vec::new() })
        .collect();
    let mut constants = Vec::new();
    for bound in &binding.columns {
        let name = bound.column.name;
        let by_source = source.is_some_and(|source| source.columns.contains_key(name));
        let (slot, by) = match &bound.origin {
            Origin::Constant(text) => {
                let (columns, how) = (vec![name], vec![text.clone()]);
                constants.push(SeenColumn { header: String::new(), columns, by: "constant", how });
                continue;
            }
            Origin::Lookup(slot, _) => (*slot, "lookup"),
            Origin::Slot(slot) => (*slot, if by_source { "source" } else { "name" }),
        };
        let Some(seen) = binding.fields.get(slot).and_then(|field| columns.get_mut(*field)) else { continue };
        let is_synonym = by == "name" && !seen.header.trim().eq_ignore_ascii_case(name);
        seen.by = if is_synonym { "synonym" } else { by };
        seen.columns.push(name);
        seen.how.extend(source.map(|source| how(source, bound)).unwrap_or_default());
    }
    SeenTable { columns, constants, ..SeenTable::default() }
}

/// How the source reads the values of a column.
fn how(source: &Source, bound: &BoundColumn) -> Vec<String> {
    let name = bound.column.name;
    let mut how = Vec::new();
    how.extend(source.time.get(name).map(|format| format!("time {format}")));
    how.extend(source.split.get(name).map(|separator| format!("split {separator:?}")));
    how.extend(source.add.get(name).map(|number| format!("add {number}")));
    if let Some(values) = source.values.get(name) {
        let words = values.iter().map(|(word, meaning)| format!("{word} → {meaning}"));
        how.push(format!("values {}", words.collect::<Vec<_>>().join(", ")));
    }
    if name == "age" {
        how.extend(source.age_as_of.map(|day| format!("age as of {day}")));
    }
    how
}
