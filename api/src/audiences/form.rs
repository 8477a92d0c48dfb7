//! The audience form: what to push, to whom, and to how many. It is read from a URL or a form, and written as a URL.

use axum::extract::Query;
use axum::http::Uri;
use serde_json::Value;
use zhihui_engine::audience::{DEFAULT_HOLD_OUT, Rule, Selection};

use super::builder::edit::Edit;
use super::builder::finish::FinishedRule;
use super::builder::node::{GroupKind, Node};
use super::builder::node_fields::NodeFields;
use super::drafts::FormPairs;
use super::legacy_conditions::LegacyConditions;
use super::variant_fields::VariantForm;
use crate::auth::csrf;
use crate::live::audience_query::{AudienceQuery, MAX_PURPOSE};
use crate::live::query_error::QueryError;
use crate::middleware::problem::Problem;
use crate::web::locale::Locale;
use crate::web::url::url_with_query;

/// The form as it was filled in.
#[derive(Debug, Clone)]
pub(crate) struct AudienceForm {
    pub(crate) item_id: Option<String>,
    pub(crate) topic: Option<String>,
    pub(crate) rule: Node,
    pub(crate) limit: String,
    /// Percentage.
    pub(crate) hold_out: String,
    /// The chosen exclusion lists.
    pub(crate) exclude: Vec<String>,
    /// Which candidates are selected; empty for the likeliest.
    pub(crate) selection: String,
    /// Whether members of other push lists are left out: `yes` or `no`; empty for the setting of the home.
    pub(crate) one_list: String,
    /// The variants of the list.
    pub(crate) variants: VariantForm,
    /// Why the list is made. Goes to the audit log.
    pub(crate) purpose: String,
    /// The saved audience that was opened.
    pub(crate) saved: Option<String>,
    /// The stored form, if it is too long for a URL.
    pub(crate) draft: Option<String>,
    /// A rule that the builder cannot show, as it was sent.
    pub(crate) unread_rule: Option<String>,
}

/// A request with a form: the form, and what its button does.
#[derive(Debug, Clone)]
pub(crate) struct FormRequest {
    pub(crate) form: AudienceForm,
    pub(crate) edit: Option<Edit>,
    /// Whether the request contains fields of the form rather than the rule.
    pub(crate) has_fields: bool,
    /// Whether the request contains a rule, as JSON or as single conditions.
    pub(crate) has_rule: bool,
    /// Texts of search fields by name of their picker.
    pub(crate) searches: Vec<(String, String)>,
    /// Whether the page shows all unions in its tables.
    pub(crate) all_unions: bool,
}

impl Default for AudienceForm {
    fn default() -> Self {
        Self {
            item_id: None,
            topic: None,
            rule: Node::everybody(),
            limit: String::new(),
            hold_out: (100.0 * DEFAULT_HOLD_OUT).to_string(),
            exclude: Vec::new(),
            selection: String::new(),
            one_list: String::new(),
            variants: VariantForm::default(),
            purpose: String::new(),
            saved: None,
            draft: None,
            unread_rule: None,
        }
    }
}

impl FormRequest {
    pub(crate) fn from_uri(uri: &Uri) -> Result<Self, Problem> {
        let pairs = Query::<FormPairs>::try_from_uri(uri)
            .map_err(|_| Problem::invalid("query", "not name=value pairs in UTF-8"))?;
        Ok(Self::from_pairs(&pairs.0))
    }

    pub(crate) fn from_pairs(pairs: &FormPairs) -> Self {
        let mut form = AudienceForm::default();
        let (mut fields, mut legacy, mut rule) = (NodeFields::default(), LegacyConditions::default(), String::new());
        let (mut edit, mut searches, mut all_unions) = (None, Vec::new(), false);
        for (name, sent) in pairs {
            if fields.add(name, sent) || form.variants.add(name, sent.trim()) {
                continue;
            }
            let value = sent.trim().to_owned();
            match name.as_str() {
                "hold_out" => form.hold_out = value,
                // The likeliest are not written to URLs. A button's value follows that of the form.
                "selection" if value == Selection::Likeliest.as_str() => form.selection.clear(),
                _ if value.is_empty() => {}
                "item_id" => form.item_id = Some(value),
                "topic" => form.topic = Some(value),
                "rule" => rule = value,
                "limit" => form.limit = value,
                "exclude" => form.exclude.push(value),
                "selection" => form.selection = value,
                "one_list" => form.one_list = value,
                "purpose" => form.purpose = value,
                "saved" => form.saved = Some(value),
                "draft" => form.draft = Some(value),
                "op" => edit = Edit::parse(sent),
                "find" => edit = Some(Edit::Find(value)),
                csrf::FIELD => {}
                "unions" => all_unions = value == "all",
                name => match name.strip_prefix("q.") {
                    Some(picker) => searches.push((picker.to_owned(), value)),
                    None => {
                        legacy.add(name, &value);
                    }
                },
            }
        }
        // An item takes precedence over a topic.
        if form.item_id.is_some() {
            form.topic = None;
        }
        let has_fields = !fields.is_empty();
        let others = legacy.nodes();
        let has_rule = !rule.is_empty() || !others.is_empty();
        if has_fields {
            form.rule = fields.tree();
        } else {
            form.read_rule(&rule, others);
        }
        // The return key in a search field searches.
        let edit = edit.or_else(|| searches.first().map(|(picker, _)| Edit::Find(picker.clone())));
        Self { form, edit, has_fields, has_rule, searches, all_unions }
    }
}

impl AudienceForm {
    /// The form of a URL. Forms that are stored as a draft are loaded by `form_request`.
    #[cfg(test)]
    pub(crate) fn from_uri(uri: &Uri) -> Result<Self, Problem> {
        FormRequest::from_uri(uri).map(|request| request.form)
    }

    /// Takes a rule as JSON, and adds it to the conditions of other parameters.
    fn read_rule(&mut self, rule: &str, mut others: Vec<Node>) {
        if !rule.is_empty() {
            let read = serde_json::from_str::<Value>(rule).ok().and_then(|value| Node::from_json(&value));
            match read {
                None => self.unread_rule = Some(rule.to_owned()),
                Some(node) if others.is_empty() => {
                    self.rule = node;
                    return;
                }
                Some(Node::Group(GroupKind::All, children)) => others.extend(children),
                Some(node) => others.push(node),
            }
        }
        self.rule = Node::Group(GroupKind::All, others);
    }

    pub(crate) fn has_target(&self) -> bool {
        self.item_id.is_some() || self.topic.is_some()
    }

    /// The form as names and values. The rule is JSON.
    pub(crate) fn pairs(&self) -> FormPairs {
        let mut pairs = FormPairs::new();
        let mut put = |name: &str, value: &str| {
            if !value.is_empty() {
                pairs.push((name.to_owned(), value.to_owned()));
            }
        };
        put("item_id", self.item_id.as_deref().unwrap_or_default());
        put("topic", self.topic.as_deref().unwrap_or_default());
        match &self.unread_rule {
            Some(rule) => put("rule", rule),
            // Without a rule, the URL of a saved audience stands for its own.
            None if self.rule == Node::everybody() && self.saved.is_none() => {}
            None => put("rule", &self.rule.to_json().to_string()),
        }
        put("limit", &self.limit);
        self.exclude.iter().for_each(|list| put("exclude", list));
        put("selection", &self.selection);
        put("one_list", &self.one_list);
        self.variants.pairs().iter().for_each(|(name, value)| put(name, value));
        put("purpose", &self.purpose);
        put("saved", self.saved.as_deref().unwrap_or_default());
        pairs.push(("hold_out".to_owned(), self.hold_out.clone()));
        pairs
    }

    /// The URL of this form at a path. A stored form is named by its draft.
    pub(crate) fn url(&self, path: &str, format: Option<&str>) -> String {
        let mut pairs = match &self.draft {
            Some(draft) => vec![("draft".to_owned(), draft.clone())],
            None => self.pairs(),
        };
        pairs.extend(format.map(|format| ("format".to_owned(), format.to_owned())));
        url_with_query(path, pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }

    /// The query, with the rule as far as it is filled in. `Err` says what is invalid.
    pub(crate) fn query(&self, t: Locale) -> Result<(AudienceQuery, FinishedRule), String> {
        if let Some(rule) = &self.unread_rule {
            return Err(rule_error(rule, t));
        }
        let limit = match self.limit.replace([',', '，'], "").as_str() {
            "" => None,
            text => {
                let limit = text.parse::<usize>().ok().filter(|&limit| limit > 0);
                Some(limit.ok_or_else(|| t.audiences_invalid_limit().to_owned())?)
            }
        };
        let percent = match self.hold_out.trim_end_matches(['%', '％']).trim() {
            "" => Some(0.0),
            text => text.parse::<f64>().ok().filter(|percent| (0.0..100.0).contains(percent)),
        };
        let percent = percent.ok_or_else(|| t.audiences_invalid_hold_out().to_owned())?;
        if self.purpose.chars().count() > MAX_PURPOSE {
            return Err(t.audiences_purpose_too_long(MAX_PURPOSE));
        }
        let selection = match self.selection.as_str() {
            "" => Selection::default(),
            name => Selection::parse(name).ok_or_else(|| t.audiences_invalid_selection().to_owned())?,
        };
        let one_list_at_a_time = match self.one_list.as_str() {
            "" => None,
            "yes" => Some(true),
            "no" => Some(false),
            _ => return Err(t.audiences_invalid_one_list().to_owned()),
        };
        let finished = self.rule.finish();
        let query = AudienceQuery {
            item_id: self.item_id.clone(),
            topic: self.topic.clone(),
            rule: finished.rule.clone(),
            limit,
            hold_out: Some(percent / 100.0),
            exclude: self.exclude.clone(),
            one_list_at_a_time,
            selection: Some(selection),
            variants: self.variants.queries(self.item_id.as_deref(), t)?,
            purpose: (!self.purpose.is_empty()).then(|| self.purpose.clone()),
            ..AudienceQuery::default()
        };
        Ok((query, finished))
    }

    /// The query of a form whose conditions are all filled in.
    pub(crate) fn complete_query(&self, t: Locale) -> Result<AudienceQuery, Problem> {
        let refused = |what: String| Problem::invalid("query", &what).worded(Locale::both(|_| what.clone()));
        let (query, finished) = self.query(t).map_err(refused)?;
        if finished.unfinished.is_empty() { Ok(query) } else { Err(refused(t.builder_finish_first().to_owned())) }
    }
}

/// Why a rule cannot be read.
fn rule_error(rule: &str, t: Locale) -> String {
    match serde_json::from_str::<Value>(rule) {
        Err(error) => t.audiences_invalid_json(error.column(), error.line()),
        Ok(value) => match Rule::parse(&value) {
            Err(error) => QueryError::from(error).text(t),
            Ok(_) => t.audiences_invalid_rule(rule),
        },
    }
}

#[cfg(test)]
mod tests {
    use zhihui_engine::Language;

    use super::*;

    const ZH: Locale = Locale::new(Language::Zh);

    fn form(query: &str) -> AudienceForm {
        AudienceForm::from_uri(&format!("/audiences?{query}").parse().expect("an address")).expect("pairs")
    }

    #[test]
    fn links_with_single_parameters_become_a_rule() {
        let form =
            form("item_id=A1&band=25-34&band=unknown&district=%E6%9C%9D%E9%98%B3&where=home&limit=1%2C000&hold_out=20");
        let (query, _) = form.query(ZH).expect("a request");
        assert_eq!((query.limit, query.hold_out), (Some(1_000), Some(0.2)));
        let rule = query.rule.expect("a rule");
        assert_eq!(rule["all"][0]["any"][1]["is_unknown"], true);
        assert_eq!(rule["all"][1]["field"], "home_district");
    }

    #[test]
    fn a_rule_in_the_url_adds_its_conditions() {
        let form = form(
            "topic=x&gender=male&rule=%7B%22all%22%3A%5B%7B%22segment%22%3A%22a%22%7D%2C%7B%22segment%22%3A%22b%22%7D%5D%7D",
        );
        let rule = form.query(ZH).expect("a request").0.rule.expect("a rule");
        assert_eq!(rule["all"].as_array().map(Vec::len), Some(3));
    }

    #[test]
    fn a_rule_that_is_none_is_kept_and_refused() {
        for (text, says) in [("%7B", "JSON"), ("%7B%22shoe%22%3A1%7D", "shoe")] {
            let form = form(&format!("topic=x&rule={text}"));
            let error = form.query(ZH).expect_err("no rule");
            assert!(error.contains(says), "{error}");
            assert!(form.url("/audiences", None).contains(&format!("rule={text}")), "what was typed is not lost");
        }
    }

    #[test]
    fn members_of_other_lists_are_left_out_as_the_form_says() {
        for (text, expected) in
            [("", None), ("&one_list=", None), ("&one_list=yes", Some(true)), ("&one_list=no", Some(false))]
        {
            let form = form(&format!("item_id=A1{text}"));
            assert_eq!(form.query(ZH).expect("a request").0.one_list_at_a_time, expected, "{text}");
            assert_eq!(form.url("/audiences", None).contains("one_list="), expected.is_some());
        }
        assert!(form("item_id=A1&one_list=x").query(ZH).is_err());
    }

    #[test]
    fn an_unfinished_condition_is_left_out_and_forbids_a_list() {
        let form = form("item_id=A1&r.is=all&r-0.is=gender&r-0.op=in");
        assert_eq!(form.query(ZH).expect("a request").0.rule, None);
        assert!(form.complete_query(ZH).is_err());
    }

    #[test]
    fn the_url_of_the_file_has_the_same_parameters() {
        let mut form = form("item_id=A%2F1&limit=5&hold_out=");
        assert_eq!(
            form.url("/audiences/file", Some("csv")),
            "/audiences/file?item_id=A%2F1&limit=5&hold_out=&format=csv"
        );
        form.draft = Some("ad_1".into());
        assert_eq!(form.url("/audiences/file", Some("csv")), "/audiences/file?draft=ad_1&format=csv");
    }
}
