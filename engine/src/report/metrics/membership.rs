//! Who is registered, reachable and active, and how membership of the account changes.

use super::{Metric, MinimumGroup};

metrics! {
    "members" people "会员人数" "Members":
        "期末在册的会员，每人计一次。"
        "Members on the roster at the end of the period, each counted once."
        = "count(member_id)"
        from member_states, People;
    "reachable_members" people "可触达人数" "Reachable members":
        "期末已绑定微信且仍在关注的会员。"
        "Members with a known WeChat id who follow the account at the end of the period."
        = "count(member_id where follows)"
        from member_states, People;
    "joined_members" people "入会人数" "Members who joined":
        "入会时间落在期内、现在仍在册的会员。名册不记录退会，所以没有退会人数。"
        "Members on the roster who joined the union in the period. Rosters do not record who leaves, so there is no number of leavers."
        = "count(member_id where from ≤ joined_at < to)"
        from member_states, People;
    "active_members" people "活跃会员人数" "Active members":
        "期内至少阅读、分享、报名或到场一次的会员，每人计一次。"
        "Members who read, shared, signed up or attended at least once in the period, each counted once."
        = "count(distinct member_id of read, share, sign_up, attended)"
        from interactions member_states, People;
    "active_share" share "活跃率" "Active share":
        "活跃会员人数除以会员人数。"
        "Active members divided by members."
        = "active_members / members"
        over "会员人数" "members"
        from interactions member_states, People;
    "active_days" days "人均活跃天数" "Active days per member":
        "期内活跃会员平均有几天阅读、分享、报名或到场。"
        "Number of days of the period on which an active member read, shared, signed up or attended, on average."
        = "sum(active days of member_id) / active_members"
        over "活跃会员人数" "active members"
        from member_days member_states, People;
    "new_members" people "首次活跃人数" "First-time active members":
        "第一次活跃落在期内的会员。"
        "Members whose first activity is in the period."
        = "count(member_id where from ≤ first_active_at < to)"
        from member_states, People;
    "returning_members" people "持续活跃人数" "Still active members":
        "前一段时间（同样天数，整月的报告为上个月）和本期都活跃的会员。"
        "Members who were active in the period and in the one just before (as many days; for a calendar month the month before)."
        = "count(member_id active in [from, to) and in [before_from, from))"
        from interactions member_states, People;
    "resurrected_members" people "重新活跃人数" "Members active again":
        "本期活跃、前一段时间不活跃、更早活跃过的会员。"
        "Members who were active in the period, not in the one just before, and at some earlier time."
        = "count(member_id active in [from, to), not in [before_from, from), first_active_at < before_from)"
        from interactions member_states, People;
    "dormant_members" people "转入沉默人数" "Members no longer active":
        "前一段时间活跃、本期不活跃的会员。"
        "Members who were active in the period just before and not in this one."
        = "count(member_id active in [before_from, from) and not in [from, to))"
        from interactions member_states, People;
    "followers_gained" people "新增关注人数" "Members who followed":
        "期内关注过公众号的会员，每人计一次，包括后来取消的。"
        "Members who followed the account in the period, each counted once, including those who unfollowed later."
        = "count(distinct member_id with a follow in [from, to))"
        from members member_events openid_owners, People;
    "followers_lost" people "取消关注人数" "Members who unfollowed":
        "期内取消过关注的会员，每人计一次，包括后来重新关注的。"
        "Members who unfollowed the account in the period, each counted once, including those who followed again."
        = "count(distinct member_id with an unfollow in [from, to))"
        from members member_events openid_owners, People;
    "net_followers" people "净增关注人数" "Net followers":
        "新增关注人数减去取消关注人数。"
        "Members who followed minus members who unfollowed."
        = "followers_gained - followers_lost"
        from members member_events openid_owners, People;
    "opt_outs" people "关闭个性化人数" "Members who opted out":
        "期末不允许个性化推荐的会员。"
        "Members who opted out of personalised lists, at the end of the period."
        = "count(member_id where not personalised)"
        from member_states, People;
}
