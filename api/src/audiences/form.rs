//! What was asked for in the address, and the rule that it makes.

use axum::extract::Query;
use axum::http::Uri;
use serde_json::{Value, json};
use zhihui_engine::audience::USUAL_HOLD_OUT;

use crate::answering::{LONGEST_PURPOSE, PreviewBody};
use crate::pages::html::address;
use crate::pages::tongue::Tongue;
use crate::pages::words;
use crate::problem::Problem;

/// Share of attention from which a member is said to prefer a topic.
const PREFERS: f64 = 0.1;

/// Everything in the address, as it was typed.
#[derive(Debug, Default, Clone)]
pub(super) struct Asked {
    pub(super) item_id: Option<String>,
    pub(super) topic: Option<String>,
    pub(super) bands: Vec<String>,
    pub(super) districts: Vec<String>,
    /// `home`, `work`, or either where it is empty.
    pub(super) place: String,
    pub(super) gender: String,
    pub(super) lifecycles: Vec<String>,
    pub(super) segment: String,
    pub(super) union: String,
    /// Topic that was read, how often and within how many days.
    pub(super) read: String,
    pub(super) read_times: String,
    pub(super) read_days: String,
    pub(super) prefer: String,
    /// More of the rule language, as JSON.
    pub(super) rule: String,
    pub(super) limit: String,
    pub(super) hold_out: String,
    /// Why the list is made, for the audit log.
    pub(super) purpose: String,
}

impl Asked {
    pub(super) fn of(uri: &Uri) -> Result<Self, Problem> {
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| Problem::invalid("query", "not name=value pairs; encode it as UTF-8"))?;
        let mut asked = Self { hold_out: (100.0 * USUAL_HOLD_OUT).to_string(), ..Self::default() };
        for (name, value) in pairs.0 {
            let value = value.trim().to_owned();
            match name.as_str() {
                "hold_out" => asked.hold_out = value,
                _ if value.is_empty() => {}
                "item_id" => asked.item_id = Some(value),
                "topic" => asked.topic = Some(value),
                "band" => asked.bands.push(value),
                "district" => asked.districts.push(value),
                "where" => asked.place = value,
                "gender" => asked.gender = value,
                "lifecycle" => asked.lifecycles.push(value),
                "segment" => asked.segment = value,
                "union" => asked.union = value,
                "read" => asked.read = value,
                "read_times" => asked.read_times = value,
                "read_days" => asked.read_days = value,
                "prefer" => asked.prefer = value,
                "rule" => asked.rule = value,
                "limit" => asked.limit = value,
                "purpose" => asked.purpose = value,
                _ => {}
            }
        }
        // An item says more than a topic.
        if asked.item_id.is_some() {
            asked.topic = None;
        }
        Ok(asked)
    }

    pub(super) fn has_target(&self) -> bool {
        self.item_id.is_some() || self.topic.is_some()
    }

    /// Whether more is asked than what stands in the first part of the form.
    pub(super) fn is_detailed(&self) -> bool {
        let more = [&self.segment, &self.union, &self.read, &self.prefer, &self.rule];
        !self.lifecycles.is_empty() || more.iter().any(|one| !one.is_empty())
    }

    pub(super) fn has_band(&self, band: &str) -> bool {
        self.bands.iter().any(|one| one == band)
    }

    pub(super) fn has_district(&self, district: &str) -> bool {
        self.districts.iter().any(|one| one == district)
    }

    pub(super) fn has_lifecycle(&self, stage: &str) -> bool {
        self.lifecycles.iter().any(|one| one == stage)
    }

    /// The same request at another path.
    pub(super) fn address(&self, path: &str, format: Option<&str>) -> String {
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
        address(path, pairs.iter().map(|(name, value)| (*name, value.as_str())))
    }

    /// The request and what each of its conditions is called; `Err` says what cannot be taken.
    pub(super) fn body(&self, l: Tongue) -> Result<(PreviewBody, Vec<String>), String> {
        let conditions = self.conditions(l)?;
        let (rules, labels): (Vec<Value>, Vec<String>) = conditions.into_iter().unzip();
        let limit = match self.limit.replace([',', ','], "").as_str() {
            "" => None,
            text => Some(text.parse::<usize>().ok().filter(|&limit| limit > 0).ok_or_else(|| {
                l.say("人数上限要写一个正整数。", "The limit must be a whole number above 0.").to_owned()
            })?),
        };
        let percent = match self.hold_out.trim_end_matches('%').trim() {
            "" => Some(0.0),
            text => text.parse::<f64>().ok().filter(|percent| (0.0..100.0).contains(percent)),
        };
        let percent = percent.ok_or_else(|| {
            l.say(
                "对照组比例要在 0 到 100 之间,例如 10。",
                "The hold-out must be a percentage from 0 to below 100, such as 10.",
            )
            .to_owned()
        })?;
        if self.purpose.chars().count() > LONGEST_PURPOSE {
            return Err(l.say("用途请写在 200 字以内。", "Say the purpose in at most 200 characters.").to_owned());
        }
        let purpose = (!self.purpose.is_empty()).then(|| self.purpose.clone());
        let rule = (!rules.is_empty()).then(|| json!({ "all": rules }));
        let (item_id, topic) = (self.item_id.clone(), self.topic.clone());
        let hold_out = Some(percent / 100.0);
        Ok((PreviewBody { item_id, topic, rule, limit, hold_out, purpose, ..PreviewBody::default() }, labels))
    }

    fn conditions(&self, l: Tongue) -> Result<Vec<(Value, String)>, String> {
        let en = l.tag() == "en";
        let comma = l.say("、", ", ");
        let joined = |values: &[String]| {
            values.iter().map(|value| words::known(value, l).to_owned()).collect::<Vec<_>>().join(comma)
        };
        let named = |zh: &str, en_name: &str, what: &str| {
            if en { format!("{en_name}: {what}") } else { format!("{zh}:{what}") }
        };
        let mut all = Vec::new();
        if !self.bands.is_empty() {
            let label = named("年龄段", "Age band", &joined(&self.bands));
            all.push((bands(&self.bands), label));
        }
        if !self.districts.is_empty() {
            let at = |field: &str| json!({ "field": field, "in": self.districts });
            let (rule, zh, en_name) = match self.place.as_str() {
                "home" => (at("home_district"), "居住在", "Living in"),
                "work" => (at("work_district"), "工作在", "Working in"),
                _ => (
                    json!({ "any": [at("home_district"), at("work_district")] }),
                    "居住或工作在",
                    "Living or working in",
                ),
            };
            all.push((rule, named(zh, en_name, &joined(&self.districts))));
        }
        if !self.gender.is_empty() {
            let code = u8::from(self.gender == "male") + 2 * u8::from(self.gender == "female");
            let label = named("性别", "Sex", words::gender(code, l));
            all.push((json!({ "field": "gender", "eq": self.gender }), label));
        }
        if !self.lifecycles.is_empty() {
            let stages: Vec<&str> = self.lifecycles.iter().map(|stage| words::lifecycle(stage, l)).collect();
            let label = named("活跃情况", "Activity", &stages.join(comma));
            all.push((json!({ "field": "lifecycle", "in": self.lifecycles }), label));
        }
        if !self.segment.is_empty() {
            all.push((json!({ "segment": self.segment }), named("兴趣人群", "Interest segment", &self.segment)));
        }
        if !self.union.is_empty() {
            let label = named("工会(含下级)", "Union and those below it", &self.union);
            all.push((json!({ "field": "union_subtree", "eq": self.union }), label));
        }
        if !self.read.is_empty() {
            let number = |text: &str, usual: u32, least: u32| match text {
                "" => Ok(usual),
                text => text.parse().ok().filter(|&number: &u32| number >= least).ok_or_else(|| {
                    l.say("天数和次数要写正整数。", "Days and times must be whole numbers above 0.").to_owned()
                }),
            };
            let (times, days) = (number(&self.read_times, 1, 1)?, number(&self.read_days, 30, 1)?);
            let topic = &self.read;
            let label = if en {
                format!("Read about {topic} at least {times} times in {days} days")
            } else {
                format!("近 {days} 天读过「{topic}」至少 {times} 次")
            };
            let did = json!({ "event": "read", "topic": topic, "within_days": days, "at_least": times });
            all.push((json!({ "did": did }), label));
        }
        if !self.prefer.is_empty() {
            let rule = json!({ "preference": { "topic": self.prefer, "at_least": PREFERS } });
            all.push((rule, named("关注", "Turns often to", &self.prefer)));
        }
        if !self.rule.is_empty() {
            let value: Value = serde_json::from_str(&self.rule).map_err(|error| {
                if en {
                    format!("The rule is not JSON: {error}")
                } else {
                    format!("规则不是正确的 JSON:{error}")
                }
            })?;
            let parts = match value {
                Value::Object(mut object) if object.len() == 1 && object.get("all").is_some_and(Value::is_array) => {
                    match object.remove("all") {
                        Some(Value::Array(parts)) => parts,
                        _ => Vec::new(),
                    }
                }
                other => vec![other],
            };
            let label = l.say("自定义条件", "Own condition");
            all.extend(parts.into_iter().zip(1..).map(|(part, at): (Value, u32)| (part, format!("{label} {at}"))));
        }
        Ok(all)
    }
}

/// Bands; the unknown one is matched by `is_unknown` alone.
fn bands(bands: &[String]) -> Value {
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

    fn asked(query: &str) -> Asked {
        Asked::of(&format!("/audiences?{query}").parse().expect("an address")).expect("pairs")
    }

    #[test]
    fn an_address_becomes_a_rule_with_a_name_for_every_condition() {
        let asked = asked(
            "item_id=A1&band=25-34&band=unknown&district=%E6%9C%9D%E9%98%B3&where=home&limit=1%2C000&hold_out=20",
        );
        let (body, labels) = asked.body(Tongue(Language::Zh)).expect("a request");
        assert_eq!((body.limit, body.hold_out), (Some(1_000), Some(0.2)));
        let rule = body.rule.expect("a rule");
        assert_eq!(rule["all"][0]["any"][1]["is_unknown"], true);
        assert_eq!(rule["all"][1]["field"], "home_district");
        assert_eq!(labels, ["年龄段:25-34、未知", "居住在:朝阳"]);
    }

    #[test]
    fn a_rule_that_is_typed_adds_its_conditions() {
        let asked = asked(
            "topic=x&gender=male&rule=%7B%22all%22%3A%5B%7B%22segment%22%3A%22a%22%7D%2C%7B%22segment%22%3A%22b%22%7D%5D%7D",
        );
        let (body, labels) = asked.body(Tongue(Language::En)).expect("a request");
        assert_eq!(body.rule.expect("a rule")["all"].as_array().map(Vec::len), Some(3));
        assert_eq!(labels, ["Sex: male", "Own condition 1", "Own condition 2"]);
        assert!(Asked { rule: "{".into(), ..asked }.body(Tongue(Language::En)).is_err());
    }

    #[test]
    fn the_address_of_the_file_asks_for_the_same() {
        let asked = asked("item_id=A%2F1&band=25-34&limit=5&hold_out=");
        let address = asked.address("/audiences/file", Some("csv"));
        assert_eq!(address, "/audiences/file?item_id=A%2F1&band=25-34&limit=5&hold_out=&format=csv");
    }
}
