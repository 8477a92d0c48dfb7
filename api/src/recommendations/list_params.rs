//! The words that every list is asked for with, read once and with their bounds.

use zhihui_data::ItemKind;

use crate::problem::Problem;

const DEFAULT_LENGTH: usize = 10;
const LONGEST: usize = 100;

/// What a list is narrowed down to.
#[derive(Debug)]
pub(super) struct ListWords {
    pub(super) n: usize,
    pub(super) kind: Option<ItemKind>,
    pub(super) topic: Option<String>,
    pub(super) exclude: Vec<String>,
    pub(super) general: bool,
}

/// A value that was given; an empty one was not.
pub(super) fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

impl ListWords {
    /// A length in text, 10 where it is missing.
    pub(super) fn number(name: &str, text: Option<&str>) -> Result<usize, Problem> {
        let Some(text) = given(text) else { return Ok(DEFAULT_LENGTH) };
        let refuse = || Problem::invalid(name, format!("must be a whole number from 1 to {LONGEST}"));
        Self::bounded(name, Some(text.trim().parse().map_err(|_| refuse())?))
    }

    /// A length, 10 where it is missing.
    pub(super) fn bounded(name: &str, number: Option<i64>) -> Result<usize, Problem> {
        let Some(number) = number else { return Ok(DEFAULT_LENGTH) };
        match usize::try_from(number) {
            Ok(length @ 1..=LONGEST) => Ok(length),
            _ => Err(Problem::invalid(name, format!("must be a whole number from 1 to {LONGEST}"))),
        }
    }

    pub(super) fn kind(text: Option<&str>) -> Result<Option<ItemKind>, Problem> {
        let Some(text) = given(text) else { return Ok(None) };
        ItemKind::parse(text).map(Some).ok_or_else(|| {
            let known: Vec<&str> = ItemKind::ALL.iter().map(|kind| kind.as_str()).collect();
            Problem::invalid("kind", format!("must be one of {}", known.join(", ")))
        })
    }

    pub(super) fn general(mode: Option<&str>) -> Result<bool, Problem> {
        match given(mode) {
            None => Ok(false),
            Some("general") => Ok(true),
            Some(_) => Err(Problem::invalid("mode", "must be general, or be left out")),
        }
    }

    /// Ids separated by commas.
    pub(super) fn ids(text: &str) -> Vec<String> {
        text.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect()
    }
}
