//! What each metric counts, in words: its name for people, its unit and its definition, in Chinese and in English.

/// The words of one metric.
#[derive(Debug, Clone, Copy)]
pub(super) struct Definition {
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    pub(super) label: (&'static str, &'static str),
    pub(super) meaning: (&'static str, &'static str),
}

/// The words of the metric; a name that has none stands for itself.
pub(super) fn of(name: &str) -> Definition {
    let unknown = Definition { name: "", unit: "", label: ("", ""), meaning: ("", "") };
    DEFINITIONS.iter().find(|definition| definition.name == name).copied().unwrap_or(unknown)
}

const fn defined(
    name: &'static str,
    unit: &'static str,
    label: (&'static str, &'static str),
    meaning: (&'static str, &'static str),
) -> Definition {
    Definition { name, unit, label, meaning }
}

const DEFINITIONS: &[Definition] = &[
    defined(
        "members",
        "people",
        ("会员人数", "Members"),
        (
            "截至报告时点已知的会员人数,含只在行为记录中出现的会员。",
            "Members known at the report's instant, those known from events alone included.",
        ),
    ),
    defined(
        "followers",
        "people",
        ("可触达人数", "Reachable members"),
        ("微信身份已知且未取消关注的会员人数。", "Members whose WeChat id is known and who have not left the account."),
    ),
    defined(
        "active_members",
        "people",
        ("活跃人数", "Active members"),
        (
            "本期内阅读、分享、报名、到场或反馈过至少一次的会员人数,每人只计一次。",
            "Members who read, shared, signed up, came or gave feedback at least once in the period, each counted once.",
        ),
    ),
    defined(
        "active_share",
        "share",
        ("活跃率", "Active share"),
        ("活跃人数除以会员人数。", "Active members over members."),
    ),
    defined(
        "readers",
        "people",
        ("阅读人数", "Readers"),
        (
            "本期内读过至少一篇文章的会员人数,每人只计一次;各日人数不能相加。",
            "Members who read at least one article in the period, each counted once; the days' readers do not add up to it.",
        ),
    ),
    defined(
        "reads",
        "person_times",
        ("阅读人次", "Reads"),
        (
            "本期内的阅读次数;同一会员同一秒对同一篇的重复记录只计一次。",
            "Reads in the period; repeated records of one member, article and second count once.",
        ),
    ),
    defined(
        "reader_share",
        "share",
        ("阅读覆盖率", "Reader share"),
        ("阅读人数除以会员人数。", "Readers over members."),
    ),
    defined(
        "sharers",
        "people",
        ("分享人数", "Sharers"),
        ("本期内分享过至少一次的会员人数。", "Members who shared at least once in the period."),
    ),
    defined("shares", "person_times", ("分享人次", "Shares"), ("本期内的分享次数。", "Shares in the period.")),
    defined("sharer_share", "share", ("分享率", "Sharer share"), ("分享人数除以阅读人数。", "Sharers over readers.")),
    defined(
        "median_dwell_seconds",
        "seconds",
        ("停留时长中位数", "Median dwell time"),
        ("有停留时长记录的阅读的中位秒数。", "Median seconds of the reads whose duration is known."),
    ),
    defined(
        "completion_share",
        "share",
        ("读完率", "Completion share"),
        (
            "阅读比例达到九成的阅读次数,除以有阅读比例记录的阅读次数。",
            "Reads of at least nine tenths of the article over reads whose fraction is known.",
        ),
    ),
    defined(
        "members_signed_up",
        "people",
        ("报名人数", "Members who signed up"),
        (
            "本期内报名过至少一次的会员人数,含后来取消的。",
            "Members who signed up at least once in the period, later cancellations included.",
        ),
    ),
    defined(
        "sign_ups",
        "person_times",
        ("报名人次", "Sign-ups"),
        ("本期内的报名次数,含后来取消的。", "Sign-ups in the period, later cancellations included."),
    ),
    defined(
        "members_attended",
        "people",
        ("到场人数", "Members who came"),
        (
            "本期内到场(签到、核销)过至少一次的会员人数。",
            "Members who came, or redeemed an offer, at least once in the period.",
        ),
    ),
    defined(
        "attendances",
        "person_times",
        ("到场人次", "Attendances"),
        ("本期内的到场(签到、核销)次数。", "Attendances and redemptions in the period."),
    ),
    defined(
        "members_pushed",
        "people",
        ("推送到达人数", "Members pushed to"),
        (
            "本期内收到过至少一次推送的会员人数,不含对照组。",
            "Members to whom something was pushed in the period, hold-outs left out.",
        ),
    ),
    defined(
        "pushes",
        "person_times",
        ("推送人次", "Pushes"),
        ("本期内推送给会员的次数,不含对照组。", "Pushes to members in the period, hold-outs left out."),
    ),
    defined("unions", "unions", ("工会数", "Unions"), ("有会员的工会数。", "Unions that have members.")),
    defined(
        "active_unions",
        "unions",
        ("活跃工会数", "Active unions"),
        ("本期内至少有一名活跃会员的工会数。", "Unions with at least one active member in the period."),
    ),
    defined(
        "silent_unions",
        "unions",
        ("没有动静的工会数", "Silent unions"),
        ("本期内没有一名活跃会员的工会数。", "Unions without any active member in the period."),
    ),
    defined(
        "uplift",
        "share",
        ("推送增量", "Uplift"),
        (
            "推送组响应率减去对照组响应率,按每次推送内部比较后加权;文章以72小时内阅读、其他以7天内报名为响应;按最初分组计算。",
            "Response rate of those pushed to minus that of the hold-out, compared within each push and then weighed; the response \
         is a read within 72 hours for an article, a sign-up within 7 days for anything else; by the arm first drawn.",
        ),
    ),
];
