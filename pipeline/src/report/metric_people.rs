//! Which people each metric is about, by the names of queries. They decide whether a metric may be shown.

/// Metrics that exist for the whole account only.
pub(super) const WHOLE_ONLY: &[&str] = &[
    "push_read_rate",
    "push_read_hours",
    "push_sign_up_rate",
    "push_sign_up_hours",
    "uplift_read",
    "uplift_sign_up",
    "account_read_users",
    "account_reads",
    "account_share_users",
    "identified_read_users",
    "identified_share",
];
/// Metrics that reports on a part of the account do not have.
pub(super) const ACCOUNT_ONLY: &[&str] = &[
    "joined_members",
    "followers_gained",
    "followers_lost",
    "net_followers",
    "waitlisted",
    "first_timer_share",
    "attendance_gini",
    "top_tenth_share",
    "union_gini",
    "shown_members",
    "shown_items",
    "resolved_share",
    "district_known_share",
    "rejected_rows",
];

/// Whether a metric is about people whose days are not known, so that two overlapping periods could reveal a few of them.
pub(super) fn is_of_fixed_period(name: &str) -> bool {
    ACCOUNT_ONLY.contains(&name) && !["district_known_share", "resolved_share", "rejected_rows"].contains(&name)
        || name == "active_days"
}

pub(super) fn is_about_all(name: &str) -> bool {
    WHOLE_ONLY.contains(&name) || ACCOUNT_ONLY.contains(&name)
}

/// The figures of people that must not be small for a metric about all members: those who are counted, and the others.
pub(super) fn people_of(name: &str) -> &'static [&'static str] {
    match name {
        "push_read_rate" => &["push_readers", "push_non_readers"],
        "push_read_hours" => &["push_readers"],
        "push_sign_up_rate" => &["push_signers", "push_non_signers"],
        "push_sign_up_hours" => &["push_signers"],
        "joined_members" => &["joined_members", "not_joined_members"],
        "followers_gained" => &["followers_gained"],
        "followers_lost" => &["followers_lost"],
        "net_followers" => &["followers_gained", "followers_lost"],
        "waitlisted" => &["waiting_members", "not_waiting_signers", "not_waiting_members"],
        "first_timer_share" => &["first_timers", "repeat_attendees"],
        "shown_members" | "shown_items" => &["shown_members", "not_shown_members"],
        "district_known_share" => &["districts_known", "districts_unknown"],
        _ => &[],
    }
}

/// The groups of people that a metric, or its difference from another metric, is about.
pub(super) fn groups_of(name: &str) -> &'static [&'static str] {
    match name {
        "members" | "unions" => &["members"],
        "reachable_members" => &["members", "reachable", "unreachable"],
        "opt_outs" => &["members", "opted_out", "opted_in"],
        "active_members" | "active_share" | "active_days" | "active_unions" | "silent_unions" | "union_coverage" => {
            &["members", "active", "inactive"]
        }
        // Those who were new in all earlier periods, less those active now, have lapsed.
        "new_members" => &["members", "active", "inactive", "first_active", "active_before", "lapsed"],
        "returning_members" | "resurrected_members" | "dormant_members" => &[
            "members",
            "active",
            "inactive",
            "first_active",
            "active_before",
            "still_active",
            "active_again",
            "gone_quiet",
            "stayed_quiet",
            "lapsed",
        ],
        "finish_rate" => &[
            "members",
            "active",
            "inactive",
            "readers",
            "non_readers",
            "measured_readers",
            "finishers",
            "unfinished_readers",
        ],
        "share_rate" => &[
            "members",
            "active",
            "inactive",
            "readers",
            "non_readers",
            "sharers",
            "non_sharers",
            "sharing_readers",
            "keeping_readers",
            "sharing_others",
            "other_active",
        ],
        "readers" | "reads" | "reads_per_reader" | "articles_read" => {
            &["members", "active", "inactive", "readers", "non_readers"]
        }
        "dwell_seconds" => &["members", "active", "inactive", "readers", "non_readers", "timed_readers"],
        "sharers" | "shares" => &["members", "active", "inactive", "sharers", "non_sharers"],
        "sign_ups" | "sign_up_members" => &["members", "signers", "non_signers"],
        "attended" | "attended_members" | "sign_up_lead_days" => {
            &["members", "signers", "non_signers", "attendees", "non_attendees", "never_attendees"]
        }
        "no_show_rate" | "no_shows" => &[
            "members",
            "signers",
            "non_signers",
            "attendees",
            "non_attendees",
            "never_attendees",
            "absentees",
            "pending",
        ],
        "cancellations" => &["members", "cancellers"],
        "seats_taken" | "fill_rate" => &["members", "holders", "non_holders"],
        "pushes" | "pushed_members" => &["members", "pushed", "not_pushed"],
        "held_out_members" => &["members", "held_out", "not_held_out"],
        "rating" | "raters" => &["members", "raters", "non_raters"],
        _ => &[],
    }
}

/// The statistics of `day_pairs.sql` that decide about the period of a metric.
pub(super) fn days_of(name: &str) -> &'static [&'static str] {
    match name {
        "active_members" | "active_share" | "active_unions" | "silent_unions" | "union_coverage" => &["active"],
        "returning_members" | "resurrected_members" | "dormant_members" => &["active"],
        "new_members" => &["first_active"],
        "readers" | "reads" | "reads_per_reader" | "articles_read" => &["readers"],
        "dwell_seconds" => &["readers", "timed_readers"],
        "finish_rate" => &["readers", "measured_readers", "finishers"],
        "sharers" | "shares" => &["sharers"],
        "share_rate" => &["readers", "sharers"],
        "sign_ups" | "sign_up_members" => &["signers"],
        "attended" | "attended_members" | "sign_up_lead_days" => &["attendees"],
        "no_show_rate" | "no_shows" => &["attendees", "absentees"],
        "cancellations" => &["cancellers"],
        "seats_taken" | "fill_rate" => &["holders"],
        "pushes" | "pushed_members" => &["pushed"],
        "held_out_members" => &["held_out"],
        "rating" | "raters" => &["raters"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use zhihui_engine::report::METRICS;

    use super::*;

    #[test]
    fn every_metric_about_people_has_its_groups() {
        let not_about_people = ["articles_published", "seats_offered"];
        let all_alike = ["resolved_share", "rejected_rows"];
        let of_tenth = ["attendance_gini", "top_tenth_share", "union_gini"];
        for name in ACCOUNT_ONLY.iter().filter(|name| !of_tenth.contains(name)) {
            assert_eq!(people_of(name).is_empty(), all_alike.contains(name), "{name}");
        }
        for metric in METRICS.iter().filter(|metric| !is_about_all(metric.name)) {
            assert_eq!(groups_of(metric.name).is_empty(), not_about_people.contains(&metric.name), "{}", metric.name);
        }
    }

    #[test]
    fn every_group_of_a_metric_is_a_column_of_the_query_of_groups() {
        let query = include_str!("../../sql/report/groups.sql");
        for metric in METRICS {
            for group in groups_of(metric.name) {
                let ending = format!(" as {group}");
                let is_counted = query.lines().any(|line| line.trim_end_matches(',').ends_with(&ending));
                assert!(
                    is_counted,
                    "{}: groups.sql has no column {group}, so that small groups are shown",
                    metric.name
                );
            }
        }
    }

    #[test]
    fn every_figure_of_a_period_has_its_days() {
        let query = include_str!("../../sql/report/day_pairs.sql");
        let at_the_end = ["members", "reachable_members", "unions", "opt_outs", "articles_published", "seats_offered"];
        for metric in METRICS.iter().filter(|metric| !is_about_all(metric.name) && !is_of_fixed_period(metric.name)) {
            let days = days_of(metric.name);
            assert_eq!(days.is_empty(), at_the_end.contains(&metric.name), "{}", metric.name);
            for name in days {
                assert!(query.contains(&format!("'{name}' as statistic")), "{}: no days of {name}", metric.name);
            }
        }
    }
}
