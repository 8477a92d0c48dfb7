//! Formats the tree for its templates: every node with its controls and its count.

use std::collections::BTreeMap;

use askama::Template;
use zhihui_data::ItemKind;
use zhihui_data::snapshot::Members;
use zhihui_engine::audience::{ConditionCount, LookAlikeWidth};

use super::describe::{Names, event_label, field_label, value_label, width_label};
use super::field::{Field, Operator, Values};
use super::finish::FinishedRule;
use super::menu::{MenuPart, menu};
use super::move_buttons::{MoveButton, move_buttons};
use super::moves::Move;
use super::node::{Comparison, Condition, CountKind, Did, GroupKind, Node, Period};
use super::node_key::NodeKey;
use super::picker::{Chosen, Picker, ShownSearch};
use super::share::percent_of_share;
use crate::live::queries::AudienceChoices;
use crate::web::labels;
use crate::web::locale::Locale;
use crate::web::numbers::grouped;

/// What the view of a tree needs besides the tree.
pub(crate) struct ViewContext<'a> {
    pub(crate) t: Locale,
    pub(crate) tree: &'a Node,
    pub(crate) choices: &'a AudienceChoices,
    pub(crate) names: &'a Names,
    pub(crate) finished: &'a FinishedRule,
    /// Counts by JSON pointer. Empty if nothing was counted.
    pub(crate) counts: &'a BTreeMap<String, ConditionCount>,
    pub(crate) search: Option<&'a ShownSearch>,
    /// The node that was added or changed last.
    pub(crate) focus: Option<&'a NodeKey>,
    /// How that node was moved.
    pub(crate) moved: Option<Move>,
    /// How the form is sent: `get`, or `post` if it is too long for a URL.
    pub(crate) method: &'static str,
}

/// A node of the form.
#[derive(Template)]
#[template(path = "audiences/builder/node.html")]
pub(crate) struct NodeView {
    t: Locale,
    method: &'static str,
    key: String,
    is_root: bool,
    has_saved: bool,
    has_focus: bool,
    legend: String,
    moves: Vec<MoveButton>,
    /// The count, or that the condition is not filled in; `None` if nothing was counted.
    count: Option<String>,
    is_unfinished: bool,
    /// Value of the field `is`.
    is: &'static str,
    body: Body,
}

impl NodeView {
    fn is_group(&self) -> bool {
        matches!(self.body, Body::Group { .. })
    }

    /// The menu of a rule that is a single condition.
    fn root_menu(&self) -> Vec<MenuPart> {
        menu(self.has_saved, self.t)
    }
}

enum Body {
    Group {
        kinds: Vec<Choice>,
        children: Vec<NodeView>,
        menu: Vec<MenuPart>,
        is_empty: bool,
    },
    Field {
        operators: Vec<Choice>,
        values: ValuesView,
    },
    Did(Box<DidView>),
    Preference {
        topic: Picker,
        percent: String,
    },
    /// A choice of one name: a segment or a saved audience.
    Name {
        label: &'static str,
        options: Vec<Choice>,
    },
    SimilarTo {
        audiences: Vec<Choice>,
        widths: Vec<Choice>,
    },
}

/// The values of a comparison.
enum ValuesView {
    None,
    Many(Vec<Choice>),
    One(Vec<Choice>),
    Pick(Picker),
    Number(String),
    Day(String),
    Text(String),
}

struct DidView {
    events: Vec<Choice>,
    topic: Picker,
    item: Picker,
    kinds: Vec<Choice>,
    periods: Vec<Choice>,
    period: &'static str,
    days: String,
    from: String,
    to: String,
    counts: Vec<Choice>,
    has_number: bool,
    times: String,
}

/// An option of a select, a radio button or a check box.
struct Choice {
    value: String,
    label: String,
    is_chosen: bool,
}

fn choice(value: &str, label: impl Into<String>, is_chosen: bool) -> Choice {
    Choice { value: value.to_owned(), label: label.into(), is_chosen }
}

impl ViewContext<'_> {
    /// The view of the whole tree.
    pub(crate) fn view(&self) -> NodeView {
        self.node(self.tree, &NodeKey::default(), None)
    }

    /// Ids of all elements with counts, for a response that replaces only them.
    pub(crate) fn count_ids(tree: &Node) -> Vec<String> {
        let mut ids = Vec::new();
        add_count_ids(tree, &NodeKey::default(), &mut ids);
        ids
    }

    fn node(&self, node: &Node, key: &NodeKey, around: Option<GroupKind>) -> NodeView {
        let (is, body) = match node {
            Node::Group(kind, children) => (kind.as_str(), self.group(*kind, children, key)),
            Node::Condition(condition) => (condition.form_name(), self.condition(condition, key)),
        };
        let (legend, has_focus) = (self.legend(node), self.focus == Some(key));
        let moves = move_buttons(self.tree, key, &legend, self.moved.filter(|_| has_focus), self.t);
        NodeView {
            t: self.t,
            method: self.method,
            key: key.to_string(),
            has_saved: !self.names.audiences.is_empty(),
            is_root: key.parent().is_none(),
            has_focus: has_focus && !moves.iter().any(|button| button.has_focus),
            moves,
            legend,
            count: self.count(node, key, around),
            is_unfinished: self.finished.unfinished.contains(key),
            is,
            body,
        }
    }

    fn legend(&self, node: &Node) -> String {
        let t = self.t;
        match node {
            Node::Group(GroupKind::All, _) => t.builder_group_all().to_owned(),
            Node::Group(GroupKind::Any, _) => t.builder_group_any().to_owned(),
            Node::Group(GroupKind::Not, _) => t.builder_group_not().to_owned(),
            Node::Condition(Condition::Field(comparison)) => field_label(comparison.field, t).to_owned(),
            Node::Condition(Condition::Did(did)) if did.count == CountKind::Exactly && did.times == "0" => {
                t.builder_did_not().to_owned()
            }
            Node::Condition(Condition::Did(_)) => t.builder_did().to_owned(),
            Node::Condition(Condition::Preference { .. }) => t.builder_preference().to_owned(),
            Node::Condition(Condition::Segment(_)) => t.builder_in_segment().to_owned(),
            Node::Condition(Condition::Audience(_)) => t.builder_saved_audience().to_owned(),
            Node::Condition(Condition::SimilarTo { .. }) => t.builder_similar_to().to_owned(),
        }
    }

    fn count(&self, node: &Node, key: &NodeKey, around: Option<GroupKind>) -> Option<String> {
        let t = self.t;
        if self.finished.unfinished.contains(key) {
            return Some(t.builder_unfinished().to_owned());
        }
        let count = self.counts.get(self.finished.pointers.get(key)?)?;
        let [left, lost] = [count.left, count.before - count.left].map(|number| grouped(number as f64, 0));
        Some(match (node, around) {
            (Node::Group(GroupKind::Not, _), Some(GroupKind::All) | None) => t.builder_count_excluded(lost, left),
            (Node::Group(GroupKind::Not, _), _) => t.builder_count_matching(left),
            (_, Some(GroupKind::Not)) => t.builder_count_to_exclude(left),
            (_, Some(GroupKind::Any)) => t.builder_count_matching(left),
            (Node::Group(..), None) => t.builder_count_total(left),
            _ if count.before == count.left => t.builder_count_left(left),
            _ => t.builder_count_left_of(left, lost),
        })
    }

    fn group(&self, kind: GroupKind, children: &[Node], key: &NodeKey) -> Body {
        let t = self.t;
        let label = |kind| match kind {
            GroupKind::All => t.builder_group_all(),
            GroupKind::Any => t.builder_group_any(),
            GroupKind::Not => t.builder_group_not(),
        };
        let children = children.iter().enumerate();
        let children: Vec<NodeView> =
            children.map(|(place, child)| self.node(child, &key.child(place), Some(kind))).collect();
        Body::Group {
            kinds: GroupKind::ALL.map(|known| choice(known.as_str(), label(known), known == kind)).into(),
            menu: menu(!self.names.audiences.is_empty(), t),
            is_empty: children.is_empty(),
            children,
        }
    }

    fn condition(&self, condition: &Condition, key: &NodeKey) -> Body {
        match condition {
            Condition::Field(comparison) => self.field(comparison, key),
            Condition::Did(did) => Body::Did(Box::new(self.did(did, key))),
            Condition::Preference { topic, share } => {
                Body::Preference { topic: self.topic(topic, key), percent: percent_of_share(share) }
            }
            Condition::Segment(name) => {
                let known = self.choices.segments.iter().map(|name| (name.clone(), name.clone()));
                Body::Name { label: self.t.common_interest_segment(), options: one_of(known, name) }
            }
            Condition::Audience(id) => {
                Body::Name { label: self.t.builder_saved_audience(), options: self.audiences(id) }
            }
            Condition::SimilarTo { audience, width } => {
                let known = LookAlikeWidth::ALL.map(LookAlikeWidth::as_str).into_iter();
                let known = known.map(|width| (width.to_owned(), width_label(width, self.t).to_owned()));
                Body::SimilarTo { audiences: self.audiences(audience), widths: one_of(known, width) }
            }
        }
    }

    fn audiences(&self, current: &str) -> Vec<Choice> {
        one_of(self.names.audiences.iter().map(|(id, name)| (id.clone(), name.clone())), current)
    }

    fn topic(&self, topic: &str, key: &NodeKey) -> Picker {
        let chosen = chosen(topic, topic);
        Picker::new((format!("{key}.topic"), self.t.builder_topic()), chosen, self.search, self.t)
    }

    fn field(&self, comparison: &Comparison, key: &NodeKey) -> Body {
        let Comparison { field, operator, values } = comparison;
        let operators = field.operators(*operator).into_iter();
        let operators = operators
            .map(|known| choice(known.as_str(), operator_label(field, known, self.t), known == *operator))
            .collect();
        let first = || values.first().cloned().unwrap_or_default();
        let label = |value: &str| value_label(field, value, self.names, self.t);
        let values = if !operator.takes_values() {
            ValuesView::None
        } else if field.values == Values::Unions {
            let chosen = values.iter().map(|id| Chosen { value: id.clone(), label: label(id) }).collect();
            let name = (format!("{key}.v"), self.t.builder_union());
            let mut picker = Picker::new(name, chosen, self.search, self.t);
            picker.takes_more |= operator.takes_many();
            ValuesView::Pick(picker)
        } else if matches!(field.values, Values::Numbers | Values::Days) {
            match (field.values, operator.takes_many()) {
                (_, true) => ValuesView::Text(values.join(" ")),
                (Values::Days, false) if first().is_empty() || first().len() == 10 => ValuesView::Day(first()),
                (Values::Numbers, false) => ValuesView::Number(first()),
                _ => ValuesView::Text(first()),
            }
        } else {
            let mut known = self.known_values(field);
            known.extend(values.iter().filter(|value| !known.contains(value)).cloned().collect::<Vec<_>>());
            let choices = known.iter().map(|value| choice(value, label(value), values.contains(value))).collect();
            if operator.takes_many() { ValuesView::Many(choices) } else { ValuesView::One(choices) }
        };
        Body::Field { operators, values }
    }

    fn known_values(&self, field: &Field) -> Vec<String> {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        match field.values {
            // The unknown band is matched by "is unknown" only.
            Values::AgeBands => self.choices.age_bands.iter().filter(|band| *band != "unknown").cloned().collect(),
            Values::Districts => self.choices.districts.clone(),
            Values::Genders => words(&["male", "female"]),
            Values::Lifecycles => words(Members::LIFECYCLE),
            Values::Segments => self.choices.segments.clone(),
            Values::Flags => words(&["true", "false"]),
            Values::Unions | Values::Numbers | Values::Days => Vec::new(),
        }
    }

    fn did(&self, did: &Did, key: &NodeKey) -> DidView {
        let t = self.t;
        let events = ["read", "share", "shown", "sign_up", "attended", "cancel", "push", "feedback"];
        let any_kind = choice("", t.audiences_any(), did.kind.is_empty());
        let kinds =
            ItemKind::ALL.iter().map(|&kind| choice(kind.as_str(), labels::kind(kind, t), did.kind == kind.as_str()));
        let (period, days, from, to) = match &did.period {
            Period::Ever => ("", "", "", ""),
            Period::Within(days) => ("within", days.as_str(), "", ""),
            Period::Between(from, to) => ("between", "", from.as_str(), to.as_str()),
        };
        let counts = [
            (CountKind::Once, t.builder_count_once()),
            (CountKind::AtLeast, t.builder_count_at_least()),
            (CountKind::AtMost, t.builder_count_at_most()),
            (CountKind::Exactly, t.builder_count_exactly()),
            (CountKind::DistinctDays, t.builder_count_distinct_days()),
        ];
        let item = chosen(&did.item_id, self.names.item(&did.item_id));
        DidView {
            events: events.map(|event| choice(event, event_label(event, t), did.event == event)).into(),
            topic: self.topic(&did.topic, key),
            item: Picker::new((format!("{key}.item_id"), t.builder_item()), item, self.search, t),
            kinds: std::iter::once(any_kind).chain(kinds).collect(),
            periods: [
                ("", t.builder_period_ever()),
                ("within", t.builder_period_within()),
                ("between", t.builder_period_between()),
            ]
            .map(|(value, label)| choice(value, label, value == period))
            .into(),
            period,
            days: days.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            counts: counts.map(|(kind, label)| choice(kind.as_str(), label, kind == did.count)).into(),
            has_number: did.count != CountKind::Once,
            times: did.times.clone(),
        }
    }
}

/// The chosen value of a picker that takes one.
pub(crate) fn chosen(value: &str, label: &str) -> Vec<Chosen> {
    let chosen = Chosen { value: value.to_owned(), label: label.to_owned() };
    if value.is_empty() { Vec::new() } else { vec![chosen] }
}

/// Options of a select. The current value stays although it is unknown; nothing is chosen at first.
fn one_of(known: impl Iterator<Item = (String, String)>, current: &str) -> Vec<Choice> {
    let mut options: Vec<Choice> =
        known.map(|(value, label)| Choice { is_chosen: value == current, value, label }).collect();
    if !options.iter().any(|option| option.is_chosen) {
        options.insert(0, choice(current, current, true));
    }
    options
}

fn operator_label(field: &Field, operator: Operator, t: Locale) -> &'static str {
    let is_day = field.values == Values::Days;
    match operator {
        Operator::Eq => t.builder_operator_eq(),
        Operator::Ne => t.builder_operator_ne(),
        Operator::In => t.builder_operator_in(),
        Operator::NotIn => t.builder_operator_not_in(),
        Operator::AtLeast if is_day => t.builder_operator_from(),
        Operator::AtMost if is_day => t.builder_operator_until(),
        Operator::AtLeast => t.builder_operator_at_least(),
        Operator::AtMost => t.builder_operator_at_most(),
        Operator::IsUnknown => t.builder_operator_is_unknown(),
        Operator::IsKnown => t.builder_operator_is_known(),
    }
}

fn add_count_ids(node: &Node, key: &NodeKey, ids: &mut Vec<String>) {
    ids.push(format!("{key}_count"));
    for (place, child) in node.children().iter().enumerate() {
        add_count_ids(child, &key.child(place), ids);
    }
}
