//! Compares the built tables of two lakes: the same rows, with numbers that differ by rounding only, because sums of other parts
//! round otherwise.

use serde_json::Value;

use super::home::Home;

/// Largest difference of two equal numbers, relative to the larger one.
const ROUNDING: f64 = 1e-9;

/// Compares all built tables but that of fingerprints, which differ with the names of the raw files, and returns their names. Panics
/// at the first difference.
pub(crate) async fn assert_equal_tables(expected: &Home, found: &Home) -> Vec<String> {
    let is_compared = |name: &String| name.starts_with("built/") && name != "built/build_state";
    let tables = |names: Vec<String>| names.into_iter().filter(is_compared).collect::<Vec<_>>();
    let names = tables(expected.lake.tables().await.expect("tables"));
    assert_eq!(tables(found.lake.tables().await.expect("tables")), names);
    for name in &names {
        let table = name.trim_start_matches("built/");
        let (expected, found) = (sorted(expected.rows(table).await), sorted(found.rows(table).await));
        assert_eq!(found.len(), expected.len(), "rows of {table}");
        for (expected, found) in expected.iter().zip(&found) {
            assert!(is_same(expected, found), "a row of {table} is {found} instead of {expected}");
        }
    }
    names
}

/// Rows in the order of what is not rounded, then of numbers with few digits.
fn sorted(mut rows: Vec<Value>) -> Vec<Value> {
    let key = |row: &Value| -> String {
        let cells = row.as_object().expect("an object").values();
        cells.map(|cell| fraction(cell).map_or_else(|| cell.to_string(), |number| format!("{number:.5e}"))).collect()
    };
    rows.sort_by_cached_key(key);
    rows
}

fn is_same(expected: &Value, found: &Value) -> bool {
    let (expected, found) = (expected.as_object().expect("an object"), found.as_object().expect("an object"));
    let cells = expected.iter().zip(found);
    expected.len() == found.len()
        && cells.into_iter().all(|((name, expected), (same_name, found))| {
            let is_near = fraction(expected).zip(fraction(found)).is_some_and(|(expected, found)| {
                (expected - found).abs() <= ROUNDING * expected.abs().max(found.abs()).max(f64::MIN_POSITIVE)
            });
            name == same_name && (expected == found || is_near)
        })
}

/// A cell with digits after the point or an exponent, as a number.
fn fraction(cell: &Value) -> Option<f64> {
    let text = cell.as_str()?;
    if text.contains(['.', 'e']) { text.parse().ok() } else { None }
}
