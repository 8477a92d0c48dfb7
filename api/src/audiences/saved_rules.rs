//! The rules of the saved audiences, by id, as one query needs them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use zhihui_engine::audience::Rule;

/// The current rules of all saved audiences. Clones are cheap.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SavedRules(Arc<BTreeMap<String, (Rule, Value)>>);

impl SavedRules {
    /// Parses the rules. A rule that this version cannot parse counts as unknown.
    #[must_use]
    pub fn new(rules: impl IntoIterator<Item = (String, Value)>) -> Self {
        let parsed = rules.into_iter().filter_map(|(id, value)| Some((id, (Rule::parse(&value).ok()?, value))));
        Self(Arc::new(parsed.collect()))
    }

    /// The rule of a saved audience.
    #[must_use]
    pub fn resolve(&self, id: &str) -> Option<Rule> {
        self.0.get(id).map(|(rule, _)| rule.clone())
    }

    /// The rule of a saved audience as JSON.
    fn json_of(&self, id: &str) -> Option<Value> {
        self.0.get(id).map(|(_, value)| value.clone())
    }

    /// The saved audiences that a rule refers to directly.
    pub(crate) fn ids_in(&self, rule: &Value) -> Vec<String> {
        let Ok(rule) = Rule::parse(rule) else { return Vec::new() };
        rule.audience_references().into_iter().map(|(_, id)| id.to_owned()).collect()
    }

    /// The saved audiences behind a rule, directly or through others, with their rules.
    pub(crate) fn used_by(&self, rule: Option<&Value>) -> BTreeMap<String, Value> {
        let mut found = BTreeMap::new();
        let mut waiting: Vec<String> = rule.map(|rule| self.ids_in(rule)).unwrap_or_default();
        while let Some(id) = waiting.pop() {
            if let Some(rule) = self.json_of(&id).filter(|_| !found.contains_key(&id)) {
                waiting.extend(self.ids_in(&rule));
                found.insert(id, rule);
            }
        }
        found
    }

    /// The saved audiences whose rule refers to `id`.
    pub(crate) fn users_of(&self, id: &str) -> Vec<String> {
        let refers = |rule: &Rule| rule.audience_references().iter().any(|(_, other)| *other == id);
        self.0.iter().filter(|(_, (rule, _))| refers(rule)).map(|(user, _)| user.clone()).collect()
    }
}
