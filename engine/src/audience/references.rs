//! References of a rule to saved audiences.

use super::{Rule, RuleError};

impl Rule {
    /// Returns the saved audiences that the rule itself refers to, each with the JSON pointer of the reference.
    #[must_use]
    pub fn audience_references(&self) -> Vec<(String, &str)> {
        let mut found = Vec::new();
        self.collect_references("", &mut found);
        found
    }

    /// Checks that all saved audiences behind the rule exist and that none of them leads back to `own_id`, the id under
    /// which the rule is saved. `resolve` finds a saved audience by id.
    ///
    /// # Errors
    /// [`RuleError::UnknownAudience`], [`RuleError::AudienceRing`] or [`RuleError::TooDeep`] at the reference concerned.
    pub fn check_references(
        &self,
        own_id: Option<&str>,
        resolve: &dyn Fn(&str) -> Option<Self>,
    ) -> Result<(), RuleError> {
        let mut within: Vec<String> = own_id.map(str::to_owned).into_iter().collect();
        self.check_below("", &mut within, resolve)
    }

    fn check_below(
        &self,
        at: &str,
        within: &mut Vec<String>,
        resolve: &dyn Fn(&str) -> Option<Self>,
    ) -> Result<(), RuleError> {
        for (pointer, id) in self.audience_references() {
            let place = format!("{at}{pointer}");
            if within.iter().any(|outer| outer == id) {
                return Err(RuleError::AudienceRing { at: place, id: id.to_owned() });
            }
            if within.len() >= Self::MAX_DEPTH {
                return Err(RuleError::TooDeep { at: place });
            }
            let rule =
                resolve(id).ok_or_else(|| RuleError::UnknownAudience { at: place.clone(), id: id.to_owned() })?;
            within.push(id.to_owned());
            rule.check_below(&place, within, resolve)?;
            within.pop();
        }
        Ok(())
    }

    fn collect_references<'a>(&'a self, at: &str, found: &mut Vec<(String, &'a str)>) {
        match self {
            Self::All { all } => {
                all.iter().enumerate().for_each(|(place, inner)| {
                    inner.collect_references(&format!("{at}/all/{place}"), found);
                });
            }
            Self::Any { any } => {
                any.iter().enumerate().for_each(|(place, inner)| {
                    inner.collect_references(&format!("{at}/any/{place}"), found);
                });
            }
            Self::Not { not } => not.collect_references(&format!("{at}/not"), found),
            Self::Audience { audience } => found.push((format!("{at}/audience"), audience)),
            Self::SimilarTo { similar_to } => found.push((format!("{at}/similar_to/audience"), &similar_to.audience)),
            Self::Did { .. } | Self::Preference { .. } | Self::Segment { .. } | Self::Field(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    fn rule(value: &serde_json::Value) -> Rule {
        Rule::parse(value).expect("valid")
    }

    #[test]
    fn references_have_pointers() {
        let nested = rule(&json!({ "all": [{ "not": { "audience": "a" } }, { "any": [{ "audience": "b" }] }] }));
        let expected = vec![("/all/0/not/audience".to_owned(), "a"), ("/all/1/any/0/audience".to_owned(), "b")];
        assert_eq!(nested.audience_references(), expected);
        let similar = rule(&json!({ "not": { "similar_to": { "audience": "c", "width": "wide" } } }));
        assert_eq!(similar.audience_references(), vec![("/not/similar_to/audience".to_owned(), "c")]);
    }

    #[test]
    fn rings_and_unknown_audiences_are_refused_at_the_reference() {
        let saved = BTreeMap::from([
            ("a", rule(&json!({ "audience": "b" }))),
            ("b", rule(&json!({ "all": [{ "audience": "c" }] }))),
            ("c", rule(&json!({}))),
        ]);
        let resolve = |id: &str| saved.get(id).cloned();
        let check = |own: Option<&str>, value: serde_json::Value| rule(&value).check_references(own, &resolve);
        assert_eq!(check(None, json!({ "audience": "a" })), Ok(()));
        let error = check(Some("c"), json!({ "not": { "audience": "a" } })).expect_err("c is behind a");
        assert!(
            matches!(&error, RuleError::AudienceRing { at, id } if at == "/not/audience/audience/all/0/audience" && id == "c")
        );
        let similar = json!({ "similar_to": { "audience": "a", "width": "narrow" } });
        let error = check(Some("c"), similar).expect_err("c is behind a");
        assert!(
            matches!(&error, RuleError::AudienceRing { at, .. } if at.starts_with("/similar_to/audience/audience"))
        );
        let error = check(Some("c"), json!({ "audience": "c" })).expect_err("itself");
        assert!(matches!(&error, RuleError::AudienceRing { at, .. } if at == "/audience"));
        assert!(matches!(check(None, json!({ "audience": "d" })), Err(RuleError::UnknownAudience { .. })));
    }
}
