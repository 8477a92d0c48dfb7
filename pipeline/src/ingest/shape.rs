//! Shape: how rows of a table are made from rows of a file that are not rows of the table yet: lists are expanded, rows left
//! out, and texts derived from several columns. Most sources need none of it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use zhihui_data::ColumnKind;

use super::time_format::TimeFormat;
use crate::config::{Condition, RowNumber, Source};

/// The shape of a source, bound to the slots of a header.
#[derive(Debug, Clone, Default)]
pub(super) struct Shape {
    /// The slots of expanded lists. `None` if rows stay as they are.
    pub lists: Option<Lists>,
    /// The conditions of the rows to read.
    pub conditions: Vec<SlotCondition>,
    /// Texts that follow the slots, each with the contract column that it is for.
    pub derived: Vec<(String, Derived)>,
}

/// Slots with one value for each element of a list.
#[derive(Debug, Clone)]
pub(super) struct Lists {
    pub slots: Vec<usize>,
    pub split: Option<String>,
}

/// A condition on a slot. A column that the file does not have is empty.
#[derive(Debug, Clone)]
pub(super) struct SlotCondition {
    pub slot: Option<usize>,
    pub condition: Condition,
    /// How the times of the column are written.
    pub time: TimeFormat,
}

/// A text of each row that is derived from others.
#[derive(Debug, Clone)]
pub(super) enum Derived {
    /// The first text that is not empty.
    FirstOf(Vec<usize>),
    /// The text of the first case whose conditions hold.
    Cases(Vec<(Vec<SlotCondition>, String)>),
    /// The value of a key.
    Lookup(usize, Arc<HashMap<String, String>>),
    /// The number of the row or element.
    RowNumber(RowNumber),
    /// A number in the notation that cleaning reads.
    Number(NumberText),
}

/// How the numbers of a column are written.
#[derive(Debug, Clone)]
pub(super) struct NumberText {
    /// A slot, or a derived text after the slots.
    pub input: usize,
    /// Texts that stay as they are, because `values` translates them.
    pub words: Vec<String>,
    pub decimal: Option<char>,
    pub middle: Option<Middle>,
    pub scale: Option<f64>,
}

/// The middle of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Middle {
    /// A half is rounded up.
    Whole,
    Exact,
}

impl Shape {
    /// The shape of a source. `None` if its rows are those of the file. `slot` returns the slot of a column of the file.
    pub(super) fn of(source: &Source, mut slot: impl FnMut(&str) -> Option<usize>) -> Option<Self> {
        let is_plain = source.expand.is_none()
            && source.conditions.is_empty()
            && source.first_of.is_empty()
            && source.cases.is_empty()
            && source.row_number.is_empty()
            && source.middle.is_empty()
            && source.decimal.is_empty()
            && source.scale.is_empty();
        if is_plain {
            return None;
        }
        let mut bound = |conditions: &[Condition]| -> Vec<SlotCondition> {
            let bound = conditions.iter().map(|condition| SlotCondition {
                slot: slot(&condition.column),
                condition: condition.clone(),
                time: time_format(source, &condition.column),
            });
            bound.collect()
        };
        let conditions = bound(&source.conditions);
        let mut derived = Vec::new();
        for (column, cases) in &source.cases {
            let cases = cases.iter().map(|case| (bound(&case.when), case.then.clone())).collect();
            derived.push((column.clone(), Derived::Cases(cases)));
        }
        for (column, names) in &source.first_of {
            let slots: Vec<usize> = names.iter().filter_map(|name| slot(name)).collect();
            if !slots.is_empty() {
                derived.push((column.clone(), Derived::FirstOf(slots)));
            }
        }
        let numbers = source.row_number.iter();
        derived.extend(numbers.map(|(column, number)| (column.clone(), Derived::RowNumber(*number))));
        let expand = source.expand.as_ref();
        let lists = expand.map(|expand| Lists { slots: Vec::new(), split: expand.split.clone() });
        Some(Self { lists, conditions, derived })
    }

    /// Sets the slots whose columns are expanded.
    pub(super) fn bind_lists(&mut self, source: &Source, names: &[String], slots: &[usize]) {
        if let Some(lists) = &mut self.lists {
            lists.slots = (0..slots.len()).filter(|&slot| source.expands(names[slots[slot]].trim())).collect();
        }
    }

    /// The place of a column among the derived texts.
    pub(super) fn place(&self, column: &str) -> Option<usize> {
        self.derived.iter().rposition(|(derived, _)| derived == column)
    }

    /// The slots of a column that has the first text of several.
    pub(super) fn first_of(&self, column: &str) -> &[usize] {
        match self.place(column).map(|place| &self.derived[place].1) {
            Some(Derived::FirstOf(slots)) => slots,
            _ => &[],
        }
    }

    /// The slots of the file that a slot is made from. None for the number of a row.
    pub(super) fn inputs(&self, slot: usize, slots: usize) -> Vec<usize> {
        match slot.checked_sub(slots).and_then(|place| self.derived.get(place)) {
            None => vec![slot],
            Some((_, Derived::FirstOf(of))) => of.clone(),
            Some((_, Derived::Cases(cases))) => {
                cases.iter().flat_map(|(when, _)| when).filter_map(|condition| condition.slot).collect()
            }
            Some((_, Derived::Lookup(key, _))) => vec![*key],
            Some((_, Derived::RowNumber(_))) => Vec::new(),
            Some((_, Derived::Number(number))) => self.inputs(number.input, slots),
        }
    }

    /// The slot of the text in the file that a slot was made from, if there is one. `slots` is the number of slots of the file.
    pub(super) fn text_slot(&self, slot: usize, slots: usize) -> usize {
        match slot.checked_sub(slots).and_then(|place| self.derived.get(place)) {
            Some((_, Derived::Number(number))) => self.text_slot(number.input, slots),
            Some((_, Derived::Lookup(key, _))) => *key,
            _ => slot,
        }
    }
}

impl NumberText {
    /// How the numbers of a contract column are written. `None` if cleaning reads them as they are.
    pub(super) fn of(source: &Source, column: &str, kind: ColumnKind, input: usize) -> Option<Self> {
        let is_whole = matches!(kind, ColumnKind::Integer { .. });
        let words: Option<&BTreeMap<String, String>> = source.values.get(column);
        let number = Self {
            input,
            words: words.into_iter().flatten().map(|(word, _)| word.clone()).collect(),
            decimal: source.decimal.get(column).copied(),
            middle: source.middle.contains(column).then_some(if is_whole { Middle::Whole } else { Middle::Exact }),
            scale: source.scale.get(column).copied(),
        };
        (number.decimal.is_some() || number.middle.is_some() || number.scale.is_some()).then_some(number)
    }
}

/// How the times of a column of the file are written, by the contract column that it is mapped to.
fn time_format(source: &Source, name: &str) -> TimeFormat {
    let mut formats = source.mapped_columns().filter(|mapped| mapped.name == name);
    let format = formats.find_map(|mapped| source.time.get(mapped.column?));
    format.map_or(TimeFormat::Auto, |format| TimeFormat::named(format))
}
