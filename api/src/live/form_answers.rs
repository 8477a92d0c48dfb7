//! The published engine's answers for the form of an audience: counts, names, and search by name.

use std::cmp::Reverse;

use zhihui_data::snapshot::Snapshot;
use zhihui_engine::audience::{ConditionCount, Rule};
use zhihui_engine::insight::Phase;

use super::audience_query::AudienceQuery;
use super::published_engine::PublishedEngine;
use super::queries::{FormNames, FormQueries, FoundName, NameSearch, PageQueries as _, SearchKind};
use super::query_error::QueryError;

/// Articles of the last days can be pushed.
const ARTICLE_SECONDS: i64 = 14 * 86_400;

impl FormQueries for PublishedEngine {
    fn condition_counts(&self, query: &AudienceQuery, now: i64) -> Result<Vec<ConditionCount>, QueryError> {
        let everybody = || serde_json::json!({});
        let rule = Rule::parse(query.rule.as_ref().unwrap_or(&everybody()))?;
        let resolve = |id: &str| query.saved.resolve(id);
        let stop = || query.cancel.is_set();
        let within = query.within.as_deref();
        Ok(self.engine().condition_counts(&self.overlay(), &rule, (within, now), &resolve, &stop)?)
    }

    fn search(&self, search: &NameSearch) -> Vec<FoundName> {
        let wanted = search.text.trim().to_lowercase();
        let fits = |text: &str| text.to_lowercase().contains(&wanted);
        let mut found = match search.kind {
            SearchKind::Offered => {
                let is_offered = |phase| matches!(phase, Phase::Open | Phase::NotOpenYet | Phase::Full);
                let items = self.item_list(search.now - ARTICLE_SECONDS, search.now).into_iter();
                items
                    .filter(|item| is_offered(item.phase) && (fits(&item.title) || fits(&item.item_id)))
                    .map(|item| FoundName {
                        name: named(&item.title, &item.item_id),
                        id: item.item_id,
                        kind: Some(item.kind),
                    })
                    .collect()
            }
            SearchKind::Items => return self.past_items(fits, search.n),
            SearchKind::Topics => {
                let topics = self.choices().topics.into_iter().filter(|topic| fits(topic));
                topics.map(|topic| FoundName { id: topic.clone(), name: topic, kind: None }).collect()
            }
            SearchKind::Unions => self.unions(fits, search.within.as_deref()),
        };
        // Names that begin with the text come first, then short ones.
        found.sort_by_cached_key(|found: &FoundName| {
            (!found.name.to_lowercase().starts_with(&wanted), found.name.chars().count(), found.name.clone())
        });
        found.truncate(search.n);
        found
    }

    fn names(&self, items: &[&str], unions: &[&str], within: Option<&str>) -> FormNames {
        let snapshot = self.engine().snapshot();
        let item = |id: &&str| {
            let row = self.engine().item_row(id)?;
            Some(((*id).to_owned(), named(&snapshot.items.title[row], id)))
        };
        let union = |id: &&str| {
            let row = self.engine().union_row(id)?;
            let is_visible = within.is_none_or(|top| self.engine().is_union_within(id, top));
            is_visible.then(|| ((*id).to_owned(), named(&snapshot.unions.name[row], id)))
        };
        FormNames { items: items.iter().filter_map(item).collect(), unions: unions.iter().filter_map(union).collect() }
    }
}

impl PublishedEngine {
    /// Items that conditions may name, latest first.
    fn past_items(&self, fits: impl Fn(&str) -> bool, n: usize) -> Vec<FoundName> {
        let items = &self.engine().snapshot().items;
        let is_sensitive = |row: usize| items.topics.row(row).iter().any(|&topic| self.engine().is_sensitive(topic));
        let mut rows: Vec<usize> = (0..items.id.len())
            .filter(|&row| (fits(&items.title[row]) || fits(&items.id[row])) && !is_sensitive(row))
            .collect();
        rows.sort_by_key(|&row| (Reverse(latest_time(self.engine().snapshot(), row)), row));
        rows.truncate(n);
        let found = |row: usize| FoundName {
            id: items.id[row].clone(),
            name: named(&items.title[row], &items.id[row]),
            kind: Some(items.kind[row]),
        };
        rows.into_iter().map(found).collect()
    }

    fn unions(&self, fits: impl Fn(&str) -> bool, within: Option<&str>) -> Vec<FoundName> {
        let unions = &self.engine().snapshot().unions;
        let is_visible = |id: &str| within.is_none_or(|top| self.engine().is_union_within(id, top));
        let pairs = unions.id.iter().zip(&unions.name);
        pairs
            .filter(|(id, name)| (fits(name) || fits(id)) && is_visible(id))
            .map(|(id, name)| FoundName { id: id.clone(), name: named(name, id), kind: None })
            .collect()
    }
}

/// When an item was published or begins; missing times are the earliest.
fn latest_time(snapshot: &Snapshot, row: usize) -> i64 {
    snapshot.items.published_at[row].max(snapshot.items.starts_at[row])
}

/// The name, or the id of something without one.
fn named(name: &str, id: &str) -> String {
    if name.is_empty() { id.to_owned() } else { name.to_owned() }
}
