//! Words of headers in files of other systems, and the contract columns that they usually mean.

use zhihui_data::Table;

/// Words of headers for a column, each an alternative of one or more words.
type Words = &'static [(&'static str, &'static [&'static str])];

/// How well a header fits a column, from 0 to 1: the share of its words that a known phrase has.
pub(super) fn fit(table: Table, column: &str, header: &str) -> f64 {
    let words = words(header);
    let phrases = own(table).iter().chain(COMMON).filter(|(name, _)| *name == column).flat_map(|(_, phrases)| *phrases);
    let share = |phrase: &str| {
        let parts: Vec<&str> = phrase.split(' ').collect();
        let contains = parts.iter().all(|part| words.iter().any(|word| word == part));
        if contains && !words.is_empty() { parts.len() as f64 / words.len().max(parts.len()) as f64 } else { 0.0 }
    };
    phrases.map(|phrase| share(phrase)).fold(0.0, f64::max)
}

/// The table that a file name most likely means.
pub(super) fn table_of_name(name: &str) -> Option<Table> {
    let words = words(name);
    let has = |candidates: &[&str]| {
        candidates
            .iter()
            .any(|candidate| words.iter().any(|word| word == candidate || word.strip_suffix('s') == Some(*candidate)))
            || candidates.iter().any(|candidate| !candidate.is_ascii() && name.contains(candidate))
    };
    FILES.iter().find(|(_, candidates)| has(candidates)).map(|(table, _)| *table)
}

/// The lower-case words of a header. `groupId` and `group_id` have the same words. A type after a colon is not one of them.
fn words(header: &str) -> Vec<String> {
    let header = header.split(':').next().unwrap_or_default();
    let mut words: Vec<String> = Vec::new();
    let mut is_new = true;
    let mut was_lower = false;
    for letter in header.chars() {
        if !letter.is_alphanumeric() {
            is_new = true;
            continue;
        }
        if is_new || (letter.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        (is_new, was_lower) = (false, letter.is_lowercase());
        if let Some(word) = words.last_mut() {
            word.extend(letter.to_lowercase());
        }
    }
    words
}

const FILES: &[(Table, &[&str])] = &[
    (Table::SignUps, &["rsvp", "signup", "registration", "enrolment", "enrollment", "booking", "报名", "预约"]),
    (Table::Shares, &["share", "分享", "转发"]),
    (Table::Feedback, &["feedback", "rating", "review", "comment", "评价", "反馈"]),
    (Table::Pushes, &["push", "sending", "delivery", "推送"]),
    (Table::Shown, &["shown", "impression", "exposure", "展示", "曝光"]),
    (
        Table::Reads,
        &["click", "read", "view", "visit", "behavior", "behaviour", "history", "log", "阅读", "浏览", "点击"],
    ),
    (Table::Activities, &["event", "activity", "activities", "course", "活动"]),
    (Table::Articles, &["article", "news", "item", "post", "movie", "film", "content", "文章", "图文"]),
    (Table::Unions, &["group", "union", "company", "companies", "organisation", "organization", "工会", "单位"]),
    (Table::Members, &["member", "user", "people", "person", "customer", "employee", "会员", "花名册", "用户", "职工"]),
];

const COMMON: Words = &[
    (
        "member_id",
        &[
            "user id",
            "member id",
            "customer id",
            "person id",
            "visitor id",
            "reader id",
            "employee id",
            "user",
            "member",
            "uid",
            "uuid",
            "reader",
            "visitor",
            "userid",
            "memberid",
            "工号",
            "用户",
            "用户编号",
        ],
    ),
    ("openid", &["openid", "open id", "wechat id"]),
    (
        "union_id",
        &["group id", "union id", "company id", "organisation id", "organization id", "org id", "department id"],
    ),
    ("event_id", &["event id", "log id", "record id", "impression id", "row id"]),
    ("channel", &["channel", "source", "medium"]),
    ("updated_at", &["updated", "modified", "mtime", "last modified", "updated at", "update time"]),
    ("topics", &["topics", "topic", "category", "categories", "genre", "genres", "tags", "class", "subject"]),
    ("title", &["title", "name", "headline", "subject"]),
    ("district", &["district", "city", "area", "region"]),
    ("gender", &["gender", "sex"]),
    (
        "article_id",
        &["article id", "item id", "news id", "content id", "page id", "post id", "movie id", "article", "url"],
    ),
    ("item_id", &["item id", "article id", "news id", "event id", "content id", "product id", "movie id", "item"]),
    ("activity_id", &["event id", "activity id", "course id", "item id", "event", "activity"]),
];

fn own(table: Table) -> Words {
    match table {
        Table::Unions => &[
            ("union_id", &["id", "code"]),
            ("name", &["name", "title"]),
            ("parent_union_id", &["parent id", "parent", "parent group id"]),
            ("district", &["city", "district"]),
        ],
        Table::Members => &[
            ("member_id", &["id", "code", "number"]),
            ("birth_date", &["birth date", "birthday", "date of birth", "dob", "birthdate"]),
            ("birth_year", &["birth year", "birthyear", "year of birth", "yob"]),
            ("age", &["age"]),
            ("home_district", &["home district", "district", "home city", "city", "residence"]),
            ("work_district", &["work district", "work city", "office"]),
            ("joined_at", &["joined", "joined at", "created", "registered", "registration date", "since"]),
            ("followed_at", &["followed", "followed at", "subscribed at"]),
        ],
        Table::Articles => &[
            ("article_id", &["id", "code"]),
            (
                "published_at",
                &["published", "published at", "publish time", "published time", "date", "created", "time"],
            ),
        ],
        Table::Activities => &[
            ("activity_id", &["id", "code"]),
            ("starts_at", &["time", "start time", "starts", "start", "starts at", "date", "begin", "begins"]),
            ("ends_at", &["end time", "end", "ends", "ends at"]),
            ("sign_up_closes_at", &["deadline", "rsvp deadline", "close time", "closes"]),
            ("capacity", &["capacity", "seats", "limit", "rsvp limit", "places", "quota"]),
            ("price", &["price", "fee", "cost"]),
            ("min_age", &["min age", "minimum age"]),
            ("max_age", &["max age", "maximum age"]),
        ],
        Table::Reads => &[
            (
                "read_at",
                &[
                    "timestamp",
                    "read time",
                    "click time",
                    "impression time",
                    "time",
                    "datetime",
                    "ts",
                    "date",
                    "created",
                ],
            ),
            (
                "dwell_seconds",
                &["read time", "dwell", "dwell time", "duration", "seconds", "time spent", "dwell seconds"],
            ),
            ("read_fraction", &["scroll percentage", "scroll", "percentage", "fraction", "progress", "completion"]),
        ],
        Table::Shares => &[("shared_at", &["timestamp", "shared", "time", "ts", "date", "created"])],
        Table::SignUps => &[
            ("sign_up_id", &["rsvp id", "signup id", "registration id", "booking id", "id"]),
            ("signed_up_at", &["created", "timestamp", "signed up", "registered", "time", "date", "booked"]),
            ("status", &["response", "status", "state", "answer"]),
            ("tickets", &["guests", "tickets", "quantity", "seats", "places"]),
            ("children", &["children", "kids"]),
        ],
        Table::Pushes => &[
            ("push_id", &["push id", "campaign id", "message id", "batch id"]),
            ("sent_at", &["sent", "sent at", "timestamp", "time", "date"]),
            ("arm", &["arm", "variant", "experiment"]),
        ],
        Table::Shown => &[
            ("shown_at", &["timestamp", "shown", "impression time", "time", "ts", "date"]),
            ("position", &["position", "rank", "slot"]),
        ],
        Table::Feedback => &[
            ("at", &["timestamp", "time", "date", "created", "ts"]),
            ("rating", &["rating", "stars", "score"]),
            ("text", &["comment", "review", "text", "feedback"]),
        ],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_other_systems_fit_by_their_words() {
        assert!(fit(Table::Reads, "article_id", "click_article_id") > 0.6);
        assert!(fit(Table::Reads, "read_at", "click_timestamp") > fit(Table::Reads, "read_at", "session_start"));
        assert!((fit(Table::Members, "union_id", "groupId") - 1.0).abs() < 1e-9);
        assert!((fit(Table::Members, "member_id", "user_id:token") - 1.0).abs() < 1e-9);
        assert!(fit(Table::Members, "age", "zip_code") < 1e-9);
        assert_eq!(table_of_name("clicks_hour_000.csv.gz"), Some(Table::Reads));
        assert_eq!(table_of_name("2026年花名册.xlsx"), Some(Table::Members));
        assert_eq!(table_of_name("venues.csv"), None);
    }
}
