//! Reads one JSON object per line. Rejects lines that are not a JSON object.

use std::collections::HashMap;
use std::io::Read;

use serde_json::Value;

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
    let mut names: Vec<String> = Vec::new();
    let mut places: HashMap<String, Option<usize>> = HashMap::new();
    let mut meanings: HashMap<&'static str, usize> = HashMap::new();
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
        let mut has_new_names = false;
        for (key, value) in object.0 {
            let place = match places.get(&key) {
                Some(place) => *place,
                None if places.len() >= MAX_KEYS && !sink.plan().uses(&key) => {
                    sink.add_unknown(&key);
                    None
                }
                None => {
                    let meaning = sink.plan().meaning(&key);
                    let same = meaning.and_then(|meaning| meanings.get(meaning).copied());
                    let place = same.or_else(|| sink.plan().uses(&key).then_some(names.len()));
                    if place == Some(names.len()) {
                        names.push(key.clone());
                        meanings.extend(meaning.zip(place));
                        has_new_names = true;
                    } else if place.is_none() {
                        sink.add_unknown(&key);
                    }
                    places.insert(key, place);
                    place
                }
            };
            if let (Some(place), Some(text)) = (place, text_of(value)) {
                values.push((place, text));
            }
        }
        if has_new_names {
            sink.bind_partial(&names)?;
        }
        let value = |field: usize| values.iter().find(|(place, _)| *place == field).map(|(_, text)| text.as_str());
        sink.row(line, value)?;
    }
    if objects == 0 && invalid_lines > 0 {
        let why = "has no line with a JSON object; write one object per line instead of one array";
        return Err(FileError::Refused(why.to_owned()));
    }
    if objects > 0 { sink.check_bound(&names) } else { Ok(()) }
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
