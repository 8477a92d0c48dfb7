//! Which rows of a table tell of certain people.

use std::collections::HashSet;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Schema};
use arrow::error::ArrowError;
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

    /// For every row, whether it is about one of the people: its member is, or its openid where it names no member.
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
        let holds_nothing =
            |column: &Option<ArrayRef>, row: usize| column.as_ref().is_none_or(|column| column.is_null(row));
        let told = |row: usize| {
            holds(&members, row, &|id| self.members.contains(id))
                || (holds_nothing(&members, row) && holds(&openids, row, &|openid| self.openids.contains(openid)))
                || holds(&values, row, &|value| self.stand_in(value))
        };
        (0..batch.num_rows()).map(|row| Some(told(row))).collect()
    }

    /// The batch with the people's openids taken out, where rows about others carry one; `None` where none does.
    pub(super) fn without_openids(&self, batch: &RecordBatch) -> Result<Option<RecordBatch>, ArrowError> {
        let Some((at, field)) = batch.schema_ref().column_with_name("openid") else { return Ok(None) };
        let Some(texts) = text_of(batch.column(at)) else { return Ok(None) };
        let texts = texts.as_string::<i32>();
        let theirs = |openid: &Option<&str>| openid.is_some_and(|openid| self.openids.contains(openid));
        if !texts.iter().any(|openid| theirs(&openid)) {
            return Ok(None);
        }
        let kept: StringArray = texts.iter().map(|openid| openid.filter(|_| !theirs(&openid))).collect();
        let mut columns = batch.columns().to_vec();
        columns[at] = cast(&kept, field.data_type())?;
        RecordBatch::try_new(batch.schema(), columns).map(Some)
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
