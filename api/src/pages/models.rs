//! The model: does it beat popularity, what does it look at, which interests are there.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::Value;
use zhihui_data::Zone;
use zhihui_data::snapshot::ItemGroup;
use zhihui_engine::insight::ModelInsight;

use super::chart::{Chart, Group};
use super::frame::Frame;
use super::html::{attachment, page};
use super::report::{grouped, local_minute, minute_of};
use super::tongue::Tongue;
use super::words;
use crate::problem::{Code, Problem};
use crate::service::Service;
use crate::workshop::RunEntry;

/// Points of the map that are drawn.
const POINTS: usize = 1_500;
/// Runs listed.
const RUNS: u32 = 20;
/// Features told of for each ranker.
const FEATURES: usize = 12;
/// Weights below this share of the heaviest are not told.
const LEAST_SHARE: f32 = 0.02;

#[derive(Template)]
#[template(path = "models.html")]
struct ModelsPage<'a> {
    frame: &'a Frame,
    published: bool,
    sentence: String,
    gate: Option<GateView>,
    facts: Vec<(&'static str, String)>,
    limits: Vec<String>,
    rankers: Vec<RankerView>,
    segments: Vec<SegmentView>,
    map: String,
    runs: Vec<RunView>,
    has_card: bool,
}

/// How the personal model compared with popularity.
struct GateView {
    accepted: bool,
    metric: String,
    value: String,
    baseline: String,
    low: String,
    high: String,
    members: String,
    /// Percent of the picture's width: where zero, the interval's ends and the mean lie.
    zero: String,
    from: String,
    width: String,
    mean: String,
}

struct RankerView {
    label: &'static str,
    calibrated: bool,
    rows: Vec<FeatureView>,
}

struct FeatureView {
    name: String,
    for_it: bool,
    weight: String,
    length: String,
}

struct SegmentView {
    name: String,
    topics: String,
    members: String,
    length: String,
}

struct RunView {
    at: String,
    version: String,
    accepted: Option<bool>,
    value: String,
    baseline: String,
    interval: String,
}

/// The model that serves.
#[utoipa::path(get, path = "/models", tag = "pages", responses((status = 200, description = "A page")))]
pub(crate) async fn models(State(service): State<Service>, frame: Frame) -> Result<Response, Problem> {
    let l = frame.l;
    let model = match service.live() {
        Ok(_) => Some(service.compute(|live| (live.answers.model_view(POINTS), live.facts.zone)).await?),
        Err(_) => None,
    };
    let published = model.is_some();
    let (model, zone) = model.unwrap_or_default();
    let card: Value = serde_json::from_str(&model.card).unwrap_or(Value::Null);
    let runs = match service.workshop() {
        Some(workshop) => workshop.runs(RUNS).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the history of runs cannot be read");
            Vec::new()
        }),
        None => Vec::new(),
    };
    let gate = GateView::of(&card["gate"]);
    let template = ModelsPage {
        sentence: sentence(&model, gate.as_ref(), l),
        facts: facts(&card, &model, zone, l),
        limits: limits(&card, l),
        rankers: rankers(&model, l),
        segments: segments(&model, l),
        map: map(&model),
        runs: runs.iter().filter(|run| run.gate.is_some()).map(|run| RunView::new(run, zone)).collect(),
        has_card: !card.is_null(),
        gate,
        published,
        frame: &frame,
    };
    Ok(page(StatusCode::OK, &frame, &template))
}

/// The model card.
#[utoipa::path(get, path = "/models/card.json", tag = "pages", responses((status = 200, description = "The card"),
    (status = 404, description = "There is none")))]
pub(crate) async fn card(State(service): State<Service>) -> Result<Response, Problem> {
    let model = service.compute(|live| live.answers.model_view(1)).await?;
    if model.card.is_empty() {
        return Err(Problem::new(Code::NotFound, "the published snapshot has no model card; run `zhihui run`"));
    }
    let pretty = serde_json::from_str::<Value>(&model.card).and_then(|card| serde_json::to_vec_pretty(&card));
    let mut response = attachment(pretty.unwrap_or_else(|_| model.card.into_bytes()), "model-card.json");
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

fn sentence(model: &ModelInsight, gate: Option<&GateView>, l: Tongue) -> String {
    let personal = model.name != "popular" && !model.name.is_empty();
    let text = match (personal, gate) {
        (true, Some(gate)) if gate.accepted => (
            "个性化模型通过了检验:在它没见过的日子里,比「按热度推荐」更会猜中会员接下来看什么、报什么。",
            "The personal model passed its test: on days it had not seen it guesses better than popularity what members turn to.",
        ),
        (true, _) => (
            "最近一次训练没有超过「按热度推荐」,所以仍由上一个通过检验的模型服务。",
            "The latest training did not beat popularity beyond doubt, so the last model that did goes on serving.",
        ),
        (false, Some(_)) => (
            "个性化模型还没有确实超过「按热度推荐」,所以现在按热度推荐。",
            "No personal model has beaten popularity beyond doubt, so popularity serves.",
        ),
        (false, None) => (
            "历史还太短,判断不了个性化模型好不好,所以现在按热度推荐。",
            "The history is too short to judge a personal model, so popularity serves.",
        ),
    };
    l.say(text.0, text.1).to_owned()
}

impl GateView {
    fn of(gate: &Value) -> Option<Self> {
        let number = |name: &str| gate[name].as_f64();
        let (value, baseline) = (number("value")?, number("baseline")?);
        let (low, high) = (gate["interval"][0].as_f64()?, gate["interval"][1].as_f64()?);
        let mean = value - baseline;
        // Zero and the whole interval lie within the picture, with some room at both sides.
        let (left, right) = (low.min(0.0), high.max(0.0));
        let room = ((right - left) * 0.1).max(1e-6);
        let place = |at: f64| 100.0 * (at - left + room) / (right - left + 2.0 * room);
        Some(Self {
            accepted: gate["accepted"].as_bool().unwrap_or(false),
            metric: gate["metric"].as_str().unwrap_or_default().to_owned(),
            value: format!("{value:.3}"),
            baseline: format!("{baseline:.3}"),
            low: format!("{low:+.3}"),
            high: format!("{high:+.3}"),
            members: gate["members"].as_f64().map(|members| grouped(members, 0)).unwrap_or_default(),
            zero: format!("{:.2}", place(0.0)),
            from: format!("{:.2}", place(low)),
            width: format!("{:.2}", place(high) - place(low)),
            mean: format!("{:.2}", place(mean)),
        })
    }
}

fn facts(card: &Value, model: &ModelInsight, zone: Zone, l: Tongue) -> Vec<(&'static str, String)> {
    let count = |value: &Value| value.as_f64().map(|number| grouped(number, 0));
    let time = |value: &Value| value.as_str().map(|text| minute_of(text, zone));
    let name = match model.name.as_str() {
        "popular" | "" => l.say("按热度", "popularity").to_owned(),
        name => format!("{} ({name})", l.say("个性化", "personal")),
    };
    let between = |from: &Value, to: &Value| Some(format!("{} – {}", time(from)?, time(to)?));
    let windows = &card["windows"];
    let all = [
        (l.say("正在服务", "Serving"), Some(name)),
        (l.say("数据截至", "As of"), time(&card["as_of"])),
        (l.say("会员", "Members"), count(&card["members"])),
        (l.say("内容和活动", "Items"), count(&card["items"])),
        (l.say("行为记录(人次)", "Events, person-times"), count(&card["events"])),
        (l.say("检验用的日子", "Judged on"), between(&windows["judged_from"], &windows["until"])),
        (
            l.say("有历史 / 全新的内容", "Items with and without history"),
            count(&card["factors"]["warm_items"])
                .zip(count(&card["factors"]["cold_items"]))
                .map(|(warm, cold)| format!("{warm} / {cold}")),
        ),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// The card's own caveats, in the page's language.
fn limits(card: &Value, l: Tongue) -> Vec<String> {
    if card.is_null() {
        return Vec::new();
    }
    let all = [
        (
            "会员看到什么,部分取决于以前推荐过什么;从没展示过的内容只能按主题和属性判断。",
            "What members saw depends in part on what earlier lists showed; what was never shown is judged by its topics and attributes alone.",
        ),
        (
            "从没读过也没报过名的会员,得到的是同年龄段的热门内容。",
            "Members who never read nor signed up are served what is popular in their age band.",
        ),
        (
            "没有校准的概率只用来排先后,不能当人数用。",
            "Where probabilities are not calibrated, they order items but do not count heads.",
        ),
    ];
    all.iter().map(|(zh, en)| l.say(zh, en).to_owned()).collect()
}

fn rankers(model: &ModelInsight, l: Tongue) -> Vec<RankerView> {
    let view = |ranker: &zhihui_engine::insight::RankerInsight| {
        let most = ranker.weights.iter().map(|(_, weight)| weight.abs()).fold(0.0_f32, f32::max).max(f32::EPSILON);
        let told = ranker.weights.iter().filter(|(_, weight)| weight.abs() >= LEAST_SHARE * most).take(FEATURES);
        let row = |(name, weight): &(String, f32)| FeatureView {
            name: words::feature(name, l).to_owned(),
            for_it: *weight >= 0.0,
            weight: format!("{weight:+.2}"),
            length: format!("{:.2}", 100.0 * weight.abs() / most),
        };
        let label = match ranker.group {
            ItemGroup::Articles => l.say("文章:会不会读", "Articles: read or not"),
            ItemGroup::Activities => {
                l.say("活动、服务、优惠、场地:会不会报名", "Activities, services, offers, venues: sign-up or not")
            }
        };
        RankerView { label, calibrated: ranker.calibrated, rows: told.map(row).collect() }
    };
    model.rankers.iter().map(view).collect()
}

fn segments(model: &ModelInsight, l: Tongue) -> Vec<SegmentView> {
    let most = model.segments.iter().map(|segment| segment.members).max().unwrap_or(0).max(1);
    let view = |segment: &zhihui_engine::insight::SegmentInsight| SegmentView {
        name: segment.name.clone(),
        topics: segment.topics.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(l.say("、", ", ")),
        members: grouped(f64::from(segment.members), 0),
        length: format!("{:.2}", 100.0 * f64::from(segment.members) / f64::from(most)),
    };
    model.segments.iter().map(view).collect()
}

fn map(model: &ModelInsight) -> String {
    if model.map.is_empty() {
        return String::new();
    }
    let points =
        |at: usize| model.map.iter().filter(|point| point.segment == at).map(|point| [point.x, point.y]).collect();
    let group = |(at, segment): (usize, &zhihui_engine::insight::SegmentInsight)| Group {
        name: segment.name.clone(),
        points: points(at),
    };
    Chart::Points { groups: model.segments.iter().enumerate().map(group).collect() }.json()
}

impl RunView {
    fn new(run: &RunEntry, zone: Zone) -> Self {
        let gate = run.gate.as_ref();
        let text = |value: Option<f64>| value.map(|value| format!("{value:.3}")).unwrap_or_default();
        Self {
            at: local_minute(run.started_at, zone),
            version: run.version.clone().unwrap_or_default(),
            accepted: gate.map(|gate| gate.accepted),
            value: text(gate.map(|gate| gate.value)),
            baseline: text(gate.map(|gate| gate.baseline)),
            interval: gate
                .map(|gate| format!("{:+.3} – {:+.3}", gate.interval[0], gate.interval[1]))
                .unwrap_or_default(),
        }
    }
}
