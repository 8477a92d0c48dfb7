//! One member as text.

use zhihui_data::Zone;
use zhihui_data::snapshot::AgeBands;
use zhihui_engine::RecommendedItem;
use zhihui_engine::insight::MemberInsight;

use crate::pages::chart::{Chart, Series};
use crate::pages::html::path_segment;
use crate::pages::report::{grouped, local_minute};
use crate::pages::tongue::Tongue;
use crate::pages::words;

/// Topics in the chart.
const CHARTED: usize = 12;
/// How far above the band's share a preference must lie to be told of in the sentence.
const ABOVE_BAND: f32 = 1.2;
/// Topics named in the sentence.
const NAMED: usize = 3;

/// One member, everything in it as text.
pub(super) struct MemberView {
    pub(super) member_id: String,
    pub(super) address: String,
    pub(super) sentence: String,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) personalised: bool,
    pub(super) chart: String,
    pub(super) topics: Vec<TopicRow>,
    pub(super) evidence: String,
    pub(super) history: Vec<(String, String, String)>,
    pub(super) items: Vec<ItemRow>,
    pub(super) band: String,
}

/// One topic of the table.
pub(super) struct TopicRow {
    pub(super) topic: String,
    pub(super) share: String,
    pub(super) band_share: String,
    pub(super) own: String,
}

/// One recommendation.
pub(super) struct ItemRow {
    pub(super) rank: usize,
    pub(super) title: String,
    pub(super) address: String,
    pub(super) kind: &'static str,
    pub(super) probability: String,
    pub(super) rough: bool,
    pub(super) reasons: String,
    pub(super) seats: String,
}

impl MemberView {
    pub(super) fn new(member: &MemberInsight, items: &[RecommendedItem], now: i64, zone: Zone, l: Tongue) -> Self {
        let band = words::known(&member.age_band, l).to_owned();
        let percent = |share: f32| format!("{:.1}%", 100.0 * share);
        let topic = |share: &zhihui_engine::insight::TopicShare| TopicRow {
            topic: share.topic.clone(),
            share: percent(share.share),
            band_share: percent(share.band_share),
            own: format!("{:.1}", share.own_weight),
        };
        let counted = |count: &zhihui_engine::insight::HistoryCount| {
            let last = count.last_at.map(|at| local_minute(at, zone)).unwrap_or_default();
            (words::event(count.kind, l).to_owned(), grouped(f64::from(count.count), 0), last)
        };
        let item = |item: &RecommendedItem| ItemRow {
            rank: item.rank,
            title: item.title.clone(),
            address: format!("/items/{}", path_segment(&item.item_id)),
            kind: words::kind(item.kind, l),
            probability: item.probability.map(|p| format!("{:.1}%", 100.0 * p)).unwrap_or_default(),
            rough: !item.calibrated,
            reasons: item.reasons.iter().map(|why| why.text.as_str()).collect::<Vec<_>>().join(l.say(";", "; ")),
            seats: item.seats_left.map(|seats| grouped(f64::from(seats), 0)).unwrap_or_default(),
        };
        Self {
            member_id: member.member_id.clone(),
            address: format!("/members/{}", path_segment(&member.member_id)),
            sentence: sentence(member, l),
            facts: facts(member, &band, now, zone, l),
            personalised: member.personalised,
            chart: if member.preferences.is_empty() { String::new() } else { chart(member, &band, l).json() },
            topics: member.preferences.iter().map(topic).collect(),
            evidence: evidence(member, l),
            history: member.history.iter().map(counted).collect(),
            items: items.iter().map(item).collect(),
            band,
        }
    }
}

fn sentence(member: &MemberInsight, l: Tongue) -> String {
    let en = l.tag() == "en";
    if !member.personalised {
        return l
            .say(
                "这名会员关闭了个性化推荐,看到的和所有人一样。",
                "This member allows no personalised lists and sees what everybody sees.",
            )
            .to_owned();
    }
    let above = member
        .preferences
        .iter()
        .filter(|topic| topic.own_weight >= 1.0 && topic.share > ABOVE_BAND * topic.band_share);
    let names: Vec<&str> = above.take(NAMED).map(|topic| topic.topic.as_str()).collect();
    match (names.is_empty(), en) {
        (true, false) if member.own_weight < 1.0 => {
            "这名会员留下的阅读和报名还很少,推荐主要按同年龄段的喜好。".to_owned()
        }
        (true, true) if member.own_weight < 1.0 => {
            "Little is known of this member yet; lists follow the age band.".to_owned()
        }
        (true, false) => format!("这名会员的兴趣和{}差不多。", others(member, l)),
        (true, true) => format!("This member's interests are much like those of {}.", others(member, l)),
        (false, false) => format!("比{}更关注{}。", others(member, l), names.join("、")),
        (false, true) => format!("Turns more often than {} to {}.", others(member, l), names.join(", ")),
    }
}

/// Whom the member is compared with.
fn others(member: &MemberInsight, l: Tongue) -> String {
    let band = &member.age_band;
    match (band == AgeBands::UNKNOWN, l.tag() == "en") {
        (true, _) => l.say("年龄未知的会员", "members of unknown age").to_owned(),
        (false, true) => format!("the age band {band}"),
        (false, false) => format!("同年龄段({band})的会员"),
    }
}

fn evidence(member: &MemberInsight, l: Tongue) -> String {
    let (own, prior) = (member.own_weight, member.prior_weight);
    let share = if own + prior > 0.0 { 100.0 * own / (own + prior) } else { 0.0 };
    if l.tag() == "en" {
        return format!(
            "{share:.0} % of each share comes from the member's own reads and sign-ups (worth {own:.1} recent reads), the rest from the age band (worth {prior:.1})."
        );
    }
    format!(
        "每个比例中,约 {share:.0}% 来自会员自己的阅读和报名(折合最近 {own:.1} 次阅读),其余来自同年龄段的平均(折合 {prior:.1} 次)。"
    )
}

fn facts(member: &MemberInsight, band: &str, now: i64, zone: Zone, l: Tongue) -> Vec<(&'static str, String)> {
    let unknown = || l.say("未知", "unknown").to_owned();
    let years = |at: i64| {
        let day = local_minute(at, zone).get(..10).unwrap_or_default().to_owned();
        let years = (now - at) / (365 * 86_400 + 86_400 / 4);
        if l.tag() == "en" { format!("{day} ({years} years)") } else { format!("{day}({years} 年)") }
    };
    let yes = |yes: bool| if yes { l.say("是", "yes") } else { l.say("否", "no") }.to_owned();
    vec![
        (l.say("工会", "Union"), member.union.clone().unwrap_or_else(unknown)),
        (l.say("年龄段", "Age band"), band.to_owned()),
        (l.say("性别", "Sex"), words::gender(member.gender, l).to_owned()),
        (l.say("居住地区", "Home district"), member.home_district.clone().unwrap_or_else(unknown)),
        (l.say("工作地区", "Work district"), member.work_district.clone().unwrap_or_else(unknown)),
        (l.say("入会", "Joined"), member.joined_at.map_or_else(unknown, years)),
        (l.say("活跃情况", "Activity"), words::lifecycle(member.lifecycle, l).to_owned()),
        (l.say("兴趣人群", "Interest segment"), member.segment.clone().unwrap_or_else(|| "–".to_owned())),
        (l.say("能推送到", "Can be reached"), yes(member.reachable)),
    ]
}

fn chart(member: &MemberInsight, band: &str, l: Tongue) -> Chart {
    let shown = &member.preferences[..member.preferences.len().min(CHARTED)];
    // One decimal is as exact as it gets.
    let tenth = |share: f32| f64::from((share * 1_000.0).round()) / 10.0;
    let same_age = match (member.age_band == AgeBands::UNKNOWN, l.tag() == "en") {
        (true, _) => l.say("年龄未知的会员", "Members of unknown age").to_owned(),
        (false, true) => format!("Age band {band}"),
        (false, false) => format!("同年龄段 {band}"),
    };
    Chart::Bars {
        categories: shown.iter().map(|topic| topic.topic.clone()).collect(),
        series: vec![
            Series {
                name: l.say("这名会员", "This member").to_owned(),
                values: shown.iter().map(|topic| tenth(topic.share)).collect(),
            },
            Series { name: same_age, values: shown.iter().map(|topic| tenth(topic.band_share)).collect() },
        ],
        unit: "%",
    }
}
