//! The audience form, as read from the URL, and the rule it produces.

use axum::extract::Query;
use axum::http::Uri;
use serde_json::{Value, json};
use zhihui_engine::audience::DEFAULT_HOLD_OUT;

use crate::live::queries::{AudienceQuery, MAX_PURPOSE};
use crate::middleware::problem::Problem;
use crate::web::labels;
use crate::web::locale::Locale;
use crate::web::url::url_with_query;

/// Minimum share of attention for a preferred topic.
const MIN_PREFERENCE: f64 = 0.1;

/// The form as it was filled in.
#[derive(Debug, Default, Clone)]
pub(crate) struct AudienceForm {
    pub(crate) item_id: Option<String>,
    pub(crate) topic: Option<String>,
    pub(crate) bands: Vec<String>,
    pub(crate) districts: Vec<String>,
    /// `home`, `work`, or empty for either.
    pub(crate) place: String,
    pub(crate) gender: String,
    pub(crate) lifecycles: Vec<String>,
    pub(crate) segment: String,
    pub(crate) union: String,
    /// A topic that was read, with number of times and days.
    pub(crate) read: String,
    pub(crate) read_times: String,
    pub(crate) read_days: String,
    pub(crate) prefer: String,
    /// Further conditions as JSON.
    pub(crate) rule: String,
    pub(crate) limit: String,
    pub(crate) hold_out: String,
    /// Why the list is made. Goes to the audit log.
    pub(crate) purpose: String,
}

impl AudienceForm {
    pub(crate) fn from_uri(uri: &Uri) -> Result<Self, Problem> {
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| Problem::invalid("query", "not name=value pairs in UTF-8"))?;
        let mut form = Self { hold_out: (100.0 * DEFAULT_HOLD_OUT).to_string(), ..Self::default() };
        for (name, value) in pairs.0 {
            let value = value.trim().to_owned();
            match name.as_str() {
                "hold_out" => form.hold_out = value,
                _ if value.is_empty() => {}
                "item_id" => form.item_id = Some(value),
                "topic" => form.topic = Some(value),
                "band" => form.bands.push(value),
                "district" => form.districts.push(value),
                "where" => form.place = value,
                "gender" => form.gender = value,
                "lifecycle" => form.lifecycles.push(value),
                "segment" => form.segment = value,
                "union" => form.union = value,
                "read" => form.read = value,
                "read_times" => form.read_times = value,
                "read_days" => form.read_days = value,
                "prefer" => form.prefer = value,
                "rule" => form.rule = value,
                "limit" => form.limit = value,
                "purpose" => form.purpose = value,
                _ => {}
            }
        }
        // An item takes precedence over a topic.
        if form.item_id.is_some() {
            form.topic = None;
        }
        Ok(form)
    }

    pub(crate) fn has_target(&self) -> bool {
        self.item_id.is_some() || self.topic.is_some()
    }

    /// Whether the second part of the form is filled in.
    pub(crate) fn is_detailed(&self) -> bool {
        let more = [&self.segment, &self.union, &self.read, &self.prefer, &self.rule];
        !self.lifecycles.is_empty() || more.iter().any(|one| !one.is_empty())
    }

    pub(crate) fn has_band(&self, band: &str) -> bool {
        self.bands.iter().any(|one| one == band)
    }

    pub(crate) fn has_district(&self, district: &str) -> bool {
        self.districts.iter().any(|one| one == district)
    }

    pub(crate) fn has_lifecycle(&self, stage: &str) -> bool {
        self.lifecycles.iter().any(|one| one == stage)
    }

    /// The URL of this form at another path.
    pub(crate) fn url(&self, path: &str, format: Option<&str>) -> String {
        let one = |name: &'static str, value: &str| (!value.is_empty()).then(|| (name, value.to_owned()));
        let many = |name: &'static str, values: &[String]| {
            values.iter().map(|value| (name, value.clone())).collect::<Vec<_>>()
        };
        let mut pairs: Vec<(&str, String)> = Vec::new();
        pairs.extend(one("item_id", self.item_id.as_deref().unwrap_or_default()));
        pairs.extend(one("topic", self.topic.as_deref().unwrap_or_default()));
        pairs.extend(many("band", &self.bands));
        pairs.extend(many("district", &self.districts));
        pairs.extend(one("where", &self.place));
        pairs.extend(one("gender", &self.gender));
        pairs.extend(many("lifecycle", &self.lifecycles));
        pairs.extend(one("segment", &self.segment));
        pairs.extend(one("union", &self.union));
        pairs.extend(one("read", &self.read));
        pairs.extend(one("read_times", &self.read_times));
        pairs.extend(one("read_days", &self.read_days));
        pairs.extend(one("prefer", &self.prefer));
        pairs.extend(one("rule", &self.rule));
        pairs.extend(one("limit", &self.limit));
        pairs.push(("hold_out", self.hold_out.clone()));
        pairs.extend(one("purpose", &self.purpose));
        pairs.extend(format.map(|format| ("format", format.to_owned())));
        url_with_query(path, pairs.iter().map(|(name, value)| (*name, value.as_str())))
    }

    /// The query, and a label for each of its conditions. `Err` says what is invalid.
    pub(crate) fn query(&self, t: Locale) -> Result<(AudienceQuery, Vec<String>), String> {
        let conditions = self.conditions(t)?;
        let (rules, labels): (Vec<Value>, Vec<String>) = conditions.into_iter().unzip();
        let limit = match self.limit.replace([',', '，'], "").as_str() {
            "" => None,
            text => {
                let limit = text.parse::<usize>().ok().filter(|&limit| limit > 0);
                Some(limit.ok_or_else(|| t.audiences_invalid_limit().to_owned())?)
            }
        };
        let percent = match self.hold_out.trim_end_matches('%').trim() {
            "" => Some(0.0),
            text => text.parse::<f64>().ok().filter(|percent| (0.0..100.0).contains(percent)),
        };
        let percent = percent.ok_or_else(|| t.audiences_invalid_hold_out().to_owned())?;
        if self.purpose.chars().count() > MAX_PURPOSE {
            return Err(t.audiences_purpose_too_long(MAX_PURPOSE));
        }
        let purpose = (!self.purpose.is_empty()).then(|| self.purpose.clone());
        let rule = (!rules.is_empty()).then(|| json!({ "all": rules }));
        let (item_id, topic) = (self.item_id.clone(), self.topic.clone());
        let hold_out = Some(percent / 100.0);
        Ok((AudienceQuery { item_id, topic, rule, limit, hold_out, purpose, ..AudienceQuery::default() }, labels))
    }

    /// The conditions of the rule, each with its label.
    fn conditions(&self, t: Locale) -> Result<Vec<(Value, String)>, String> {
        let joined = |values: &[String]| {
            values.iter().map(|value| labels::known(value, t)).collect::<Vec<_>>().join(t.common_list_separator())
        };
        let mut all = Vec::new();
        if !self.bands.is_empty() {
            all.push((band_rule(&self.bands), t.audiences_condition_age_band(joined(&self.bands))));
        }
        if !self.districts.is_empty() {
            all.push((self.district_rule(), self.district_label(&joined(&self.districts), t)));
        }
        if !self.gender.is_empty() {
            let code = u8::from(self.gender == "male") + 2 * u8::from(self.gender == "female");
            let label = t.audiences_condition_sex(labels::gender(code, t));
            all.push((json!({ "field": "gender", "eq": self.gender }), label));
        }
        if !self.lifecycles.is_empty() {
            let stages: Vec<&str> = self.lifecycles.iter().map(|stage| labels::lifecycle(stage, t)).collect();
            let label = t.audiences_condition_lifecycle(stages.join(t.common_list_separator()));
            all.push((json!({ "field": "lifecycle", "in": self.lifecycles }), label));
        }
        if !self.segment.is_empty() {
            all.push((json!({ "segment": self.segment }), t.audiences_condition_segment(&self.segment)));
        }
        if !self.union.is_empty() {
            let rule = json!({ "field": "union_subtree", "eq": self.union });
            all.push((rule, t.audiences_condition_union(&self.union)));
        }
        if !self.read.is_empty() {
            let (times, days) = (positive(&self.read_times, 1, t)?, positive(&self.read_days, 30, t)?);
            let did = json!({ "event": "read", "topic": self.read, "within_days": days, "at_least": times });
            all.push((json!({ "did": did }), t.audiences_condition_read(days, times, &self.read)));
        }
        if !self.prefer.is_empty() {
            let rule = json!({ "preference": { "topic": self.prefer, "at_least": MIN_PREFERENCE } });
            all.push((rule, t.audiences_condition_prefers(&self.prefer)));
        }
        if !self.rule.is_empty() {
            let rule = serde_json::from_str(&self.rule).map_err(|error| t.audiences_invalid_json(error))?;
            let parts = conjuncts(rule).into_iter().zip(1..);
            all.extend(parts.map(|(part, at): (Value, u32)| (part, t.audiences_condition_custom(at))));
        }
        Ok(all)
    }

    fn district_rule(&self) -> Value {
        let at = |field: &str| json!({ "field": field, "in": self.districts });
        match self.place.as_str() {
            "home" => at("home_district"),
            "work" => at("work_district"),
            _ => json!({ "any": [at("home_district"), at("work_district")] }),
        }
    }

    fn district_label(&self, districts: &str, t: Locale) -> String {
        match self.place.as_str() {
            "home" => t.audiences_condition_living_in(districts),
            "work" => t.audiences_condition_working_in(districts),
            _ => t.audiences_condition_living_or_working_in(districts),
        }
    }
}

/// A positive integer, or the default if the text is empty.
fn positive(text: &str, default: u32, t: Locale) -> Result<u32, String> {
    match text {
        "" => Ok(default),
        text => {
            let number = text.parse().ok().filter(|&number: &u32| number >= 1);
            number.ok_or_else(|| t.audiences_invalid_count().to_owned())
        }
    }
}

/// The parts of `{"all": […]}`, so that each one gets its own row in the funnel; other rules are one part.
fn conjuncts(rule: Value) -> Vec<Value> {
    match rule {
        Value::Object(mut object) if object.len() == 1 && object.get("all").is_some_and(Value::is_array) => {
            match object.remove("all") {
                Some(Value::Array(parts)) => parts,
                _ => Vec::new(),
            }
        }
        other => vec![other],
    }
}

/// A rule for age bands. Only `is_unknown` matches the unknown band.
fn band_rule(bands: &[String]) -> Value {
    let unknown = bands.iter().any(|band| band == "unknown");
    let known: Vec<&String> = bands.iter().filter(|band| *band != "unknown").collect();
    let is_unknown = json!({ "field": "age_band", "is_unknown": true });
    match (unknown, known.is_empty()) {
        (true, true) => is_unknown,
        (true, false) => json!({ "any": [{ "field": "age_band", "in": known }, is_unknown] }),
        (false, _) => json!({ "field": "age_band", "in": known }),
    }
}

#[cfg(test)]
mod tests {
    use zhihui_engine::Language;

    use super::*;

    fn form(query: &str) -> AudienceForm {
        AudienceForm::from_uri(&format!("/audiences?{query}").parse().expect("an address")).expect("pairs")
    }

    #[test]
    fn a_url_becomes_a_rule_with_a_label_for_each_condition() {
        let form =
            form("item_id=A1&band=25-34&band=unknown&district=%E6%9C%9D%E9%98%B3&where=home&limit=1%2C000&hold_out=20");
        let (query, labels) = form.query(Locale::new(Language::Zh)).expect("a request");
        assert_eq!((query.limit, query.hold_out), (Some(1_000), Some(0.2)));
        let rule = query.rule.expect("a rule");
        assert_eq!(rule["all"][0]["any"][1]["is_unknown"], true);
        assert_eq!(rule["all"][1]["field"], "home_district");
        assert_eq!(labels, ["年龄段：25-34、未知", "居住在：朝阳"]);
    }

    #[test]
    fn a_custom_rule_adds_its_conditions() {
        let form = form(
            "topic=x&gender=male&rule=%7B%22all%22%3A%5B%7B%22segment%22%3A%22a%22%7D%2C%7B%22segment%22%3A%22b%22%7D%5D%7D",
        );
        let (query, labels) = form.query(Locale::new(Language::En)).expect("a request");
        assert_eq!(query.rule.expect("a rule")["all"].as_array().map(Vec::len), Some(3));
        assert_eq!(labels, ["Sex: male", "Custom condition 1", "Custom condition 2"]);
        assert!(AudienceForm { rule: "{".into(), ..form }.query(Locale::new(Language::En)).is_err());
    }

    #[test]
    fn the_url_of_the_file_has_the_same_parameters() {
        let form = form("item_id=A%2F1&band=25-34&limit=5&hold_out=");
        let url = form.url("/audiences/file", Some("csv"));
        assert_eq!(url, "/audiences/file?item_id=A%2F1&band=25-34&limit=5&hold_out=&format=csv");
    }
}
