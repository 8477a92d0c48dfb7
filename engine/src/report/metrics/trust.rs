//! Whether lists and data can be relied on.

use super::{Metric, MinimumGroup};

metrics! {
    "shown_members" people "看到推荐的人数" "Members shown a list":
        "期内至少看到一次推荐列表的会员，每人计一次。"
        "Members who were shown a recommended item at least once in the period, each counted once."
        = "count(distinct member_id of shown)"
        from interactions member_states, People;
    "shown_items" items "被推荐的内容数" "Items shown":
        "期内至少向一名会员展示过的文章和活动。"
        "Articles and activities shown to at least one member in the period."
        = "count(distinct item_id of shown)"
        from interactions member_states, People;
    "resolved_share" share "可对应会员的记录占比" "Resolved share":
        "期内的阅读、分享和展示记录中，能对应到会员的占比；其余的微信号不属于任何会员。"
        "Of the rows of reads, shares and shown items of the period, those that belong to a member; the WeChat ids of the others belong to none."
        = "count(row with a member) / count(row)"
        over "阅读、分享和展示的记录数" "rows of reads, shares and shown items"
        from reads shares shown openid_owners, Nobody;
    "district_known_share" share "住址与工作地齐全占比" "Both districts known":
        "居住区和工作区都有的会员占比；其余的无法对照。"
        "Of all members, those whose home and work district are both known; the others cannot be compared."
        = "count(member_id where home_district and work_district are known) / members"
        over "会员人数" "members"
        from member_states, People;
    "rejected_rows" rows "拒收行数" "Rejected rows":
        "导入以来未能使用的行，每行计一次，原因见数据页。"
        "Rows of all imported files that could not be used, each counted once; the data page has the reasons."
        = "count(distinct file, row)"
        from rejects, Nobody;
}
