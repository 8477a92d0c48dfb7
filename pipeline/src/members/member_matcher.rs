//! Finds the rows of a table that are about certain people.

use std::collections::HashSet;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Schema};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;

use super::Person;

/// Minimum length of an id that is searched within a rejected value. A shorter one must equal the value, because it could
/// be a part of it by chance.
const MIN_PART_LENGTH: usize = 5;

/// Whether a table has values of files instead of members: rejects, and values set to unknown.
pub(super) fn has_values(table: &str) -> bool {
    table.ends_with("/rejects") || table.ends_with("/nulled")
}

/// Matches rows by member id, openid or rejected value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MemberMatcher {
    members: HashSet<String>,
    openids: HashSet<String>,
}

impl MemberMatcher {
    pub(super) fn new(people: &[Person]) -> Self {
        Self {
            members: people.iter().map(|person| person.member_id.clone()).collect(),
            openids: people.iter().flat_map(|person| person.openids.iter().cloned()).collect(),
        }
    }

    /// The columns of a table to read for matching. Empty if its rows are not about members.
    pub(super) fn columns(table: &str, schema: &Schema) -> Vec<&'static str> {
        let wanted: &[&'static str] = if has_values(table) { &["value"] } else { &["member_id", "openid"] };
        wanted.iter().copied().filter(|name| schema.index_of(name).is_ok()).collect()
    }

    /// Whether each row is about one of the people: by its member id, or by its openid if it has no member id.
    pub(super) fn rows(&self, batch: &RecordBatch) -> BooleanArray {
        let text = |name: &str| batch.column_by_name(name).and_then(text_of);
        let (members, openids) = (text("member_id"), text("openid"));
        // Only rejects and values set to unknown have a value but no member.
        let values = if members.is_none() && openids.is_none() { text("value") } else { None };
        let holds = |column: &Option<ArrayRef>, row: usize, test: &dyn Fn(&str) -> bool| {
            column
                .as_ref()
                .map(|column| column.as_string::<i32>())
                .is_some_and(|c| c.is_valid(row) && test(c.value(row)))
        };
        let holds_nothing =
            |column: &Option<ArrayRef>, row: usize| column.as_ref().is_none_or(|column| column.is_null(row));
        let is_about_them = |row: usize| {
            holds(&members, row, &|id| self.members.contains(id))
                || (holds_nothing(&members, row) && holds(&openids, row, &|openid| self.openids.contains(openid)))
                || holds(&values, row, &|value| self.occurs_in(value))
        };
        (0..batch.num_rows()).map(|row| Some(is_about_them(row))).collect()
    }

    /// Removes the people's openids from rows about others. `None` if there are none.
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

    fn occurs_in(&self, value: &str) -> bool {
        let occurs = |id: &String| value == id || (id.len() >= MIN_PART_LENGTH && value.contains(id.as_str()));
        self.members.iter().chain(&self.openids).any(occurs)
    }
}

/// Casts a column to text. `None` if it is not text.
pub(super) fn text_of(column: &ArrayRef) -> Option<ArrayRef> {
    cast(column, &DataType::Utf8).ok().filter(|column| column.as_string_opt::<i32>().is_some())
}
