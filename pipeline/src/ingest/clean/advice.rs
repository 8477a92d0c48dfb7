//! What is wrong with a number, and the setting that may help.

use zhihui_data::{Column, ColumnKind};

use super::super::reject::Reason;
use super::numbers::parse_real;

/// Maximum length of a value that a message repeats. Longer ones could be ids; they are stored with the reject only, where an
/// erasure finds them.
const MAX_REPEATED: usize = 4;

/// A message about one value.
#[derive(Debug, PartialEq)]
pub(super) struct Advice {
    pub message: String,
    /// The `factor` of a `[[source]]` with which the value would be in range.
    pub factor: Option<f64>,
}

/// Says which bound a number exceeds. `None` if the general message of the reason says all.
pub(super) fn advice(column: &Column, reason: Reason, value: Option<&str>) -> Option<Advice> {
    let text = value.filter(|_| !column.personal)?.trim();
    let number = parse_real(text).ok()??;
    let (min, max) = match column.kind {
        ColumnKind::Integer { min, max } => (min as f64, max as f64),
        ColumnKind::Real { min, max } => (min, max),
        _ => return None,
    };
    let subject = if text.len() <= MAX_REPEATED { format!("{text} is") } else { "is".to_owned() };
    let plain = |message: String| Some(Advice { message, factor: None });
    match reason {
        Reason::BadNumber => plain(format!("{subject} not a whole number")),
        Reason::OutOfRange if number < min => plain(format!("{subject} below {min}")),
        Reason::OutOfRange if max == 1.0 && number > max && number <= 100.0 && !text.ends_with('%') => Some(Advice {
            message: format!(
                "{subject} above 1; if these are percentages, set factor = {{ {} = 0.01 }} in the [[source]]",
                column.name
            ),
            factor: Some(0.01),
        }),
        Reason::OutOfRange if number > max => plain(format!("{subject} above {max}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use zhihui_data::Table;

    use super::*;

    fn message(table: Table, column: &str, reason: Reason, value: &str) -> Option<String> {
        let column = table.column(column).expect("a column");
        advice(column, reason, Some(value)).map(|advice| advice.message)
    }

    #[test]
    fn a_message_names_the_bound_and_teaches_the_factor_of_percentages() {
        let reads = |column: &str, value: &str| message(Table::Reads, column, Reason::OutOfRange, value);
        let factor = "if these are percentages, set factor = { read_fraction = 0.01 } in the [[source]]";
        assert_eq!(reads("read_fraction", "37"), Some(format!("37 is above 1; {factor}")));
        assert_eq!(reads("read_fraction", "370").as_deref(), Some("370 is above 1"));
        assert_eq!(reads("read_fraction", "120%").as_deref(), Some("120% is above 1"), "it is read as a percentage");
        assert_eq!(reads("dwell_seconds", "-1").as_deref(), Some("-1 is below 0"));
        assert_eq!(
            message(Table::Feedback, "rating", Reason::BadNumber, "3.5").as_deref(),
            Some("3.5 is not a whole number")
        );
        assert_eq!(reads("dwell_seconds", "13800138000").as_deref(), Some("is above 2678400"), "it may be an id");
        assert_eq!(message(Table::Members, "age", Reason::OutOfRange, "300"), None, "only the shape is known");
        assert_eq!(message(Table::Reads, "dwell_seconds", Reason::BadNumber, "x"), None);
    }
}
