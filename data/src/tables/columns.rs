//! The columns of every contract table.

use super::column::{Column, ColumnKind};
use super::table::Table;
use ColumnKind::{Choice, Date, Flag, Id, List, Text, Time};

const fn column(name: &'static str, kind: ColumnKind, meaning: &'static str) -> Column {
    Column { name, kind, required: false, personal: false, transient: false, measurement: false, meaning }
}

const fn required(name: &'static str, kind: ColumnKind, meaning: &'static str) -> Column {
    Column { required: true, ..column(name, kind, meaning) }
}

const fn personal(name: &'static str, kind: ColumnKind, meaning: &'static str) -> Column {
    Column { personal: true, ..column(name, kind, meaning) }
}

const fn transient(name: &'static str, kind: ColumnKind, meaning: &'static str) -> Column {
    Column { transient: true, ..personal(name, kind, meaning) }
}

const fn measurement(name: &'static str, kind: ColumnKind, meaning: &'static str) -> Column {
    Column { measurement: true, ..column(name, kind, meaning) }
}

const fn whole(min: i64, max: i64) -> ColumnKind {
    ColumnKind::Integer { min, max }
}

const fn real(min: f64, max: f64) -> ColumnKind {
    ColumnKind::Real { min, max }
}

/// A count with an upper bound that no real file exceeds.
const COUNT: ColumnKind = whole(0, 100_000_000);
const AGE: ColumnKind = whole(0, 150);

const GENDER: ColumnKind =
    Choice(&[("male", &["男", "m", "1", "男性", "man"]), ("female", &["女", "f", "2", "女性", "woman"])]);
const STATUS: ColumnKind = Choice(&[
    ("registered", &["已报名", "报名成功", "中签", "已预约", "已领取", "已通过", "审核通过", "通过", "未使用"]),
    ("waitlisted", &["候补", "waitlist", "审核中", "待审核", "排队中"]),
    (
        "cancelled",
        &["已取消", "取消", "canceled", "未通过", "未中签", "已拒绝", "审核未通过", "取消报名", "已退票", "已退款"],
    ),
    ("attended", &["已签到", "已参加", "已核销", "签到", "已验票", "已使用", "已到场"]),
    ("no_show", &["缺席", "未到", "未签到", "no-show"]),
]);
const KIND: ColumnKind = Choice(&[
    ("activity", &["活动"]),
    ("service", &["服务"]),
    ("product", &["商品", "优惠券", "优惠", "coupon"]),
    ("venue", &["场地", "会议室"]),
]);
const ARM: ColumnKind =
    Choice(&[("push", &["推送"]), ("hold_out", &["对照组", "对照", "holdout", "hold-out", "control"])]);

const MEMBER_EVENT: ColumnKind = Choice(&[
    ("follow", &["关注", "subscribe"]),
    ("unfollow", &["取消关注", "取关", "unsubscribe"]),
    ("opt_out", &["关闭个性化"]),
    ("opt_in", &["开启个性化"]),
    ("bind", &["绑定"]),
]);

const MEMBER: Column = required("member_id", Id, "the member");
const ACTOR: Column = column("member_id", Id, "the member who acted; required unless `openid` is given");
const OPENID: Column = personal("openid", Id, "WeChat id of the member within the account");
const EVENT: Column =
    column("event_id", Id, "unique event id; without it, events are identified by member, item and second");
const ITEM: Column = required("item_id", Id, "the article or activity");
const CHANNEL: Column = column("channel", Text, "the channel of the event or message");

const UNIONS: &[Column] = &[
    required("union_id", Id, "the union or club"),
    column("name", Text, "its name"),
    column("district", Text, "its district"),
    column("parent_union_id", Id, "its parent union"),
    column("credit_code", Id, "unified social credit code, checked by GB 32100"),
];

const MEMBERS: &[Column] = &[
    MEMBER,
    OPENID,
    personal("unionid", Id, "WeChat id shared by all accounts of one owner"),
    column("union_id", Id, "the member's own union"),
    personal("birth_date", Date, "date of birth; stored in this table only"),
    transient("birth_year", whole(1850, 2200), "year of birth; 1 July is taken as the day"),
    transient("age", AGE, "age in years at the source's `age_as_of`"),
    transient("id_number", Id, "identity number (GB 11643): gives birth date and sex, then dropped"),
    column("gender", GENDER, "sex"),
    column("home_district", Text, "where the member lives"),
    column("work_district", Text, "where the member works"),
    column("joined_at", Time, "when the member joined the union"),
    column("followed_at", Time, "when the member followed the account"),
    column("unfollowed_at", Time, "when the member unfollowed the account"),
    column("personalised", Flag, "whether the member allows personalised lists (default yes)"),
    column("team_match", Flag, "whether the member wants to be matched with teams (default no)"),
    column("updated_at", Time, "when this row became valid"),
];

const MEMBERSHIPS: &[Column] = &[MEMBER, required("union_id", Id, "a further union or club of the member")];

const ARTICLES: &[Column] = &[
    required("article_id", Id, "the article"),
    column("title", Text, "its title"),
    column("topics", List, "its topics"),
    column("published_at", Time, "when it was published"),
    column("activity_id", Id, "the activity it announces"),
    column("updated_at", Time, "when this row became valid"),
];

const ACTIVITIES: &[Column] = &[
    required("activity_id", Id, "the activity, service, product or venue"),
    column("kind", KIND, "activity (default), service, product or venue"),
    column("title", Text, "its title"),
    column("topics", List, "its topics"),
    column("union_id", Id, "the organising union"),
    column("starts_at", Time, "when it begins"),
    column("ends_at", Time, "when it ends"),
    column("sign_up_opens_at", Time, "when sign-up opens"),
    column("sign_up_closes_at", Time, "when sign-up closes"),
    column("capacity", COUNT, "total seats (tickets); missing: no limit"),
    column("per_union_cap", COUNT, "largest number of seats for one union"),
    column("per_member_cap", COUNT, "largest number of tickets for one member"),
    column("child_tickets", COUNT, "largest number of tickets for one member with children"),
    column("own_session_at", COUNT, "sign-ups from one union that entitle it to its own session"),
    column("min_age", AGE, "minimum age in years"),
    column("max_age", AGE, "maximum age in years"),
    column("gender", GENDER, "the only admitted sex"),
    column("open_to_unions", List, "admitted unions, including those below them; missing: all"),
    column("open_to_districts", List, "districts in which admitted members live or work; missing: all"),
    column("district", Text, "the district of its location"),
    column("price", real(0.0, 1e7), "price in yuan"),
    column("team_size", whole(1, 10_000), "members in a team"),
    column("urgent", Flag, "whether the item is exempt from push caps"),
    column("updated_at", Time, "when this row became valid"),
];

const READS: &[Column] = &[
    EVENT,
    ACTOR,
    OPENID,
    required("article_id", Id, "the article read"),
    required("read_at", Time, "when"),
    measurement("dwell_seconds", real(0.0, 86_400.0 * 31.0), "reading time in seconds"),
    measurement("read_fraction", real(0.0, 1.0), "share of the article read, 0 to 1"),
    CHANNEL,
];

const SHARES: &[Column] = &[EVENT, ACTOR, OPENID, ITEM, required("shared_at", Time, "when"), CHANNEL];

const SIGN_UPS: &[Column] = &[
    column("sign_up_id", Id, "the sign-up id"),
    ACTOR,
    OPENID,
    required("activity_id", Id, "the activity"),
    required("signed_up_at", Time, "when the member signed up"),
    required("status", STATUS, "registered, waitlisted, cancelled, attended or no_show"),
    column("tickets", whole(0, 10_000), "tickets taken (default 1)"),
    column("children", whole(0, 10_000), "children brought (default 0)"),
    column("updated_at", Time, "when the status became true"),
];

const PUSHES: &[Column] = &[
    required("push_id", Id, "the push list"),
    MEMBER,
    ITEM,
    required("sent_at", Time, "when it was sent, or would have been sent to the hold-out"),
    required("arm", ARM, "push or hold_out"),
    CHANNEL,
];

const SHOWN: &[Column] = &[
    EVENT,
    ACTOR,
    OPENID,
    ITEM,
    required("shown_at", Time, "when"),
    measurement("position", whole(0, 1_000_000), "position in the list"),
    column("version", Text, "version of the snapshot that the list came from"),
    measurement(
        "propensity",
        real(0.0, 1.0),
        "probability with which the item got its position, as reported with the list",
    ),
    column("explored", Flag, "whether the position was used for exploration, as reported with the list"),
];

const FEEDBACK: &[Column] = &[
    EVENT,
    ACTOR,
    OPENID,
    column("item_id", Id, "the item; missing for general feedback"),
    required("at", Time, "when"),
    measurement("rating", whole(1, 5), "1 (bad) to 5 (good)"),
    personal("text", Text, "the member's comment"),
];

const MEMBER_EVENTS: &[Column] = &[
    EVENT,
    ACTOR,
    OPENID,
    required("event", MEMBER_EVENT, "the type of event; bind assigns the openid to the member"),
    required("at", Time, "when"),
    column("sequence", whole(0, i64::MAX), "number in the event inbox, in order of receipt; empty for rows of files"),
];

const GENERATION: ColumnKind = Choice(&[("new", &["新接口", "新"]), ("old", &["旧接口", "旧"])]);

const ACCOUNT_STATISTICS: &[Column] = &[
    required(
        "generation",
        GENERATION,
        "generation of WeChat's data interface; figures of the two are never added or mixed",
    ),
    column(
        "interface",
        Text,
        "the interface, such as `getbizsummary`; missing for figures exported from the admin site",
    ),
    required("day", Date, "the day of the figures"),
    column("hour", whole(0, 23), "the hour of the figures; missing for the whole day"),
    column("msgid", Id, "the article, `{msg_data_id}_{index}`; missing for the whole account"),
    column(
        "source",
        Text,
        "source of readers, sharers or followers; missing for all of them; unknown numbers stay numbers",
    ),
    column("cumulative", Flag, "whether the figures count from publication to the end of the day"),
    column("published_on", Date, "day of the article's publication"),
    column("title", Text, "title of the article"),
    column("url", Text, "address of the article"),
    column("read_users", COUNT, "people who read"),
    column("read_times", COUNT, "reads; old generation only"),
    column("original_users", COUNT, "people who opened the page that an article links to"),
    column("original_times", COUNT, "openings of that page; old generation only"),
    column("share_users", COUNT, "people who shared"),
    column("share_times", COUNT, "shares; old generation only"),
    column("favourite_users", COUNT, "people who added to favourites"),
    column("favourite_times", COUNT, "additions to favourites; old generation only"),
    column("like_users", COUNT, "people who gave a thumb"),
    column("recommend_users", COUNT, "people who gave a heart or marked it as watched"),
    column("comments", COUNT, "comments"),
    column("sent_pages", COUNT, "articles sent on the day"),
    column("target_users", COUNT, "followers to whom the article was sent"),
    column("new_followers", COUNT, "people who followed"),
    column("lost_followers", COUNT, "people who unfollowed"),
    column("followers", COUNT, "followers at the end of the day"),
    column("finish_rate", real(0.0, 1.0), "share of readers who reached the end"),
    column("read_seconds", real(0.0, 86_400.0), "mean reading time in seconds"),
    column("delayed", Flag, "whether WeChat said that the figures were not final"),
    column("updated_at", Time, "when WeChat gave the figures"),
];

pub(super) fn of(table: Table) -> &'static [Column] {
    match table {
        Table::Unions => UNIONS,
        Table::Members => MEMBERS,
        Table::Memberships => MEMBERSHIPS,
        Table::Articles => ARTICLES,
        Table::Activities => ACTIVITIES,
        Table::Reads => READS,
        Table::Shares => SHARES,
        Table::SignUps => SIGN_UPS,
        Table::Pushes => PUSHES,
        Table::Shown => SHOWN,
        Table::Feedback => FEEDBACK,
        Table::MemberEvents => MEMBER_EVENTS,
        Table::AccountStatistics => ACCOUNT_STATISTICS,
    }
}
