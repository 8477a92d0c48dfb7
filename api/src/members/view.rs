//! Formats a member for the page.

use zhihui_data::Zone;
use zhihui_data::snapshot::AgeBands;
use zhihui_engine::RecommendedItem;
use zhihui_engine::insight::{MemberInsight, TopicShare};

use crate::web::chart::{Chart, Series};
use crate::web::labels;
use crate::web::locale::Locale;
use crate::web::numbers::{grouped, local_minute};
use crate::web::url::percent_encode;

/// Maximum number of topics in the chart.
const MAX_CHARTED: usize = 12;
/// Minimum ratio to the age band's share for a topic named in the sentence.
const MIN_LIFT: f32 = 1.2;
/// Maximum number of topics named in the sentence.
const MAX_NAMES: usize = 3;

/// A member, formatted.
pub(crate) struct MemberView {
    pub(crate) member_id: String,
    pub(crate) url: String,
    pub(crate) sentence: String,
    pub(crate) facts: Vec<(&'static str, String)>,
    pub(crate) personalised: bool,
    pub(crate) team_match: bool,
    pub(crate) chart: String,
    pub(crate) topics: Vec<TopicRow>,
    pub(crate) evidence: String,
    pub(crate) history: Vec<(String, String, String)>,
    pub(crate) items: Vec<RecommendationRow>,
    pub(crate) band: String,
}

/// A topic of the table.
pub(crate) struct TopicRow {
    pub(crate) topic: String,
    pub(crate) share: String,
    pub(crate) band_share: String,
    pub(crate) own: String,
}

/// A recommendation.
pub(crate) struct RecommendationRow {
    pub(crate) rank: usize,
    pub(crate) title: String,
    pub(crate) url: String,
    pub(crate) kind: &'static str,
    pub(crate) probability: String,
    pub(crate) rough: bool,
    pub(crate) reasons: String,
    pub(crate) seats: String,
}

impl MemberView {
    pub(crate) fn new(member: &MemberInsight, items: &[RecommendedItem], now: i64, zone: Zone, t: Locale) -> Self {
        let band = labels::known(&member.age_band, t).to_owned();
        let percent = |share: f32| format!("{:.1}%", 100.0 * share);
        let topic = |share: &TopicShare| TopicRow {
            topic: share.topic.clone(),
            share: percent(share.share),
            band_share: percent(share.band_share),
            own: format!("{:.1}", share.own_weight),
        };
        let history = |count: &zhihui_engine::insight::HistoryCount| {
            let last = count.last_at.map(|at| local_minute(at, zone)).unwrap_or_default();
            (labels::event(count.kind, t).to_owned(), grouped(f64::from(count.count), 0), last)
        };
        let item = |item: &RecommendedItem| RecommendationRow {
            rank: item.rank,
            title: item.title.clone(),
            url: format!("/items/{}", percent_encode(&item.item_id)),
            kind: labels::kind(item.kind, t),
            probability: item.probability.map(|p| format!("{:.1}%", 100.0 * p)).unwrap_or_default(),
            rough: !item.calibrated,
            reasons: item
                .reasons
                .iter()
                .map(|why| why.text.as_str())
                .collect::<Vec<_>>()
                .join(t.common_clause_separator()),
            seats: item.seats_left.map(|seats| grouped(f64::from(seats), 0)).unwrap_or_default(),
        };
        Self {
            member_id: member.member_id.clone(),
            url: format!("/members/{}", percent_encode(&member.member_id)),
            sentence: sentence(member, t),
            facts: facts(member, &band, now, zone, t),
            personalised: member.personalised,
            team_match: member.team_match,
            chart: if member.preferences.is_empty() { String::new() } else { chart(member, &band, t).json() },
            topics: member.preferences.iter().map(topic).collect(),
            evidence: evidence(member, t),
            history: member.history.iter().map(history).collect(),
            items: items.iter().map(item).collect(),
            band,
        }
    }
}

fn sentence(member: &MemberInsight, t: Locale) -> String {
    if !member.personalised {
        return t.members_opted_out().to_owned();
    }
    let is_above = |topic: &&TopicShare| topic.own_weight >= 1.0 && topic.share > MIN_LIFT * topic.band_share;
    let topics: Vec<&str> =
        member.preferences.iter().filter(is_above).take(MAX_NAMES).map(|topic| topic.topic.as_str()).collect();
    let topics = topics.join(t.common_list_separator());
    let band = &member.age_band;
    match (topics.is_empty(), band == AgeBands::UNKNOWN) {
        (true, _) if member.own_weight < 1.0 => t.members_little_history().to_owned(),
        (true, true) => t.members_like_unknown_age().to_owned(),
        (true, false) => t.members_like_band(band),
        (false, true) => t.members_prefers_unknown_age(topics),
        (false, false) => t.members_prefers(band, topics),
    }
}

fn evidence(member: &MemberInsight, t: Locale) -> String {
    let (own, prior) = (member.own_weight, member.prior_weight);
    let share = if own + prior > 0.0 { 100.0 * own / (own + prior) } else { 0.0 };
    t.members_evidence(format!("{own:.1}"), format!("{prior:.1}"), format!("{share:.0}"))
}

fn facts(member: &MemberInsight, band: &str, now: i64, zone: Zone, t: Locale) -> Vec<(&'static str, String)> {
    let unknown = || t.labels_unknown().to_owned();
    let years = |at: i64| {
        let day = local_minute(at, zone).get(..10).unwrap_or_default().to_owned();
        let years = (now - at) / (365 * 86_400 + 86_400 / 4);
        t.members_joined_at(day, years)
    };
    let yes = |yes: bool| if yes { t.members_yes() } else { t.members_no() }.to_owned();
    vec![
        (t.members_union(), member.union.clone().unwrap_or_else(unknown)),
        (t.common_age_band(), band.to_owned()),
        (t.common_sex(), labels::gender(member.gender, t).to_owned()),
        (t.members_home_district(), member.home_district.clone().unwrap_or_else(unknown)),
        (t.members_work_district(), member.work_district.clone().unwrap_or_else(unknown)),
        (t.members_joined(), member.joined_at.map_or_else(unknown, years)),
        (t.common_activity(), labels::lifecycle(member.lifecycle, t).to_owned()),
        (t.common_interest_segment(), member.segment.clone().unwrap_or_else(|| "–".to_owned())),
        (t.members_reachable(), yes(member.reachable)),
    ]
}

fn chart(member: &MemberInsight, band: &str, t: Locale) -> Chart {
    let shown = &member.preferences[..member.preferences.len().min(MAX_CHARTED)];
    let tenth = |share: f32| f64::from((share * 1_000.0).round()) / 10.0;
    let same_age = match member.age_band == AgeBands::UNKNOWN {
        true => t.members_unknown_age().to_owned(),
        false => t.members_same_age(band),
    };
    Chart::Bars {
        categories: shown.iter().map(|topic| topic.topic.clone()).collect(),
        series: vec![
            Series {
                name: t.members_this_member().to_owned(),
                values: shown.iter().map(|topic| tenth(topic.share)).collect(),
            },
            Series { name: same_age, values: shown.iter().map(|topic| tenth(topic.band_share)).collect() },
        ],
        unit: "%",
    }
}
