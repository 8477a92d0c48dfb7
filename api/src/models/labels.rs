//! Labels of the features of a ranker.

use zhihui_engine::Language;

use crate::web::locale::Locale;

/// Returns the label of a feature, for the command line.
#[must_use]
pub fn feature_label(name: &str, language: Language) -> &str {
    feature(name, Locale::new(language))
}

/// Feature of a ranker, as an argument for an item.
pub(crate) fn feature(name: &str, t: Locale) -> &str {
    match name {
        "factors" => t.models_feature_factors(),
        "neighbours" => t.models_feature_neighbours(),
        "topic_lift" => t.models_feature_topic_lift(),
        "band_popularity" => t.models_feature_band_popularity(),
        "popularity" => t.models_feature_popularity(),
        "union_mates" => t.models_feature_union_mates(),
        "home_district" => t.models_feature_home_district(),
        "work_district" => t.models_feature_work_district(),
        "own_union" => t.models_feature_own_union(),
        "freshness" => t.models_feature_freshness(),
        "price" => t.models_feature_price(),
        "free" => t.models_feature_free(),
        "family" => t.models_feature_family(),
        "reads" => t.models_feature_reads(),
        "sign_ups" => t.models_feature_sign_ups(),
        "same_kind" => t.models_feature_same_kind(),
        "times_shown" => t.models_feature_times_shown(),
        "activity" => t.models_feature_activity(),
        "topic_actions" => t.models_feature_topic_actions(),
        "service" => t.models_feature_service(),
        "product" => t.models_feature_product(),
        "venue" => t.models_feature_venue(),
        other => other,
    }
}
