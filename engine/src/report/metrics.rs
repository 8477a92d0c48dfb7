//! The definitions of all metrics of reports: name, unit, label, and what they count.
//!
//! People (人数) and person-times (人次) are different metrics: the first counts each member once, the second every event.

use super::{MetricValue, Sentence};

/// The definition of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Stable name for programs.
    pub name: &'static str,
    /// Its unit, as in [`MetricValue::unit`].
    pub unit: &'static str,
    /// Its label, Chinese and English.
    pub label: [&'static str; 2],
    /// What it counts, Chinese and English.
    pub definition: [&'static str; 2],
}

macro_rules! metrics {
    ($($name:literal $unit:ident $zh:literal $en:literal: $def_zh:literal $def_en:literal;)+) => {
        /// Every metric, in the order of a report.
        pub const METRICS: &[Metric] = &[$(Metric {
            name: $name, unit: stringify!($unit), label: [$zh, $en], definition: [$def_zh, $def_en],
        }),+];
    };
}

metrics! {
    "members" people "会员人数" "Members":
        "期末在册的会员，每人计一次。"
        "Members on the roster at the end of the period, each counted once.";
    "reachable_members" people "可触达人数" "Reachable members":
        "期末已绑定微信且仍在关注的会员。"
        "Members with a known WeChat id who follow the account at the end of the period.";
    "active_members" people "活跃会员人数" "Active members":
        "期内至少阅读、分享、报名或到场一次的会员，每人计一次。"
        "Members who read, shared, signed up or attended at least once in the period, each counted once.";
    "active_share" share "活跃率" "Active share":
        "活跃会员人数除以会员人数。"
        "Active members divided by members.";
    "new_members" people "首次活跃人数" "First-time active members":
        "第一次活跃落在期内的会员。"
        "Members whose first activity is in the period.";
    "returning_members" people "持续活跃人数" "Still active members":
        "前一段时间（同样天数，整月的报告为上个月）和本期都活跃的会员。"
        "Members who were active in the period and in the one just before (as many days; for a calendar month the month before).";
    "resurrected_members" people "重新活跃人数" "Members active again":
        "本期活跃、前一段时间不活跃、更早活跃过的会员。"
        "Members who were active in the period, not in the one just before, and at some earlier time.";
    "dormant_members" people "转入沉默人数" "Members no longer active":
        "前一段时间活跃、本期不活跃的会员。"
        "Members who were active in the period just before and not in this one.";
    "readers" people "阅读人数" "Readers":
        "期内至少读过一篇文章的会员，每人计一次。"
        "Members who read at least one article in the period, each counted once.";
    "reads" person_times "阅读人次" "Reads":
        "期内的阅读次数；同一会员同一秒重复上报同一文章只计一次。"
        "Number of reads in the period; repeated reports of one member, article and second count once.";
    "reads_per_reader" reads "人均阅读" "Reads per reader":
        "阅读人次除以阅读人数。"
        "Reads divided by readers.";
    "articles_read" articles "被阅读文章数" "Articles read":
        "期内至少被读过一次的文章。"
        "Articles read at least once in the period.";
    "articles_published" articles "发布文章数" "Articles published":
        "发布时间落在期内的文章。"
        "Articles published in the period.";
    "dwell_seconds" seconds "停留时长中位数" "Median reading time":
        "期内上报了停留时长的阅读的中位数。"
        "Median over the reads of the period that have a reading time.";
    "finish_rate" share "读完率" "Finish rate":
        "上报了阅读比例的阅读中，读到九成以上的占比。"
        "Of the reads whose read part is known, those that reached nine tenths of the article.";
    "sharers" people "分享人数" "Sharers":
        "期内至少分享过一次的会员，每人计一次。"
        "Members who shared at least once in the period, each counted once.";
    "shares" person_times "分享人次" "Shares":
        "期内的分享次数。"
        "Number of shares in the period.";
    "share_rate" share "分享率" "Sharing rate":
        "阅读过的会员中，期内至少分享过一次的占比。"
        "Of the readers, those who shared at least once in the period.";
    "unions" unions "工会数" "Unions":
        "期末至少有一名会员的工会。"
        "Unions with at least one member at the end of the period.";
    "active_unions" unions "活跃工会数" "Active unions":
        "人数达到显示下限、期内至少有一名活跃会员的工会。"
        "Unions large enough to be shown, with at least one active member in the period.";
    "silent_unions" unions "静默工会数" "Silent unions":
        "人数达到显示下限、期内无人活跃的工会；更小的工会不作判断。"
        "Unions large enough to be shown, with no active member in the period; smaller ones are not included.";
    "union_coverage" share "工会覆盖率" "Union coverage":
        "活跃工会数除以人数达到显示下限的工会数。"
        "Active unions divided by unions large enough to be shown.";
    "sign_ups" person_times "报名人次" "Sign-ups":
        "期内报名且未取消的次数；同一会员对同一活动计一次。"
        "Sign-ups of the period that were not cancelled; one for each member and activity.";
    "sign_up_members" people "报名人数" "Members who signed up":
        "期内至少有一次未取消报名的会员，每人计一次。"
        "Members with at least one sign-up of the period that was not cancelled, each counted once.";
    "attended" person_times "到场人次" "Attendances":
        "期内报名中状态为到场的次数。"
        "Sign-ups of the period whose status is attended.";
    "attended_members" people "到场人数" "Members who attended":
        "期内至少到场一次的会员，每人计一次。"
        "Members who attended at least once in the period, each counted once.";
    "no_show_rate" share "缺席率" "No-show rate":
        "缺席人次除以缺席与到场人次之和；尚无结果的报名不计。"
        "No-shows divided by no-shows and attendances; sign-ups without an outcome yet do not count.";
    "cancellations" person_times "取消人次" "Cancellations":
        "期内报名中状态为取消的次数。"
        "Sign-ups of the period whose status is cancelled.";
    "seats_offered" tickets "提供席位" "Seats offered":
        "期内开始的、设有名额的活动的名额总和。"
        "Total capacity of the activities that start in the period and have a capacity.";
    "seats_taken" tickets "占用席位" "Seats taken":
        "这些活动中状态为已报名或到场的票数。"
        "Tickets of these activities with the status registered or attended.";
    "fill_rate" share "上座率" "Fill rate":
        "占用席位除以提供席位。"
        "Seats taken divided by seats offered.";
    "pushes" person_times "推送人次" "Pushes":
        "期内发出的推送条数，不含对照组。"
        "Messages pushed in the period, excluding the hold-out.";
    "pushed_members" people "被推送人数" "Pushed members":
        "期内至少收到一次推送的会员，每人计一次。"
        "Members pushed at least once in the period, each counted once.";
    "held_out_members" people "对照组人数" "Held-out members":
        "期内至少一次被划入对照组的会员，每人计一次。"
        "Members held out at least once in the period, each counted once.";
    "push_read_rate" share "推送后阅读率" "Read after push":
        "推送后 72 小时内阅读了所推文章的推送人次占推送人次的比例；只计 72 小时已满的推送。"
        "Share of pushes of articles followed by a read of the article within 72 hours; only pushes at least 72 hours old.";
    "push_read_hours" hours "推送到阅读的时间" "Time from push to read":
        "推送后 72 小时内阅读了所推文章的，从推送到第一次阅读的时间的中位数；只计 72 小时已满的推送。"
        "Median time from a push of an article to the first read within 72 hours; only pushes at least 72 hours old.";
    "push_sign_up_rate" share "推送后报名率" "Sign-up after push":
        "推送后 7 天内报名了所推活动的推送人次占推送人次的比例；只计 7 天已满的推送。"
        "Share of pushes of activities followed by a sign-up within 7 days; only pushes at least 7 days old.";
    "uplift_read" percentage_points "阅读提升" "Uplift in reading":
        "推送组与对照组 72 小时阅读率之差，附 95% 区间；按最初分组计算。"
        "Read rate within 72 hours of pushed members minus that of held-out members, with a 95 % interval; by the original arm.";
    "uplift_sign_up" percentage_points "报名提升" "Uplift in sign-up":
        "推送组与对照组 7 天报名率之差，附 95% 区间；按最初分组计算。"
        "Sign-up rate within 7 days of pushed members minus that of held-out members, with a 95 % interval; by the original arm.";
    "opt_outs" people "关闭个性化人数" "Members who opted out":
        "期末不允许个性化推荐的会员。"
        "Members who opted out of personalised lists, at the end of the period.";
    "rating" points "平均评分" "Mean rating":
        "期内反馈的平均分，1 至 5 分。"
        "Mean of the ratings given in the period, from 1 to 5.";
    "account_read_users" person_days "公众号阅读人数（按日累加）" "Account readers, summed over days":
        "账号口径：微信统计的每日阅读人数之和，含未识别的读者；同一人多日阅读重复计入，不是期内人数。"
        "The account's: sum of WeChat's readers of each day, also unidentified ones; a person counts once a day.";
    "account_reads" person_times "公众号阅读人次" "Account reads":
        "账号口径：微信旧接口统计的图文页阅读次数；新接口不提供。"
        "The account's: reads by WeChat's old interfaces; the new ones have none.";
    "account_share_users" person_days "公众号分享人数（按日累加）" "Account sharers, summed over days":
        "账号口径：微信统计的每日分享人数之和，含未识别的读者。"
        "The account's: sum of WeChat's sharers of each day, also unidentified ones.";
    "identified_read_users" person_days "识别阅读人数（按日累加）" "Identified readers, summed over days":
        "识别口径：有账号统计的各日，能对应到会员的阅读人数之和；人数隐去的日子不计。"
        "Identified: sum of the members who read on each day with figures of the account; days with hidden numbers are left out.";
    "identified_share" share "识别率" "Identified share":
        "同样的日子里，识别阅读人数除以公众号阅读人数；两种口径只作对照，不能相加。"
        "Identified readers divided by the account's readers of the same days; the two are compared and never added.";
}

/// The metric of this name.
#[must_use]
pub fn metric(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.name == name)
}

impl Metric {
    /// Returns the metric's value for a report. A suppressed value keeps its name and has no numbers.
    #[must_use]
    pub fn figure(&self, value: Option<f64>, fraction: Option<(f64, f64)>, suppressed: bool) -> MetricValue {
        let shown = |number: Option<f64>| number.filter(|_| !suppressed);
        MetricValue {
            name: self.name.to_owned(),
            label: sentence(self.label),
            value: shown(value),
            unit: self.unit.to_owned(),
            numerator: shown(fraction.map(|(numerator, _)| numerator)),
            denominator: shown(fraction.map(|(_, denominator)| denominator)),
            previous: None,
            suppressed,
            definition: sentence(self.definition),
            interval: None,
            target: None,
        }
    }
}

fn sentence([zh, en]: [&str; 2]) -> Sentence {
    Sentence { zh: zh.to_owned(), en: en.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metric_names_and_labels_are_unique_and_match_their_units() {
        for metric in METRICS {
            assert_eq!(METRICS.iter().filter(|other| other.name == metric.name).count(), 1, "{}", metric.name);
            assert_eq!(METRICS.iter().filter(|other| other.label == metric.label).count(), 1, "{}", metric.name);
            assert_eq!(metric.label[0].contains("人次"), metric.unit == "person_times", "{}", metric.name);
            assert!(metric.unit != "people" || metric.label[0].contains("人数"), "{}", metric.name);
        }
    }

    #[test]
    fn suppressed_value_has_no_numbers() {
        let rate = metric("no_show_rate").expect("defined");
        let hidden = rate.figure(Some(0.25), Some((1.0, 4.0)), true);
        assert!(
            hidden.suppressed && hidden.value.is_none() && hidden.numerator.is_none() && hidden.denominator.is_none()
        );
        let shown = rate.figure(Some(0.25), Some((10.0, 40.0)), false);
        assert_eq!((shown.value, shown.suppressed), (Some(0.25), false));
    }
}
