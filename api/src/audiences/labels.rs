//! Labels of the funnel, and of why members are excluded.

use std::collections::BTreeMap;

use zhihui_engine::Language;
use zhihui_engine::audience::Selection;

use crate::web::locale::Locale;

/// Returns the label of a step of an audience funnel, for the command line.
#[must_use]
pub fn funnel_step_label(step: &str, language: Language) -> &str {
    funnel_step(step, Locale::new(language))
}

/// Step of an audience funnel.
pub(crate) fn funnel_step(step: &str, t: Locale) -> &str {
    match step {
        "all" => t.audiences_funnel_all(),
        "rule" => t.audiences_funnel_rule(),
        "reachable" => t.audiences_funnel_reachable(),
        "personalised" => t.audiences_funnel_personalised(),
        "eligible" => t.audiences_funnel_eligible(),
        "not_signed_up" => t.audiences_funnel_not_signed_up(),
        "caps" => t.audiences_funnel_caps(),
        "quota" => t.audiences_funnel_quota(),
        "limit" => t.audiences_funnel_limit(),
        "hold_out" => t.audiences_funnel_hold_out(),
        other => other,
    }
}

/// Step of the quota, with what cut the list: the seats of the item, the cap of a union, or both.
///
/// Nobody reaches this step if the item is full, so all members who are excluded as `full` and follow an actual cut were
/// excluded here. The others were excluded by the cap of their union.
pub(crate) fn quota_step(lost: usize, excluded: &BTreeMap<String, usize>, t: Locale) -> &'static str {
    let by_seats = excluded.get("full").copied().unwrap_or(0).min(lost);
    match (by_seats, lost - by_seats) {
        (0, 0) => t.audiences_funnel_quota(),
        (_, 0) => t.audiences_funnel_quota_seats(),
        (0, _) => t.audiences_funnel_quota_union(),
        _ => t.audiences_funnel_quota_both(),
    }
}

/// Which candidates are selected.
pub(crate) fn selection(selection: Selection, t: Locale) -> &'static str {
    match selection {
        Selection::Likeliest => t.audiences_selection_likeliest(),
        Selection::Even => t.audiences_selection_even(),
    }
}

/// Reason why members are not in an audience.
pub(crate) fn exclusion(reason: &str, t: Locale) -> &str {
    match reason {
        "rule" => t.audiences_excluded_rule(),
        "no_openid" => t.audiences_excluded_no_openid(),
        "not_following" => t.audiences_excluded_not_following(),
        "opted_out" => t.audiences_excluded_opted_out(),
        "undescribed" => t.audiences_excluded_undescribed(),
        "not_open_yet" => t.audiences_excluded_not_open_yet(),
        "closed" => t.audiences_excluded_closed(),
        "ended" => t.audiences_excluded_ended(),
        "full" => t.audiences_excluded_full(),
        "min_age" => t.audiences_excluded_min_age(),
        "max_age" => t.audiences_excluded_max_age(),
        "gender" => t.audiences_excluded_gender(),
        "union" => t.audiences_excluded_union(),
        "district" => t.audiences_excluded_district(),
        "union_quota" => t.audiences_excluded_union_quota(),
        "member_cap" => t.audiences_excluded_member_cap(),
        "already_signed_up" => t.audiences_excluded_already_signed_up(),
        "already_read" => t.audiences_excluded_already_read(),
        "wechat_cap" => t.audiences_excluded_wechat_cap(),
        "own_cap" => t.audiences_excluded_own_cap(),
        "limit" => t.audiences_excluded_limit(),
        "exclusion_list" => t.audiences_excluded_exclusion_list(),
        "other_list" => t.audiences_excluded_other_list(),
        "variant_item" => t.audiences_excluded_variant_item(),
        "hold_out" => t.audiences_excluded_hold_out(),
        "topic_hold_out" => t.audiences_excluded_topic_hold_out(),
        "global_hold_out" => t.audiences_excluded_global_hold_out(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quota_step_says_what_cut_the_list() {
        let t = Locale::new(Language::Zh);
        let label = |lost, full: usize, union: usize| {
            quota_step(lost, &BTreeMap::from([("full".to_owned(), full), ("union_quota".to_owned(), union)]), t)
        };
        assert_eq!(label(0, 0, 0), "在名额之内");
        assert_eq!(label(0, 900, 0), "在名额之内", "the item was full before this step");
        assert_eq!(label(9, 9, 0), "在剩余名额之内");
        assert_eq!(label(4, 0, 7), "在工会限额之内", "three were excluded because their union has no seat left");
        assert_eq!(label(9, 5, 7), "在剩余名额和工会限额之内");
    }
}
