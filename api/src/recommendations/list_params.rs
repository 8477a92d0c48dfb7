//! Parameters that all lists share, with their bounds.

use zhihui_data::ItemKind;

use crate::middleware::problem::Problem;

const DEFAULT_LENGTH: usize = 10;
const MAX_LENGTH: usize = 100;

/// Parameters of a list.
#[derive(Debug)]
pub(crate) struct ListParams {
    pub(crate) n: usize,
    pub(crate) kind: Option<ItemKind>,
    pub(crate) topic: Option<String>,
    pub(crate) exclude: Vec<String>,
    pub(crate) general: bool,
}

/// A parameter that is not empty.
pub(crate) fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

impl ListParams {
    /// Parses a length; 10 if missing.
    pub(crate) fn number(name: &str, text: Option<&str>) -> Result<usize, Problem> {
        let Some(text) = given(text) else { return Ok(DEFAULT_LENGTH) };
        let refuse = || Problem::invalid(name, format!("must be an integer from 1 to {MAX_LENGTH}"));
        Self::bounded(name, Some(text.trim().parse().map_err(|_| refuse())?))
    }

    /// Checks a length; 10 if missing.
    pub(crate) fn bounded(name: &str, number: Option<i64>) -> Result<usize, Problem> {
        let Some(number) = number else { return Ok(DEFAULT_LENGTH) };
        match usize::try_from(number) {
            Ok(length @ 1..=MAX_LENGTH) => Ok(length),
            _ => Err(Problem::invalid(name, format!("must be an integer from 1 to {MAX_LENGTH}"))),
        }
    }

    pub(crate) fn kind(text: Option<&str>) -> Result<Option<ItemKind>, Problem> {
        let Some(text) = given(text) else { return Ok(None) };
        ItemKind::parse(text).map(Some).ok_or_else(|| {
            let known: Vec<&str> = ItemKind::ALL.iter().map(|kind| kind.as_str()).collect();
            Problem::invalid("kind", format!("must be one of {}", known.join(", ")))
        })
    }

    pub(crate) fn general(mode: Option<&str>) -> Result<bool, Problem> {
        match given(mode) {
            None => Ok(false),
            Some("general") => Ok(true),
            Some(_) => Err(Problem::invalid("mode", "must be general, or omitted")),
        }
    }

    /// Splits ids at commas.
    pub(crate) fn ids(text: &str) -> Vec<String> {
        text.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect()
    }
}
