//! WeChat's own figures of the account, and those of the identified members on the same days. The two are never added.

use super::{Metric, MinimumGroup};

metrics! {
    "account_read_users" person_days "公众号阅读人数（按日累加）" "Account readers, summed over days":
        "账号口径：微信统计的每日阅读人数之和，含未识别的读者；同一人多日阅读重复计入，不是期内人数。"
        "The account's: sum of WeChat's readers of each day, also unidentified ones; a person counts once a day."
        = "sum(read_users of each day of the whole account)"
        from account_statistics, Nobody;
    "account_reads" person_times "公众号阅读人次" "Account reads":
        "账号口径：微信旧接口统计的图文页阅读次数；新接口不提供。"
        "The account's: reads by WeChat's old interfaces; the new ones have none."
        = "sum(read_times of each day of the whole account)"
        from account_statistics, Nobody;
    "account_share_users" person_days "公众号分享人数（按日累加）" "Account sharers, summed over days":
        "账号口径：微信统计的每日分享人数之和，含未识别的读者。"
        "The account's: sum of WeChat's sharers of each day, also unidentified ones."
        = "sum(share_users of each day of the whole account)"
        from account_statistics, Nobody;
    "identified_read_users" person_days "识别阅读人数（按日累加）" "Identified readers, summed over days":
        "识别口径：有账号统计的各日，能对应到会员的阅读人数之和；人数隐去的日子不计。"
        "Identified: sum of the members who read on each day with figures of the account; days with hidden numbers are left out."
        = "sum(count(distinct member_id where kind = 'read') of each day with account_read_users)"
        from interactions member_states account_statistics, People;
    "identified_share" share "识别率" "Identified share":
        "同样的日子里，识别阅读人数除以公众号阅读人数；两种口径只作对照，不能相加。"
        "Identified readers divided by the account's readers of the same days; the two are compared and never added."
        = "identified_read_users / account_read_users of the same days"
        over "同样各日的公众号阅读人数之和" "the account's readers of the same days"
        from interactions member_states account_statistics, People;
}
