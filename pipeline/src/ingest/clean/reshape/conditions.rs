//! Tests conditions on the texts of a row.

use zhihui_data::Zone;

use super::super::super::reject::Reason;
use super::super::super::shape::SlotCondition;
use super::super::super::time_format::TimeFormat;
use super::super::choices::flag_of;
use super::super::numbers::parse_real;
use super::super::text::{trimmed, value};
use super::super::time::instant;
use crate::config::Bound;

/// Conditions that must all hold.
#[derive(Debug)]
pub(super) struct Tests<'a> {
    tests: Vec<(Option<usize>, Test<'a>)>,
    zone: Zone,
}

#[derive(Debug)]
enum Test<'a> {
    Words { words: &'a [String], is_one: bool },
    Empty(bool),
    Yes(bool),
    Number(Bound, f64),
    Time(Bound, i64, &'a TimeFormat),
}

impl<'a> Tests<'a> {
    pub(super) fn of(conditions: &'a [SlotCondition], zone: Zone) -> Self {
        let mut tests = Vec::new();
        for SlotCondition { slot, condition, time } in conditions {
            let words = [(&condition.is, true), (&condition.is_not, false)];
            for (words, is_one) in words {
                tests.extend(words.iter().map(|words| (*slot, Test::Words { words, is_one })));
            }
            tests.extend(condition.empty.map(|is_empty| (*slot, Test::Empty(is_empty))));
            tests.extend(condition.yes.map(|is_yes| (*slot, Test::Yes(is_yes))));
            tests.extend(condition.bounds().filter_map(|(bound, text)| {
                let test = match text.parse() {
                    Ok(number) => Test::Number(bound, number),
                    Err(_) => Test::Time(bound, instant(text, &TimeFormat::Auto, zone)?, time),
                };
                Some((*slot, test))
            }));
        }
        Self { tests, zone }
    }

    /// Whether all conditions hold for the texts that `cell` returns.
    ///
    /// # Errors
    /// The reason and the text, if a text that is to be compared cannot be read.
    pub(super) fn hold<'t>(&self, cell: &impl Fn(usize) -> Option<&'t str>) -> Result<bool, (Reason, &'t str)> {
        for (slot, test) in &self.tests {
            let text = slot.and_then(cell).unwrap_or_default();
            if !test.holds(text, self.zone).map_err(|reason| (reason, text))? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Test<'_> {
    fn holds(&self, text: &str, zone: Zone) -> Result<bool, Reason> {
        let is_empty = value(text).is_none();
        Ok(match self {
            Self::Words { words, is_one } => words.iter().any(|word| word == trimmed(text)) == *is_one,
            Self::Empty(wanted) => is_empty == *wanted,
            _ if is_empty => false,
            Self::Yes(wanted) => {
                let word = value(text).unwrap_or_default();
                flag_of(word.trim()).ok_or(Reason::BadFlag)? == *wanted
            }
            Self::Number(bound, number) => parse_real(text)?.is_some_and(|found| bound.holds(found, *number)),
            Self::Time(bound, time, format) => {
                let text = value(text).unwrap_or_default();
                bound.holds(instant(&text, format, zone).ok_or(Reason::BadTime)?, *time)
            }
        })
    }
}
