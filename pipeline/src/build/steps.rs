//! The built tables in running order. The file of a table's SQL has the table's name.

/// One table made by one query.
#[derive(Debug)]
pub(super) struct Step {
    /// The table's name in SQL and below `built/`.
    pub(super) name: &'static str,
    pub(super) sql: &'static str,
    /// The contract tables and earlier steps that the query reads.
    pub(super) reads: &'static [&'static str],
    /// Whether the table exists during the build only and is not stored.
    pub(super) transient: bool,
}

/// One table made by one query for each month. Its SQL reads `month_interactions` only, and is limited to `$month_from` and
/// `$month_to`. No row may depend on another month.
#[derive(Debug)]
pub(super) struct MonthlyStep {
    /// The table's name in SQL and below `built/`.
    pub(super) name: &'static str,
    pub(super) sql: &'static str,
}

macro_rules! monthly {
    ($name:literal) => {
        MonthlyStep { name: $name, sql: include_str!(concat!("../../sql/build/", $name, ".sql")) }
    };
}

macro_rules! step {
    ($name:literal, [$($input:literal),*]) => {
        step!($name, [$($input),*], false)
    };
    (transient $name:literal, [$($input:literal),*]) => {
        step!($name, [$($input),*], true)
    };
    ($name:literal, [$($input:literal),*], $transient:literal) => {
        Step {
            name: $name,
            sql: include_str!(concat!("../../sql/build/", $name, ".sql")),
            reads: &[$($input),*],
            transient: $transient,
        }
    };
}

/// Tables before the interactions. Here and below, the steps of an inner list do not read one another.
pub(super) const BEFORE_INTERACTIONS: &[&[Step]] = &[
    &[step!(transient "sign_up_rows", ["sign_ups", "actors"])],
    &[
        step!("sign_up_states", ["sign_up_rows"]),
        step!(transient "sign_up_interactions", ["sign_up_rows", "activities"]),
    ],
];

/// Tables of months of interactions.
pub(super) const MONTHLY: &[MonthlyStep] = &[monthly!("member_days"), monthly!("sessions")];

/// Tables between the monthly tables and `topic_shares`.
pub(super) const BEFORE_TOPIC_SHARES: &[&[Step]] = &[
    &[
        step!("items", ["articles", "activities", "interactions"]),
        step!("daily", ["member_days"]),
        step!("openid_owners", ["openid_claims"]),
    ],
    &[
        step!("member_states", ["members", "memberships", "member_days", "actors", "member_events", "member_switches"]),
        step!("item_topics", ["items"]),
    ],
    &[step!("topic_weights", ["interactions", "item_topics", "deleted_topics", "member_states", "sign_up_states"])],
];

/// Tables after `topic_shares`.
pub(super) const AFTER_TOPIC_SHARES: &[&[Step]] = &[
    &[
        step!(transient "topic_cells", ["topic_weights", "member_states", "interactions", "item_topics"]),
        step!(transient "item_bands", ["interactions", "items", "member_states"]),
    ],
    &[
        step!("preferences", ["topic_weights", "topic_shares", "member_states"]),
        step!("topic_by_age_band", ["topic_cells", "member_states"]),
        step!("popularity", ["item_bands", "member_states"]),
        step!("item_activity", ["item_bands", "items", "sign_up_states"]),
        step!("union_activity", ["unions", "memberships", "member_states"]),
    ],
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use datafusion::config::Dialect;
    use datafusion::prelude::SessionContext;
    use zhihui_data::Table;

    use super::*;
    use crate::build::interaction_queries::{Duplicates, QUERIES};

    /// The tables in a query. `raw_<name>` counts as `<name>`: both change with the same files.
    fn tables_in(sql: &str) -> BTreeSet<String> {
        let state = SessionContext::new().state();
        let statement = state.sql_to_statement(sql, &Dialect::Generic).expect("valid SQL");
        let references = state.resolve_table_references(&statement).expect("table references");
        let names = references.iter().map(|reference| reference.table().trim_start_matches("raw_").to_owned());
        // The age bands are options, which every fingerprint covers.
        names.filter(|name| name != "ages").collect()
    }

    fn declared(reads: &[&str]) -> BTreeSet<String> {
        reads.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn steps_declare_the_tables_that_their_sql_reads() {
        for step in [BEFORE_INTERACTIONS, BEFORE_TOPIC_SHARES, AFTER_TOPIC_SHARES].concat().into_iter().flatten() {
            assert_eq!(tables_in(step.sql), declared(step.reads), "{}", step.name);
        }
    }

    #[test]
    fn queries_of_interactions_read_their_table_and_the_owners_of_openids() {
        for query in QUERIES {
            for duplicates in [Duplicates::Possible, Duplicates::Impossible] {
                let mut read = tables_in(&query.sql(duplicates));
                assert_eq!(read.remove("actors"), query.table.needs_actor(), "{}", query.table);
                assert_eq!(read, declared(&[query.table.name()]), "{}", query.table);
            }
        }
    }

    #[test]
    fn monthly_tables_read_the_interactions_of_their_month_only() {
        for step in MONTHLY {
            assert_eq!(tables_in(step.sql), declared(&["month_interactions"]), "{}", step.name);
            assert!(step.sql.contains("at >= $month_from and at < $month_to"), "{}", step.name);
            assert!(!step.sql.contains("$as_of"), "{} would change every day", step.name);
        }
    }

    #[test]
    fn steps_read_contract_tables_and_earlier_steps_only() {
        let mut known: BTreeSet<&str> = Table::ALL.iter().map(|table| table.name()).collect();
        known.extend(["actors", "openid_claims", "member_switches", "deleted_topics"]);
        for (phase, made_after) in
            [(BEFORE_INTERACTIONS, "interactions"), (BEFORE_TOPIC_SHARES, "topic_shares"), (AFTER_TOPIC_SHARES, "")]
        {
            for steps in phase {
                for step in *steps {
                    assert!(step.reads.iter().all(|input| known.contains(input)), "{}: {:?}", step.name, step.reads);
                }
                known.extend(steps.iter().map(|step| step.name));
            }
            known.insert(made_after);
            known.extend(MONTHLY.iter().map(|step| step.name));
        }
    }
}
