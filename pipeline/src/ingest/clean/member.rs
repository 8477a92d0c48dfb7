//! Derives birth date and sex of members from the columns of a roster that contain them.

use chrono::{Months, NaiveDate};
use polars::prelude::{Column as Values, Int32Chunked, IntoColumn, PlSmallStr, StringChunked};
use zhihui_data::{Table, calendar, id_number};

use super::super::error::FileError;
use super::super::plan::Plan;
use super::super::reject::Reason;
use super::Faults;
use super::time::days;

/// Columns that are read but not stored.
const TRANSIENT: [&str; 3] = ["id_number", "birth_year", "age"];

/// Sets `birth_date` from the first of date, identity number, year and age, and a missing `gender` from the identity
/// number. Then drops the transient columns. Uses the middle of the year if only a year or an age is known.
pub(super) fn derive(plan: &Plan, columns: &mut Vec<Values>, faults: &mut Faults) -> Result<(), FileError> {
    if plan.table != Table::Members {
        return Ok(());
    }
    let mut take = |name: &str| {
        let place = columns.iter().position(|column| column.name() == name)?;
        Some(columns.remove(place))
    };
    let (given, gender) = (take("birth_date"), take("gender"));
    let [number, year, age] = TRANSIENT.map(take);
    let sources = [&given, &number, &year, &age];
    let has_birth_date = sources.iter().any(|column| column.is_some());
    let rows = faults.rows;
    let given = given.as_ref().map(|column| column.i32()).transpose()?;
    let number = number.as_ref().map(|column| column.str()).transpose()?;
    let year = year.as_ref().map(|column| column.i64()).transpose()?;
    let age = age.as_ref().map(|column| column.i64()).transpose()?;
    let given_gender = gender.as_ref().map(|column| column.str()).transpose()?;
    let today = plan.zone.day(plan.as_of);
    let age_as_of = plan.source.as_ref().and_then(|source| source.age_as_of);
    let mut births: Vec<Option<i32>> = Vec::with_capacity(rows);
    let mut genders: Vec<Option<&str>> = Vec::with_capacity(rows);
    for row in 0..rows {
        let facts = match number.and_then(|number| number.get(row)).map(id_number::parse) {
            Some(Ok(facts)) => Some(facts),
            Some(Err(_)) => {
                faults.add(row, "id_number", Reason::BadIdNumber);
                None
            }
            None => None,
        };
        let birth = given
            .and_then(|given| given.get(row))
            .and_then(|day| NaiveDate::default().checked_add_signed(chrono::Duration::days(i64::from(day))))
            .or(facts.map(|facts| facts.birth_date))
            .or_else(|| NaiveDate::from_ymd_opt(i32::try_from(year?.get(row)?).ok()?, 7, 1))
            .or_else(|| {
                let months = u32::try_from(age?.get(row)?).ok()?.checked_mul(12)?.checked_add(6)?;
                age_as_of?.checked_sub_months(Months::new(months))
            });
        let is_plausible =
            |birth| calendar::age_in_years(birth, today).is_some_and(|age| age <= plan.limits.oldest_age);
        if birth.is_some_and(|birth| !is_plausible(birth)) {
            faults.add(row, "birth_date", Reason::ImplausibleAge);
        }
        births.push(birth.map(days));
        let gender = given_gender.and_then(|genders| genders.get(row));
        genders.push(gender.or_else(|| facts.map(|facts| facts.gender.as_str())));
    }
    if has_birth_date {
        let births: Int32Chunked = births.into_iter().collect();
        columns.push(births.into_column().with_name(PlSmallStr::from_static("birth_date")));
    }
    if given_gender.is_some() || number.is_some() {
        let genders: StringChunked = genders.into_iter().collect();
        columns.push(genders.into_column().with_name(PlSmallStr::from_static("gender")));
    }
    Ok(())
}
