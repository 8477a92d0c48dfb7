//! The SQL that each count implements. SQL that was changed without its count runs as SQL.

use xxhash_rust::xxh3::xxh3_64;

/// Queries and the hashes of their SQL without comments and white space.
const DEFINITIONS: &[(&str, u64)] = &[
    ("membership", 0x9b3c7ec75614f304),
    ("totals", 0x0f03974898d867c6),
    ("lifecycle", 0x688110daae1117c8),
    ("reading", 0xcd81058daf500818),
    ("published", 0x955c1bd0ab99c1c7),
    ("sign_ups", 0x9a8542cfe4f89387),
    ("seats", 0xc86c23ef2a008887),
    ("ratings", 0xf067e400e2157a88),
    ("groups", 0x5b3d931180f251ed),
    ("responses", 0xcd413b2e6cc4ba84),
    ("pushing", 0xee6f6003a3c01d16),
    ("arms", 0xc67319f3926340c1),
    ("push_delays", 0xdf4f032cc5269278),
    ("funnel", 0xd94989aa1ae4cafe),
    ("uplift", 0x00e67c69ff659999),
    ("articles", 0x5f1b8399bb38f183),
    ("article_groups", 0xdd104468f6005a0f),
    ("topics", 0xbc82f7d0c9736aef),
    ("daily", 0x50efa852a0d64b6c),
    ("retention", 0x348cb3538b6fb955),
    ("activities", 0xa85138ce36b66393),
    ("sign_up_lead", 0x4bbf2a307f6e0a0b),
    ("attendance", 0x9eb1b5f485109223),
    ("latest_sign_up", 0x5a90515d89559a87),
    ("sign_up_delays", 0x17127f7c087f8c40),
    ("topic_articles", 0x92c6c162be6d4c63),
    ("few_readers", 0xfcc1aa12e16b7250),
    ("topic_supply", 0xb7b82de36b806f6c),
    ("active_days", 0x8b6bd9895bdc991e),
    ("hours", 0x6794df040a5eee92),
    ("day_pairs", 0xd1eb300051891e9e),
    ("opinions", 0xffa6413b8e6aee85),
    ("topic_ratings", 0x9071e847b802387b),
    ("few_raters", 0x9d1762dc8c72cbff),
    ("roster", 0xab45a4b35f8090c5),
    ("districts", 0x5080343029d5aa99),
    ("shown", 0x508d7c0aed544c15),
    ("rejected", 0x1ebe5f8f527f256a),
    ("nulled", 0xaf425759a59b314a),
    ("followers", 0x0503e5f34ba2fad6),
    ("identified", 0x2561794b649a94e6),
    ("account_sharers", 0xc4d35c4af3b24baa),
    ("account_article_readers", 0xc47e9f375f4df750),
];

/// Whether a count implements this SQL.
pub(super) fn is_counted(name: &str, sql: &str) -> bool {
    DEFINITIONS.iter().any(|&(known, hash)| known == name && hash == hash_of(sql))
}

fn hash_of(sql: &str) -> u64 {
    let statements = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
    let text: String = statements.flat_map(str::chars).filter(|letter| !letter.is_whitespace()).collect();
    xxh3_64(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! queries {
        ($($name:literal),+ $(,)?) => { [$(($name, include_str!(concat!("../../../sql/report/", $name, ".sql")))),+] };
    }

    #[test]
    fn counts_implement_the_sql_as_it_is() {
        let queries = queries![
            "membership",
            "totals",
            "lifecycle",
            "reading",
            "published",
            "sign_ups",
            "seats",
            "ratings",
            "groups",
            "responses",
            "pushing",
            "arms",
            "push_delays",
            "funnel",
            "uplift",
            "articles",
            "article_groups",
            "topics",
            "daily",
            "retention",
            "activities",
            "sign_up_lead",
            "attendance",
            "latest_sign_up",
            "sign_up_delays",
            "topic_articles",
            "few_readers",
            "topic_supply",
            "active_days",
            "hours",
            "day_pairs",
            "opinions",
            "topic_ratings",
            "few_raters",
            "roster",
            "districts",
            "shown",
            "rejected",
            "nulled",
            "followers",
            "identified",
            "account_sharers",
            "account_article_readers",
        ];
        let expected: Vec<(&str, u64)> = queries.map(|(name, sql)| (name, hash_of(sql))).into();
        assert_eq!(DEFINITIONS, expected, "change the count in the same way, then its hash");
    }
}
