//! Formats the cells of a report's tables.

use serde_json::Value;

use crate::web::locale::Locale;
use crate::web::numbers::figure;

/// The text of a cell.
pub(crate) fn text_of(value: &Value, unit: &str, t: Locale) -> String {
    match value {
        Value::Null => "–".to_owned(),
        // The cell may be larger than the bound, and hidden only to protect another cell.
        value if hidden(value) => t.reports_hidden().to_owned(),
        Value::String(text) if text == "unknown" => t.labels_unknown().to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(yes) => if *yes { t.reports_yes() } else { t.reports_no() }.to_owned(),
        other => other.as_f64().map_or_else(|| other.to_string(), |number| plain(number, unit, t)),
    }
}

/// Whether a cell is hidden because it covers too few people.
pub(crate) fn hidden(value: &Value) -> bool {
    let bound = value.as_str().and_then(|text| text.strip_prefix('<'));
    bound.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A number in a table. The unit is in the header, except for durations and shares.
fn plain(number: f64, unit: &str, t: Locale) -> String {
    let (text, word) = figure(number, unit, t, false);
    match unit {
        "share" => format!("{text}%"),
        "seconds" => format!("{text} {word}"),
        _ => text,
    }
}
