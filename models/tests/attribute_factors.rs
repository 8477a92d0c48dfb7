//! Tests of vectors predicted from attributes.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use linfa::{Dataset, traits::Fit};
use linfa_linear::LinearRegression;
use ndarray::{Array1, Array2};
use zhihui_models::{
    ModelError, Row, UserItems,
    recommenders::attribute_factors::{AttributeFactors, AttributeFactorsParams},
};

/// Sixty items with one of three topics and one of two districts. A vector is a sum of their vectors plus a small
/// disturbance.
fn items(disturbance: f32) -> (UserItems, Vec<f32>) {
    let topic = [[1.0_f32, 0.0], [0.0, 1.0], [-1.0, 0.5]];
    let district = [[0.2_f32, 0.2], [-0.2, 0.4]];
    let mut entries = Vec::new();
    let mut vectors = Vec::new();
    for item in 0..60_u32 {
        let (t, d) = (item as usize % 3, item as usize / 3 % 2);
        entries.extend([(item, t as u32, 1.0), (item, 3 + d as u32, 1.0)]);
        let noise = disturbance * (((item * 37) % 11) as f32 / 11.0 - 0.5);
        vectors.extend([topic[t][0] + district[d][0] + noise, topic[t][1] + district[d][1] - noise]);
    }
    (UserItems::from_triplets(60, 5, entries).unwrap(), vectors)
}

fn fit(ridge: Option<f64>, disturbance: f32) -> AttributeFactors {
    let (attributes, vectors) = items(disturbance);
    AttributeFactorsParams { ridge }.fit(&attributes, &vectors, &[1.0; 60]).unwrap()
}

#[test]
fn new_item_gets_the_vector_of_similar_items() {
    let vector = fit(None, 0.1).predict(Row { columns: &[2, 4], weights: &[1.0, 1.0] });
    assert!((vector[0] + 1.2).abs() < 0.1 && (vector[1] - 0.9).abs() < 0.1, "{vector:?}");
    assert!(fit(None, 0.1).explained() > 0.9);
    let stranger = fit(None, 0.1).predict(Row { columns: &[77], weights: &[1.0] });
    assert_eq!(stranger, fit(None, 0.1).predict(Row::EMPTY), "an unknown attribute says nothing");
}

#[test]
fn uninformative_attributes_explain_nothing() {
    let entries = (0..60_u32).map(|item| (item, item % 5, 1.0));
    let attributes = UserItems::from_triplets(60, 5, entries).unwrap();
    let vectors: Vec<f32> = (0..60).map(|item| ((item * 29) % 61) as f32 / 61.0).collect();
    let fitted = AttributeFactorsParams::default().fit(&attributes, &vectors, &[1.0; 60]).unwrap();
    assert!(fitted.explained() < 0.1, "{}", fitted.explained());
    assert_eq!(fitted.ridge(), 128.0, "the strongest ridge is the best there");
}

#[test]
fn without_ridge_equals_linfas_least_squares() {
    let (attributes, vectors) = items(0.4);
    let fitted = fit(Some(1e-7), 0.4);
    // One column of each one-hot set is left out, so that least squares has one solution.
    let records =
        Array2::from_shape_fn((60, 3), |(item, at)| f64::from(u8::from(attributes.row(item).contains([1, 2, 4][at]))));
    for factor in 0..2 {
        let targets: Array1<f64> = (0..60).map(|item| f64::from(vectors[item * 2 + factor])).collect();
        let model = LinearRegression::new().fit(&Dataset::new(records.clone(), targets)).unwrap();
        for (columns, row) in [([0, 3], [0.0, 0.0, 0.0]), ([1, 4], [1.0, 0.0, 1.0]), ([2, 3], [0.0, 1.0, 0.0])] {
            let expected = model.intercept() + Array1::from(row.to_vec()).dot(model.params());
            let got = fitted.predict(Row { columns: &columns, weights: &[1.0, 1.0] })[factor];
            assert!((f64::from(got) - expected).abs() < 1e-3, "{got} is not {expected}");
        }
    }
}

#[test]
fn item_of_weight_zero_is_ignored() {
    let (attributes, mut vectors) = items(0.0);
    vectors[0] = 1000.0;
    let mut weights = vec![1.0; 60];
    weights[0] = 0.0;
    let fitted = AttributeFactorsParams::default().fit(&attributes, &vectors, &weights).unwrap();
    assert!(fitted.predict(attributes.row(0))[0] < 2.0);
}

#[test]
fn invalid_input_is_rejected() {
    let (attributes, vectors) = items(0.0);
    let fit = |params: &AttributeFactorsParams, vectors: &[f32], weights: &[f32]| {
        params.fit(&attributes, vectors, weights).map(|_| ())
    };
    let good = AttributeFactorsParams::default();
    assert!(matches!(fit(&good, &vectors, &[0.0; 60]), Err(ModelError::NotEnoughData(_))));
    assert!(matches!(fit(&good, &vectors[1..], &[1.0; 60]), Err(ModelError::BadParameter { .. })));
    assert!(matches!(fit(&good, &vectors, &[1.0; 59]), Err(ModelError::BadParameter { .. })));
    assert!(matches!(fit(&good, &vectors, &[-1.0; 60]), Err(ModelError::BadWeight { .. })));
    assert!(matches!(fit(&good, &[f32::NAN; 60], &[1.0; 60]), Err(ModelError::BadParameter { .. })));
    let bad = AttributeFactorsParams { ridge: Some(0.0) };
    assert!(matches!(fit(&bad, &vectors, &[1.0; 60]), Err(ModelError::BadParameter { .. })));
}
