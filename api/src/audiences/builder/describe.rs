//! A condition in words, for the funnel and for screen readers.

use std::collections::BTreeMap;

use zhihui_data::ItemKind;
use zhihui_engine::audience::LookAlikeWidth;

use super::field::{Field, Operator, Values};
use super::node::{Comparison, Condition, CountKind, Did, GroupKind, Node, Period};
use super::share::percent_of_share;
use crate::live::queries::FormNames;
use crate::web::labels;
use crate::web::locale::Locale;

/// Names of what a rule refers to by id. Unknown ids stand for themselves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    pub(crate) form: FormNames,
    /// Names of the saved audiences by id.
    pub(crate) audiences: BTreeMap<String, String>,
}

impl Names {
    pub(crate) fn item<'a>(&'a self, id: &'a str) -> &'a str {
        self.form.items.get(id).map_or(id, String::as_str)
    }

    pub(crate) fn union<'a>(&'a self, id: &'a str) -> &'a str {
        self.form.unions.get(id).map_or(id, String::as_str)
    }

    fn audience<'a>(&'a self, id: &'a str) -> &'a str {
        self.audiences.get(id).map_or(id, String::as_str)
    }
}

/// The label of a field.
pub(crate) fn field_label(field: &Field, t: Locale) -> &'static str {
    match field.name {
        "age_band" => t.common_age_band(),
        "age" => t.builder_field_age(),
        "gender" => t.common_sex(),
        "union_subtree" => t.builder_field_union_subtree(),
        "union_id" => t.builder_field_union(),
        "home_district" => t.builder_field_home_district(),
        "work_district" => t.builder_field_work_district(),
        "joined_at" => t.builder_field_joined_at(),
        "lifecycle" => t.common_activity(),
        "segment" => t.common_interest_segment(),
        "follows" => t.builder_field_follows(),
        _ => t.builder_field_openid_known(),
    }
}

/// The label of a value of a field.
pub(crate) fn value_label(field: &Field, value: &str, names: &Names, t: Locale) -> String {
    match (field.values, value) {
        (Values::Genders, "male") => labels::gender(1, t).to_owned(),
        (Values::Genders, "female") => labels::gender(2, t).to_owned(),
        (Values::Lifecycles, stage) => labels::lifecycle(stage, t).to_owned(),
        (Values::Flags, "true") => t.builder_yes().to_owned(),
        (Values::Flags, "false") => t.builder_no().to_owned(),
        (Values::Unions, id) => names.union(id).to_owned(),
        (_, value) => labels::known(value, t).to_owned(),
    }
}

/// The label of a width of look-alikes. Unknown widths stand for themselves.
pub(crate) fn width_label(width: &str, t: Locale) -> &str {
    match LookAlikeWidth::parse(width) {
        Some(LookAlikeWidth::Narrow) => t.builder_width_narrow(),
        Some(LookAlikeWidth::Medium) => t.builder_width_medium(),
        Some(LookAlikeWidth::Wide) => t.builder_width_wide(),
        None => width,
    }
}

/// The label of an event.
pub(crate) fn event_label(event: &str, t: Locale) -> &str {
    match event {
        "read" => t.builder_event_read(),
        "share" => t.builder_event_share(),
        "shown" => t.builder_event_shown(),
        "sign_up" => t.builder_event_sign_up(),
        "attended" => t.builder_event_attended(),
        "cancel" => t.builder_event_cancel(),
        "push" => t.builder_event_push(),
        "feedback" => t.builder_event_feedback(),
        other => other,
    }
}

impl Node {
    /// The node in one sentence.
    pub(crate) fn describe(&self, names: &Names, t: Locale) -> String {
        match self {
            Self::Group(kind, children) => {
                let inner: Vec<String> = children.iter().map(|child| child.describe(names, t)).collect();
                let inner = inner.join(t.common_clause_separator());
                match kind {
                    GroupKind::All => t.builder_describe_all(inner),
                    GroupKind::Any => t.builder_describe_any(inner),
                    GroupKind::Not => t.builder_describe_not(inner),
                }
            }
            Self::Condition(condition) => condition.describe(names, t),
        }
    }
}

impl Condition {
    fn describe(&self, names: &Names, t: Locale) -> String {
        match self {
            Self::Field(comparison) => comparison.describe(names, t),
            Self::Did(did) => did.describe(names, t),
            Self::Preference { topic, share } => t.builder_describe_preference(percent_of_share(share), topic),
            Self::Segment(name) => t.builder_describe_is(t.common_interest_segment(), name),
            Self::Audience(id) => t.builder_describe_is(t.builder_saved_audience(), names.audience(id)),
            Self::SimilarTo { audience, width } => {
                t.builder_describe_similar_to(names.audience(audience), width_label(width, t))
            }
        }
    }
}

impl Comparison {
    fn describe(&self, names: &Names, t: Locale) -> String {
        let field = field_label(self.field, t);
        let values: Vec<String> = self.values.iter().map(|value| value_label(self.field, value, names, t)).collect();
        let values = values.join(t.common_list_separator());
        let is_day = self.field.values == Values::Days;
        match self.operator {
            Operator::Eq | Operator::In => t.builder_describe_is(field, values),
            Operator::Ne | Operator::NotIn => t.builder_describe_is_not(field, values),
            Operator::AtLeast if is_day => t.builder_describe_from(field, values),
            Operator::AtMost if is_day => t.builder_describe_until(field, values),
            Operator::AtLeast => t.builder_describe_at_least(field, values),
            Operator::AtMost => t.builder_describe_at_most(field, values),
            Operator::IsUnknown => t.builder_describe_unknown(field),
            Operator::IsKnown => t.builder_describe_known(field),
        }
    }
}

impl Did {
    fn describe(&self, names: &Names, t: Locale) -> String {
        let mut parts = Vec::new();
        match &self.period {
            Period::Ever => {}
            Period::Within(days) => parts.push(t.builder_describe_within(days)),
            Period::Between(from, to) if to.is_empty() => parts.push(t.builder_describe_since(from)),
            Period::Between(from, to) if from.is_empty() => parts.push(t.builder_describe_before(to)),
            Period::Between(from, to) => parts.push(t.builder_describe_between(from, to)),
        }
        if let Some(kind) = ItemKind::parse(&self.kind) {
            parts.push(labels::kind(kind, t).to_owned());
        }
        for (name, is_known) in [(self.topic.as_str(), false), (names.item(&self.item_id), true)] {
            if !name.is_empty() {
                parts.push(if is_known { t.builder_describe_item(name) } else { t.builder_describe_topic(name) });
            }
        }
        let times = &self.times;
        parts.push(match self.count {
            CountKind::Once => t.builder_describe_times_at_least("1"),
            CountKind::AtLeast => t.builder_describe_times_at_least(times),
            CountKind::AtMost => t.builder_describe_times_at_most(times),
            CountKind::Exactly if times == "0" => t.builder_describe_never().to_owned(),
            CountKind::Exactly => t.builder_describe_times_exactly(times),
            CountKind::DistinctDays => t.builder_describe_distinct_days(times),
        });
        t.builder_describe_is(event_label(&self.event, t), parts.join(t.common_list_separator()))
    }
}
