//! Data of charts. The page embeds it as JSON, `zhihui.js` draws it, and a table shows the same numbers without script.

use serde::Serialize;

/// A chart.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum Chart {
    /// Horizontal bars, grouped by category.
    Bars {
        /// Labels of the groups.
        categories: Vec<String>,
        /// The bars of each group.
        series: Vec<Series>,
        /// Unit appended to every number.
        unit: &'static str,
    },
    /// Columns over time.
    Columns {
        /// Labels of the days.
        categories: Vec<String>,
        /// The counted quantities.
        series: Vec<Series>,
        /// Unit appended to every number.
        unit: &'static str,
    },
    /// Lines over time, with gaps where there is no number.
    Lines {
        /// Labels of the days.
        categories: Vec<String>,
        /// The counted quantities.
        series: Vec<GappedSeries>,
        /// Days on which something happened that explains a step.
        marks: Vec<Mark>,
        /// Unit appended to every number.
        unit: &'static str,
    },
    /// One column for each day, none where there is no number, and notes about single days.
    Days {
        /// Labels of the days.
        categories: Vec<String>,
        /// The counted quantities.
        series: Vec<GappedSeries>,
        /// A note for each day; empty without one.
        notes: Vec<String>,
        /// Unit appended to every number.
        unit: &'static str,
    },
    /// Points in a plane by group, sized by the number of people.
    Points {
        /// The groups with their points `[x, y, people]`.
        groups: Vec<Group>,
    },
}

/// A series of numbers.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) values: Vec<f64>,
}

/// A series of numbers with gaps.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct GappedSeries {
    pub(crate) name: String,
    pub(crate) values: Vec<Option<f64>>,
}

/// A vertical line at a category, with a name.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Mark {
    pub(crate) category: String,
    pub(crate) name: &'static str,
}

/// The points of a group.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) points: Vec<(f32, f32, u32)>,
}

impl Chart {
    /// JSON for a `script` element; nothing in it can close the element.
    pub(crate) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default().replace('<', "\\u003c").replace('&', "\\u0026")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_cannot_close_its_script_element() {
        let groups = vec![Group { name: "</script><script>alert(1)".into(), points: vec![(0.5, 1.0, 12)] }];
        let json = Chart::Points { groups }.json();
        assert!(!json.contains('<'), "{json}");
        let value: serde_json::Value = serde_json::from_str(&json).expect("still JSON");
        assert_eq!(value["groups"][0]["name"], "</script><script>alert(1)");
    }
}
