//! Sign-ups, attendance, seats, and how evenly activities reach people and unions.

use super::{Metric, MinimumGroup};

metrics! {
    "sign_ups" person_times "报名人次" "Sign-ups":
        "期内报名且未取消的次数；同一会员对同一活动计一次。"
        "Sign-ups of the period that were not cancelled; one for each member and activity."
        = "count(member_id, activity_id where status ≠ cancelled)"
        from sign_up_states member_states, People;
    "sign_up_members" people "报名人数" "Members who signed up":
        "期内至少有一次未取消报名的会员，每人计一次。"
        "Members with at least one sign-up of the period that was not cancelled, each counted once."
        = "count(distinct member_id where status ≠ cancelled)"
        from sign_up_states member_states, People;
    "waitlisted" person_times "候补人次" "Waiting-list places":
        "期内报名中状态为候补的次数。"
        "Sign-ups of the period whose status is waitlisted."
        = "count(member_id, activity_id where status = waitlisted)"
        from sign_up_states member_states, People;
    "attended" person_times "到场人次" "Attendances":
        "期内报名中状态为到场的次数。"
        "Sign-ups of the period whose status is attended."
        = "count(member_id, activity_id where status = attended)"
        from sign_up_states member_states, People;
    "attended_members" people "到场人数" "Members who attended":
        "期内至少到场一次的会员，每人计一次。"
        "Members who attended at least once in the period, each counted once."
        = "count(distinct member_id where status = attended)"
        from sign_up_states member_states, People;
    "first_timer_share" share "首次到场占比" "First-timers":
        "期内到场的会员中，此前从未到场的占比。"
        "Of the members who attended, those who had never attended before."
        = "count(member_id attended first in [from, to)) / attended_members"
        over "到场人数" "members who attended"
        from sign_up_states member_states, People;
    "sign_up_lead_days" days "报名到活动的天数" "Days from sign-up to activity":
        "期内报名并到场的，从报名到活动开始的天数的中位数。"
        "Median time from a sign-up of the period to the start of the activity, of those who attended."
        = "median(starts_at − signed_up_at where status = attended)"
        from sign_up_states items member_states, People;
    "no_shows" person_times "缺席人次" "No-shows":
        "期内报名中状态为缺席的次数。"
        "Sign-ups of the period whose status is no-show."
        = "count(member_id, activity_id where status = no_show)"
        from sign_up_states member_states, People;
    "no_show_rate" share "缺席率" "No-show rate":
        "缺席人次除以缺席与到场人次之和；尚无结果的报名不计。"
        "No-shows divided by no-shows and attendances; sign-ups without an outcome yet do not count."
        = "no_shows / (no_shows + attended)"
        over "缺席与到场人次之和" "no-shows and attendances"
        from sign_up_states member_states, People;
    "cancellations" person_times "取消人次" "Cancellations":
        "期内报名中状态为取消的次数。"
        "Sign-ups of the period whose status is cancelled."
        = "count(member_id, activity_id where status = cancelled)"
        from sign_up_states member_states, People;
    "seats_offered" tickets "提供席位" "Seats offered":
        "期内开始的、设有名额的活动的名额总和。"
        "Total capacity of the activities that start in the period and have a capacity."
        = "sum(capacity where from ≤ starts_at < to)"
        from items, Nobody;
    "seats_taken" tickets "占用席位" "Seats taken":
        "这些活动中状态为已报名或到场的票数。"
        "Tickets of these activities with the status registered or attended."
        = "sum(tickets where status in (registered, attended))"
        from sign_up_states items member_states, People;
    "fill_rate" share "上座率" "Fill rate":
        "占用席位除以提供席位。"
        "Seats taken divided by seats offered."
        = "seats_taken / seats_offered"
        over "提供席位" "seats offered"
        from sign_up_states items member_states, People;
    "attendance_gini" number "到场集中度（会员）" "Concentration of attendance among members":
        "到场次数在到场会员之间的基尼系数：0 为人人相同，接近 1 为集中在少数人。"
        "Gini coefficient of the attendances of members who attended: 0 if all attended equally often, near 1 if few have most."
        = "Σ (2i − n − 1) x[i] / (n Σ x), x ascending"
        over "到场会员" "members who attended"
        from sign_up_states member_states, TopTenth;
    "top_tenth_share" share "最常到场的一成会员占比" "Share of the most frequent tenth":
        "到场会员中最常到场的十分之一所占的到场人次比例。"
        "Share of all attendances that belongs to the tenth of attending members who attended most often."
        = "sum(x of the n/10 largest) / sum(x)"
        over "到场人次" "attendances"
        from sign_up_states member_states, TopTenth;
    "union_gini" number "到场集中度（工会）" "Concentration of attendance among unions":
        "各工会人均到场次数的基尼系数，按会员人数加权；0 为各工会相同。"
        "Gini coefficient of attendances per member among unions, weighted by members: 0 if all unions attend equally."
        = "ΣΣ w[i] w[j] |r[i] − r[j]| / (2 W² r̄), r = attendances / members, w = members"
        over "会员人数" "members"
        from sign_up_states member_states, TopTenth;
}
