//! Which rows of a table tell of certain people.

use std::collections::HashSet;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Schema};
use arrow::record_batch::RecordBatch;

use super::Person;

/// Shorter ids are too likely to stand in a rejected value by chance; they must be the whole value.
const LEAST_LETTERS: usize = 5;

/// The columns by which a table's rows tell of members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Matching {
    members: HashSet<String>,
    openids: HashSet<String>,
}

impl Matching {
    pub(super) fn new(people: &[Person]) -> Self {
        Self {
            members: people.iter().map(|person| person.member_id.clone()).collect(),
            openids: people.iter().flat_map(|person| person.openids.iter().cloned()).collect(),
        }
    }

    /// The columns of this table that must be read; none where its rows tell of no member.
    pub(super) fn columns(table: &str, schema: &Schema) -> Vec<&'static str> {
        let wanted: &[&'static str] = if table.ends_with("/rejects") { &["value"] } else { &["member_id", "openid"] };
        wanted.iter().copied().filter(|name| schema.index_of(name).is_ok()).collect()
    }

    /// For every row, whether it tells of one of the people.
    pub(super) fn rows(&self, batch: &RecordBatch) -> BooleanArray {
        let text = |name: &str| batch.column_by_name(name).and_then(text_of);
        let (members, openids) = (text("member_id"), text("openid"));
        // Only rejects have a value and no member.
        let values = if members.is_none() && openids.is_none() { text("value") } else { None };
        let holds = |column: &Option<ArrayRef>, row: usize, test: &dyn Fn(&str) -> bool| {
            column
                .as_ref()
                .map(|column| column.as_string::<i32>())
                .is_some_and(|c| c.is_valid(row) && test(c.value(row)))
        };
        let told = |row: usize| {
            holds(&members, row, &|id| self.members.contains(id))
                || holds(&openids, row, &|openid| self.openids.contains(openid))
                || holds(&values, row, &|value| self.stand_in(value))
        };
        (0..batch.num_rows()).map(|row| Some(told(row))).collect()
    }

    fn stand_in(&self, value: &str) -> bool {
        let stands = |id: &String| value == id || (id.len() >= LEAST_LETTERS && value.contains(id.as_str()));
        self.members.iter().chain(&self.openids).any(stands)
    }
}

/// A column as plain text, `None` where it is no text.
pub(super) fn text_of(column: &ArrayRef) -> Option<ArrayRef> {
    cast(column, &DataType::Utf8).ok().filter(|column| column.as_string_opt::<i32>().is_some())
}
