//! Reads one JSON object per line. Rejects lines that are not a JSON object.

mod nested;

use std::collections::HashMap;
use std::io::Read;

use serde_json::{Map, Value};

use super::super::error::FileError;
use super::super::list_mark::LIST_MARK;
use super::super::reject::Reason;
use super::super::sink::Sink;
use super::json_object::{JsonObject, ParseError};
use super::records::Record;
use super::{Records, number};

/// Maximum number of unknown keys that are remembered. A file with more has no fixed columns.
const MAX_KEYS: usize = 1_000;

pub(super) fn read(input: Box<dyn Read>, limit: usize, sink: &mut Sink<'_>) -> Result<(), FileError> {
    let mut lines = Records::lines(input, limit);
    let mut keys = Keys::default();
    let (mut objects, mut invalid_lines) = (0_u64, 0_u64);
    loop {
        lines.skip_blank_lines()?;
        let Some(record) = lines.next()? else { break };
        let Record::Fields(line, fields) = record else { continue };
        let Some(text) = fields.get(0) else { continue };
        if text.trim().is_empty() {
            continue;
        }
        let object = match JsonObject::parse(text) {
            Ok(object) => object,
            Err(error) => {
                let reason = match error {
                    ParseError::NotAnObject => Reason::BadJson,
                    ParseError::RepeatedKey => Reason::RepeatedKey,
                };
                invalid_lines += 1;
                sink.reject_line(line, reason, text.as_bytes())?;
                continue;
            }
        };
        objects += 1;
        let mut values: Vec<(usize, String)> = Vec::with_capacity(object.0.len());
        let mut fields_there: Vec<usize> = Vec::with_capacity(object.0.len());
        for (key, value) in object.0 {
            let paths = sink.plan().paths_in(&key);
            if !paths.is_empty() {
                for path in paths {
                    let found = nested::value_at(&value, path);
                    let place = keys.place(path, sink);
                    fields_there.extend(place.filter(|_| found.is_some()));
                    let text = found.and_then(|found| text_of_key(sink, path, found));
                    values.extend(place.zip(text));
                }
                nested::for_each_leaf(&key, &value, &mut |path| {
                    keys.place(path, sink);
                });
                if !sink.plan().knows(&key) {
                    continue;
                }
            }
            let place = keys.place(&key, sink);
            fields_there.extend(place);
            if let Some(place) = place
                && let Some(text) = text_of_key(sink, &key, value)
            {
                values.push((place, text));
            }
        }
        if std::mem::take(&mut keys.has_new) {
            sink.bind_partial(&keys.names)?;
        }
        let value = |field: usize| values.iter().find(|(place, _)| *place == field).map(|(_, text)| text.as_str());
        sink.record(line, value, |field| fields_there.contains(&field))?;
    }
    if objects == 0 && invalid_lines > 0 {
        let why = "has no line with a JSON object; write one object per line instead of one array";
        return Err(FileError::Refused(why.to_owned()));
    }
    if objects > 0 { sink.check_bound(&keys.names) } else { Ok(()) }
}

/// The keys and paths that were found, and the fields of those that are used.
#[derive(Debug, Default)]
struct Keys {
    names: Vec<String>,
    places: HashMap<String, Option<usize>>,
    meanings: HashMap<&'static str, usize>,
    has_new: bool,
}

impl Keys {
    /// The field of a key. `None` if it is not used.
    fn place(&mut self, key: &str, sink: &mut Sink<'_>) -> Option<usize> {
        if let Some(place) = self.places.get(key) {
            return *place;
        }
        if self.places.len() >= MAX_KEYS && !sink.plan().knows(key) {
            sink.add_unknown(key);
            return None;
        }
        let meaning = sink.plan().meaning(key);
        let same = meaning.and_then(|meaning| self.meanings.get(meaning).copied());
        let place = same.or_else(|| sink.plan().knows(key).then_some(self.names.len()));
        if place == Some(self.names.len()) {
            self.names.push(key.to_owned());
            self.meanings.extend(meaning.zip(place));
            self.has_new = true;
        } else if place.is_none() {
            sink.add_unknown(key);
        }
        self.places.insert(key.to_owned(), place);
        place
    }
}

/// The text of a key or a path.
pub(super) fn text_at(object: &Map<String, Value>, path: &str) -> Option<String> {
    if let Some(value) = object.get(path) {
        return text_of(value.clone());
    }
    text_of(nested::value_at(object.get(path.split('.').next()?)?, path)?)
}

/// Converts the value of a key to text. Lists whose elements become rows keep all elements.
fn text_of_key(sink: &Sink<'_>, key: &str, value: Value) -> Option<String> {
    match value {
        Value::Array(elements) if sink.plan().expands(key) => Some(nested::list_text(elements)),
        other => text_of(other),
    }
}

/// Converts a value to text. Joins lists.
fn text_of(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        Value::Array(values) => {
            let texts: Vec<String> = values.into_iter().filter_map(text_of).collect();
            Some(texts.join(&LIST_MARK.to_string()))
        }
        Value::Number(value) if value.is_f64() => value.as_f64().map(number),
        other => Some(other.to_string()),
    }
}
