//! Parses integers and real numbers in the notations of people and programs, and checks their bounds.

use std::borrow::Cow;

use polars::prelude::StringChunked;
use polars::prelude::{Float64Chunked, Int64Chunked};

use super::super::reject::Reason;
use super::text::value;

/// Parses integers. Adds `add` before it checks the bounds.
pub(super) fn integers(
    values: &StringChunked,
    (min, max): (i64, i64),
    add: i64,
    reject: &mut impl FnMut(usize, Reason),
) -> Int64Chunked {
    let number = |(row, text): (usize, Option<&'_ str>)| {
        let fault = match parse_integer(text?) {
            Ok(None) => return None,
            Ok(Some(number)) => match number.checked_add(add).filter(|sum| (min..=max).contains(sum)) {
                Some(sum) => return Some(sum),
                None => Reason::OutOfRange,
            },
            Err(reason) => reason,
        };
        reject(row, fault);
        None
    };
    values.iter().enumerate().map(number).collect()
}

/// Parses real numbers; `85%` is 0.85.
pub(super) fn reals(
    values: &StringChunked,
    (min, max): (f64, f64),
    reject: &mut impl FnMut(usize, Reason),
) -> Float64Chunked {
    let number = |(row, text): (usize, Option<&'_ str>)| {
        let fault = match parse_real(text?) {
            Ok(None) => return None,
            Ok(Some(number)) if (min..=max).contains(&number) => return Some(number),
            Ok(Some(_)) => Reason::OutOfRange,
            Err(reason) => reason,
        };
        reject(row, fault);
        None
    };
    values.iter().enumerate().map(number).collect()
}

fn parse_integer(text: &str) -> Result<Option<i64>, Reason> {
    if !text.is_empty() && text.len() < 18 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map(Some).map_err(|_| Reason::BadNumber);
    }
    match parse_real(text)? {
        None => Ok(None),
        Some(number) if number.fract() == 0.0 && number.abs() < 9e15 => Ok(Some(number as i64)),
        Some(_) => Err(Reason::BadNumber),
    }
}

pub(super) fn parse_real(text: &str) -> Result<Option<f64>, Reason> {
    let Some(text) = value(text) else { return Ok(None) };
    if text == "不限" || text == "无限制" {
        return Ok(None);
    }
    if text == "免费" {
        return Ok(Some(0.0));
    }
    let number = text.trim_start_matches(['¥', '￥', '\u{a5}']).trim_end_matches(['元', '岁', '人', '张', '秒', '名']);
    let (number, scale) = number.strip_suffix('%').map_or((number, 1.0), |percent| (percent, 0.01));
    let number = number.trim();
    let has_commas = number.contains(',');
    let digits =
        if has_commas { Cow::Owned(without_commas(number).ok_or(Reason::BadNumber)?) } else { Cow::Borrowed(number) };
    // The parser accepts words such as "inf".
    if !digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E')) {
        return Err(Reason::BadNumber);
    }
    let number: f64 = digits.parse().map_err(|_| Reason::BadNumber)?;
    if number.is_finite() { Ok(Some(number * scale)) } else { Err(Reason::BadNumber) }
}

/// Removes thousands separators, as in `1,200`. `None` if a comma is not followed by groups of three digits.
fn without_commas(text: &str) -> Option<String> {
    let (integer, rest) = text.split_once('.').map_or((text, ""), |(integer, rest)| (integer, rest));
    let mut groups = integer.split(',');
    let first = groups.next()?;
    if first.is_empty() || first.len() > 4 || groups.any(|group| group.len() != 3) || rest.contains(',') {
        return None;
    }
    Some(text.replace(',', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_units_separators_and_percent_signs_are_parsed() {
        assert_eq!(parse_integer("1,200"), Ok(Some(1_200)));
        assert_eq!(parse_integer(" 30 人"), Ok(Some(30)));
        assert_eq!(parse_integer("3.0"), Ok(Some(3)));
        assert_eq!(parse_integer("3.5"), Err(Reason::BadNumber));
        assert_eq!(parse_integer("不限"), Ok(None));
        assert_eq!(parse_integer("1,2"), Err(Reason::BadNumber));
        assert_eq!(parse_real("85%").map(|found| found.map(|share| (share * 100.0).round())), Ok(Some(85.0)));
        assert_eq!(parse_real("¥88元"), Ok(Some(88.0)));
        assert_eq!(parse_real("inf"), Err(Reason::BadNumber));
        assert_eq!(parse_real("NaN"), Ok(None));
        assert_eq!(parse_real("１２"), Ok(Some(12.0)));
    }
}
