//! What members think.

use super::{Metric, MinimumGroup};

metrics! {
    "rating" points "平均评分" "Mean rating":
        "期内反馈的平均分，1 至 5 分。"
        "Mean of the ratings given in the period, from 1 to 5."
        = "sum(rating) / count(rating)"
        over "评分次数" "ratings given"
        from feedback member_states, People;
}
