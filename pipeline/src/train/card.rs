//! The model card: what was learnt from what, how it was judged, and what it cannot do.

use std::collections::BTreeMap;

use serde_json::json;
use zhihui_data::snapshot::Snapshot;

use super::rankers::RankerReport;
use super::{Gate, TrainError, TrainOptions, Windows};

/// The card as JSON text.
pub(super) fn write(
    snapshot: &Snapshot,
    windows: Option<Windows>,
    gate: Option<&Gate>,
    rankers: &BTreeMap<String, RankerReport>,
    options: &TrainOptions,
) -> Result<String, TrainError> {
    let instant = |seconds: i64| chrono::DateTime::from_timestamp(seconds, 0).map(|time| time.to_rfc3339());
    let windows = windows.map(|windows| {
        json!({
            "fitted_from": instant(windows.fit_from),
            "judged_from": instant(windows.test_from),
            "until": instant(windows.until),
        })
    });
    let model = &snapshot.model;
    let card = json!({
        "version": snapshot.version,
        "as_of": instant(snapshot.as_of),
        "model": model.name,
        "windows": windows,
        "members": snapshot.members.id.len(),
        "items": snapshot.items.id.len(),
        "events": snapshot.history.item.len(),
        "parameters": options,
        "gate": gate,
        "rankers": rankers,
        "factors": model.factors.as_ref().map(|factors| json!({
            "rank": factors.rank,
            "warm_items": factors.item_is_warm.iter().filter(|&&warm| warm).count(),
            "cold_items": factors.item_is_warm.iter().filter(|&&warm| !warm).count(),
        })),
        "preference_prior_weight_by_age_band": (0..snapshot.age_bands.count())
            .map(|band| (snapshot.age_bands.label(band), model.preferences.prior_weight.get(band).copied()))
            .collect::<BTreeMap<_, _>>(),
        "segments": model.segments.iter().map(|segment| json!({"name": segment.name, "members": segment.size})).collect::<Vec<_>>(),
        "limits": [
            "Exposures favour what earlier lists showed; items that were never shown are judged by their topics and attributes alone.",
            "Members who never read nor signed up are served their age band's popularity.",
            "Where probabilities are not calibrated, they order items but do not count heads.",
        ],
    });
    Ok(serde_json::to_string(&card)?)
}
