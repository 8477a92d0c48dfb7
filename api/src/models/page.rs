//! The model page: gate results, calibration, feature weights, segments and training record.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;
use zhihui_data::Zone;
use zhihui_data::snapshot::EventKind;
use zhihui_engine::insight::ModelInsight;

use super::audiences::AudienceView;
use super::format::array;
use super::model_gate::GateView;
use super::model_name::is_personal;
use super::policies::{FloorGroupView, FloorView, PolicyView, floor_names};
use super::rankers::RankerView;
use super::runs::RunView;
use super::search::TrialView;
use super::segments::{MapView, SegmentView};
use super::sides::SideView;
use super::slices::{RankingView, SliceView};
use crate::middleware::problem::{Code, Problem};
use crate::service::Service;
use crate::web::html::{download, page};
use crate::web::labels;
use crate::web::layout::Layout;
use crate::web::locale::Locale;
use crate::web::numbers::{grouped, minute_of};

/// Number of runs shown.
const RUNS: u32 = 20;

#[derive(Template)]
#[template(path = "models/page.html")]
struct ModelsPage<'a> {
    layout: &'a Layout,
    published: bool,
    sentence: &'static str,
    /// One sentence for each side: which method serves it.
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

/// The model page.
#[utoipa::path(get, path = "/models", tag = "pages", responses((status = 200, description = "A page")))]
pub(crate) async fn models(State(service): State<Service>, layout: Layout) -> Result<Response, Problem> {
    let t = layout.t;
    let model = match service.live.get() {
        Some(_) => Some(service.compute(|live| (live.engine.model_view(), live.info.zone)).await?),
        None => None,
    };
    let published = model.is_some();
    let (model, zone) = model.unwrap_or_default();
    let card: Value = serde_json::from_str(&model.card).unwrap_or(Value::Null);
    let runs = match service.ports.data_jobs.as_ref() {
        Some(jobs) => jobs.runs(RUNS).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the runs cannot be read");
            Vec::new()
        }),
        None => Vec::new(),
    };
    let gate = GateView::of(&card["gate"]);
    let template = ModelsPage {
        sentence: sentence(&model, &card, gate.as_ref(), t),
        serving: sentences(&card["serving"], t),
        sides: SideView::all(&card, t),
        facts: facts(&card, &model, zone, t),
        limits: sentences(&card["limits"], t),
        rankers: RankerView::all(&model, &card, t),
        rankings: RankingView::all(&card["comparison"], t),
        slices: SliceView::all(&card["comparison"], t),
        audiences: AudienceView::all(&card["audiences"], t),
        policies: PolicyView::all(&card["off_policy"], t),
        floors: FloorView::all(&card["exposure_floor"], t),
        floor_names: floor_names(&card["exposure_floor"], t),
        floor_groups: FloorGroupView::all(&card["exposure_floor"], t),
        segments: SegmentView::all(&model, t),
        map: MapView::of(&model, t),
        parameters: parameters(&card["parameters"]),
        trials: TrialView::all(&card["search"], t),
        runs: runs.iter().filter(|run| run.gate.is_some()).map(|run| RunView::new(run, zone)).collect(),
        has_card: !card.is_null(),
        gate,
        published,
        layout: &layout,
    };
    Ok(page(StatusCode::OK, &layout, &template))
}

/// The model card as JSON.
#[utoipa::path(get, path = "/models/card.json", tag = "pages", responses((status = 200, description = "The card"),
    (status = 404, description = "No model card")))]
pub(crate) async fn card(State(service): State<Service>) -> Result<Response, Problem> {
    let model = service.compute(|live| live.engine.model_view()).await?;
    if model.card.is_empty() {
        return Err(Problem::new(Code::NotFound, "the published snapshot has no model card; run `zhihui run`"));
    }
    let pretty = serde_json::from_str::<Value>(&model.card).and_then(|card| serde_json::to_vec_pretty(&card));
    let bytes = pretty.unwrap_or_else(|_| model.card.into_bytes());
    Ok(download(bytes, "model-card.json", "application/json"))
}

fn sentence(model: &ModelInsight, card: &Value, gate: Option<&GateView>, t: Locale) -> &'static str {
    let sides = array(&card["sides"]);
    let serves = |side: &Value| side["serves"] == "blend";
    let serves_somewhere = sides.is_empty() || sides.iter().any(serves);
    let serves_everywhere = sides.iter().all(serves);
    match (is_personal(&model.name), gate) {
        _ if model.name == "rules" => t.models_rules_serve(),
        (true, Some(gate)) if gate.accepted && serves_somewhere && !serves_everywhere => t.models_serves_some_sides(),
        (true, Some(gate)) if gate.accepted && serves_somewhere => t.models_serves_all_sides(),
        (true, _) => t.models_previous_model_serves(),
        (false, Some(_)) => t.models_gate_failed(),
        (false, None) => t.models_too_little_history(),
    }
}

fn facts(card: &Value, model: &ModelInsight, zone: Zone, t: Locale) -> Vec<(&'static str, String)> {
    let count = |value: &Value| value.as_f64().map(|number| grouped(number, 0));
    let time = |value: &Value| value.as_str().map(|text| minute_of(text, zone));
    let name = match model.name.as_str() {
        "popular" | "" => t.models_popularity().to_owned(),
        "rules" => t.models_simple_methods().to_owned(),
        name => t.models_personal_named(name),
    };
    let between = |from: &Value, to: &Value| Some(format!("{} – {}", time(from)?, time(to)?));
    let windows = &card["windows"];
    let all = [
        (t.models_serving(), Some(name)),
        (t.common_as_of(), time(&card["as_of"])),
        (t.common_members_label(), count(&card["members"])),
        (t.models_items(), count(&card["items"])),
        (t.models_members_with_history(), count(&card["data"]["members_with_history"])),
        (t.models_events_person_times(), count(&card["events"])),
        (t.models_of_these(), event_counts(&card["data"]["rows"], t)),
        (t.models_data(), between(&card["data"]["from"], &card["data"]["until"])),
        (t.models_trained_as_of(), time(&card["trained_as_of"])),
        (t.models_fitted_on(), between(&windows["fitted_from"], &windows["judged_from"])),
        (t.models_judged_on(), between(&windows["judged_from"], &windows["until"])),
        (t.models_settings_tried(), tried(&card["search"], t)),
        (
            t.models_warm_and_cold_items(),
            count(&card["factors"]["warm_items"])
                .zip(count(&card["factors"]["cold_items"]))
                .map(|(warm, cold)| format!("{warm} / {cold}")),
        ),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// Number of settings tried, and how many were changed.
fn tried(search: &Value, t: Locale) -> Option<String> {
    let trials = search["trials"].as_array()?.len();
    Some(match search["taken"].as_object()?.len() {
        0 => t.models_tried_none_changed(trials),
        changed => t.models_tried_some_changed(changed, trials),
    })
}

/// Number of events of each kind.
fn event_counts(counts: &Value, t: Locale) -> Option<String> {
    let entry = |(kind, count): (&String, &Value)| {
        let kind: EventKind = serde_json::from_value(Value::String(kind.clone())).ok()?;
        Some(format!("{} {}", labels::event(kind, t), grouped(count.as_f64()?, 0)))
    };
    let entries: Vec<String> = counts.as_object()?.iter().filter_map(entry).collect();
    (!entries.is_empty()).then(|| entries.join(t.common_list_separator()))
}

/// Sentences of the card in the language of the page.
fn sentences(sentences: &Value, t: Locale) -> Vec<String> {
    let sentences = array(sentences);
    sentences.iter().filter_map(|sentence| sentence[t.code()].as_str()).map(str::to_owned).collect()
}

/// Names and values of all parameters. Nested names are joined by dots.
fn parameters(parameters: &Value) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut pending = vec![(String::new(), parameters)];
    while let Some((path, value)) = pending.pop() {
        match value {
            Value::Object(inner) => {
                let below = |name: &String| if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                pending.extend(inner.iter().rev().map(|(name, value)| (below(name), value)));
            }
            Value::Null => {}
            value => all.push((path, parameter(value))),
        }
    }
    all
}

/// Formats the value of a parameter. Parameters are stored as `f32`; as `f64` they would show spurious digits.
fn parameter(value: &Value) -> String {
    match value {
        Value::String(word) => word.clone(),
        Value::Array(values) => values.iter().map(parameter).collect::<Vec<String>>().join(", "),
        Value::Number(number) if number.is_f64() => (number.as_f64().unwrap_or_default() as f32).to_string(),
        value => value.to_string(),
    }
}
