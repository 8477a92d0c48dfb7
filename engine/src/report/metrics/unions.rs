//! Which unions take part.

use super::{Metric, MinimumGroup};

metrics! {
    "unions" unions "工会数" "Unions":
        "期末至少有一名会员的工会。"
        "Unions with at least one member at the end of the period."
        = "count(union_id with members > 0)"
        from member_states union_activity, People;
    "active_unions" unions "活跃工会数" "Active unions":
        "人数达到显示下限、期内至少有一名活跃会员的工会。"
        "Unions large enough to be shown, with at least one active member in the period."
        = "count(union_id with members ≥ minimum group and active_members > 0)"
        from interactions member_states union_activity, People;
    "silent_unions" unions "静默工会数" "Silent unions":
        "人数达到显示下限、期内无人活跃的工会；更小的工会不作判断。"
        "Unions large enough to be shown, with no active member in the period; smaller ones are not included."
        = "count(union_id with members ≥ minimum group and active_members = 0)"
        from interactions member_states union_activity, People;
    "union_coverage" share "工会覆盖率" "Union coverage":
        "活跃工会数除以人数达到显示下限的工会数。"
        "Active unions divided by unions large enough to be shown."
        = "active_unions / (active_unions + silent_unions)"
        over "人数达到显示下限的工会数" "unions large enough to be shown"
        from interactions member_states union_activity, People;
}
