//! Cleans free texts, and recognises missing values.

use std::borrow::Cow;

use polars::prelude::StringChunked;
use zhihui_data::district;

use super::super::reject::Reason;

/// Maximum length of a free text in bytes.
const MAX_BYTES: usize = 64 << 10;

/// Trims free texts. An empty text is missing.
pub(super) fn texts(values: &StringChunked, reject: &mut impl FnMut(usize, Reason)) -> StringChunked {
    let is_clean =
        |text: &str| !text.is_empty() && trimmed(text).len() == text.len() && text.len() <= 64 && text != "NULL";
    if values.iter().flatten().all(|text| is_clean(text) && !is_null(text)) {
        return values.clone();
    }
    let texts = values.iter().enumerate().map(|(row, value)| {
        let text = trimmed(value?);
        if text.len() > MAX_BYTES {
            reject(row, Reason::TooLong);
            return None;
        }
        (!text.is_empty() && !is_null(text)).then_some(text)
    });
    texts.collect()
}

/// Normalises names of districts.
pub(super) fn districts(values: &StringChunked, reject: &mut impl FnMut(usize, Reason)) -> StringChunked {
    texts(values, reject).iter().map(|name| name.map(district::normalised)).collect()
}

pub(super) fn is_null(text: &str) -> bool {
    matches!(text, "NULL" | "null" | "\\N") || is_cell_error(text)
}

/// Whether a text is what a sheet shows for a formula that failed.
pub(super) fn is_cell_error(text: &str) -> bool {
    text.starts_with('#') && matches!(text, "#REF!" | "#VALUE!" | "#DIV/0!" | "#NAME?" | "#NUM!" | "#NULL!" | "#DATA!")
}

/// Trims white space, no-break spaces and zero-width characters.
pub(super) fn trimmed(text: &str) -> &str {
    let is_visible = |byte: Option<&u8>| byte.is_none_or(|byte| byte.is_ascii_graphic());
    let bytes = text.as_bytes();
    if is_visible(bytes.first()) && is_visible(bytes.last()) {
        return text;
    }
    text.trim_matches(|letter: char| {
        letter.is_whitespace() || matches!(letter, '\u{200b}'..='\u{200d}' | '\u{feff}' | '\u{2060}')
    })
}

/// Trims a value and converts full-width characters to half-width. `None` for texts that mean a missing value. Not for free
/// texts.
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
    let to_half_width = |letter: char| match letter {
        '\u{3000}' | '\u{a0}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        other => other,
    };
    Some(Cow::Owned(text.chars().map(to_half_width).collect()))
}
