//! Makes the rows of a table from those of a file: expands lists, leaves rows out, and adds derived texts. Works on chunks of
//! text columns before they are parsed.

mod conditions;
mod derived;
mod elements;
mod notation;

use std::path::Path;

use polars::prelude::{PlSmallStr, StringChunked, StringChunkedBuilder};
use sha2::{Digest, Sha256};

use super::super::discover::uncompressed;
use super::super::error::FileError;
use super::super::plan::{Binding, Plan};
use super::super::reject::{self, Reason, Reject};
use super::super::shape::Shape;
use conditions::Tests;
use derived::RowNumbers;
use elements::Elements;

/// Maximum number of rows of a piece.
const MAX_ROWS: usize = 65_536;

/// Begins of the numbers of rows: what they have in common in one file.
#[derive(Debug, Clone, Default)]
pub(in crate::ingest) struct FileMarks {
    content: String,
    name: String,
    /// The table within the file, from 1: sheets of a workbook have the same row numbers.
    table: u32,
}

impl FileMarks {
    pub(in crate::ingest) fn of(path: &Path, sha256: &str) -> Self {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mark = |hash: &str| hash.chars().take(16).collect();
        Self { content: mark(sha256), name: mark(&hex::encode(Sha256::digest(uncompressed(&name)))), table: 0 }
    }

    /// Begins the rows of a table.
    pub(in crate::ingest) fn begin_table(&mut self) {
        self.table += 1;
    }
}

/// Rows of a chunk that are not in any piece.
#[derive(Debug, Default)]
pub(in crate::ingest) struct Reshaped {
    /// Rows that were left out.
    pub filtered: u64,
    pub rejects: Vec<Reject>,
}

/// Takes a piece: its slots with the derived texts, and for each of its rows the row of the chunk that it was made from.
type Take<'a> = dyn FnMut(&[StringChunked], &[usize]) -> Result<(), FileError> + 'a;

/// Reshapes a chunk, and passes it on in pieces of bounded size.
pub(in crate::ingest) fn reshape(
    plan: &Plan,
    binding: &Binding,
    marks: &FileMarks,
    (slots, numbers): (&[StringChunked], &[u64]),
    take: &mut Take<'_>,
) -> Result<Reshaped, FileError> {
    let Some(shape) = &binding.shape else { return Ok(Reshaped::default()) };
    if shape.lists.is_none() && shape.conditions.is_empty() {
        let rows = RowNumbers { marks, numbers, elements: &[] };
        let all: Vec<usize> = (0..numbers.len()).collect();
        take(&derived::with_derived(plan, shape, slots.to_vec(), &rows), &all)?;
        return Ok(Reshaped::default());
    }
    let mut piece = Piece::new(plan, shape, marks, (slots, numbers), take);
    let tests = Tests::of(&shape.conditions, plan.zone);
    let mut reshaped = Reshaped::default();
    let mut reject = |row: usize, reason, value| {
        reshaped.rejects.push(Reject::new(numbers[row], None, Some(value), reason));
    };
    let list_slots: &[usize] = shape.lists.as_ref().map_or(&[], |lists| &lists.slots);
    let list_of: Vec<Option<usize>> =
        (0..slots.len()).map(|slot| list_slots.iter().position(|list| *list == slot)).collect();
    let mut lists: Vec<Elements<'_>> = list_slots.iter().map(|_| Elements::default()).collect();
    for row in 0..numbers.len() {
        let mut length = usize::from(shape.lists.is_none());
        if let Some(expanded) = &shape.lists {
            for (list, &slot) in lists.iter_mut().zip(list_slots) {
                list.set(slots[slot].get(row), expanded.split.as_deref(), list_slots.len() == 1);
            }
            length = lists.iter().map(Elements::len).max().unwrap_or(0);
            if lists.iter().any(|list| list.len() != length && list.len() > 0) {
                let lengths: Vec<String> = lists.iter().map(|list| list.len().to_string()).collect();
                reject(row, Reason::UnevenLists, lengths.join(", "));
                continue;
            }
            reshaped.filtered += u64::from(length == 0);
        }
        for element in 0..length {
            let cell = |slot: usize| match list_of[slot] {
                Some(list) => lists[list].get(element),
                None => slots[slot].get(row),
            };
            match tests.hold(&cell) {
                Ok(true) => piece.push(row, element, &lists)?,
                Ok(false) => reshaped.filtered += 1,
                Err((reason, text)) => reject(row, reason, reject::shape(text)),
            }
        }
    }
    piece.pass_on()?;
    Ok(reshaped)
}

/// The rows that are passed on together.
struct Piece<'a, 't> {
    plan: &'a Plan,
    shape: &'a Shape,
    marks: &'a FileMarks,
    slots: &'a [StringChunked],
    numbers: &'a [u64],
    take: &'a mut Take<'t>,
    rows: Vec<usize>,
    elements: Vec<usize>,
    lists: Vec<StringChunkedBuilder>,
}

impl<'a, 't> Piece<'a, 't> {
    fn new(
        plan: &'a Plan,
        shape: &'a Shape,
        marks: &'a FileMarks,
        (slots, numbers): (&'a [StringChunked], &'a [u64]),
        take: &'a mut Take<'t>,
    ) -> Self {
        let lists = shape.lists.iter().flat_map(|lists| &lists.slots).map(|_| builder()).collect();
        Self { plan, shape, marks, slots, numbers, take, rows: Vec::new(), elements: Vec::new(), lists }
    }

    fn push(&mut self, row: usize, element: usize, lists: &[Elements<'_>]) -> Result<(), FileError> {
        self.rows.push(row);
        if self.shape.lists.is_some() {
            self.elements.push(element);
        }
        for (list, values) in self.lists.iter_mut().zip(lists) {
            list.append_option(values.get(element));
        }
        if self.rows.len() >= MAX_ROWS { self.pass_on() } else { Ok(()) }
    }

    fn pass_on(&mut self) -> Result<(), FileError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let (rows, elements) = (std::mem::take(&mut self.rows), std::mem::take(&mut self.elements));
        let list_slots = self.shape.lists.iter().flat_map(|lists| &lists.slots);
        let mut expanded: Vec<Option<StringChunked>> = vec![None; self.slots.len()];
        for (&slot, list) in list_slots.zip(&mut self.lists) {
            expanded[slot] = Some(std::mem::replace(list, builder()).finish());
        }
        let picked = |slot: &StringChunked| rows.iter().map(|&row| slot.get(row)).collect();
        let slots = self.slots.iter().zip(expanded).map(|(slot, list)| list.unwrap_or_else(|| picked(slot))).collect();
        let numbers: Vec<u64> = rows.iter().map(|&row| self.numbers[row]).collect();
        let row_numbers = RowNumbers { marks: self.marks, numbers: &numbers, elements: &elements };
        (self.take)(&derived::with_derived(self.plan, self.shape, slots, &row_numbers), &rows)
    }
}

fn builder() -> StringChunkedBuilder {
    StringChunkedBuilder::new(PlSmallStr::EMPTY, 1 << 10)
}
