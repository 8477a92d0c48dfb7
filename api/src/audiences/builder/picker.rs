//! A control that finds items, topics or unions by part of their name.
//!
//! Chosen values are hidden fields with a button that removes each. A search field and a button list at most
//! [`MAX_RESULTS`] results as buttons. With htmx the results appear while typing, from [`super::super::search`].

use crate::live::queries::{FoundName, SearchKind};
use crate::web::labels;
use crate::web::locale::Locale;

/// Maximum number of results on the page.
pub(crate) const MAX_RESULTS: usize = 20;

/// The control, formatted.
pub(crate) struct Picker {
    /// Name of the form field.
    pub(crate) name: String,
    /// Id of the elements; names contain points, which selectors cannot.
    pub(crate) id: String,
    pub(crate) label: &'static str,
    pub(crate) chosen: Vec<Chosen>,
    /// Text of the search field.
    pub(crate) text: String,
    pub(crate) results: Option<Results>,
    /// Whether the search field is offered although something is chosen.
    pub(crate) takes_more: bool,
}

/// A chosen value.
pub(crate) struct Chosen {
    pub(crate) value: String,
    pub(crate) label: String,
}

/// The results of a search.
pub(crate) struct Results {
    /// Name of the form field of the picker.
    pub(crate) name: String,
    pub(crate) results: Vec<SearchResult>,
    /// Whether there are more results.
    pub(crate) has_more: bool,
}

/// One result.
pub(crate) struct SearchResult {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) kind: Option<&'static str>,
}

/// A search that the page shows the results of.
#[derive(Debug, Clone)]
pub(crate) struct ShownSearch {
    /// Name of the form field of the picker.
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) found: Vec<FoundName>,
}

impl Results {
    /// Formats the results, which are one more than fit if there are more.
    pub(crate) fn new(name: &str, found: &[FoundName], t: Locale) -> Self {
        let result = |found: &FoundName| SearchResult {
            value: found.id.clone(),
            label: found.name.clone(),
            kind: found.kind.map(|kind| labels::kind(kind, t)),
        };
        Self {
            name: name.to_owned(),
            results: found.iter().take(MAX_RESULTS).map(result).collect(),
            has_more: found.len() > MAX_RESULTS,
        }
    }
}

impl Picker {
    /// A picker with its chosen values. `search` is the search of the page, which may be of another picker.
    pub(crate) fn new(
        (name, label): (String, &'static str),
        chosen: Vec<Chosen>,
        search: Option<&ShownSearch>,
        t: Locale,
    ) -> Self {
        let search = search.filter(|search| search.name == name);
        Self {
            id: name.replace('.', "_"),
            label,
            takes_more: chosen.is_empty(),
            chosen,
            text: search.map(|search| search.text.clone()).unwrap_or_default(),
            results: search.map(|search| Results::new(&name, &search.found, t)),
            name,
        }
    }
}

/// What the picker of a form field searches, by the name of the field.
pub(crate) fn searched_by(name: &str) -> Option<SearchKind> {
    match name.rsplit_once('.').map_or((None, name), |(node, field)| (Some(node), field)) {
        (None, "item_id") => Some(SearchKind::Offered),
        (Some(node), "item_id") if node.starts_with("variant-") => Some(SearchKind::Offered),
        (Some(_), "item_id") => Some(SearchKind::Items),
        (_, "topic") => Some(SearchKind::Topics),
        (Some(_), "v") => Some(SearchKind::Unions),
        _ => None,
    }
}
