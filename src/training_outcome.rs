//! What came out of a training, from its result or from a model card.

use chrono::DateTime;
use serde_json::Value;
use zhihui_data::Zone;
use zhihui_data::snapshot::Model;
use zhihui_pipeline::backtest::AudienceBacktest;
use zhihui_pipeline::train::{Gate, Trained};

use crate::home::Home;

/// A sentence for the step of a run.
pub(crate) fn sentence(trained: &Trained, zone: Zone) -> String {
    if let Some(at) = trained.kept_from.and_then(|at| DateTime::from_timestamp(at, 0)) {
        return format!(
            "little has changed since the training of {}: its model stays, with new features",
            zone.day(at)
        );
    }
    let why = match &trained.gate {
        None => "too little history to judge a personal model; popularity serves",
        Some(gate) if gate.accepted => "the personal model passed the gate",
        Some(gate) if gate.sides.iter().any(|side| side.serves == "incumbent") => {
            "the personal model trained now did not pass the gate; the one before it still does and stays"
        }
        Some(_) => "the personal model did not beat the simple methods beyond doubt; the best of them serves",
    };
    why.to_owned()
}

/// Returns the gate of a model, if it was judged.
pub(crate) fn gate_of(model: &Model) -> Option<Gate> {
    let card: Value = serde_json::from_str(&model.card).ok()?;
    serde_json::from_value(card["gate"].clone()).ok()
}

/// Returns the audience backtest of the last model card, if it has one.
pub(crate) fn audiences_of(home: &Home) -> Option<AudienceBacktest> {
    let version = home.trained().current().ok()??;
    let card = std::fs::read_to_string(home.folder.join("trained").join(version).join("model-card.json")).ok()?;
    let mut card: Value = serde_json::from_str(&card).ok()?;
    serde_json::from_value(card["audiences"].take()).ok()
}
