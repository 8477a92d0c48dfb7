//! Tests of names, settings and errors, as used on the command line.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use zhihui_models::catalogue::{ModelName, ModelSpec, Setting, TrainingData};
use zhihui_models::{ModelError, UserItems};

fn data() -> TrainingData {
    let pairs = (0..6).flat_map(|user| (0..4).map(move |n| (user, (user + n) % 5, 1.0)));
    TrainingData::new(UserItems::from_triplets(6, 5, pairs).unwrap())
}

fn refusal(text: &str) -> String {
    text.parse::<Setting>().map(|setting| format!("{setting:?}")).unwrap_or_else(|error| error.to_string())
}

#[test]
fn every_name_parses_from_its_text() {
    for name in ModelName::ALL {
        assert_eq!(name.to_string().parse(), Ok(name));
    }
    let error = "itemknn".parse::<ModelName>().unwrap_err().to_string();
    assert!(error.contains("itemknn") && error.contains("item_knn"), "{error}");
}

#[test]
fn settings_apply_to_the_model_they_name() {
    let settings: Vec<Setting> =
        ["gf_cf.vectors=16", "item_knn.weighting=bm25"].iter().map(|text| text.parse().unwrap()).collect();
    let spec = ModelSpec::with_settings(ModelName::GfCf, &settings).unwrap();
    assert_eq!(spec.params().len(), 1);
    assert_eq!(spec.resolved()["vectors"], 16.0);
    assert_eq!(spec.resolved()["alpha"], 0.3);
    let spec = ModelSpec::with_settings(ModelName::ItemKnn, &settings).unwrap();
    assert_eq!(spec.resolved()["weighting"], 2.0);
}

#[test]
fn invalid_setting_is_rejected_with_the_valid_ones() {
    for (text, expected) in [
        ("gf_cf.vectorz=16", "vectors alpha softness degree_exponent memory_mb"),
        ("gf_fc.vectors=16", "gf_cf"),
        ("gf_cf.vectors", "model.parameter=value"),
        ("vectors=16", "model.parameter=value"),
        ("gf_cf.vectors=many", "finite number"),
        ("gf_cf.alpha=NaN", "finite number"),
        ("blend.itemknn=1", "item_knn"),
    ] {
        let refusal = refusal(text);
        assert!(refusal.contains(expected), "{text}: {refusal}");
    }
}

#[test]
fn values_out_of_bounds_are_rejected_by_name() {
    for (model, parameter, value) in [
        (ModelName::ItemKnn, "neighbours", 0.0),
        (ModelName::ItemKnn, "neighbours", 2.5),
        (ModelName::ItemKnn, "weighting", 3.0),
        (ModelName::UserKnn, "shrink", -1.0),
        (ModelName::Rp3beta, "alpha", -0.1),
        (ModelName::Ease, "l2", 0.0),
        (ModelName::Slim, "features", 0.0),
        (ModelName::GfCf, "alpha", -1.0),
        (ModelName::Popular, "by_weight", 2.0),
    ] {
        let mut spec = ModelSpec::new(model);
        spec.set(parameter, value).unwrap();
        match spec.fit(&data(), 1) {
            Err(ModelError::BadParameter { name, .. }) => assert_eq!(name, format!("{model}.{parameter}")),
            other => panic!("{model}.{parameter}={value}: {other:?}"),
        }
    }
}

#[test]
fn error_names_the_missing_input() {
    for (model, lacks) in [(ModelName::Content, "attributes"), (ModelName::SequenceKnn, "time")] {
        let error = ModelSpec::new(model).fit(&data(), 1).unwrap_err().to_string();
        assert!(error.contains(model.as_str()) && error.contains(lacks), "{error}");
    }
}

fn ease(settings: &[(&str, f64)]) -> ModelSpec {
    let mut spec = ModelSpec::new(ModelName::Ease);
    settings.iter().for_each(|(name, value)| spec.set(name, *value).unwrap());
    spec
}

#[test]
fn ease_rejects_a_fit_above_the_memory_limit_and_suggests_a_remedy() {
    let wide = TrainingData::new(UserItems::from_triplets(2, 3000, [(0, 0, 1.0), (1, 2999, 1.0)]).unwrap());
    match ease(&[("memory_mb", 10.0), ("items", 3000.0)]).fit(&wide, 1) {
        Err(ModelError::TooLarge { needed_mb, allowed_mb: 10, remedy, .. }) => {
            assert_eq!(needed_mb, 69);
            assert!(remedy.contains("ease.items to at most 1144"), "{remedy}");
        }
        other => panic!("{other:?}"),
    }
    let fits = ease(&[("memory_mb", 10.0), ("items", 100.0)]).fit(&wide, 1);
    assert_eq!(fits.map(|model| model.n_items()), Ok(3000));
}

#[test]
fn gf_cf_rejects_a_fit_above_the_memory_limit_and_suggests_a_remedy() {
    let large = TrainingData::new(UserItems::from_triplets(900, 3000, [(0, 0, 1.0), (899, 2999, 1.0)]).unwrap());
    let mut spec = ModelSpec::new(ModelName::GfCf);
    [("memory_mb", 10.0), ("vectors", 200.0)].iter().for_each(|(name, value)| spec.set(name, *value).unwrap());
    match spec.fit(&large, 1) {
        Err(ModelError::TooLarge { what, needed_mb, allowed_mb: 10, remedy }) => {
            assert!(what.contains("200 vectors") && needed_mb > 10, "{what}: {needed_mb}");
            assert!(remedy.contains("gf_cf.vectors") && remedy.contains("gf_cf.memory_mb"), "{remedy}");
        }
        other => panic!("{other:?}"),
    }
    spec.set("vectors", 8.0).unwrap();
    assert_eq!(spec.fit(&large, 1).map(|model| model.n_items()), Ok(3000));
}

#[test]
fn ease_limits_items_to_memory_and_scores_them_like_the_full_model() {
    // 60 items in the middle of 1,000 have members; in one megabyte the weights of 362 items fit.
    let pairs = (0..200_u32).flat_map(|user| (0..60).map(move |n| (user, n)));
    let touched = pairs.filter(|(user, n)| (user * 7 + n * n) % 11 < 3).map(|(user, n)| (user, 500 + n, 1.0));
    let data = TrainingData::new(UserItems::from_triplets(200, 1000, touched).unwrap());
    let (whole, small) = (ease(&[]).fit(&data, 1).unwrap(), ease(&[("memory_mb", 1.0)]).fit(&data, 1).unwrap());
    assert!(matches!(ease(&[("memory_mb", 1.0), ("items", 1000.0)]).fit(&data, 1), Err(ModelError::TooLarge { .. })));
    for (user, history) in data.interactions.rows().enumerate() {
        let [mut from_whole, mut from_small] = [vec![0.0; 1000], vec![0.0; 1000]];
        whole.score_into(Some(user), history, &mut from_whole);
        small.score_into(Some(user), history, &mut from_small);
        for item in 500..560 {
            assert!((from_whole[item] - from_small[item]).abs() < 1e-5, "member {user}, item {item}");
        }
    }
}

#[test]
fn blend_accepts_weights_and_parameters_of_its_parts() {
    let settings: Vec<Setting> =
        ["blend.gf_cf=1", "blend.popular=0.5", "gf_cf.vectors=0"].iter().map(|text| text.parse().unwrap()).collect();
    let blend = ModelSpec::with_settings(ModelName::Blend, &settings).unwrap();
    assert_eq!(blend.fit(&data(), 1).map(|model| model.n_items()), Ok(5));
    let bad = ["blend.gf_cf=1".parse().unwrap(), "gf_cf.alpha=-3".parse().unwrap()];
    let refused = ModelSpec::with_settings(ModelName::Blend, &bad).unwrap().fit(&data(), 1).err();
    assert!(matches!(refused, Some(ModelError::BadParameter { .. })), "{refused:?}");
}
