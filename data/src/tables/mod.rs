//! The input tables of the contract: columns, types, keys and the Chinese headers that map to them.

mod column;
mod columns;
mod headers;
mod synonyms;
mod table;

pub use column::{Column, ColumnKind};
pub use table::Table;

use crate::nearest_name::nearest_name;

/// How a table's rows are identified, which decides which rows replace earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// Rows replace earlier ones with the same key, column by column: of the rows that have a column, the latest by
    /// `updated_at` if there is one, otherwise the last in file order. A column that a row does not have keeps its value.
    Key(&'static [&'static str]),
    /// Rows are facts. Rows with equal `event_id` or, without ids, equal actor, item and second are the same fact.
    Event {
        /// The column of the item.
        item: &'static str,
        /// The column of the time.
        time: &'static str,
    },
    /// There is one current row per member and activity: the latest by `updated_at`, else `signed_up_at`, else file
    /// order.
    SignUp,
}

impl Table {
    /// The columns in contract order.
    #[must_use]
    pub fn columns(self) -> &'static [Column] {
        columns::of(self)
    }

    /// The column with this contract name.
    #[must_use]
    pub fn column(self, name: &str) -> Option<&'static Column> {
        self.columns().iter().find(|column| column.name == name)
    }

    /// The bit of a column in the mask of the columns that a row has; 0 for an unknown column.
    #[must_use]
    pub fn column_bit(self, name: &str) -> i64 {
        self.columns().iter().position(|column| column.name == name).map_or(0, |place| 1 << place)
    }

    /// The column that a header maps to: its contract name in any case, or a synonym. Spaces, full-width characters,
    /// line breaks, `*`, remarks in `(…)` and the numbers of questions are ignored.
    #[must_use]
    pub fn column_of_header(self, header: &str) -> Option<&'static Column> {
        let name = synonyms::normalised(header);
        self.column(&name).or_else(|| self.column(synonyms::column_for(self, &name)?))
    }

    /// The known header, and its column, that an unknown header most likely means. `None` if none is similar, or if the header
    /// names a person, phone number or identity number, which no table stores. `is_free` says whether a column may be meant;
    /// one that the file has under its right name may not.
    #[must_use]
    pub fn similar_header(
        self,
        header: &str,
        is_free: impl Fn(&Column) -> bool,
    ) -> Option<(&'static str, &'static Column)> {
        if self.column_of_header(header).is_some() || self.is_identifying(header) {
            return None;
        }
        let free: Vec<(&str, &Column)> = synonyms::headers(self)
            .filter_map(|(word, name)| Some((word, self.column(name).filter(|column| is_free(column))?)))
            .collect();
        let nearest = nearest_name(&synonyms::normalised(header), free.iter().map(|(word, _)| *word))?;
        free.into_iter().find(|(word, _)| *word == nearest)
    }

    /// The synonyms of a column in headers.
    #[must_use]
    pub fn synonyms(self, column: &str) -> Vec<&'static str> {
        synonyms::of_column(self, column)
    }

    /// Whether an unknown header looks like a member's consent. Such a column must not be dropped, because its members
    /// would count as having consented.
    #[must_use]
    pub fn may_be_consent(self, header: &str) -> bool {
        self == Table::Members && self.column_of_header(header).is_none() && headers::looks_like_consent(header)
    }

    /// Whether "yes" under a consent header, such as `opt_out`, means that consent is refused.
    #[must_use]
    pub fn means_refusal(header: &str) -> bool {
        headers::means_refusal(header)
    }

    /// Whether a header maps to the identity number, or is unknown and looks like a person's name, phone number or
    /// identity number. Values of such a column must not remain readable after ingest.
    #[must_use]
    pub fn is_identifying(self, header: &str) -> bool {
        match self.column_of_header(header) {
            Some(column) => column.name == "id_number",
            None => headers::looks_identifying(header),
        }
    }

    /// How rows are identified.
    #[must_use]
    pub fn identity(self) -> Identity {
        match self {
            Self::Unions => Identity::Key(&["union_id"]),
            Self::Members => Identity::Key(&["member_id"]),
            Self::Memberships => Identity::Key(&["member_id", "union_id"]),
            Self::Articles => Identity::Key(&["article_id"]),
            Self::Activities => Identity::Key(&["activity_id"]),
            Self::Pushes => Identity::Key(&["push_id", "member_id"]),
            Self::AccountStatistics => Identity::Key(&["generation", "interface", "day", "hour", "msgid", "source"]),
            Self::SignUps => Identity::SignUp,
            Self::Reads => Identity::Event { item: "article_id", time: "read_at" },
            Self::Shares => Identity::Event { item: "item_id", time: "shared_at" },
            Self::Shown => Identity::Event { item: "item_id", time: "shown_at" },
            Self::Feedback => Identity::Event { item: "item_id", time: "at" },
            Self::MemberEvents => Identity::Event { item: "event", time: "at" },
        }
    }

    /// Whether each row needs a `member_id` or an `openid` to identify the actor.
    #[must_use]
    pub fn needs_actor(self) -> bool {
        matches!(self, Self::Reads | Self::Shares | Self::SignUps | Self::Shown | Self::Feedback | Self::MemberEvents)
    }

    /// The time column whose month partitions the table in the lake; `None` for tables without partitions.
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
    fn file_name_prefix_selects_the_table() {
        assert_eq!(Table::of_file_name("reads-2026-11-21.csv.gz"), Some(Table::Reads));
        assert_eq!(Table::of_file_name("memberships.csv"), Some(Table::Memberships));
        assert_eq!(Table::of_file_name("Members.xlsx"), Some(Table::Members));
        assert_eq!(Table::of_file_name("sign_ups_2026.jsonl"), Some(Table::SignUps));
        assert_eq!(Table::of_file_name("readsomething.csv"), None);
        assert_eq!(Table::of_file_name("clicks_hour_000.csv"), None);
    }

    #[test]
    fn chinese_headers_map_to_columns() {
        let name = |table: Table, header: &str| table.column_of_header(header).map(|column| column.name);
        assert_eq!(name(Table::Members, "会员编号"), Some("member_id"));
        assert_eq!(name(Table::Members, " 身份证号码* "), Some("id_number"));
        assert_eq!(name(Table::Members, "出生\n日期"), Some("birth_date"));
        assert_eq!(name(Table::Members, "ＯＰＥＮＩＤ"), Some("openid"));
        assert_eq!(name(Table::Reads, "阅读时间"), Some("read_at"));
        assert_eq!(name(Table::Activities, "单位限额(张)"), Some("per_union_cap"));
        assert_eq!(name(Table::Members, "座右铭"), None);
        for header in ["1、会员编号", "Q12.您的会员编号是？", "3.请填写会员编号（必填）", "2:会员编号*"]
        {
            assert_eq!(name(Table::SignUps, header), Some("member_id"), "{header}");
        }
        assert_eq!(name(Table::AccountStatistics, "24小时"), None);
    }

    #[test]
    fn an_unknown_header_finds_the_similar_one_that_the_file_lacks() {
        let similar = |header: &str, taken: &[&str]| {
            let found = Table::Reads.similar_header(header, |column| !taken.contains(&column.name));
            found.map(|(word, column)| (word, column.name))
        };
        assert_eq!(similar("Dwell Second", &[]), Some(("dwell_seconds", "dwell_seconds")));
        assert_eq!(similar("停留时长秒", &[]), Some(("停留时长", "dwell_seconds")));
        assert_eq!(similar("Dwell Second", &["dwell_seconds"]), None, "the file has the column");
        assert_eq!(similar("favourite_colour", &[]), None);
        assert_eq!(similar("阅读时间", &[]), None, "a known header");
        assert_eq!(Table::Members.similar_header("name", |_| true), None, "a person's name is no misspelt age");
    }

    #[test]
    fn only_facts_have_measurements() {
        let names = |table: Table| -> Vec<&str> {
            table.columns().iter().filter(|column| column.measurement).map(|column| column.name).collect()
        };
        assert_eq!(names(Table::Reads), ["dwell_seconds", "read_fraction"]);
        assert_eq!(names(Table::Shown), ["position", "propensity"]);
        assert_eq!(names(Table::Feedback), ["rating"]);
        for &table in Table::ALL {
            let is_fact = matches!(table.identity(), Identity::Event { .. });
            assert!(is_fact || names(table).is_empty(), "{table}");
            let measurements = table.columns().iter().filter(|column| column.measurement);
            assert!(measurements.clone().all(|column| !column.required && !column.personal), "{table}");
        }
    }

    #[test]
    fn columns_of_keyed_tables_keep_their_bits() {
        let order = |table: Table| {
            let names: Vec<&str> = table.columns().iter().map(|column| column.name).collect();
            format!("{table}: {}", names.join(" "))
        };
        // Stored rows name their columns by these places: append new columns, here and in the tables.
        let expected = "\
unions: union_id name district parent_union_id credit_code
members: member_id openid unionid union_id birth_date birth_year age id_number gender home_district work_district joined_at \
followed_at unfollowed_at personalised team_match updated_at
memberships: member_id union_id
articles: article_id title topics published_at activity_id updated_at
activities: activity_id kind title topics union_id starts_at ends_at sign_up_opens_at sign_up_closes_at capacity per_union_cap \
per_member_cap child_tickets own_session_at min_age max_age gender open_to_unions open_to_districts district price team_size \
urgent updated_at
pushes: push_id member_id item_id sent_at arm channel
account_statistics: generation interface day hour msgid source cumulative published_on title url read_users read_times \
original_users original_times share_users share_times favourite_users favourite_times like_users recommend_users comments \
sent_pages target_users new_followers lost_followers followers finish_rate read_seconds delayed updated_at";
        let keyed = Table::ALL.iter().copied().filter(|table| matches!(table.identity(), Identity::Key(_)));
        assert_eq!(keyed.clone().map(order).collect::<Vec<_>>().join("\n"), expected);
        assert!(keyed.clone().all(|table| table.columns().len() < 63), "a mask has 63 bits");
        assert_eq!((Table::Members.column_bit("openid"), Table::Members.column_bit("unknown")), (2, 0));
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
