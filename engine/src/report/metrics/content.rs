//! What is read and shared.

use super::{Metric, MinimumGroup};

metrics! {
    "readers" people "阅读人数" "Readers":
        "期内至少读过一篇文章的会员，每人计一次。"
        "Members who read at least one article in the period, each counted once."
        = "count(distinct member_id of read)"
        from interactions member_states, People;
    "reads" person_times "阅读人次" "Reads":
        "期内的阅读次数；同一会员同一秒重复上报同一文章只计一次。"
        "Number of reads in the period; repeated reports of one member, article and second count once."
        = "count(read)"
        from interactions member_states, People;
    "reads_per_reader" reads "人均阅读" "Reads per reader":
        "阅读人次除以阅读人数。"
        "Reads divided by readers."
        = "reads / readers"
        over "阅读人数" "readers"
        from interactions member_states, People;
    "articles_read" articles "被阅读文章数" "Articles read":
        "期内至少被读过一次的文章。"
        "Articles read at least once in the period."
        = "count(distinct item_id of read)"
        from interactions member_states, People;
    "articles_published" articles "发布文章数" "Articles published":
        "发布时间落在期内的文章。"
        "Articles published in the period."
        = "count(item_id where kind = article and from ≤ published_at < to)"
        from items, Nobody;
    "dwell_seconds" seconds "停留时长中位数" "Median reading time":
        "期内上报了停留时长的阅读的中位数。"
        "Median over the reads of the period that have a reading time."
        = "median(dwell_seconds of read)"
        from interactions member_states, People;
    "finish_rate" share "读完率" "Finish rate":
        "上报了阅读比例的阅读中，读到九成以上的占比。"
        "Of the reads whose read part is known, those that reached nine tenths of the article."
        = "count(read where read_fraction ≥ 0.9) / count(read where read_fraction is known)"
        over "已知阅读比例的阅读人次" "reads whose read part is known"
        from interactions member_states, People;
    "sharers" people "分享人数" "Sharers":
        "期内至少分享过一次的会员，每人计一次。"
        "Members who shared at least once in the period, each counted once."
        = "count(distinct member_id of share)"
        from interactions member_states, People;
    "shares" person_times "分享人次" "Shares":
        "期内的分享次数。"
        "Number of shares in the period."
        = "count(share)"
        from interactions member_states, People;
    "share_rate" share "分享率" "Sharing rate":
        "阅读过的会员中，期内至少分享过一次的占比。"
        "Of the readers, those who shared at least once in the period."
        = "count(distinct member_id of read and share) / readers"
        over "阅读人数" "readers"
        from interactions member_states, People;
}
