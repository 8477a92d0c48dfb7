//! Formats a plan for its page.

use zhihui_engine::audience::{BandPlan, ExclusionReason, ExpectedResponses, GroupBy, PlanGroup, PlanItem, PlanOption};

use super::form::AudienceForm;
use super::form_request::MAX_URL;
use crate::web::labels;
use crate::web::locale::Locale;
use crate::web::numbers::grouped;
use crate::web::url::url_with_query;

/// A plan, formatted.
pub(crate) struct PlanView {
    pub(crate) sentence: String,
    pub(crate) group_label: &'static str,
    /// Titles of the items, with the seats left.
    pub(crate) items: Vec<ItemColumn>,
    pub(crate) groups: Vec<GroupRow>,
    pub(crate) plan: Figure,
    /// The best single item, and its title.
    pub(crate) single: Option<(Figure, String)>,
    pub(crate) gain: Figure,
    pub(crate) notes: Vec<String>,
}

/// An item.
pub(crate) struct ItemColumn {
    pub(crate) title: String,
    pub(crate) kind: &'static str,
    pub(crate) seats: Option<String>,
    /// How many members exclusion lists and other push lists leave out.
    pub(crate) excluded: Option<String>,
}

/// A number with its interval.
pub(crate) struct Figure {
    pub(crate) value: String,
    pub(crate) interval: String,
    pub(crate) rough: bool,
}

/// A group.
pub(crate) struct GroupRow {
    pub(crate) label: String,
    /// The small groups in it.
    pub(crate) merged: String,
    pub(crate) members: String,
    pub(crate) cells: Vec<Cell>,
    /// The audience of the group and its item.
    pub(crate) open: Option<OpenAudience>,
}

/// An item for a group.
pub(crate) struct Cell {
    pub(crate) title: String,
    pub(crate) is_chosen: bool,
    pub(crate) figure: Option<Figure>,
    pub(crate) candidates: String,
    pub(crate) seats_decide: bool,
}

/// A form that opens the audience page.
pub(crate) struct OpenAudience {
    /// `get`, or `post` if the rule is too long for a URL.
    pub(crate) method: &'static str,
    pub(crate) fields: Vec<(&'static str, String)>,
    pub(crate) label: String,
}

impl PlanView {
    pub(crate) fn new(plan: &BandPlan, form: &AudienceForm, t: Locale) -> Self {
        let title = |id: Option<&String>| {
            let item = plan.items.iter().find(|item| Some(&item.item_id) == id);
            item.map_or_else(String::new, |item| item.title.clone())
        };
        let gain = &plan.gain;
        Self {
            sentence: t.pick(&plan.sentence.zh, &plan.sentence.en).to_owned(),
            group_label: match plan.by {
                GroupBy::AgeBand => t.common_age_band(),
                GroupBy::Segment => t.common_interest_segment(),
            },
            items: plan
                .items
                .iter()
                .map(|item| ItemColumn {
                    title: item.title.clone(),
                    kind: labels::kind(item.kind, t),
                    seats: item.seats_left.map(|seats| t.plans_seats_left(grouped(f64::from(seats), 0))),
                    excluded: excluded(item).map(|count| t.plans_excluded(grouped(count as f64, 0))),
                })
                .collect(),
            groups: plan.groups.iter().map(|group| row(group, plan, form, t)).collect(),
            plan: figure(&plan.plan.expected_responses),
            single: plan
                .single
                .as_ref()
                .map(|single| (figure(&single.expected_responses), title(single.item_id.as_ref()))),
            gain: Figure {
                value: grouped(gain.value.round(), 0),
                interval: t.plans_from_to(grouped(gain.high.ceil(), 0), grouped(gain.low.floor(), 0)),
                rough: !plan.plan.expected_responses.calibrated,
            },
            notes: notes(plan, t),
        }
    }
}

/// How many members are left out because of other lists.
fn excluded(item: &PlanItem) -> Option<usize> {
    let reasons = [ExclusionReason::ExclusionList, ExclusionReason::OtherList];
    let counts = reasons.iter().filter_map(|reason| item.excluded.get(reason.as_str()));
    Some(counts.sum()).filter(|&count: &usize| count > 0)
}

fn notes(plan: &BandPlan, t: Locale) -> Vec<String> {
    let mut notes = Vec::new();
    if plan.mixes_responses {
        notes.push(t.plans_mixes_responses().to_owned());
    }
    if plan.plan.seats_decide {
        notes.push(t.plans_seats_decide().to_owned());
    }
    let moved: Vec<String> =
        plan.groups.iter().filter(|group| group.moved_by_seats).map(|group| label(group, t)).collect();
    if !moved.is_empty() {
        notes.push(t.plans_moved_by_seats(moved.join(t.common_list_separator())));
    }
    notes
}

fn row(group: &PlanGroup, plan: &BandPlan, form: &AudienceForm, t: Locale) -> GroupRow {
    let cell = |(option, item): (&PlanOption, &PlanItem)| Cell {
        title: item.title.clone(),
        is_chosen: group.item_id.as_ref() == Some(&option.item_id),
        figure: (option.candidates > 0).then(|| figure(&option.expected_responses)),
        candidates: t.plans_candidates(grouped(option.candidates as f64, 0)),
        seats_decide: option.seats_decide,
    };
    let merged: Vec<&str> = group.merged.iter().map(|key| labels::known(key, t)).collect();
    GroupRow {
        label: label(group, t),
        merged: merged.join(t.common_list_separator()),
        members: grouped(group.members as f64, 0),
        cells: group.options.iter().zip(&plan.items).map(cell).collect(),
        open: group.item_id.as_ref().map(|item| open(group, item, form, t)),
    }
}

fn open(group: &PlanGroup, item_id: &str, form: &AudienceForm, t: Locale) -> OpenAudience {
    let rule = serde_json::to_string(&group.rule).unwrap_or_default();
    let mut fields = vec![("item_id", item_id.to_owned()), ("rule", rule), ("hold_out", form.hold_out.clone())];
    fields.extend(form.exclude.iter().map(|list| ("exclude", list.clone())));
    if !form.one_list.is_empty() {
        fields.push(("one_list", form.one_list.clone()));
    }
    let url = url_with_query("/audiences", fields.iter().map(|(name, value)| (*name, value.as_str())));
    let method = if url.len() > MAX_URL { "post" } else { "get" };
    OpenAudience { method, fields, label: t.plans_open_named(label(group, t)) }
}

fn label(group: &PlanGroup, t: Locale) -> String {
    if group.key == "others" { t.plans_others().to_owned() } else { labels::known(&group.key, t).to_owned() }
}

fn figure(expected: &ExpectedResponses) -> Figure {
    // Fewer than ten responses differ in their first decimal.
    let decimals = usize::from(expected.value < 9.95);
    Figure {
        value: grouped(expected.value, decimals),
        interval: format!("{}–{}", grouped(expected.low.floor(), 0), grouped(expected.high.ceil(), 0)),
        rough: !expected.calibrated,
    }
}
