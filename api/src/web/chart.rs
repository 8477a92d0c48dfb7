//! Charts as data: the page carries the numbers as JSON, our script draws them, and a table says the same without it.

use serde::Serialize;

/// One chart.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Chart {
    /// Bars side by side, lying.
    Bars {
        /// What each group is.
        categories: Vec<String>,
        /// The bars of each group.
        series: Vec<Series>,
        /// Behind every number.
        unit: &'static str,
    },
    /// Columns over time.
    Columns {
        /// The days.
        categories: Vec<String>,
        /// What is counted.
        series: Vec<Series>,
        /// Behind every number.
        unit: &'static str,
    },
    /// Points in a plane, by group, as large as what they stand for.
    Points {
        /// Name and `[x, y, people]` of the points of each group.
        groups: Vec<Group>,
    },
}

/// One row of numbers.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) values: Vec<f64>,
}

/// The points of one group.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) points: Vec<(f32, f32, u32)>,
}

impl Chart {
    /// As JSON that may stand inside a `script` element: nothing in it can end the element.
    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default().replace('<', "\\u003c").replace('&', "\\u0026")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_end_the_element_that_holds_it() {
        let groups = vec![Group { name: "</script><script>alert(1)".into(), points: vec![(0.5, 1.0, 12)] }];
        let json = Chart::Points { groups }.json();
        assert!(!json.contains('<'), "{json}");
        let value: serde_json::Value = serde_json::from_str(&json).expect("still JSON");
        assert_eq!(value["groups"][0]["name"], "</script><script>alert(1)");
    }
}
