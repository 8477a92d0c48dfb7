//! Reads replies of WeChat's statistics interfaces: one reply, a list of them, or one a line, as WeChat gave them or as
//! `zhihui wechat-statistics` stores them with interface and time. A file with an error of WeChat is refused.

mod figures;
mod sources;

use std::io::{BufReader, Read};
use std::path::Path;

use serde_json::{Map, Value};
use zhihui_data::account_interface::Subject;
use zhihui_data::{AccountInterface, Generation, Table};

use super::super::error::FileError;
use super::super::sink::Sink;
use super::encoding::from_io;
use figures::{Figures, add_rows, text};

/// Maximum size of a file in bytes. A day of an account has a few kilobytes.
const MAX_BYTES: u64 = 64 << 20;

pub(super) fn read(input: Box<dyn Read>, path: &Path, sink: &mut Sink<'_>) -> Result<(), FileError> {
    let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let named = AccountInterface::of_file_name(&file_name);
    let names: Vec<String> = Table::AccountStatistics.columns().iter().map(|column| column.name.to_owned()).collect();
    sink.bind(&names)?;
    let mut output = Output { sink, rows: 0 };
    let mut input = input.take(MAX_BYTES);
    let mut replies = 0;
    for value in serde_json::Deserializer::from_reader(BufReader::new(&mut input)).into_iter::<Value>() {
        let value = value.map_err(not_json)?;
        let list = if let Value::Array(list) = value { list } else { vec![value] };
        for reply in &list {
            replies += 1;
            read_reply(reply, named, &mut output).map_err(|why| why.into_file_error(replies))?;
        }
    }
    if input.limit() == 0 {
        return Err(FileError::Refused("has more than 64 MB; replies of one month each are enough".to_owned()));
    }
    Ok(())
}

/// Takes rows to the sink.
struct Output<'s, 'p> {
    sink: &'s mut Sink<'p>,
    rows: u64,
}

impl Output<'_, '_> {
    fn add(&mut self, row: &Figures) -> Result<(), FileError> {
        let columns = Table::AccountStatistics.columns();
        let value = |field: usize| row.get(columns.get(field)?.name).map(String::as_str);
        self.rows += 1;
        self.sink.row(self.rows, value)
    }
}

/// Why a reply cannot be used.
enum Unusable {
    Why(String),
    File(FileError),
}

impl Unusable {
    fn into_file_error(self, reply: u64) -> FileError {
        match self {
            Self::Why(why) => FileError::Refused(format!("reply {reply} {why}")),
            Self::File(error) => error,
        }
    }
}

impl From<FileError> for Unusable {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

fn not_json(error: serde_json::Error) -> FileError {
    if error.is_io() {
        return from_io(error.into());
    }
    FileError::Refused(format!("is not JSON as WeChat's interfaces answer ({error}); fetch it again"))
}

fn read_reply(
    value: &Value,
    named: Option<&'static AccountInterface>,
    output: &mut Output<'_, '_>,
) -> Result<(), Unusable> {
    let why = |why: String| Err(Unusable::Why(why));
    let stored = value.get("reply").filter(|reply| reply.is_object());
    let reply = stored.unwrap_or(value);
    let code = reply.get("errcode").and_then(Value::as_i64).unwrap_or_default();
    if code != 0 {
        let message = reply.get("errmsg").and_then(text).unwrap_or_default();
        return why(format!("is WeChat's error {code} ({message}) and has no figures; fetch it again"));
    }
    let Some(list) = reply.get("list").and_then(Value::as_array) else {
        return why("has no \"list\"; send the whole reply of a statistics interface".to_owned());
    };
    let mut expected = named;
    if let Some(name) = value.get("interface").and_then(Value::as_str).filter(|_| stored.is_some()) {
        let Some(interface) = AccountInterface::named(name) else {
            return why(format!("is of the unknown interface {name}"));
        };
        if expected.is_some_and(|expected| expected != interface) {
            return why(format!("is of {name}, and the file is named after another interface; rename the file"));
        }
        expected = Some(interface);
    }
    let mut common = Figures::new();
    for (column, key, from) in [("updated_at", "fetched_at", value), ("delayed", "is_delay", reply)] {
        common.extend(from.get(key).and_then(text).map(|text| (column, text)));
    }
    for row in list {
        let Some(row) = row.as_object() else { return why("has a row that is not an object".to_owned()) };
        let Some(found) = interface_of(row) else {
            let keys: Vec<&str> = row.keys().map(String::as_str).take(8).collect();
            return why(format!("has a row of no known statistics interface ({}…)", keys.join(", ")));
        };
        match expected {
            Some(expected) if expected != found => {
                return why(format!(
                    "has a row of {}, although it is about {}; each reply belongs to one interface",
                    found.name, expected.name
                ));
            }
            _ => expected = Some(found),
        }
        add_rows(found, row, &common, &mut |figures| output.add(&figures))?;
    }
    Ok(())
}

/// The interface that answers with such rows.
fn interface_of(row: &Map<String, Value>) -> Option<&'static AccountInterface> {
    let has = |key: &str| row.contains_key(key);
    let detail = row.get("detail").and_then(Value::as_object);
    let of_detail = |key: &str| detail.is_some_and(|detail| detail.contains_key(key));
    let name = if has("detail_list") {
        "getarticletotaldetail"
    } else if has("details") {
        "getarticletotal"
    } else if detail.is_some() && !has("msgid") {
        "getbizsummary"
    } else if detail.is_some() {
        if of_detail("share_user") && !of_detail("read_user") { "getarticleshare" } else { "getarticleread" }
    } else if has("share_scene") {
        if has("ref_hour") { "getusersharehour" } else { "getusershare" }
    } else if has("cumulate_user") {
        "getusercumulate"
    } else if has("new_user") || has("cancel_user") {
        "getusersummary"
    } else if has("int_page_read_user") {
        match (has("msgid"), has("ref_hour")) {
            (true, _) => "getarticlesummary",
            (false, true) => "getuserreadhour",
            (false, false) => "getuserread",
        }
    } else {
        return None;
    };
    let found = AccountInterface::named(name)?;
    let is_mixed = found.generation == Generation::New && found.subject != Subject::Followers && is_older(row);
    (!is_mixed).then_some(found)
}

/// Whether a row has figures of the old generation, at any depth.
fn is_older(row: &Map<String, Value>) -> bool {
    row.iter().any(|(key, value)| {
        let nested = match value {
            Value::Object(object) => is_older(object),
            Value::Array(list) => list.iter().filter_map(Value::as_object).any(is_older),
            _ => false,
        };
        nested || key.starts_with("int_page_") || key == "share_count"
    })
}
