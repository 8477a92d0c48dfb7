//! What members think.

use super::{Metric, MinimumGroup};

metrics! {
    "raters" people "评分人数" "Members who rated":
        "期内至少评过一次分的会员，每人计一次。"
        "Members who gave at least one rating in the period, each counted once."
        = "count(distinct member_id with a rating)"
        from feedback member_states, People;
    "rating" points "平均评分" "Mean rating":
        "期内反馈的平均分，1 至 5 分。"
        "Mean of the ratings given in the period, from 1 to 5."
        = "sum(rating) / count(rating)"
        over "评分次数" "ratings given"
        from feedback member_states, People;
}
