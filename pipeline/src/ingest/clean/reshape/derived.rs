//! Texts that are derived from other texts of a row.

use polars::prelude::StringChunked;

use super::super::super::plan::Plan;
use super::super::super::shape::{Derived, Shape, SlotCondition};
use super::super::text::value;
use super::FileMarks;
use super::conditions::Tests;
use super::notation;
use crate::config::RowNumber;

/// The numbers of the rows of a piece.
pub(super) struct RowNumbers<'a> {
    pub marks: &'a FileMarks,
    pub numbers: &'a [u64],
    /// The elements of expanded lists. Empty if no list is expanded.
    pub elements: &'a [usize],
}

/// Adds the derived texts to the slots.
pub(super) fn with_derived(
    plan: &Plan,
    shape: &Shape,
    mut slots: Vec<StringChunked>,
    rows: &RowNumbers<'_>,
) -> Vec<StringChunked> {
    for (_, derived) in &shape.derived {
        let texts = match derived {
            Derived::FirstOf(of) => first_of(&slots, of, rows.numbers.len()),
            Derived::Cases(cases) => of_cases(plan, &slots, cases, rows.numbers.len()),
            Derived::Lookup(key, values) => {
                let found = |text: Option<&str>| text.and_then(|text| values.get(text.trim())).map(String::as_str);
                slots[*key].iter().map(found).collect()
            }
            Derived::RowNumber(number) => (0..rows.numbers.len()).map(|row| Some(rows.text(*number, row))).collect(),
            Derived::Number(number) => notation::canonical(&slots[number.input], number),
        };
        slots.push(texts);
    }
    slots
}

fn first_of(slots: &[StringChunked], of: &[usize], rows: usize) -> StringChunked {
    let filled = |row: usize, slot: &usize| slots[*slot].get(row).filter(|text| value(text).is_some());
    (0..rows).map(|row| of.iter().find_map(|slot| filled(row, slot))).collect()
}

/// The text of the first case that holds. A text that cannot be compared does not hold.
fn of_cases(
    plan: &Plan,
    slots: &[StringChunked],
    cases: &[(Vec<SlotCondition>, String)],
    rows: usize,
) -> StringChunked {
    let cases: Vec<(Tests<'_>, &str)> =
        cases.iter().map(|(when, then)| (Tests::of(when, plan.zone), then.as_str())).collect();
    let text = |row: usize| {
        let cell = |slot: usize| slots[slot].get(row);
        cases.iter().find(|(tests, _)| tests.hold(&cell) == Ok(true)).map(|(_, then)| *then)
    };
    (0..rows).map(text).collect()
}

impl RowNumbers<'_> {
    fn text(&self, number: RowNumber, row: usize) -> String {
        let (line, element) = (self.numbers[row], self.elements.get(row));
        let of_file = |mark: &str| {
            let sheet = if self.marks.table > 1 { format!(".{}", self.marks.table) } else { String::new() };
            let element = element.map_or_else(String::new, |element| format!("-{}", element + 1));
            format!("{mark}{sheet}-{line}{element}")
        };
        match number {
            RowNumber::Content => of_file(&self.marks.content),
            RowNumber::Name => of_file(&self.marks.name),
            RowNumber::Element => element.map_or_else(String::new, |element| (element + 1).to_string()),
        }
    }
}
