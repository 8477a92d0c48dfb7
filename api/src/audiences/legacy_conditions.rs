//! Conditions as single parameters of a URL, such as `band=25-34`. Links of earlier versions and of other pages have them.

use super::builder::field::{Field, Operator};
use super::builder::node::{Comparison, Condition, CountKind, Did, GroupKind, Node, Period};

/// Minimum share of attention for a preferred topic.
const MIN_PREFERENCE: &str = "0.1";

/// The parameters as they were sent.
#[derive(Debug, Default, Clone)]
pub(crate) struct LegacyConditions {
    bands: Vec<String>,
    districts: Vec<String>,
    /// `home`, `work`, or empty for either.
    place: String,
    gender: String,
    lifecycles: Vec<String>,
    segment: String,
    union: String,
    /// A topic that was read, with number of times and days.
    read: String,
    read_times: String,
    read_days: String,
    prefer: String,
}

impl LegacyConditions {
    /// Takes a parameter. Returns whether it is one of these.
    pub(crate) fn add(&mut self, name: &str, value: &str) -> bool {
        let value = value.to_owned();
        match name {
            "band" => self.bands.push(value),
            "district" => self.districts.push(value),
            "where" => self.place = value,
            "gender" => self.gender = value,
            "lifecycle" => self.lifecycles.push(value),
            "segment" => self.segment = value,
            "union" => self.union = value,
            "read" => self.read = value,
            "read_times" => self.read_times = value,
            "read_days" => self.read_days = value,
            "prefer" => self.prefer = value,
            _ => return false,
        }
        true
    }

    /// The conditions as nodes of the form.
    pub(crate) fn nodes(&self) -> Vec<Node> {
        let mut all = Vec::new();
        if !self.bands.is_empty() {
            all.extend(self.bands());
        }
        if !self.districts.is_empty() {
            let at = |field: &str| compare(field, Operator::In, &self.districts);
            all.extend(match self.place.as_str() {
                "home" => at("home_district"),
                "work" => at("work_district"),
                _ => any(at("home_district"), at("work_district")),
            });
        }
        for (name, value) in [("gender", &self.gender), ("union_subtree", &self.union)] {
            if !value.is_empty() {
                all.extend(compare(name, Operator::Eq, std::slice::from_ref(value)));
            }
        }
        if !self.lifecycles.is_empty() {
            all.extend(compare("lifecycle", Operator::In, &self.lifecycles));
        }
        if !self.segment.is_empty() {
            all.push(Node::Condition(Condition::Segment(self.segment.clone())));
        }
        if !self.read.is_empty() {
            let or = |text: &str, default: &str| if text.is_empty() { default.to_owned() } else { text.to_owned() };
            all.push(Node::Condition(Condition::Did(Did {
                event: "read".to_owned(),
                topic: self.read.clone(),
                period: Period::Within(or(&self.read_days, "30")),
                count: CountKind::AtLeast,
                times: or(&self.read_times, "1"),
                ..Did::default()
            })));
        }
        if !self.prefer.is_empty() {
            let (topic, share) = (self.prefer.clone(), MIN_PREFERENCE.to_owned());
            all.push(Node::Condition(Condition::Preference { topic, share }));
        }
        all
    }

    /// Only `is_unknown` matches the unknown band.
    fn bands(&self) -> Option<Node> {
        let is_unknown = compare("age_band", Operator::IsUnknown, &[]);
        let known: Vec<String> = self.bands.iter().filter(|band| *band != "unknown").cloned().collect();
        match (known.len() < self.bands.len(), known.is_empty()) {
            (true, true) => is_unknown,
            (true, false) => any(compare("age_band", Operator::In, &known), is_unknown),
            (false, _) => compare("age_band", Operator::In, &known),
        }
    }
}

fn compare(field: &str, operator: Operator, values: &[String]) -> Option<Node> {
    let comparison = Comparison { field: Field::named(field)?, operator, values: values.to_vec() };
    Some(Node::Condition(Condition::Field(comparison)))
}

fn any(left: Option<Node>, right: Option<Node>) -> Option<Node> {
    Some(Node::Group(GroupKind::Any, vec![left?, right?]))
}
