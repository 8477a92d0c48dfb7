//! The contract's input tables: their columns, kinds, keys and the Chinese headers that mean the same.

mod column;
mod columns;
mod headers;
mod synonyms;
mod table;

pub use column::{Column, ColumnKind};
pub use table::Table;

/// How rows of a table relate to earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// Rows replace earlier ones of the same key, by `updated_at` where there is one, else by file order.
    Key(&'static [&'static str]),
    /// Rows are facts: equal `event_id`, or without it equal actor, item and second, are the same fact.
    Event {
        /// The column that says which item.
        item: &'static str,
        /// The column that says when.
        time: &'static str,
    },
    /// One row stands per (member, activity): the latest by `updated_at`, else `signed_up_at`, else file order.
    SignUp,
}

impl Table {
    /// The columns in contract order.
    #[must_use]
    pub fn columns(self) -> &'static [Column] {
        columns::of(self)
    }

    /// The column of this contract name.
    #[must_use]
    pub fn column(self, name: &str) -> Option<&'static Column> {
        self.columns().iter().find(|column| column.name == name)
    }

    /// The column that a header means: its contract name in any case, or a synonym. Spaces, full-width forms, line breaks
    /// and the marks `*`, `(…)` around a header do not matter.
    #[must_use]
    pub fn column_of_header(self, header: &str) -> Option<&'static Column> {
        let name = synonyms::normalised(header);
        self.column(&name).or_else(|| self.column(synonyms::column_for(self, &name)?))
    }

    /// Whether a header that is no contract column looks like a member's consent. Such a column must not be dropped: its
    /// members would count as having consented.
    #[must_use]
    pub fn may_be_consent(self, header: &str) -> bool {
        self == Table::Members && self.column_of_header(header).is_none() && headers::looks_like_consent(header)
    }

    /// Whether yes under a header of consent, such as `opt_out`, means that consent is refused.
    #[must_use]
    pub fn means_refusal(header: &str) -> bool {
        headers::means_refusal(header)
    }

    /// Whether a header means an identity number, or is no contract column and looks like a person's name, phone number or
    /// identity number. What such a column holds must not stay readable after ingest.
    #[must_use]
    pub fn is_identifying(self, header: &str) -> bool {
        match self.column_of_header(header) {
            Some(column) => column.name == "id_number",
            None => headers::looks_identifying(header),
        }
    }

    /// How rows relate to earlier ones.
    #[must_use]
    pub fn identity(self) -> Identity {
        match self {
            Self::Unions => Identity::Key(&["union_id"]),
            Self::Members => Identity::Key(&["member_id"]),
            Self::Memberships => Identity::Key(&["member_id", "union_id"]),
            Self::Articles => Identity::Key(&["article_id"]),
            Self::Activities => Identity::Key(&["activity_id"]),
            Self::Pushes => Identity::Key(&["push_id", "member_id"]),
            Self::SignUps => Identity::SignUp,
            Self::Reads => Identity::Event { item: "article_id", time: "read_at" },
            Self::Shares => Identity::Event { item: "item_id", time: "shared_at" },
            Self::Shown => Identity::Event { item: "item_id", time: "shown_at" },
            Self::Feedback => Identity::Event { item: "item_id", time: "at" },
            Self::MemberEvents => Identity::Event { item: "event", time: "at" },
        }
    }

    /// Whether a row needs a `member_id` or an `openid` to say who acted.
    #[must_use]
    pub fn needs_actor(self) -> bool {
        matches!(self, Self::Reads | Self::Shares | Self::SignUps | Self::Shown | Self::Feedback | Self::MemberEvents)
    }

    /// The column whose month partitions the table in the lake; `None` for tables that are not partitioned.
    #[must_use]
    pub fn partition_time(self) -> Option<&'static str> {
        match self {
            Self::Reads => Some("read_at"),
            Self::Shares => Some("shared_at"),
            Self::Shown => Some("shown_at"),
            Self::Pushes => Some("sent_at"),
            Self::Feedback | Self::MemberEvents => Some("at"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_the_start_of_its_name() {
        assert_eq!(Table::of_file_name("reads-2026-11-21.csv.gz"), Some(Table::Reads));
        assert_eq!(Table::of_file_name("memberships.csv"), Some(Table::Memberships));
        assert_eq!(Table::of_file_name("Members.xlsx"), Some(Table::Members));
        assert_eq!(Table::of_file_name("sign_ups_2026.jsonl"), Some(Table::SignUps));
        assert_eq!(Table::of_file_name("readsomething.csv"), None);
        assert_eq!(Table::of_file_name("clicks_hour_000.csv"), None);
    }

    #[test]
    fn chinese_headers_mean_their_columns() {
        let name = |table: Table, header: &str| table.column_of_header(header).map(|column| column.name);
        assert_eq!(name(Table::Members, "会员编号"), Some("member_id"));
        assert_eq!(name(Table::Members, " 身份证号码* "), Some("id_number"));
        assert_eq!(name(Table::Members, "出生\n日期"), Some("birth_date"));
        assert_eq!(name(Table::Members, "ＯＰＥＮＩＤ"), Some("openid"));
        assert_eq!(name(Table::Reads, "阅读时间"), Some("read_at"));
        assert_eq!(name(Table::Activities, "单位限额(张)"), Some("per_union_cap"));
        assert_eq!(name(Table::Members, "座右铭"), None);
    }

    #[test]
    fn keys_and_times_are_columns_of_their_tables() {
        for &table in Table::ALL {
            let names: Vec<&str> = match table.identity() {
                Identity::Key(key) => key.to_vec(),
                Identity::Event { item, time } => vec![item, time, "event_id", "member_id", "openid"],
                Identity::SignUp => vec!["member_id", "activity_id", "signed_up_at", "updated_at"],
            };
            for name in names.into_iter().chain(table.partition_time()) {
                assert!(table.column(name).is_some(), "{table} has no column {name}");
            }
        }
    }
}
