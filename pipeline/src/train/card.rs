//! The model card: what was learnt from which data, how the model was judged, and its limits.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use zhihui_data::snapshot::{EventKind, ItemGroup, Side, Snapshot};
use zhihui_engine::audience::Sentence;
use zhihui_engine::insight::segment_insights;

use crate::backtest::AudienceBacktest;

use super::floor_cost::FloorCost;
use super::kept_model::TrainingRecord;
use super::limits::limits;
use super::model_comparison::ModelComparison;
use super::off_policy::OffPolicy;
use super::rankers::RankerReport;
use super::training_sample::SampleSize;
use super::{Gate, SearchReport, SideVerdict, TrainError, TrainOptions, Windows, incumbent, sentence};

/// What a later card takes from this one while its model is kept.
const KEPT: &[&str] = &[
    "training",
    "trained_as_of",
    "windows",
    "training_sample",
    "search",
    "gate",
    "sides",
    "serving",
    "comparison",
    "audiences",
    "rankers",
    "rules",
    "off_policy",
    "exposure_floor",
    "limits",
];

/// Results of training that the card reports.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) training: Option<TrainingRecord>,
    pub(super) windows: Option<Windows>,
    /// `None` if all members were used.
    pub(super) sample: Option<SampleSize>,
    pub(super) gate: Option<Gate>,
    /// By group of items and side.
    pub(super) sides: Vec<SideVerdict>,
    pub(super) comparison: Option<ModelComparison>,
    pub(super) search: Option<SearchReport>,
    pub(super) audiences: Option<AudienceBacktest>,
    pub(super) off_policy: Option<OffPolicy>,
    pub(super) floor_cost: Option<FloorCost>,
    /// By the name of the group.
    pub(super) rankers: BTreeMap<String, RankerReport>,
    /// Reports of the simple rules, by group and rule.
    pub(super) rules: BTreeMap<String, BTreeMap<&'static str, RankerReport>>,
}

impl Findings {
    /// Records the calibration report of a ranker or of a simple rule.
    pub(super) fn record_report(&mut self, group: ItemGroup, rule: Option<&'static str>, report: RankerReport) {
        let name = format!("{group:?}").to_lowercase();
        match rule {
            Some(rule) => self.rules.entry(name).or_default().insert(rule, report),
            None => self.rankers.insert(name, report),
        };
    }
}

/// Writes the card of a model that was trained now.
pub(super) fn write(snapshot: &Snapshot, findings: &Findings, options: &TrainOptions) -> Result<String, TrainError> {
    Ok(serde_json::to_string(&card(snapshot, findings, options))?)
}

/// Writes the card of a model that was kept: the results of its training are those of the card of the earlier night.
pub(super) fn write_kept(
    snapshot: &Snapshot,
    mut earlier: Value,
    options: &TrainOptions,
) -> Result<String, TrainError> {
    let mut card = card(snapshot, &Findings::default(), options);
    for key in KEPT {
        card[key] = earlier[key].take();
    }
    Ok(serde_json::to_string(&card)?)
}

fn card(snapshot: &Snapshot, findings: &Findings, options: &TrainOptions) -> Value {
    let instant = |seconds: i64| chrono::DateTime::from_timestamp(seconds, 0).map(|time| time.to_rfc3339());
    let windows = findings.windows.map(|windows| {
        json!({
            "fitted_from": instant(windows.fit_from),
            "judged_from": instant(windows.test_from),
            "until": instant(windows.until),
        })
    });
    let model = &snapshot.model;
    let history = &snapshot.history;
    json!({
        "version": snapshot.version,
        "as_of": instant(snapshot.as_of),
        "model": model.name,
        "training": findings.training,
        "trained_as_of": findings.training.as_ref().map(|training| instant(training.as_of)),
        "windows": windows,
        "data": {
            "from": history.places().map(|event| history.at(event)).min().and_then(instant),
            "until": history.places().map(|event| history.at(event)).max().and_then(instant),
            "rows": rows(snapshot),
            "members_with_history": (0..snapshot.members.id.len()).filter(|&member| !history.of(member).is_empty()).count(),
        },
        "members": snapshot.members.id.len(),
        "items": snapshot.items.id.len(),
        "events": history.n_events() + snapshot.unattributed.item.len(),
        "parameters": options,
        "training_sample": findings.sample,
        "search": findings.search,
        "gate": findings.gate,
        "sides": findings.sides,
        "serving": serving(&findings.sides),
        "comparison": findings.comparison,
        "audiences": findings.audiences,
        "rankers": findings.rankers,
        "rules": findings.rules,
        "rankers_as_of": (model.rankers_as_of > 0).then(|| instant(model.rankers_as_of)),
        "incumbent_days": incumbent::MAX_AGE_DAYS,
        "off_policy": findings.off_policy,
        "exposure_floor": findings.floor_cost,
        "factors": model.factors.as_ref().map(|factors| json!({
            "rank": factors.rank,
            "warm_items": factors.item_is_warm.iter().filter(|&&warm| warm).count(),
            "cold_items": factors.item_is_warm.iter().filter(|&&warm| !warm).count(),
        })),
        "preference_prior_weight_by_age_band": (0..snapshot.age_bands.count())
            .map(|band| (snapshot.age_bands.label(band), model.preferences.prior_weight.get(band).copied()))
            .collect::<BTreeMap<_, _>>(),
        "segments": segments(snapshot),
        "limits": limits(snapshot, findings),
    })
}

fn serving(sides: &[SideVerdict]) -> Vec<Sentence> {
    if sides.is_empty() { Vec::new() } else { Side::ALL.map(|side| sentence(side, sides)).to_vec() }
}

/// Number of events of each kind.
fn rows(snapshot: &Snapshot) -> BTreeMap<String, usize> {
    let mut rows = BTreeMap::new();
    let own = snapshot.history.places().map(|event| snapshot.history.kind(event));
    for kind in own.chain(snapshot.unattributed.kind.iter().copied()) {
        *rows.entry(kind).or_insert(0) += 1;
    }
    let name = |kind: EventKind| serde_json::to_value(kind).ok().and_then(|name| name.as_str().map(str::to_owned));
    rows.into_iter().filter_map(|(kind, count): (EventKind, usize)| Some((name(kind)?, count))).collect()
}

/// Returns segments with their age mix. Numbers about small groups are null.
fn segments(snapshot: &Snapshot) -> Vec<Value> {
    let ages = |ages: Vec<(String, Option<u32>)>| -> Vec<Value> {
        ages.into_iter().map(|(band, members)| json!({ "age_band": band, "members": members })).collect()
    };
    let insights = segment_insights(snapshot).into_iter().map(|segment| {
        json!({ "name": segment.name, "topics": segment.topics, "members": segment.members, "ages": ages(segment.ages) })
    });
    insights.collect()
}
