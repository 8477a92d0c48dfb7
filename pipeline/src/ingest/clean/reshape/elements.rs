//! The elements of a list in a cell: a list of Parquet or JSON, a JSON array as text, or separated text.

use std::borrow::Cow;

use serde_json::Value;

use super::super::super::list_mark::LIST_MARK;
use super::super::text::{trimmed, value};

/// The elements of one cell.
#[derive(Debug, Default)]
pub(super) struct Elements<'a> {
    texts: Vec<Option<Cow<'a, str>>>,
}

impl<'a> Elements<'a> {
    /// Sets the cell. Readers begin each element of a list with [`LIST_MARK`]. `is_alone` if no other list is parallel, so
    /// that a separator at the end of a text begins no element.
    pub(super) fn set(&mut self, cell: Option<&'a str>, separator: Option<&str>, is_alone: bool) {
        self.texts.clear();
        let Some(cell) = cell else { return };
        if let Some(elements) = cell.strip_prefix(LIST_MARK) {
            self.texts.extend(elements.split(LIST_MARK).map(|text| Some(Cow::Borrowed(text))));
            return;
        }
        let text = trimmed(cell);
        if value(text).is_none() {
            return;
        }
        if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            match serde_json::from_str::<Vec<Value>>(text) {
                Ok(values) => self.texts.extend(values.into_iter().map(|value| text_of(value).map(Cow::Owned))),
                Err(_) => self.texts.extend(unquoted(inner, separator).map(|text| Some(Cow::Borrowed(text)))),
            }
            return;
        }
        let text = match separator {
            Some(separator) if is_alone => text.strip_suffix(separator).unwrap_or(text),
            None if is_alone => text.trim_end_matches(MARKS),
            _ => text,
        };
        match separator {
            Some(separator) => self.texts.extend(text.split(separator).map(|text| Some(Cow::Borrowed(trimmed(text))))),
            None => self.texts.extend(text.split(MARKS).map(|text| Some(Cow::Borrowed(trimmed(text))))),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    /// The text of an element. `None` if it is missing.
    pub(super) fn get(&self, element: usize) -> Option<&str> {
        self.texts.get(element)?.as_deref()
    }
}

/// Separators of lists, as in list columns.
const MARKS: [char; 3] = [';', '\u{ff1b}', '、'];

/// The elements within brackets that are not JSON, as programs print arrays: `['a', 'b']` or `[1 2]`.
fn unquoted<'a>(inner: &'a str, separator: Option<&str>) -> impl Iterator<Item = &'a str> {
    let elements: Vec<&str> = match separator {
        Some(separator) => inner.split(separator).collect(),
        None if inner.contains(',') => inner.split(',').collect(),
        None => inner.split_whitespace().collect(),
    };
    elements.into_iter().map(|text| trimmed(text).trim_matches(['\'', '"'])).filter(|text| !text.is_empty())
}

fn text_of(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(cell: &str, separator: Option<&str>, is_alone: bool) -> Vec<String> {
        let mut elements = Elements::default();
        elements.set(Some(cell), separator, is_alone);
        (0..elements.len()).map(|at| elements.get(at).unwrap_or("-").to_owned()).collect()
    }

    #[test]
    fn lists_of_all_notations_are_split() {
        for cell in ["\u{1f}a\u{1f}b", "a;b", "a；b;", "[\"a\", \"b\"]", "['a', 'b']", "[a b]"] {
            assert_eq!(elements(cell, None, true), ["a", "b"], "{cell}");
        }
        assert_eq!(elements("a b ", Some(" "), true), ["a", "b"]);
        assert_eq!(elements("\u{1f}", None, true), [""], "one empty element");
        assert_eq!(elements("[1, null, 2.5]", None, true), ["1", "-", "2.5"]);
        assert_eq!(elements("a;b;", None, false), ["a", "b", ""], "a parallel list may be longer");
        for empty in ["", " ", "[]", "NULL"] {
            assert!(elements(empty, None, true).is_empty(), "{empty}");
        }
    }
}
