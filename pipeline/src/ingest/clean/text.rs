//! Free texts, and what counts as no value at all.

use std::borrow::Cow;

use polars::prelude::StringChunked;
use zhihui_data::district;

use super::super::reject::Reason;

/// Longest free text in bytes.
const LONGEST: usize = 64 << 10;

/// Free texts without the spaces around them; an empty text is missing.
pub(super) fn texts(values: &StringChunked, note: &mut impl FnMut(usize, Reason)) -> StringChunked {
    let plain =
        |text: &str| !text.is_empty() && trimmed(text).len() == text.len() && text.len() <= 64 && text != "NULL";
    if values.iter().flatten().all(|text| plain(text) && !is_null(text)) {
        return values.clone();
    }
    let text = |(row, value): (usize, Option<&'_ str>)| {
        let text = trimmed(value?);
        if text.len() > LONGEST {
            note(row, Reason::TooLong);
            return None;
        }
        (!text.is_empty() && !is_null(text)).then(|| text.to_owned())
    };
    values.iter().enumerate().map(text).collect()
}

/// Names of districts, each in the one form in which it is stored.
pub(super) fn districts(values: &StringChunked, note: &mut impl FnMut(usize, Reason)) -> StringChunked {
    texts(values, note).iter().map(|name| name.map(district::normalised)).collect()
}

fn is_null(text: &str) -> bool {
    matches!(text, "NULL" | "null" | "\\N")
}

/// A text without white space, no-break spaces and invisible marks around it.
pub(super) fn trimmed(text: &str) -> &str {
    let edge = |byte: Option<&u8>| byte.is_none_or(|byte| byte.is_ascii_graphic());
    let bytes = text.as_bytes();
    if edge(bytes.first()) && edge(bytes.last()) {
        return text;
    }
    text.trim_matches(|letter: char| {
        letter.is_whitespace() || matches!(letter, '\u{200b}'..='\u{200d}' | '\u{feff}' | '\u{2060}')
    })
}

/// A value that is neither a free text nor missing: trimmed, full-width forms as usual ones. `None` for what programs and
/// people write where they have no value.
pub(super) fn value(text: &str) -> Option<Cow<'_, str>> {
    let text = trimmed(text);
    let missing = text.len() <= 6
        && matches!(
            text,
            "" | "NULL"
                | "null"
                | "Null"
                | "\\N"
                | "N/A"
                | "n/a"
                | "#N/A"
                | "NaN"
                | "nan"
                | "None"
                | "none"
                | "-"
                | "--"
                | "—"
                | "/"
                | "无"
                | "未知"
                | "不详"
        );
    if missing {
        return None;
    }
    if text.is_ascii() {
        return Some(Cow::Borrowed(text));
    }
    let half = |letter: char| match letter {
        '\u{3000}' | '\u{a0}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        other => other,
    };
    Some(Cow::Owned(text.chars().map(half).collect()))
}
