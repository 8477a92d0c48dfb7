//! Parses flags, lists, and words of closed vocabularies.

use polars::prelude::{
    BooleanChunked, ListBuilderTrait, ListChunked, ListStringChunkedBuilder, PlSmallStr, StringChunked,
};

use super::super::list_mark::LIST_MARK;
use super::super::reject::Reason;
use super::text::{is_null, trimmed, value};

type Choices = &'static [(&'static str, &'static [&'static str])];

/// Parses words of a vocabulary and their synonyms, ignoring case. Words for "unknown" are missing values.
pub(super) fn choices(
    values: &StringChunked,
    choices: Choices,
    reject: &mut impl FnMut(usize, Reason),
) -> StringChunked {
    let find = |text: &str| {
        choices.iter().find(|(word, others)| *word == text || others.contains(&text)).map(|(word, _)| *word)
    };
    let choice = |(row, text): (usize, Option<&'_ str>)| {
        let text = text?;
        if let Some(word) = find(text) {
            return Some(word);
        }
        let word = value(text)?.to_lowercase();
        let found = find(word.trim());
        if found.is_none() && !matches!(word.as_str(), "unknown" | "0" | "保密" | "未说明" | "未说明的性别" | "9")
        {
            reject(row, Reason::BadChoice);
        }
        found
    };
    values.iter().enumerate().map(choice).collect()
}

/// Parses yes and no.
pub(super) fn flags(values: &StringChunked, reject: &mut impl FnMut(usize, Reason)) -> BooleanChunked {
    flags_or_missing(values, |_| true, reject)
}

/// Parses consent. Rejects words for "unknown", because a missing value would count as consent.
pub(super) fn consents(values: &StringChunked, reject: &mut impl FnMut(usize, Reason)) -> BooleanChunked {
    flags_or_missing(values, |text| matches!(trimmed(text), "" | "NULL" | "null" | "\\N"), reject)
}

/// Parses flags. Rejects a text that means a missing value unless `may_miss` accepts it.
fn flags_or_missing(
    values: &StringChunked,
    may_miss: impl Fn(&str) -> bool,
    reject: &mut impl FnMut(usize, Reason),
) -> BooleanChunked {
    let flag = |(row, text): (usize, Option<&'_ str>)| {
        let text = text?;
        let Some(word) = value(text) else {
            if !may_miss(text) {
                reject(row, Reason::BadFlag);
            }
            return None;
        };
        let found = flag_of(&word);
        if found.is_none() {
            reject(row, Reason::BadFlag);
        }
        found
    };
    values.iter().enumerate().map(flag).collect()
}

/// What a word says. `None` if it is neither yes nor no.
pub(super) fn flag_of(word: &str) -> Option<bool> {
    match word.to_lowercase().as_str() {
        "true" | "1" | "yes" | "y" | "t" | "on" | "是" | "有" | "允许" | "同意" | "√" | "1.0" => Some(true),
        "false" | "0" | "no" | "n" | "f" | "off" | "否" | "没有" | "拒绝" | "不允许" | "不同意" | "×" | "0.0" => {
            Some(false)
        }
        _ => None,
    }
}

/// Splits lists, which may be JSON arrays of texts, normalises each element, and removes empty and repeated ones. An empty list is missing.
pub(super) fn lists(
    values: &StringChunked,
    separator: Option<&str>,
    normalise: impl Fn(&str) -> String,
) -> ListChunked {
    let mut lists = ListStringChunkedBuilder::new(PlSmallStr::EMPTY, values.len(), values.len() * 2);
    let mut elements: Vec<String> = Vec::new();
    for text in values.iter() {
        elements.clear();
        let text = text.unwrap_or_default();
        let array = if text.starts_with('[') { serde_json::from_str::<Vec<String>>(text).ok() } else { None };
        let parts: Vec<&str> = match separator {
            _ if array.is_some() => array.iter().flatten().map(String::as_str).collect(),
            _ if text.contains(LIST_MARK) => text.split(LIST_MARK).collect(),
            Some(separator) => text.split(separator).collect(),
            None => text.split([';', '\u{ff1b}', '、']).collect(),
        };
        for part in parts.into_iter().map(trimmed) {
            if part.is_empty() || is_null(part) {
                continue;
            }
            let part = normalise(part);
            if !elements.contains(&part) {
                elements.push(part);
            }
        }
        if elements.is_empty() {
            lists.append_null();
        } else {
            lists.append_values_iter(elements.iter().map(String::as_str));
        }
    }
    lists.finish()
}
