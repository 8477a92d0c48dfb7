//! Texts become typed columns; rows that cannot are told apart with a reason. Columns are polars', the result is Arrow's.

mod hand_over;
mod ids;
mod member;
mod numbers;
mod text;
mod time;
mod words;

use std::borrow::Cow;

use arrow::record_batch::RecordBatch;
use polars::prelude::{Column as Values, DataFrame, IntoColumn, PlSmallStr, StringChunked};
use zhihui_data::tables::Identity;
use zhihui_data::{ColumnKind, district};

use super::error::FileError;
use super::plan::{Binding, Bound, Origin, Plan};
use super::reject::{self, Reason, Reject};

pub(super) use time::TimeFormat;

/// The rows of a chunk after cleaning.
pub(super) struct Cleaned {
    pub batches: Vec<RecordBatch>,
    pub rejects: Vec<Reject>,
}

/// The first fault of every row.
pub(super) struct Faults {
    rows: usize,
    of_row: Vec<Option<(&'static str, Reason)>>,
}

impl Faults {
    fn new(rows: usize) -> Self {
        Self { rows, of_row: Vec::new() }
    }

    fn note(&mut self, row: usize, column: &'static str, reason: Reason) {
        if self.of_row.is_empty() {
            self.of_row = vec![None; self.rows];
        }
        if let Some(fault) = self.of_row.get_mut(row) {
            fault.get_or_insert((column, reason));
        }
    }

    fn found(&self) -> impl Iterator<Item = (usize, &'static str, Reason)> + '_ {
        let rows = self.of_row.iter().enumerate();
        rows.filter_map(|(row, fault)| fault.map(|(column, reason)| (row, column, reason)))
    }
}

/// Cleans a chunk: one text column for each slot of the binding, and the rows' numbers in the file.
pub(super) fn clean(
    plan: &Plan,
    binding: &Binding,
    slots: &[StringChunked],
    numbers: &[u64],
) -> Result<Cleaned, FileError> {
    let rows = numbers.len();
    let mut faults = Faults::new(rows);
    let mut columns: Vec<Values> = Vec::with_capacity(binding.columns.len());
    for bound in &binding.columns {
        let texts = texts_of(bound, slots, rows);
        columns.push(typed(plan, bound, &texts, &mut faults)?.with_name(PlSmallStr::from_static(bound.column.name)));
    }
    member::derive(plan, &mut columns, &mut faults)?;
    defaults(plan, &mut columns, rows)?;
    require(plan, &columns, &mut faults);
    let frame = DataFrame::new(rows, columns)?;
    let rejects = faults.found().map(|(row, column, reason)| Reject {
        row: numbers[row],
        column: Some(column),
        value: shown(binding, slots, row, column),
        reason,
    });
    let rejects: Vec<Reject> = rejects.collect();
    let kept = if rejects.is_empty() {
        frame
    } else {
        frame.filter_seq(&faults.of_row.iter().map(|fault| Some(fault.is_none())).collect())?
    };
    Ok(Cleaned { batches: hand_over::to_arrow(kept, plan.table)?, rejects })
}

/// Stands for a word that no column knows.
const UNREADABLE: &str = "\u{fffd}";

/// The texts of a column: the file's, a look-up's or a constant, with the source's words replaced.
fn texts_of<'a>(bound: &'a Bound, slots: &'a [StringChunked], rows: usize) -> Cow<'a, StringChunked> {
    let texts = match &bound.origin {
        Origin::Slot(slot) => Cow::Borrowed(&slots[*slot]),
        Origin::Constant(text) => Cow::Owned(std::iter::repeat_n(Some(text.as_str()), rows).collect()),
        Origin::Lookup(slot, values) => {
            let found = |text: Option<&str>| text.and_then(|text| values.get(text.trim())).map(String::as_str);
            Cow::Owned(slots[*slot].iter().map(found).collect())
        }
    };
    match &bound.values {
        None => texts,
        Some(words) => {
            let is_refusal = bound.refusal.is_some();
            let replaced = |text: Option<&'_ str>| -> Option<String> {
                let text = text?;
                // Where yes means refusal, a word that is not mapped must not pass as consent.
                let other =
                    |text: &str| if is_refusal && !text.trim().is_empty() { UNREADABLE } else { text }.to_owned();
                Some(words.get(text.trim()).map_or_else(|| other(text), Clone::clone))
            };
            Cow::Owned(texts.iter().map(replaced).collect())
        }
    }
}

fn typed(plan: &Plan, bound: &Bound, texts: &StringChunked, faults: &mut Faults) -> Result<Values, FileError> {
    let name = bound.column.name;
    let mut note = |row: usize, reason: Reason| faults.note(row, name, reason);
    Ok(match bound.column.kind {
        ColumnKind::Id if name == "id_number" => ids::trimmed(texts, &mut note).into_column(),
        ColumnKind::Id if name == "credit_code" => ids::credit_codes(texts, &mut note).into_column(),
        ColumnKind::Id => ids::ids(texts, &mut note).into_column(),
        ColumnKind::Text if name.ends_with("district") => text::districts(texts, &mut note).into_column(),
        ColumnKind::Text => text::texts(texts, &mut note).into_column(),
        ColumnKind::Time => time::instants(texts, &bound.time, plan.zone, &mut note).into_column(),
        ColumnKind::Date => time::dates(texts, &bound.time, plan.zone, &mut note).into_column(),
        ColumnKind::Integer { min, max } => numbers::integers(texts, (min, max), bound.add, &mut note).into_column(),
        ColumnKind::Real { min, max } => numbers::reals(texts, (min, max), &mut note).into_column(),
        ColumnKind::Flag if name == "personalised" => words::consents(texts, &mut note).into_column(),
        ColumnKind::Flag => words::flags(texts, &mut note).into_column(),
        ColumnKind::List if name.ends_with("districts") => {
            words::lists(texts, bound.split.as_deref(), district::normalised).into_column()
        }
        ColumnKind::List => words::lists(texts, bound.split.as_deref(), str::to_owned).into_column(),
        ColumnKind::Choice(choices) => words::choices(texts, choices, &mut note).into_column(),
    })
}

/// Values that the contract gives to rows without one.
fn defaults(plan: &Plan, columns: &mut Vec<Values>, rows: usize) -> Result<(), FileError> {
    let whole = [("tickets", 1_i64), ("children", 0)];
    for (name, value) in whole.into_iter().filter(|(name, _)| plan.table.column(name).is_some()) {
        match columns.iter_mut().find(|column| column.name() == name) {
            Some(column) if column.null_count() == 0 => {}
            Some(column) => {
                let filled: polars::prelude::Int64Chunked =
                    column.i64()?.iter().map(|given| Some(given.unwrap_or(value))).collect();
                *column = filled.into_column().with_name(PlSmallStr::from_static(name));
            }
            None => columns.push(Values::new(PlSmallStr::from_static(name), vec![value; rows])),
        }
    }
    if plan.table.column("kind").is_some() {
        let place = columns.iter().position(|column| column.name() == "kind");
        let given = place.map(|place| columns.remove(place));
        let given = given.as_ref().map(|column| column.str()).transpose()?;
        let kind = |row: usize| Some(given.and_then(|given| given.get(row)).unwrap_or("activity"));
        let kinds: StringChunked = (0..rows).map(kind).collect();
        columns.push(kinds.into_column().with_name(PlSmallStr::from_static("kind")));
    }
    Ok(())
}

/// Notes rows without a value that the table needs, and times that have not come yet.
fn require(plan: &Plan, columns: &[Values], faults: &mut Faults) {
    let find = |name: &str| columns.iter().find(|column| column.name() == name);
    for needed in plan.table.columns().iter().filter(|column| column.required) {
        match find(needed.name) {
            Some(column) if column.null_count() == 0 => {}
            Some(column) => {
                let empty = column.is_null();
                let rows = empty.iter().enumerate().filter(|(_, empty)| *empty == Some(true));
                rows.for_each(|(row, _)| faults.note(row, needed.name, Reason::MissingValue));
            }
            None => (0..faults.rows).for_each(|row| faults.note(row, needed.name, Reason::MissingValue)),
        }
    }
    if plan.table.needs_actor() {
        let named = |name: &str| find(name).filter(|column| column.null_count() < column.len());
        let (member, openid) = (named("member_id"), named("openid"));
        if member.is_none_or(|member| member.null_count() > 0) {
            let missing = |column: Option<&Values>| column.map(|column| column.is_null());
            let (member, openid) = (missing(member), missing(openid));
            let absent = |mask: &Option<polars::prelude::BooleanChunked>, row| {
                mask.as_ref().is_none_or(|mask| mask.get(row) == Some(true))
            };
            for row in (0..faults.rows).filter(|&row| absent(&member, row) && absent(&openid, row)) {
                faults.note(row, "member_id", Reason::MissingActor);
            }
        }
    }
    let happened = match plan.table.identity() {
        Identity::Event { time, .. } => Some(time),
        Identity::SignUp => Some("signed_up_at"),
        Identity::Key(_) => plan.table.partition_time(),
    };
    let latest = (plan.as_of + chrono::Duration::days(1)).timestamp_micros();
    for name in happened.into_iter().chain(["updated_at"]) {
        if let Some(Ok(times)) = find(name).map(|column| column.i64()) {
            let future = times.iter().enumerate().filter(|(_, time)| time.is_some_and(|time| time > latest));
            let name = plan.table.column(name).map_or("", |column| column.name);
            future.for_each(|(row, _)| faults.note(row, name, Reason::FutureTime));
        }
    }
}

/// What stood in the file for a column, personal values as shape.
fn shown(binding: &Binding, slots: &[StringChunked], row: usize, column: &str) -> Option<String> {
    // A birth date may come from columns that the table does not keep.
    let sources: &[&str] =
        if column == "birth_date" { &["birth_date", "id_number", "birth_year", "age"] } else { &[column] };
    let value = |name: &&str| {
        let bound = binding.columns.iter().find(|bound| bound.column.name == *name)?;
        let text = match &bound.origin {
            Origin::Slot(slot) | Origin::Lookup(slot, _) => slots[*slot].get(row)?,
            Origin::Constant(text) => text,
        };
        if text.trim().is_empty() {
            return None;
        }
        let hidden = bound.column.personal || reject::shape(text).contains("99999999999999999");
        Some(if hidden { reject::shape(text) } else { reject::excerpt(text) })
    };
    sources.iter().find_map(value)
}
