//! Formats a push list for its page.

use zhihui_data::Zone;
use zhihui_engine::audience::{ExclusionCount, ExperimentArm, HoldOutKind, SampleMember};

use super::members::ListMember;
use super::overlap::Overlap;
use super::page::{actor, title};
use super::record::{PushList, Signature};
use super::responses_view::ResponsesView;
use super::sending_view::SendingView;
use super::state::{ListState, ListStep};
use super::variants_view::VariantsView;
use crate::audiences::builder::describe::Names;
use crate::audiences::labels::{exclusion, selection};
use crate::audiences::preview_view::{PreviewView, RuleLabels};
use crate::web::locale::Locale;
use crate::web::numbers::{grouped, minute_of};
use crate::web::url::percent_encode;

/// A push list, formatted.
pub(crate) struct ListView {
    pub(crate) id: String,
    pub(crate) title: String,
    /// The page of the item; `None` for a list of a topic that is not sent yet.
    pub(crate) item_url: Option<String>,
    /// Whether the item has to be chosen before the list can be sent.
    pub(crate) needs_item: bool,
    pub(crate) sentence: String,
    pub(crate) state: &'static str,
    pub(crate) can_submit: bool,
    pub(crate) can_approve: bool,
    /// The list waits for another person than the reader.
    pub(crate) waits_for_another: bool,
    pub(crate) can_export: bool,
    pub(crate) can_close: bool,
    pub(crate) was_exported: bool,
    /// Where to select those who were pushed and have not responded.
    pub(crate) resend_url: Option<String>,
    pub(crate) rejection: Option<String>,
    pub(crate) responses: Option<ResponsesView>,
    pub(crate) variants: Option<VariantsView>,
    pub(crate) sending: Option<SendingView>,
    pub(crate) overlaps: Vec<OverlapView>,
    pub(crate) left_out: Vec<(String, String)>,
    /// Held-out members by hold-out, if there is one besides that of the list.
    pub(crate) held_out: Vec<(String, String)>,
    /// The exclusion lists that were applied, with their members.
    pub(crate) exclusions: Vec<(String, String)>,
    pub(crate) facts: Vec<(&'static str, String)>,
    pub(crate) rule: Option<String>,
    pub(crate) preview: PreviewView,
}

/// Another list with the same members, formatted.
pub(crate) struct OverlapView {
    pub(crate) url: String,
    pub(crate) title: String,
    pub(crate) state: &'static str,
    pub(crate) members: String,
}

impl ListView {
    /// Members of the arm `push` shown on the page.
    pub(crate) const SAMPLE: u32 = 20;

    pub(crate) fn new(
        mut list: PushList,
        first: Vec<ListMember>,
        is_own: bool,
        resend_url: Option<String>,
        zone: Zone,
        (names, t): (&Names, Locale),
    ) -> Self {
        let pushed = first.into_iter().filter(|member| member.arm == ExperimentArm::Push);
        list.preview.sample = pushed
            .map(|member| SampleMember {
                member_id: member.member_id,
                rank: member.rank,
                probability: member.probability,
                reasons: member.reasons,
            })
            .collect();
        let allows = |step: ListStep| list.state.after(step).is_some();
        let signature =
            |signature: &Signature| format!("{} · {}", actor(&signature.by), minute_of(&signature.at, zone));
        let rejection = list.rejected.as_ref().filter(|_| list.state == ListState::Draft).map(|rejected| {
            t.push_lists_rejected_because(list.rejected_reason.as_deref().unwrap_or_default(), signature(rejected))
        });
        Self {
            item_url: list.item_id.as_deref().map(|id| format!("/items/{}", percent_encode(id))),
            needs_item: list.item_id.is_none(),
            state: list.state.label(t),
            sentence: sentence(&list, t),
            can_submit: allows(ListStep::Submit),
            can_approve: allows(ListStep::Approve) && !is_own,
            waits_for_another: allows(ListStep::Approve) && is_own,
            can_export: allows(ListStep::Export),
            can_close: allows(ListStep::Close),
            was_exported: list.exported_at.is_some(),
            resend_url,
            rejection,
            responses: list.actual_responses.as_ref().map(|actual| ResponsesView::new(&list, actual, zone, t)),
            variants: VariantsView::new(&list, t),
            sending: list.sending.as_ref().map(|sending| SendingView::new(sending, zone, t)),
            overlaps: list.overlap.iter().filter_map(|overlap| overlap_view(overlap, t)).collect(),
            left_out: list
                .left_out
                .iter()
                .map(|(reason, &count)| (left_out_reason(reason, t), grouped(count as f64, 0)))
                .collect(),
            held_out: held_out(&list, t),
            exclusions: list.exclusions.iter().filter(|list| list.applied).map(excluded).collect(),
            facts: facts(&list, zone, t),
            rule: list.rule.as_ref().and_then(|rule| serde_json::to_string_pretty(rule).ok()),
            preview: PreviewView::new(&list.preview, &RuleLabels::of_rule(list.rule.as_ref(), names, t), names, t),
            title: title(&list, t),
            id: list.id,
        }
    }
}

fn held_out(list: &PushList, t: Locale) -> Vec<(String, String)> {
    let is_plain = list.held_out_by.keys().all(|kind| *kind == HoldOutKind::List.as_str());
    let kinds = HoldOutKind::ALL.into_iter().filter(|_| !is_plain);
    let row = |kind: HoldOutKind| {
        let members = list.held_out_by.get(kind.as_str()).copied()?;
        Some((exclusion(kind.exclusion(), t).to_owned(), grouped(members as f64, 0)))
    };
    kinds.filter_map(row).collect()
}

fn excluded(count: &ExclusionCount) -> (String, String) {
    (count.name.clone().unwrap_or_else(|| count.id.clone()), grouped(count.members as f64, 0))
}

fn overlap_view(overlap: &Overlap, t: Locale) -> Option<OverlapView> {
    Some(OverlapView {
        url: format!("/push-lists/{}", overlap.id),
        title: overlap.item_title.clone(),
        state: ListState::parse(&overlap.state)?.label(t),
        members: grouped(f64::from(overlap.members), 0),
    })
}

fn sentence(list: &PushList, t: Locale) -> String {
    let expected = &list.preview.expected_responses;
    let [push, hold_out] = [list.counts.push, list.counts.hold_out].map(|count| grouped(count as f64, 0));
    let [low, high] = [expected.low.floor(), expected.high.ceil()].map(|bound| grouped(bound, 0));
    t.push_lists_sentence(grouped(expected.value.round(), 0), high, hold_out, low, push, title(list, t))
}

fn facts(list: &PushList, zone: Zone, t: Locale) -> Vec<(&'static str, String)> {
    let signed = |signature: &Option<Signature>| {
        signature.as_ref().map(|signature| format!("{} · {}", actor(&signature.by), minute_of(&signature.at, zone)))
    };
    let created = format!("{} · {}", actor(&list.created_by), minute_of(&list.frozen_at, zone));
    let all = [
        (t.push_lists_topic(), list.topic.clone()),
        (t.push_lists_purpose(), list.purpose.clone()),
        (t.push_lists_created(), Some(created)),
        (t.push_lists_submitted(), signed(&list.submitted)),
        (t.push_lists_approved(), signed(&list.approved)),
        (t.push_lists_sent(), list.sent_at.as_deref().map(|at| minute_of(at, zone))),
        (t.push_lists_closed(), signed(&list.closed)),
        (t.audiences_selection(), Some(selection(list.selection, t).to_owned())),
        (t.audiences_one_list(), list.one_list_at_a_time.map(|one| one_list(one, t).to_owned())),
        (t.push_lists_data_as_of(), Some(minute_of(&list.as_of, zone))),
        (t.push_lists_model(), Some(list.model_version.clone())),
        (t.push_lists_rule_version(), Some(list.rule_version.clone())),
        (t.push_lists_hash(), Some(list.members_sha256.clone())),
        (t.push_lists_variants_hash(), list.variants_sha256.clone()),
    ];
    all.into_iter().filter_map(|(label, value)| Some((label, value?))).collect()
}

fn one_list(one: bool, t: Locale) -> &'static str {
    if one { t.audiences_one_list_yes() } else { t.audiences_one_list_no() }
}

fn left_out_reason(reason: &str, t: Locale) -> String {
    match reason {
        "erased" | "unknown" => t.push_lists_left_out_erased().to_owned(),
        "not_delivered" => t.push_lists_left_out_not_delivered().to_owned(),
        "too_few_for_wechat" => t.push_lists_left_out_too_few().to_owned(),
        "not_compared" => t.push_lists_left_out_not_compared().to_owned(),
        reason => exclusion(reason, t).to_owned(),
    }
}
