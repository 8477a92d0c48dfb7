//! One item: its window, whom it is limited to, how it goes, whom it reaches, what is like it.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use zhihui_data::{ItemKind, Zone};
use zhihui_engine::insight::{Day, ItemInsight, Phase, Reach};

use super::row::{about_number, until};
use crate::answering::SimilarRequest;
use crate::pages::chart::{Chart, Series};
use crate::pages::frame::Frame;
use crate::pages::html::{address, page, path_segment};
use crate::pages::report::{grouped, local_minute};
use crate::pages::tongue::Tongue;
use crate::pages::words;
use crate::problem::{Code, Problem};
use crate::service::Service;

/// Days of the chart.
const DAYS: usize = 30;
/// Items listed as similar.
const SIMILAR: usize = 8;

#[derive(Template)]
#[template(path = "item.html")]
struct ItemPage<'a> {
    frame: &'a Frame,
    item: &'a ItemInsight,
    sentence: String,
    kind: &'static str,
    phase: &'static str,
    facts: Vec<(&'static str, String)>,
    limits: Vec<String>,
    eligible: String,
    reachable: String,
    expected: String,
    rough: bool,
    open: bool,
    choose: String,
    similar: Vec<Similar>,
    chart: String,
    days: Vec<(String, Day)>,
    totals: Day,
    since: String,
}

struct Similar {
    address: String,
    title: String,
    kind: &'static str,
    reason: String,
}

/// One item.
#[utoipa::path(get, path = "/items/{id}", tag = "pages", params(("id" = String, Path, description = "The item's id")),
    responses((status = 200, description = "A page"), (status = 404, description = "No such item")))]
pub(crate) async fn item(
    State(service): State<Service>,
    frame: Frame,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(id) = path.map_err(|_| Problem::invalid("id", "must be UTF-8, percent-encoded"))?;
    let now = service.now();
    let language = frame.l.0;
    let counter = service.clone();
    let asked = id.clone();
    let found = service
        .compute(move |live| {
            let item = live.answers.item_view(&asked, now)?;
            let reach = counter.counted().reach(live, &[&asked], now).pop().unwrap_or_default();
            let request = SimilarRequest { item_id: &asked, n: SIMILAR, kind: None, now, language };
            let similar = live.answers.similar(&request).map(|list| list.items).unwrap_or_default();
            let as_of = live.facts.as_of;
            Some((item, reach, similar, live.answers.item_days(&asked, DAYS, as_of), as_of, live.facts.zone))
        })
        .await?;
    let Some((item, reach, similar, days, as_of, zone)) = found else {
        let detail = "the published snapshot has no such item; it may have been renamed, or not be published yet";
        return Err(Problem::new(Code::UnknownItem, detail));
    };
    let l = frame.l;
    let similar = similar.into_iter().map(|other| Similar {
        address: format!("/items/{}", path_segment(&other.item_id)),
        title: other.title,
        kind: words::kind(other.kind, l),
        reason: other.reasons.first().map(|reason| reason.text.clone()).unwrap_or_default(),
    });
    let named: Vec<(String, Day)> = days
        .iter()
        .enumerate()
        .map(|(at, &day)| (day_name(as_of - (DAYS - 1 - at) as i64 * 86_400, zone), day))
        .collect();
    let totals = days.iter().fold(Day::default(), |sum, day| Day {
        reads: sum.reads + day.reads,
        sign_ups: sum.sign_ups + day.sign_ups,
        pushes: sum.pushes + day.pushes,
    });
    let is_article = item.kind == ItemKind::Article;
    let template = ItemPage {
        sentence: sentence(&item, &reach, now, zone, l),
        kind: words::kind(item.kind, l),
        phase: words::phase(item.phase, is_article, l),
        facts: facts(&item, now, zone, l),
        limits: limits(&item, l),
        eligible: grouped(reach.eligible as f64, 0),
        reachable: grouped(reach.reachable as f64, 0),
        expected: about_number(reach.expected),
        rough: !reach.calibrated,
        open: item.phase == Phase::Open,
        choose: address("/audiences", [("item_id", item.item_id.as_str())].into_iter()),
        similar: similar.collect(),
        chart: if totals == Day::default() { String::new() } else { chart(&named, is_article, l).json() },
        days: named,
        totals,
        since: local_minute(as_of, zone),
        item: &item,
        frame: &frame,
    };
    Ok(page(StatusCode::OK, &frame, &template))
}

fn day_name(at: i64, zone: Zone) -> String {
    local_minute(at, zone).get(5..10).unwrap_or_default().to_owned()
}

fn chart(days: &[(String, Day)], is_article: bool, l: Tongue) -> Chart {
    let values = |value: fn(&Day) -> u32| days.iter().map(|(_, day)| f64::from(value(day))).collect();
    let own = if is_article {
        Series { name: l.say("阅读(次)", "Reads").into(), values: values(|day| day.reads) }
    } else {
        Series { name: l.say("报名(次)", "Sign-ups").into(), values: values(|day| day.sign_ups) }
    };
    let pushes = Series { name: l.say("推送(次)", "Pushes").into(), values: values(|day| day.pushes) };
    Chart::Columns {
        categories: days.iter().map(|(day, _)| day.clone()).collect(),
        series: vec![own, pushes],
        unit: "",
    }
}

fn sentence(item: &ItemInsight, reach: &Reach, now: i64, zone: Zone, l: Tongue) -> String {
    let (reachable, expected) = (grouped(reach.reachable as f64, 0), about_number(reach.expected));
    let en = l.tag() == "en";
    let is_article = item.kind == ItemKind::Article;
    match item.phase {
        Phase::NotOpenYet => {
            let at = item.opens_at.or(item.published_at).unwrap_or(now);
            let (at, far) = (local_minute(at, zone), until(at, now, l));
            if en { format!("It opens {at}, {far}.") } else { format!("{at} 开放,{far}。") }
        }
        Phase::Closed | Phase::Ended if en => "It can no longer be signed up for.".to_owned(),
        Phase::Closed | Phase::Ended => "已经不能报名。".to_owned(),
        Phase::Full if en => "Every seat is taken.".to_owned(),
        Phase::Full => "名额已满。".to_owned(),
        Phase::Open if is_article && en => {
            format!(
                "{reachable} members can be pushed to and have not read it; about {expected} of them are expected to."
            )
        }
        Phase::Open if is_article => format!("还有 {reachable} 名可推送的会员没有读过,预计其中约 {expected} 人会读。"),
        Phase::Open => {
            let seats = match (item.seats_left, en) {
                (Some(left), false) => format!("还剩 {} 个名额,", grouped(f64::from(left), 0)),
                (Some(left), true) => format!("{} seats are left; ", grouped(f64::from(left), 0)),
                (None, false) => "名额不限,".to_owned(),
                (None, true) => "There is no limit of seats; ".to_owned(),
            };
            if en {
                format!(
                    "{seats}{reachable} members can be pushed to, about {expected} of them are expected to sign up."
                )
            } else {
                format!("{seats}可推送给 {reachable} 名会员,预计其中约 {expected} 人报名。")
            }
        }
    }
}

fn facts(item: &ItemInsight, now: i64, zone: Zone, l: Tongue) -> Vec<(&'static str, String)> {
    let minute = |at: Option<i64>| at.map(|at| format!("{} · {}", local_minute(at, zone), until(at, now, l)));
    let free = |price: f32| if price == 0.0 { l.say("免费", "free").to_owned() } else { format!("¥{price:.2}") };
    let seats = item.capacity.map(|capacity| {
        let left = item.seats_left.map(|left| grouped(f64::from(left), 0)).unwrap_or_default();
        format!("{left} / {}", grouped(f64::from(capacity), 0))
    });
    let all = [
        (l.say("发布", "Published"), minute(item.published_at)),
        (l.say("报名开放", "Sign-up opens"), minute(item.opens_at)),
        (l.say("报名截止", "Sign-up closes"), minute(item.closes_at)),
        (l.say("开始", "Begins"), minute(item.starts_at)),
        (l.say("结束", "Ends"), minute(item.ends_at)),
        (l.say("剩余名额", "Seats left"), seats),
        (l.say("价格", "Price"), item.price.map(free)),
        (l.say("地区", "District"), item.district.clone()),
        (l.say("举办", "Held by"), item.union.clone()),
        (l.say("主题", "Topics"), (!item.topics.is_empty()).then(|| item.topics.join(l.say("、", ", ")))),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn limits(item: &ItemInsight, l: Tongue) -> Vec<String> {
    let en = l.tag() == "en";
    let limits = &item.limits;
    let mut told = Vec::new();
    match (limits.min_age, limits.max_age) {
        (Some(min), Some(max)) if en => told.push(format!("aged {min} to {max}")),
        (Some(min), Some(max)) => told.push(format!("{min} 至 {max} 岁")),
        (Some(min), None) => told.push(if en { format!("aged {min} or over") } else { format!("年满 {min} 岁") }),
        (None, Some(max)) => told.push(if en { format!("aged {max} or under") } else { format!("{max} 岁及以下") }),
        (None, None) => {}
    }
    if limits.gender != 0 {
        let sex = words::gender(limits.gender, l);
        told.push(if en { format!("{sex} only") } else { format!("仅限{sex}性") });
    }
    let names = |names: &[String]| names.join(l.say("、", ", "));
    match limits.unions.as_deref() {
        Some([]) => told
            .push(l.say("限定的工会都不认识,没有人能报名", "none of its unions is known: nobody is admitted").into()),
        Some(unions) if en => told.push(format!("unions: {}", names(unions))),
        Some(unions) => told.push(format!("仅限工会:{}", names(unions))),
        None => {}
    }
    if let Some(districts) = &limits.districts {
        let all = names(districts);
        told.push(if en { format!("living or working in {all}") } else { format!("居住或工作在:{all}") });
    }
    if let Some(cap) = limits.per_union_cap {
        told.push(if en { format!("tickets for one union: {cap}") } else { format!("每家工会最多 {cap} 张") });
    }
    if let Some(cap) = limits.per_member_cap {
        told.push(if en { format!("tickets for one member: {cap}") } else { format!("每人最多 {cap} 张") });
    }
    told
}
