//! Formats a seat plan for the audience page.

use zhihui_engine::audience::{PlannedList, SeatPlan, SeatShortage, Selection, ShowUp, UnionDemand, UnionToPhone};

use super::labels::selection as selection_label;
use crate::web::locale::Locale;
use crate::web::numbers::grouped;

/// Unions in a table before all are shown.
const FIRST_UNIONS: usize = 10;

/// A seat plan, formatted.
pub(crate) struct SeatPlanView {
    pub(crate) sentence: String,
    pub(crate) show_up: String,
    pub(crate) lists: Vec<ListCard>,
    pub(crate) unions: Vec<UnionRow>,
    /// How many unions the table leaves out.
    pub(crate) unions_left_out: Option<String>,
    pub(crate) has_union_caps: bool,
    pub(crate) has_own_sessions: bool,
    pub(crate) to_phone: Vec<PhoneRow>,
    pub(crate) to_phone_left_out: Option<String>,
}

/// The list of one selection, formatted.
pub(crate) struct ListCard {
    pub(crate) name: &'static str,
    /// Value of the form field.
    pub(crate) value: &'static str,
    pub(crate) is_chosen: bool,
    pub(crate) about: &'static str,
    pub(crate) selected: String,
    pub(crate) result: String,
    pub(crate) facts: Vec<(&'static str, String)>,
}

/// The demand of a union, formatted.
pub(crate) struct UnionRow {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) members: String,
    pub(crate) candidates: String,
    pub(crate) takers: String,
    pub(crate) signed_up: String,
    pub(crate) seats_left: String,
    pub(crate) own_session: &'static str,
}

/// A union to phone, formatted.
pub(crate) struct PhoneRow {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) members: String,
    pub(crate) takers: String,
}

impl SeatPlanView {
    /// `chosen` is the selection of the form. With `all`, the tables contain all unions.
    pub(crate) fn new(plan: &SeatPlan, chosen: Selection, all: bool, t: Locale) -> Self {
        let shown = if all { usize::MAX } else { FIRST_UNIONS };
        let left_out = |rows: usize| (rows > shown).then(|| grouped(rows as f64, 0));
        Self {
            sentence: t.sentence(&plan.sentence).to_owned(),
            show_up: show_up(plan.show_up, t),
            lists: plan.lists.iter().map(|list| card(list, plan, chosen, t)).collect(),
            unions: plan.demand.iter().take(shown).map(|union| union_row(union, t)).collect(),
            unions_left_out: left_out(plan.demand.len()),
            has_union_caps: plan.demand.iter().any(|union| union.seats_left.is_some()),
            has_own_sessions: plan.demand.iter().any(|union| union.own_session.is_some()),
            to_phone: plan.to_phone.iter().take(shown).map(phone_row).collect(),
            to_phone_left_out: left_out(plan.to_phone.len()),
        }
    }
}

fn show_up(show_up: Option<ShowUp>, t: Locale) -> String {
    let Some(ShowUp { rate, sign_ups, sign_ups_of_all_kinds }) = show_up else {
        return t.audiences_show_up_unknown().to_owned();
    };
    let rate = format!("{}%", grouped(100.0 * rate, 0));
    match sign_ups {
        0 => t.audiences_show_up_of_all_kinds(rate, grouped(sign_ups_of_all_kinds as f64, 0)),
        _ => t.audiences_show_up(rate, grouped(sign_ups as f64, 0)),
    }
}

fn card(list: &PlannedList, plan: &SeatPlan, chosen: Selection, t: Locale) -> ListCard {
    let whole = |value: f64| grouped(value.round(), 0);
    let per_hundred = |value: f64| grouped(100.0 * value, 1);
    let responses = &list.expected_responses;
    let rates = list.seats_per_candidate;
    ListCard {
        name: selection_label(list.selection, t),
        value: list.selection.as_str(),
        is_chosen: list.selection == chosen,
        about: match list.selection {
            Selection::Likeliest => t.audiences_selection_likeliest_about(),
            Selection::Even => t.audiences_selection_even_about(),
        },
        selected: grouped(list.selected as f64, 0),
        result: match list.shortage {
            None => t.audiences_seats_filled().to_owned(),
            Some(shortage) => shortage_text(shortage, t).to_owned(),
        },
        facts: vec![
            (t.audiences_hold_out(), t.audiences_n_people(grouped(list.held_out as f64, 0))),
            (
                t.audiences_expected_responses(),
                t.audiences_n_people_of_interval(
                    grouped(responses.high.ceil(), 0),
                    grouped(responses.low.floor(), 0),
                    whole(responses.value),
                ),
            ),
            (
                t.audiences_expected_seats(),
                t.audiences_n_seats_of(grouped(f64::from(plan.seats.left), 0), whole(list.expected_seats)),
            ),
            (
                t.audiences_expected_attendance(),
                list.expected_attendance
                    .map_or_else(|| t.labels_unknown().to_owned(), |n| t.audiences_n_seats(whole(n))),
            ),
            (t.audiences_unions_reached(), t.audiences_n_unions(grouped(list.unions as f64, 0))),
            (
                t.audiences_seats_per_100(),
                t.audiences_lowest_to_highest(
                    per_hundred(rates.highest),
                    per_hundred(rates.lowest),
                    per_hundred(rates.median),
                ),
            ),
        ],
    }
}

fn shortage_text(shortage: SeatShortage, t: Locale) -> &'static str {
    match shortage {
        SeatShortage::Candidates => t.audiences_shortage_candidates(),
        SeatShortage::UnionCaps => t.audiences_shortage_union_caps(),
        SeatShortage::Limit => t.audiences_shortage_limit(),
        SeatShortage::HoldOut => t.audiences_shortage_hold_out(),
    }
}

fn union_row(union: &UnionDemand, t: Locale) -> UnionRow {
    let count = |count: Option<u32>| count.map(|count| grouped(f64::from(count), 0)).unwrap_or_default();
    UnionRow {
        name: union.union_name.clone().unwrap_or_else(|| t.audiences_other_unions().to_owned()),
        id: union.union_id.clone().unwrap_or_default(),
        members: grouped(union.members as f64, 0),
        candidates: grouped(union.candidates as f64, 0),
        takers: grouped(union.expected_takers, 1),
        signed_up: count(union.signed_up),
        seats_left: count(union.seats_left),
        own_session: match union.own_session {
            Some(true) => t.audiences_own_session_yes(),
            Some(false) => t.audiences_own_session_no(),
            None => "",
        },
    }
}

fn phone_row(union: &UnionToPhone) -> PhoneRow {
    PhoneRow {
        name: union.union_name.clone(),
        id: union.union_id.clone(),
        members: grouped(union.members as f64, 0),
        takers: grouped(union.expected_takers, 1),
    }
}
