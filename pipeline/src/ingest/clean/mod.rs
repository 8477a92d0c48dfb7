//! Cleaning: converts text columns (polars) to typed columns (Arrow), and rejects rows with invalid values.

mod advice;
mod choices;
mod generation;
mod ids;
mod member;
mod numbers;
mod reshape;
mod text;
mod time;
mod to_arrow;

use std::borrow::Cow;

use arrow::record_batch::RecordBatch;
use polars::prelude::{Column as Values, DataFrame, IntoColumn, PlSmallStr, StringChunked};
use zhihui_data::tables::Identity;
use zhihui_data::{Column, ColumnKind, Zone, district};

use super::column_masks;
use super::error::FileError;
use super::plan::{Binding, BoundColumn, Origin, Plan};
use super::reject::{self, Reason, Reject};
use super::time_format::TimeFormat;

pub(super) use reshape::{FileMarks, reshape};

/// Accepted and rejected rows of a chunk.
pub(super) struct Cleaned {
    pub batches: Vec<RecordBatch>,
    pub rejects: Vec<Reject>,
    /// Measurements of accepted rows that were set to unknown.
    pub nulled: Vec<Reject>,
}

/// The first fault of each row, and the measurements that cannot be read.
pub(super) struct Faults {
    rows: usize,
    of_row: Vec<Option<(&'static str, Reason)>>,
    measurements: Vec<(usize, &'static str, Reason)>,
}

impl Faults {
    fn new(rows: usize) -> Self {
        Self { rows, of_row: Vec::new(), measurements: Vec::new() }
    }

    fn add(&mut self, row: usize, column: &'static str, reason: Reason) {
        if self.of_row.is_empty() {
            self.of_row = vec![None; self.rows];
        }
        if let Some(fault) = self.of_row.get_mut(row) {
            fault.get_or_insert((column, reason));
        }
    }

    /// Adds a fault in a value of a column: in a measurement it costs the value, otherwise the row.
    fn add_value(&mut self, row: usize, column: &Column, reason: Reason) {
        if column.measurement {
            self.measurements.push((row, column.name, reason));
        } else {
            self.add(row, column.name, reason);
        }
    }

    /// The faulty measurements of rows without other faults.
    fn measurements(&self) -> impl Iterator<Item = (usize, &'static str, Reason)> + '_ {
        let is_kept = |row: usize| self.of_row.get(row).is_none_or(Option::is_none);
        self.measurements.iter().copied().filter(move |(row, ..)| is_kept(*row))
    }

    fn iter(&self) -> impl Iterator<Item = (usize, &'static str, Reason)> + '_ {
        let rows = self.of_row.iter().enumerate();
        rows.filter_map(|(row, fault)| fault.map(|(column, reason)| (row, column, reason)))
    }
}

/// Cleans a chunk. `slots` has a text column for each slot of the binding, `numbers` the row numbers in the file, and `masks` the
/// columns of each row if the rows are records.
pub(super) fn clean(
    plan: &Plan,
    binding: &Binding,
    slots: &[StringChunked],
    numbers: &[u64],
    masks: &[i64],
) -> Result<Cleaned, FileError> {
    let rows = numbers.len();
    let mut faults = Faults::new(rows);
    let mut columns: Vec<Values> = Vec::with_capacity(binding.columns.len());
    for bound in &binding.columns {
        let texts = source_texts(bound, slots, rows);
        columns.push(parse(plan, bound, &texts, &mut faults)?.with_name(PlSmallStr::from_static(bound.column.name)));
    }
    member::derive(plan, &mut columns, &mut faults)?;
    fill_defaults(plan, &mut columns, rows)?;
    check_rows(plan, &columns, &mut faults);
    generation::check(plan, &columns, &mut faults);
    let masks = column_masks::of_chunk(plan.table, binding, masks, &columns);
    columns.extend(masks);
    let frame = DataFrame::new(rows, columns)?;
    let described = |(row, name, reason): (usize, &'static str, Reason)| {
        let value = reject_value(binding, slots, row, name);
        let advice = plan.table.column(name).and_then(|column| advice::advice(column, reason, value.as_deref()));
        let reject = Reject::new(numbers[row], Some(name), value, reason);
        match advice {
            Some(advice) => Reject { message: advice.message.into(), factor: advice.factor, ..reject },
            None => reject,
        }
    };
    let rejects: Vec<Reject> = faults.iter().map(described).collect();
    let nulled: Vec<Reject> = faults.measurements().map(described).collect();
    let kept = if rejects.is_empty() {
        frame
    } else {
        frame.filter_seq(&faults.of_row.iter().map(|fault| Some(fault.is_none())).collect())?
    };
    Ok(Cleaned { batches: to_arrow::to_arrow(kept, plan.table)?, rejects, nulled })
}

/// Counts the texts that are times, or days, in a format of `[[source]]`.
pub(super) fn count_times(texts: &StringChunked, format: &str, zone: Zone, is_date: bool) -> usize {
    let format = TimeFormat::named(format);
    let mut bad = |_: usize, _: Reason| {};
    let unread = if is_date {
        time::dates(texts, &format, zone, &mut bad).null_count()
    } else {
        time::instants(texts, &format, zone, &mut bad).null_count()
    };
    texts.len() - unread
}

/// A word that no column accepts.
const INVALID_WORD: &str = "\u{fffd}";

/// The texts of a column, from the file, a look-up or a constant. Translates words by the source's `values`.
fn source_texts<'a>(bound: &'a BoundColumn, slots: &'a [StringChunked], rows: usize) -> Cow<'a, StringChunked> {
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
        Some(choices) => {
            let is_refusal = bound.refusal.is_some();
            let replaced = |text: Option<&'_ str>| -> Option<String> {
                let text = text?;
                // If yes means refusal, a word without a translation must not be taken for consent.
                let other =
                    |text: &str| if is_refusal && !text.trim().is_empty() { INVALID_WORD } else { text }.to_owned();
                Some(choices.get(text.trim()).map_or_else(|| other(text), Clone::clone))
            };
            Cow::Owned(texts.iter().map(replaced).collect())
        }
    }
}

/// Parses the texts of a column by its type.
fn parse(plan: &Plan, bound: &BoundColumn, texts: &StringChunked, faults: &mut Faults) -> Result<Values, FileError> {
    let name = bound.column.name;
    let mut reject = |row: usize, reason: Reason| faults.add_value(row, bound.column, reason);
    Ok(match bound.column.kind {
        ColumnKind::Id if name == "credit_code" => ids::credit_codes(texts, &mut reject).into_column(),
        ColumnKind::Id => ids::ids(texts, &mut reject).into_column(),
        ColumnKind::Text if name.ends_with("district") => text::districts(texts, &mut reject).into_column(),
        ColumnKind::Text => text::texts(texts, &mut reject).into_column(),
        // Organisers write when an activity begins and ends in one cell.
        ColumnKind::Time if name == "starts_at" && matches!(bound.time, TimeFormat::Auto) => {
            time::instants(&time::first_times(texts), &bound.time, plan.zone, &mut reject).into_column()
        }
        ColumnKind::Time => time::instants(texts, &bound.time, plan.zone, &mut reject).into_column(),
        ColumnKind::Date => time::dates(texts, &bound.time, plan.zone, &mut reject).into_column(),
        ColumnKind::Integer { min, max } => numbers::integers(texts, (min, max), bound.add, &mut reject).into_column(),
        ColumnKind::Real { min, max } => numbers::reals(texts, (min, max), &mut reject).into_column(),
        ColumnKind::Flag if name == "personalised" => choices::consents(texts, &mut reject).into_column(),
        ColumnKind::Flag => choices::flags(texts, &mut reject).into_column(),
        ColumnKind::List if name.ends_with("districts") => {
            choices::lists(texts, bound.split.as_deref(), district::normalised).into_column()
        }
        ColumnKind::List => choices::lists(texts, bound.split.as_deref(), str::to_owned).into_column(),
        ColumnKind::Choice(choices) => choices::choices(texts, choices, &mut reject).into_column(),
    })
}

/// Fills missing values with the defaults of the contract.
fn fill_defaults(plan: &Plan, columns: &mut Vec<Values>, rows: usize) -> Result<(), FileError> {
    let integers = [("tickets", 1_i64), ("children", 0)];
    for (name, value) in integers.into_iter().filter(|(name, _)| plan.table.column(name).is_some()) {
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
    // A file without the column keeps the kind that another file gave.
    if let Some(place) = columns.iter().position(|column| column.name() == "kind") {
        let given = columns.remove(place);
        let given = given.str()?;
        let kind = |row: usize| Some(given.get(row).unwrap_or("activity"));
        let kinds: StringChunked = (0..rows).map(kind).collect();
        columns.push(kinds.into_column().with_name(PlSmallStr::from_static("kind")));
    }
    Ok(())
}

/// Rejects rows without a required value or actor, and rows with a time in the future.
fn check_rows(plan: &Plan, columns: &[Values], faults: &mut Faults) {
    let find = |name: &str| columns.iter().find(|column| column.name() == name);
    for required in plan.table.columns().iter().filter(|column| column.required) {
        match find(required.name) {
            Some(column) if column.null_count() == 0 => {}
            Some(column) => {
                let empty = column.is_null();
                let rows = empty.iter().enumerate().filter(|(_, empty)| *empty == Some(true));
                rows.for_each(|(row, _)| faults.add(row, required.name, Reason::MissingValue));
            }
            None => (0..faults.rows).for_each(|row| faults.add(row, required.name, Reason::MissingValue)),
        }
    }
    if plan.table.needs_actor() {
        let with_values = |name: &str| find(name).filter(|column| column.null_count() < column.len());
        let (member, openid) = (with_values("member_id"), with_values("openid"));
        if member.is_none_or(|member| member.null_count() > 0) {
            let missing = |column: Option<&Values>| column.map(|column| column.is_null());
            let (member, openid) = (missing(member), missing(openid));
            let absent = |mask: &Option<polars::prelude::BooleanChunked>, row| {
                mask.as_ref().is_none_or(|mask| mask.get(row) == Some(true))
            };
            for row in (0..faults.rows).filter(|&row| absent(&member, row) && absent(&openid, row)) {
                faults.add(row, "member_id", Reason::MissingActor);
            }
        }
    }
    let event_time = match plan.table.identity() {
        Identity::Event { time, .. } => Some(time),
        Identity::SignUp => Some("signed_up_at"),
        Identity::Key(_) => plan.table.partition_time(),
    };
    let latest = (plan.as_of + chrono::Duration::days(1)).timestamp_micros();
    for name in event_time.into_iter().chain(["updated_at"]) {
        if let Some(Ok(times)) = find(name).map(|column| column.i64()) {
            let future = times.iter().enumerate().filter(|(_, time)| time.is_some_and(|time| time > latest));
            let name = plan.table.column(name).map_or("", |column| column.name);
            future.for_each(|(row, _)| faults.add(row, name, Reason::FutureTime));
        }
    }
}

/// The file's value of a column for a reject; of a personal value only its shape.
fn reject_value(binding: &Binding, slots: &[StringChunked], row: usize, column: &str) -> Option<String> {
    // A birth date may be derived from transient columns.
    let sources: &[&str] =
        if column == "birth_date" { &["birth_date", "id_number", "birth_year", "age"] } else { &[column] };
    let value = |name: &&str| {
        let bound = binding.columns.iter().find(|bound| bound.column.name == *name)?;
        let text = match &bound.origin {
            Origin::Slot(slot) | Origin::Lookup(slot, _) => slots[binding.text_slot(*slot)].get(row)?,
            Origin::Constant(text) => text,
        };
        if text.trim().is_empty() {
            return None;
        }
        let is_personal = bound.column.personal || reject::shape(text).contains("99999999999999999");
        Some(if is_personal { reject::shape(text) } else { reject::excerpt(text) })
    };
    sources.iter().find_map(value)
}
