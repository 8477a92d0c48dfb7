//! The model: does it beat popularity, what does it look at, which interests are there.

#[path = "audiences.rs"]
mod audiences;
#[path = "model_gate.rs"]
mod gate;
#[path = "policies.rs"]
mod policies;
#[path = "rankers.rs"]
mod rankers;
#[path = "runs.rs"]
mod runs;
#[path = "search.rs"]
mod search;
#[path = "segments.rs"]
mod segments;
#[path = "sides.rs"]
mod sides;
#[path = "slices.rs"]
mod slices;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::Value;
use zhihui_data::Zone;
use zhihui_data::snapshot::EventKind;
use zhihui_engine::insight::ModelInsight;

use audiences::AudienceView;
use gate::GateView;
use policies::{FloorGroupView, FloorView, PolicyView};
use rankers::RankerView;
use runs::RunView;
use search::TrialView;
use segments::{MapView, SegmentView};
use sides::SideView;
use slices::{RankingView, SliceView};

use super::frame::Frame;
use super::html::{attachment, page};
use super::report::{grouped, minute_of};
use super::tongue::Tongue;
use super::words;
use crate::problem::{Code, Problem};
use crate::service::Service;

/// Runs listed.
const RUNS: u32 = 20;

#[derive(Template)]
#[template(path = "models/page.html")]
struct ModelsPage<'a> {
    frame: &'a Frame,
    published: bool,
    sentence: String,
    /// What serves each side, a sentence a side.
    serving: Vec<String>,
    sides: Vec<SideView>,
    gate: Option<GateView>,
    facts: Vec<(&'static str, String)>,
    limits: Vec<String>,
    rankers: Vec<RankerView>,
    rankings: Vec<RankingView>,
    slices: Vec<SliceView>,
    audiences: Vec<AudienceView>,
    policies: Vec<PolicyView>,
    floors: Vec<FloorView>,
    floor_names: Vec<String>,
    floor_groups: Vec<FloorGroupView>,
    segments: Vec<SegmentView>,
    map: Option<MapView>,
    parameters: Vec<(String, String)>,
    trials: Vec<TrialView>,
    runs: Vec<RunView>,
    has_card: bool,
}

/// The model that serves.
#[utoipa::path(get, path = "/models", tag = "pages", responses((status = 200, description = "A page")))]
pub(crate) async fn models(State(service): State<Service>, frame: Frame) -> Result<Response, Problem> {
    let l = frame.l;
    let model = match service.live() {
        Ok(_) => Some(service.compute(|live| (live.answers.model_view(), live.facts.zone)).await?),
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
        sentence: sentence(&model, &card, gate.as_ref(), l),
        serving: told_in(&card["serving"], l),
        sides: SideView::all(&card, l),
        facts: facts(&card, &model, zone, l),
        limits: told_in(&card["limits"], l),
        rankers: RankerView::all(&model, &card, l),
        rankings: RankingView::all(&card["comparison"], l),
        slices: SliceView::all(&card["comparison"], l),
        audiences: AudienceView::all(&card["audiences"], l),
        policies: PolicyView::all(&card["off_policy"], l),
        floors: FloorView::all(&card["exposure_floor"], l),
        floor_names: policies::floor_names(&card["exposure_floor"], l),
        floor_groups: FloorGroupView::all(&card["exposure_floor"], l),
        segments: SegmentView::all(&model, l),
        map: MapView::of(&model, l),
        parameters: parameters(&card["parameters"]),
        trials: TrialView::all(&card["search"], l),
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
    let model = service.compute(|live| live.answers.model_view()).await?;
    if model.card.is_empty() {
        return Err(Problem::new(Code::NotFound, "the published snapshot has no model card; run `zhihui run`"));
    }
    let pretty = serde_json::from_str::<Value>(&model.card).and_then(|card| serde_json::to_vec_pretty(&card));
    let mut response = attachment(pretty.unwrap_or_else(|_| model.card.into_bytes()), "model-card.json");
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

fn sentence(model: &ModelInsight, card: &Value, gate: Option<&GateView>, l: Tongue) -> String {
    let personal = !matches!(model.name.as_str(), "" | "popular" | "rules");
    let sides = card["sides"].as_array().map(Vec::as_slice).unwrap_or_default();
    let of_now = sides.is_empty() || sides.iter().any(|side| side["serves"] == "blend");
    let everywhere = sides.iter().all(|side| side["serves"] == "blend");
    let text = match (personal, gate) {
        _ if model.name == "rules" => (
            "个性化模型还没有确实胜过简单方法,所以由其中最好的简单方法服务。",
            "No personal model has beaten the simple methods beyond doubt, so the best of these serves.",
        ),
        (true, Some(gate)) if gate.accepted && of_now && !everywhere => (
            "个性化模型在一部分检验里胜过简单方法,就在这些地方服务;其余由最好的简单方法或热度服务。",
            "The personal model beat the simple methods in some of its tests and serves there; elsewhere the best simple method or popularity does.",
        ),
        (true, Some(gate)) if gate.accepted && of_now => (
            "个性化模型通过了检验:在它没见过的日子里,比「按热度推荐」更会猜中会员接下来看什么、报什么。",
            "The personal model passed its test: on days it had not seen it guesses better than popularity what members turn to.",
        ),
        (true, _) => (
            "最近一次训练没有通过检验;上一个模型在同样的日子里仍然胜过简单方法,继续服务。",
            "The latest training did not pass its test; the model before it still beats the simple methods on the same days and goes on serving.",
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

fn facts(card: &Value, model: &ModelInsight, zone: Zone, l: Tongue) -> Vec<(&'static str, String)> {
    let count = |value: &Value| value.as_f64().map(|number| grouped(number, 0));
    let time = |value: &Value| value.as_str().map(|text| minute_of(text, zone));
    let name = match model.name.as_str() {
        "popular" | "" => l.say("按热度", "popularity").to_owned(),
        "rules" => l.say("简单方法", "simple methods").to_owned(),
        name => format!("{} ({name})", l.say("个性化", "personal")),
    };
    let between = |from: &Value, to: &Value| Some(format!("{} – {}", time(from)?, time(to)?));
    let windows = &card["windows"];
    let all = [
        (l.say("正在服务", "Serving"), Some(name)),
        (l.say("数据截至", "As of"), time(&card["as_of"])),
        (l.say("会员", "Members"), count(&card["members"])),
        (l.say("内容和活动", "Items"), count(&card["items"])),
        (l.say("有记录的会员", "Members with a record"), count(&card["data"]["members_with_history"])),
        (l.say("行为记录(人次)", "Events, person-times"), count(&card["events"])),
        (l.say("其中", "Of these"), rows(&card["data"]["rows"], l)),
        (l.say("数据期间", "Data"), between(&card["data"]["from"], &card["data"]["until"])),
        (l.say("学习用的日子", "Fitted on"), between(&windows["fitted_from"], &windows["judged_from"])),
        (l.say("检验用的日子", "Judged on"), between(&windows["judged_from"], &windows["until"])),
        (l.say("试过的设置", "Settings tried"), tried(&card["search"], l)),
        (
            l.say("有历史 / 全新的内容", "Items with and without history"),
            count(&card["factors"]["warm_items"])
                .zip(count(&card["factors"]["cold_items"]))
                .map(|(warm, cold)| format!("{warm} / {cold}")),
        ),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// How many settings were tried and how many were taken.
fn tried(search: &Value, l: Tongue) -> Option<String> {
    let trials = search["trials"].as_array()?.len();
    let taken = match search["taken"].as_object()?.len() {
        0 => l.say("沿用原来的", "the configured ones stay").to_owned(),
        1 => l.say("改了 1 项", "1 was changed").to_owned(),
        taken => format!("{}{taken}{}", l.say("改了 ", ""), l.say(" 项", " were changed")),
    };
    Some(format!("{trials}{}{taken}", l.say(" 组,", ", ")))
}

/// Numbers of events of each kind, in a line.
fn rows(rows: &Value, l: Tongue) -> Option<String> {
    let told = |(kind, count): (&String, &Value)| {
        let kind: EventKind = serde_json::from_value(Value::String(kind.clone())).ok()?;
        Some(format!("{} {}", words::event(kind, l), grouped(count.as_f64()?, 0)))
    };
    let told: Vec<String> = rows.as_object()?.iter().filter_map(told).collect();
    (!told.is_empty()).then(|| told.join(l.say("、", ", ")))
}

/// Sentences of the card, in the page's language.
fn told_in(sentences: &Value, l: Tongue) -> Vec<String> {
    let sentences = sentences.as_array().map(Vec::as_slice).unwrap_or_default();
    sentences.iter().filter_map(|sentence| sentence[l.say("zh", "en")].as_str()).map(str::to_owned).collect()
}

/// Names and values of all parameters, nested ones by a path.
fn parameters(parameters: &Value) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut waiting = vec![(String::new(), parameters)];
    while let Some((path, value)) = waiting.pop() {
        match value {
            Value::Object(inner) => {
                let below = |name: &String| if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                waiting.extend(inner.iter().rev().map(|(name, value)| (below(name), value)));
            }
            Value::Null => {}
            value => all.push((path, told(value))),
        }
    }
    all
}

/// A value as people write it: parameters are kept as `f32`, and as `f64` they would show digits that nobody wrote.
fn told(value: &Value) -> String {
    match value {
        Value::String(word) => word.clone(),
        Value::Array(values) => values.iter().map(told).collect::<Vec<String>>().join(", "),
        Value::Number(number) if number.is_f64() => (number.as_f64().unwrap_or_default() as f32).to_string(),
        value => value.to_string(),
    }
}

/// A number with its sign, the true minus.
fn signed(value: f64, decimals: usize) -> String {
    format!("{value:+.decimals$}").replace('-', "−")
}

/// A share as percent.
fn percent(share: f64, decimals: usize) -> String {
    format!("{:.decimals$}%", 100.0 * share)
}
