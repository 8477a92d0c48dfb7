//! The queries that turn contract tables with months into interactions.

use zhihui_data::Table;

/// The query of one contract table.
#[derive(Debug)]
pub(super) struct InteractionQuery {
    pub(super) table: Table,
    sql: Sql,
}

#[derive(Debug)]
enum Sql {
    Complete(&'static str),
    Facts(FactQuery),
}

/// The values for the names in braces of `interactions_of_facts.sql`.
#[derive(Debug)]
struct FactQuery {
    item_column: &'static str,
    time_column: &'static str,
    kind: &'static str,
    /// An SQL expression.
    weight: &'static str,
}

/// Whether two rows of a table can be the same fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Duplicates {
    Possible,
    Impossible,
}

/// All queries, in the order in which their partitions are built.
pub(super) const QUERIES: &[InteractionQuery] = &[
    InteractionQuery {
        table: Table::Reads,
        // A read whose extent is known counts from one half to 1.
        sql: Sql::Facts(FactQuery {
            item_column: "article_id",
            time_column: "read_at",
            kind: "read",
            weight: "$read_weight * read_weight(read_fraction, dwell_seconds)",
        }),
    },
    InteractionQuery {
        table: Table::Shares,
        sql: Sql::Facts(FactQuery {
            item_column: "item_id",
            time_column: "shared_at",
            kind: "share",
            weight: "$share_weight",
        }),
    },
    InteractionQuery {
        table: Table::Shown,
        sql: Sql::Facts(FactQuery { item_column: "item_id", time_column: "shown_at", kind: "shown", weight: "0.0" }),
    },
    InteractionQuery {
        table: Table::Feedback,
        // Feedback without an item does not count as an interaction.
        sql: Sql::Facts(FactQuery { item_column: "item_id", time_column: "at", kind: "feedback", weight: "0.0" }),
    },
    InteractionQuery {
        table: Table::Pushes,
        sql: Sql::Complete(include_str!("../../sql/build/interactions_of_pushes.sql")),
    },
];

impl InteractionQuery {
    /// Returns the complete SQL. Without duplicates the rows are not grouped.
    pub(super) fn sql(&self, duplicates: Duplicates) -> String {
        match &self.sql {
            Sql::Complete(sql) => (*sql).to_owned(),
            Sql::Facts(facts) => facts.sql(self.table, duplicates),
        }
    }
}

impl FactQuery {
    fn sql(&self, table: Table, duplicates: Duplicates) -> String {
        let column_or_null = |name: &str, sql_type: &str| match table.column(name) {
            Some(_) => format!("events.{name}"),
            None => format!("cast(null as {sql_type})"),
        };
        let rows = match duplicates {
            Duplicates::Possible => "facts",
            Duplicates::Impossible => "reported_facts",
        };
        include_str!("../../sql/build/interactions_of_facts.sql")
            .replace("{table}", table.name())
            .replace("{item_column}", self.item_column)
            .replace("{time_column}", self.time_column)
            .replace("{kind}", self.kind)
            .replace("{weight}", self.weight)
            .replace("{dwell_seconds}", &column_or_null("dwell_seconds", "double"))
            .replace("{read_fraction}", &column_or_null("read_fraction", "double"))
            .replace("{propensity}", &column_or_null("propensity", "double"))
            .replace("{explored}", &column_or_null("explored", "boolean"))
            .replace("{rows}", rows)
    }
}

#[cfg(test)]
mod tests {
    use zhihui_data::tables::Identity;

    use super::*;

    #[test]
    fn the_template_is_complete_after_filling() {
        for query in QUERIES {
            for (duplicates, rows) in [(Duplicates::Possible, "facts"), (Duplicates::Impossible, "reported_facts")] {
                let sql = query.sql(duplicates);
                let text: Vec<&str> = sql.lines().filter(|line| !line.starts_with("--")).collect();
                let text = text.join("\n");
                assert!(!text.contains(['{', '}']), "{text}");
                assert!(matches!(query.sql, Sql::Complete(_)) || text.ends_with(&format!("from {rows}")), "{text}");
            }
        }
    }

    #[test]
    fn item_and_time_columns_are_those_of_the_contract() {
        for query in QUERIES {
            if let Sql::Facts(FactQuery { item_column: item, time_column: time, .. }) = query.sql {
                assert_eq!(query.table.identity(), Identity::Event { item, time });
            }
        }
    }
}
