//! One item: its window, whom it is limited to, how it goes, whom it reaches, what is like it.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use zhihui_data::{ItemKind, Zone};
use zhihui_engine::insight::{ItemInsight, Phase, Reach};
use zhihui_engine::report::Fewest;

use super::happened::{Happened, midnights};
use super::row::{expected, people, until};
use crate::access::Asker;
use crate::answering::SimilarRequest;
use crate::pages::counted::Sight;
use crate::pages::frame::Frame;
use crate::pages::html::{address, page, path_segment};
use crate::pages::report::{grouped, local_minute};
use crate::pages::tongue::Tongue;
use crate::pages::words;
use crate::problem::{Code, Problem};
use crate::service::Service;

/// Items listed as similar.
const SIMILAR: usize = 8;

#[derive(Template)]
#[template(path = "items/item_page.html")]
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
    happened: Happened,
    is_scoped: bool,
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
    asker: Asker,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(id) = path.map_err(|_| Problem::invalid("id", "must be UTF-8, percent-encoded"))?;
    let now = service.now();
    let language = frame.l.0;
    let counter = service.clone();
    let asked = id.clone();
    let sight = Sight::of(&asker, service.settings().fewest_people);
    let (hides_few, is_scoped) = (sight.hides_few, sight.union.is_some());
    let found = service
        .compute(move |live| {
            let item = live.answers.item_view(&asked, now)?;
            let reach = counter.counted().reach(live, &[&asked], &sight, now).pop().unwrap_or_default();
            let request = SimilarRequest { item_id: &asked, n: SIMILAR, kind: None, now, language };
            let similar = live.answers.similar(&request).map(|list| list.items).unwrap_or_default();
            // Days of a part of the account would tell of single members.
            let midnights = if is_scoped { Vec::new() } else { midnights(live.facts.as_of, live.facts.zone) };
            let days = live.answers.item_days(&asked, &midnights);
            Some((item, reach, similar, days, midnights, live.facts.zone))
        })
        .await?;
    let Some((item, reach, similar, days, midnights, zone)) = found else {
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
    let happened = Happened::of(&days, &midnights, hides_few, zone);
    let is_article = item.kind == ItemKind::Article;
    let chart = if happened.is_empty() { String::new() } else { happened.chart(is_article, l).json() };
    let template = ItemPage {
        sentence: sentence(&item, &reach, hides_few, now, zone, l),
        kind: words::kind(item.kind, l),
        phase: words::phase(item.phase, is_article, l),
        facts: facts(&item, now, zone, l),
        limits: limits(&item, l),
        eligible: people(reach.eligible, hides_few),
        reachable: people(reach.reachable, hides_few),
        expected: expected(reach.expected, hides_few),
        rough: !reach.calibrated,
        open: item.phase == Phase::Open,
        choose: address("/audiences", [("item_id", item.item_id.as_str())].into_iter()),
        similar: similar.collect(),
        happened,
        chart,
        is_scoped,
        item: &item,
        frame: &frame,
    };
    Ok(page(StatusCode::OK, &frame, &template))
}

fn sentence(item: &ItemInsight, reach: &Reach, hides_few: Option<Fewest>, now: i64, zone: Zone, l: Tongue) -> String {
    let (reachable, expected) = (people(reach.reachable, hides_few), expected(reach.expected, hides_few));
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
            format!("{reachable} members can be pushed to; about {expected} of them are expected to read it.")
        }
        Phase::Open if is_article => format!("可推送给 {reachable} 名会员,预计其中约 {expected} 人会读。"),
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
