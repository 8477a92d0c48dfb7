//! Recommenders with the settings of a model card, which tuning tries early.

use serde_json::Value;
use zhihui_models::catalogue::{ModelName, ModelSpec};

/// Returns the factor model of a model card, or nothing if the card is invalid or has the defaults.
#[must_use]
pub fn warm_start(card: &str) -> Vec<ModelSpec> {
    let card: Value = serde_json::from_str(card).unwrap_or_default();
    let mut ials = ModelSpec::new(ModelName::Ials);
    for name in ["factors", "regularisation", "unobserved_weight"] {
        let value = card["parameters"]["ials"][name].as_f64();
        // f32 values show additional digits.
        let value = value.map(|value| (value * 1e6).round() / 1e6);
        if value.is_some_and(|value| ials.set(name, value).is_err()) {
            return Vec::new();
        }
    }
    if ials.resolved() == ModelSpec::new(ModelName::Ials).resolved() { Vec::new() } else { vec![ials] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warm_start_has_the_factor_model_of_the_card() {
        let card = r#"{"parameters":{"ials":{"factors":48,"regularisation":0.029999999,"sweeps":10}}}"#;
        let [ials] = &warm_start(card)[..] else { panic!("one recommender") };
        assert_eq!((ials.params()["factors"], ials.params()["regularisation"]), (48.0, 0.03));
        assert!(warm_start("").is_empty() && warm_start("{}").is_empty());
    }
}
