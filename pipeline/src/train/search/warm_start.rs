//! The settings of an earlier model card, from which a search starts.

use serde_json::Value;

use super::parameters::PARAMETERS;
use crate::train::TrainOptions;

/// Returns `options` with the searched settings of a model card, or `None` if the card has none or they are the same.
///
/// Settings that a card of another release lacks, or whose values are unknown, stay as configured.
pub(super) fn options(card: &str, options: &TrainOptions) -> Option<TrainOptions> {
    let card: Value = serde_json::from_str(card).ok()?;
    let earlier = serde_json::from_value::<TrainOptions>(card["parameters"].clone()).ok()?;
    let warm = PARAMETERS.iter().fold(options.clone(), |warm, parameter| parameter.copy_from(&warm, &earlier));
    (warm != *options).then_some(warm)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn searched_settings_are_taken_from_the_card_and_others_stay() {
        let mut before = TrainOptions { neighbours: 200, search_seconds: 5, ..TrainOptions::default() };
        before.ials.factors = 64;
        let card = json!({ "parameters": before }).to_string();
        let warm = options(&card, &TrainOptions::default()).expect("other settings");
        assert_eq!((warm.neighbours, warm.ials.factors), (200, 64));
        assert_eq!(warm.search_seconds, TrainOptions::default().search_seconds);
        assert_eq!(
            options(&json!({ "parameters": TrainOptions::default() }).to_string(), &TrainOptions::default()),
            None
        );
    }

    #[test]
    fn an_invalid_card_is_ignored() {
        for card in ["", "{}", "not JSON", r#"{"parameters":{"neighbours":"many"}}"#] {
            assert_eq!(options(card, &TrainOptions::default()), None, "{card}");
        }
    }
}
