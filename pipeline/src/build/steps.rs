//! The tables in the order of building, with the SQL that makes each and what it reads.

/// One table made by one query.
#[derive(Debug)]
pub(super) struct Step {
    /// Its name in SQL and below `built/`.
    pub(super) name: &'static str,
    /// The query.
    pub(super) sql: &'static str,
    /// The contract tables and earlier steps that it reads.
    pub(super) reads: &'static [&'static str],
    /// Whether it lives in this build alone, and is not stored.
    pub(super) transient: bool,
}

macro_rules! step {
    ($name:literal, $file:literal, [$($input:literal),*], $transient:literal) => {
        Step {
            name: $name,
            sql: include_str!(concat!("../../sql/build/", $file, ".sql")),
            reads: &[$($input),*],
            transient: $transient,
        }
    };
}

/// What stands before the interactions of sign-ups; here as below, the steps of an inner list do not read one another.
pub(super) const SIGN_UPS: &[&[Step]] = &[
    &[step!("sign_up_rows", "07_sign_up_rows", ["sign_ups", "actors"], true)],
    &[step!("sign_up_states", "08_sign_up_states", ["sign_up_rows"], false)],
];

/// Tables up to the weights by topic.
pub(super) const BEFORE_SHARES: &[&[Step]] = &[
    &[
        step!("items", "10_items", ["articles", "activities", "interactions"], false),
        step!("member_days", "11_member_days", ["interactions"], false),
        step!("sessions", "13_sessions", ["interactions"], false),
    ],
    &[
        step!(
            "member_states",
            "12_members",
            ["members", "memberships", "member_days", "actors", "member_events", "member_switches"],
            false
        ),
        step!("item_topics", "14_item_topics", ["items"], false),
        step!("openid_owners", "24_openid_owners", ["openid_claims"], false),
    ],
    &[step!(
        "topic_weights",
        "15_topic_weights",
        ["interactions", "item_topics", "deleted_topics", "member_states", "sign_up_states"],
        false
    )],
];

/// Tables after the shares of age bands are learnt.
pub(super) const AFTER_SHARES: &[&[Step]] = &[
    &[
        step!("topic_cells", "17_topic_cells", ["topic_weights", "member_states", "interactions", "item_topics"], true),
        step!("item_bands", "19_item_bands", ["interactions", "items", "member_states"], true),
    ],
    &[
        step!("preferences", "16_preferences", ["topic_weights", "topic_shares", "member_states"], false),
        step!("topic_by_age_band", "18_topic_by_age_band", ["topic_cells", "member_states"], false),
        step!("popularity", "20_popularity", ["item_bands", "member_states"], false),
        step!("item_activity", "21_item_activity", ["item_bands", "items", "sign_up_states"], false),
        step!("union_activity", "22_union_activity", ["unions", "memberships", "member_states"], false),
        step!("daily", "23_daily", ["member_days"], false),
    ],
];

/// The queries that turn contract tables into interactions, by contract name. Those that find rows telling one fact twice end
/// with `from facts`, which is all of it, or may read `unlike`, where that cannot be.
pub(super) const SOURCES: &[(&str, &str)] = &[
    ("reads", include_str!("../../sql/build/02_interactions_reads.sql")),
    ("shares", include_str!("../../sql/build/03_interactions_shares.sql")),
    ("shown", include_str!("../../sql/build/04_interactions_shown.sql")),
    ("feedback", include_str!("../../sql/build/05_interactions_feedback.sql")),
    ("pushes", include_str!("../../sql/build/06_interactions_pushes.sql")),
    ("sign_ups", include_str!("../../sql/build/09_interactions_sign_ups.sql")),
];
