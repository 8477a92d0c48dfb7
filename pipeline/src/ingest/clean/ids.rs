//! Cleans identifiers. They are text, never numbers; ids that a spreadsheet has damaged are rejected, not repaired.

use std::borrow::Cow;

use polars::prelude::StringChunked;
use zhihui_data::credit_code;
use zhihui_data::ids::MAX_ID_CHARS;

use super::super::reject::Reason;
use super::text::{is_cell_error, value};

/// Cleans a column of ids. Returns a clean column unchanged.
pub(super) fn ids(values: &StringChunked, reject: &mut impl FnMut(usize, Reason)) -> StringChunked {
    if values.iter().flatten().all(is_plain) {
        return values.clone();
    }
    let ids = values.iter().enumerate().map(|(row, text)| match clean_id(text?) {
        Ok(id) => id,
        Err(reason) => {
            reject(row, reason);
            None
        }
    });
    ids.collect()
}

/// Cleans unified social credit codes and converts them to upper case.
pub(super) fn credit_codes(values: &StringChunked, reject: &mut impl FnMut(usize, Reason)) -> StringChunked {
    let code = |(row, text): (usize, Option<&'_ str>)| {
        let fault = match clean_id(text?) {
            Ok(None) => return None,
            Ok(Some(code)) => {
                let code = code.to_ascii_uppercase();
                if credit_code::is_valid(&code) {
                    return Some(code);
                }
                Reason::BadCreditCode
            }
            Err(reason) => reason,
        };
        reject(row, fault);
        None
    };
    values.iter().enumerate().map(code).collect()
}

/// Whether a text needs no cleaning: it contains nothing that a spreadsheet adds or damages.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    // Without a plus sign it is not a number in exponential form.
    let safe = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':');
    let is_safe_start = bytes.first().is_some_and(u8::is_ascii_digit)
        || (bytes.len() > 6 && bytes.first().is_some_and(u8::is_ascii_alphabetic));
    is_safe_start && bytes.len() <= MAX_ID_CHARS && bytes.iter().all(safe)
}

fn clean_id(text: &str) -> Result<Option<Cow<'_, str>>, Reason> {
    let Some(mut id) = value(text) else { return Ok(None) };
    // Excel's notations for digits as text: ="123" and '123.
    if let Some(inner) = id.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        id = Cow::Owned(inner.to_owned());
    }
    if let Some(rest) = id.strip_prefix('\'') {
        id = Cow::Owned(rest.to_owned());
    }
    if is_damaged(&id) {
        return Err(Reason::DamagedId);
    }
    if id.chars().count() > MAX_ID_CHARS {
        return Err(Reason::TooLong);
    }
    if is_cell_error(&id) || id.chars().any(char::is_control) {
        return Err(Reason::BadId);
    }
    Ok((!id.is_empty()).then_some(id))
}

/// Whether an id is a number in exponential form such as `4.40524E+17`, which has lost its last digits.
fn is_damaged(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let Some(exponent) = exponent.strip_prefix('+') else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(exponent)
        && mantissa.split_once('.').map_or(digits(mantissa), |(integer, rest)| digits(integer) && digits(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notations_of_spreadsheets_are_removed_and_damaged_ids_rejected() {
        let read = |text: &'static str| clean_id(text).map(|id| id.map(Cow::into_owned));
        assert_eq!(read(" A12\u{a0}"), Ok(Some("A12".to_owned())));
        assert_eq!(read("\t007"), Ok(Some("007".to_owned())));
        assert_eq!(read("=\"007\""), Ok(Some("007".to_owned())));
        assert_eq!(read("１２３"), Ok(Some("123".to_owned())));
        assert_eq!(read("4.40524E+17"), Err(Reason::DamagedId));
        assert_eq!(read("NULL"), Ok(None));
        assert_eq!(read("a\u{1}b"), Err(Reason::BadId));
        assert_eq!(read("#REF!"), Err(Reason::BadId));
        assert_eq!(read("#12"), Ok(Some("#12".to_owned())));
        assert!(is_plain("157541") && !is_plain("1E+20") && !is_plain("None"));
    }
}
