//! What was pushed, and what pushes added.

use super::{Metric, MinimumGroup};

metrics! {
    "pushes" person_times "推送人次" "Pushes":
        "期内发出的推送条数，不含对照组。"
        "Messages pushed in the period, excluding the hold-out."
        = "count(push)"
        from interactions member_states, People;
    "pushed_members" people "被推送人数" "Pushed members":
        "期内至少收到一次推送的会员，每人计一次。"
        "Members pushed at least once in the period, each counted once."
        = "count(distinct member_id of push)"
        from interactions member_states, People;
    "held_out_members" people "对照组人数" "Held-out members":
        "期内至少一次被划入对照组的会员，每人计一次。"
        "Members held out at least once in the period, each counted once."
        = "count(distinct member_id of hold_out)"
        from interactions member_states, People;
    "push_read_rate" share "推送后阅读率" "Read after push":
        "推送后 72 小时内阅读了所推文章的推送人次占推送人次的比例；只计 72 小时已满的推送。"
        "Share of pushes of articles followed by a read of the article within 72 hours; only pushes at least 72 hours old."
        = "count(push read within 72 h) / count(push of an article, at least 72 h old)"
        over "推送满 72 小时的文章推送人次" "pushes of articles that are at least 72 hours old"
        from interactions items member_states, People;
    "push_read_hours" hours "推送到阅读的时间" "Time from push to read":
        "推送后 72 小时内阅读了所推文章的，从推送到第一次阅读的时间的中位数；只计 72 小时已满的推送。"
        "Median time from a push of an article to the first read within 72 hours; only pushes at least 72 hours old."
        = "median(first read − push, within 72 h)"
        from interactions items member_states, People;
    "push_sign_up_rate" share "推送后报名率" "Sign-up after push":
        "推送后 7 天内报名了所推活动的推送人次占推送人次的比例；只计 7 天已满的推送。"
        "Share of pushes of activities followed by a sign-up within 7 days; only pushes at least 7 days old."
        = "count(push signed up within 7 d) / count(push of an activity, at least 7 d old)"
        over "推送满 7 天的活动推送人次" "pushes of activities that are at least 7 days old"
        from interactions items member_states, People;
    "push_sign_up_hours" hours "推送到报名的时间" "Time from push to sign-up":
        "推送后 7 天内报名了所推活动的，从推送到报名的时间的中位数；只计 7 天已满的推送。"
        "Median time from a push of an activity to the sign-up for it within 7 days; only pushes at least 7 days old."
        = "median(first sign-up − push, within 7 d)"
        from interactions items member_states, People;
    "uplift_read" percentage_points "阅读提升" "Uplift in reading":
        "推送组与对照组 72 小时阅读率之差，附 95% 区间；按最初分组计算。"
        "Read rate within 72 hours of pushed members minus that of held-out members, with a 95 % interval; by the original arm."
        = "100 × Σ w (read rate of push − read rate of hold_out) / Σ w"
        over "各组人数" "members of each arm"
        from interactions items member_states, Arms;
    "uplift_sign_up" percentage_points "报名提升" "Uplift in sign-up":
        "推送组与对照组 7 天报名率之差，附 95% 区间；按最初分组计算。"
        "Sign-up rate within 7 days of pushed members minus that of held-out members, with a 95 % interval; by the original arm."
        = "100 × Σ w (sign-up rate of push − sign-up rate of hold_out) / Σ w"
        over "各组人数" "members of each arm"
        from interactions items member_states, Arms;
}
