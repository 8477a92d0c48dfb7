//! Labels of the funnel, and of why members are excluded.

use zhihui_engine::Language;

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
        "hold_out" => t.audiences_excluded_hold_out(),
        other => other,
    }
}
