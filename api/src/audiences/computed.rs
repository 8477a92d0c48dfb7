//! Everything that the audience page asks of the published engine, in one computation.

use std::collections::BTreeMap;

use zhihui_engine::Language;
use zhihui_engine::audience::{ConditionCount, Preview, SeatPlan};

use super::builder::field::Values;
use super::builder::node::{Condition, Node};
use super::builder::picker::{MAX_RESULTS, ShownSearch, searched_by};
use crate::computations::CancelFlag;
use crate::live::audience_query::AudienceQuery;
use crate::live::queries::{AudienceChoices, FormNames, NameSearch};
use crate::live::query_error::QueryError;
use crate::live::slot::LiveSnapshot;

/// What the page asks for.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// The query; `None` if the form is invalid.
    pub(crate) query: Option<AudienceQuery>,
    pub(crate) rule: Node,
    /// The item of the form.
    pub(crate) item_id: Option<String>,
    /// The items of the variants.
    pub(crate) variant_items: Vec<String>,
    /// The union subtree the caller may see.
    pub(crate) within: Option<String>,
    /// Name of the picker that searches, and the text.
    pub(crate) search: Option<(String, String)>,
    pub(crate) now: i64,
    pub(crate) language: Language,
}

/// The answers.
#[derive(Debug, Default)]
pub(crate) struct Computed {
    pub(crate) choices: AudienceChoices,
    pub(crate) names: FormNames,
    pub(crate) search: Option<ShownSearch>,
    /// Counts by JSON pointer. Empty if the rule is invalid.
    pub(crate) counts: BTreeMap<String, ConditionCount>,
    /// The preview, if the form names an item or a topic.
    pub(crate) preview: Option<Preview>,
    /// How many to push to, if the item has seats.
    pub(crate) seat_plan: Option<SeatPlan>,
    /// Why the rule or the target is invalid.
    pub(crate) error: Option<QueryError>,
}

impl Question {
    pub(crate) fn answer(self, live: &LiveSnapshot, cancel: &CancelFlag) -> Computed {
        let engine = &live.engine;
        let mut computed = Computed { choices: engine.choices(), ..Computed::default() };
        if let Some(query) = &self.query {
            let query = AudienceQuery { cancel: cancel.clone(), ..query.clone() };
            match engine.condition_counts(&query, self.now) {
                Ok(counts) => {
                    computed.counts = counts.into_iter().map(|count| (count.path.clone(), count)).collect();
                }
                Err(error) => computed.error = Some(error),
            }
            if computed.error.is_none() && (query.item_id.is_some() || query.topic.is_some()) {
                match engine.preview_with_seat_plan(&query, self.now, self.language) {
                    Ok((preview, plan)) => (computed.preview, computed.seat_plan) = (Some(preview), plan),
                    Err(error) => computed.error = Some(error),
                }
            }
        }
        let (items, mut unions) = named_in(&self.rule);
        let counted = computed.preview.iter().flat_map(|preview| preview.breakdowns.get("union_id")).flatten();
        unions.extend(counted.map(|group| group.key.as_str()));
        let of_variants = self.variant_items.iter().map(String::as_str);
        let items: Vec<&str> = items.into_iter().chain(self.item_id.as_deref()).chain(of_variants).collect();
        computed.names = engine.names(&items, &unions, self.within.as_deref());
        computed.search = self.search.and_then(|(name, text)| {
            let kind = searched_by(&name)?;
            let n = MAX_RESULTS + 1;
            let search = NameSearch { kind, text: text.clone(), within: self.within.clone(), n, now: self.now };
            Some(ShownSearch { found: engine.search(&search), name, text })
        });
        computed
    }
}

/// The items and unions that a rule names by id.
pub(crate) fn named_in(rule: &Node) -> (Vec<&str>, Vec<&str>) {
    let (mut items, mut unions) = (Vec::new(), Vec::new());
    for condition in rule.conditions() {
        match condition {
            Condition::Did(did) if !did.item_id.is_empty() => items.push(did.item_id.as_str()),
            Condition::Field(comparison) if comparison.field.values == Values::Unions => {
                unions.extend(comparison.values.iter().map(String::as_str));
            }
            _ => {}
        }
    }
    (items, unions)
}
