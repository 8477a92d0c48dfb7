//! Rejected rows and values set to unknown: reason, position, and value or its shape.

use std::borrow::Cow;

/// Reason of a reject. The codes are part of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Reason {
    MissingValue,
    MissingActor,
    BadId,
    DamagedId,
    BadIdNumber,
    BadCreditCode,
    BadTime,
    BadDate,
    MissingYear,
    FutureTime,
    BadNumber,
    OutOfRange,
    BadFlag,
    BadChoice,
    ImplausibleAge,
    TooLong,
    RaggedRow,
    BadQuote,
    BadJson,
    RepeatedKey,
    OtherGeneration,
    UnevenLists,
}

impl Reason {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::MissingValue => "missing_value",
            Self::MissingActor => "missing_actor",
            Self::BadId => "bad_id",
            Self::DamagedId => "damaged_id",
            Self::BadIdNumber => "bad_id_number",
            Self::BadCreditCode => "bad_credit_code",
            Self::BadTime => "bad_time",
            Self::BadDate => "bad_date",
            Self::MissingYear => "missing_year",
            Self::FutureTime => "future_time",
            Self::BadNumber => "bad_number",
            Self::OutOfRange => "out_of_range",
            Self::BadFlag => "bad_flag",
            Self::BadChoice => "bad_choice",
            Self::ImplausibleAge => "implausible_age",
            Self::TooLong => "too_long",
            Self::RaggedRow => "ragged_row",
            Self::BadQuote => "bad_quote",
            Self::BadJson => "bad_json",
            Self::RepeatedKey => "repeated_key",
            Self::OtherGeneration => "other_generation",
            Self::UnevenLists => "uneven_lists",
        }
    }

    pub(super) fn message(self) -> &'static str {
        match self {
            Self::MissingValue => "the table needs a value here",
            Self::MissingActor => "has neither member_id nor openid",
            Self::BadId => "contains control characters, or is an error of a formula such as #REF!",
            Self::DamagedId => "Excel has removed digits of this id; format the column as text and export again",
            Self::BadIdNumber => "not an identity number (GB 11643); check its digits",
            Self::BadCreditCode => "not a unified social credit code (GB 32100); check its characters",
            Self::BadTime => "unknown time format; use 2026-11-21 08:30:00 or set the format in the [[source]]",
            Self::BadDate => "not a date; use the form 2026-11-21",
            Self::MissingYear => "has no year; write the whole date, as in 2026-03-05",
            Self::FutureTime => "is more than a day in the future; check the clock or the format",
            Self::BadNumber => "not a number",
            Self::OutOfRange => "outside of the column's range",
            Self::BadFlag => "neither yes nor no",
            Self::BadChoice => "not a word of the column; map it with `values` in a [[source]]",
            Self::ImplausibleAge => "the resulting age is negative or too high; check the birth date",
            Self::TooLong => "too long for the column",
            Self::RaggedRow => "has more or fewer fields than the header",
            Self::BadQuote => "has an unclosed quotation mark",
            Self::BadJson => "is not a JSON object",
            Self::RepeatedKey => "has two different values for one key",
            Self::OtherGeneration => {
                "does not belong to the row's generation of WeChat's interfaces: the new one counts people only, from 2025-11-01 on"
            }
            Self::UnevenLists => "the lists that `expand` names have different lengths in this row",
        }
    }
}

/// A rejected row, or a value that was set to unknown.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reject {
    /// Line of a text, row of a sheet, or number of the record, counted from 1.
    pub row: u64,
    /// The invalid column. `None` if the whole row is invalid.
    pub column: Option<&'static str>,
    /// The value; of a personal value only its shape.
    pub value: Option<String>,
    pub reason: Reason,
    /// What is wrong and what to do.
    pub message: Cow<'static, str>,
    /// The `factor` of a `[[source]]` with which the value would be in range.
    pub factor: Option<f64>,
}

impl Reject {
    /// A reject with the general message of its reason.
    pub(super) fn new(row: u64, column: Option<&'static str>, value: Option<String>, reason: Reason) -> Self {
        Self { row, column, value, reason, message: Cow::Borrowed(reason.message()), factor: None }
    }
}

/// Maximum number of characters of a stored value.
const MAX_CHARS: usize = 120;

/// The first characters of a value.
pub(super) fn excerpt(text: &str) -> String {
    text.chars().take(MAX_CHARS).collect()
}

/// The shape of a value: `9` for a digit, `A` for a letter, `汉` for a Chinese character.
pub(super) fn shape(text: &str) -> String {
    let letter = |letter: char| match letter {
        _ if letter.is_numeric() => '9',
        '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' => '汉',
        _ if letter.is_alphabetic() => 'A',
        other => other,
    };
    text.chars().take(MAX_CHARS).map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_contains_nothing_personal() {
        assert_eq!(shape("11010519491231002x"), "99999999999999999A");
        assert_eq!(shape("张三, 1985年3月"), "汉汉, 9999汉9汉");
        assert_eq!(shape("oXk_9-é①"), "AAA_9-A9");
    }
}
