//! Groups the rows of a table of unions by size, for a chart of unions most of which are too small to show.

use serde_json::Value;

use super::{ReportColumn, ReportTable, Sentence};

/// Lower bounds of the size classes after the first, in members.
const BOUNDS: [f64; 3] = [30.0, 100.0, 300.0];
const LABELS: [&str; 4] = ["≤ 29", "30–99", "100–299", "≥ 300"];

/// Counts the unions of a table by size class, from its shown cells alone; those of hidden size are the last row. `None` if the
/// table has no unions with members.
#[must_use]
pub fn size_classes(table: &ReportTable) -> Option<ReportTable> {
    let column = |name: &str| table.columns.iter().position(|known| known == name);
    let (_, members) = (column("union_id")?, column("members")?);
    let mut unions = [0_u64; LABELS.len()];
    let mut hidden = 0_u64;
    let mut hidden_text = Value::Null;
    for row in &table.rows {
        match &row[members] {
            Value::Number(size) => {
                let class = BOUNDS.iter().filter(|&&bound| size.as_f64() >= Some(bound)).count();
                unions[class] += 1;
            }
            text => (hidden, hidden_text) = (hidden + 1, text.clone()),
        }
    }
    let shown = LABELS.iter().zip(unions).map(|(label, unions)| vec![Value::from(*label), unions.into()]);
    let rest = (hidden > 0).then(|| vec![hidden_text, hidden.into()]);
    let column = |zh: &str, en: &str, unit: &str| ReportColumn {
        label: Sentence { zh: zh.into(), en: en.into() },
        unit: unit.into(),
    };
    Some(ReportTable {
        name: "union_sizes".into(),
        label: table.label.clone(),
        columns: ["size", "unions"].map(str::to_owned).into(),
        column_details: vec![column("会员人数", "Members", "text"), column("工会数", "Unions", "unions")],
        rows: shown.chain(rest).collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn unions_are_counted_by_the_shown_number_of_their_members() {
        let table = ReportTable {
            name: "unions".into(),
            label: Sentence::default(),
            columns: ["union_id", "name", "members", "active_members"].map(str::to_owned).into(),
            column_details: Vec::new(),
            rows: vec![
                vec![json!("a"), json!("A"), json!(29), json!(0)],
                vec![json!("b"), json!("B"), json!(30), json!(12)],
                vec![json!("c"), json!("C"), json!(4_000), json!("<10")],
                vec![json!("d"), json!("D"), json!("<10"), json!("<10")],
                vec![json!("e"), json!("E"), json!("<10"), json!("<10")],
            ],
        };
        let classes = size_classes(&table).expect("a table of unions");
        let counts: Vec<&Value> = classes.rows.iter().map(|row| &row[1]).collect();
        assert_eq!(counts, [&json!(1), &json!(1), &json!(0), &json!(1), &json!(2)]);
        assert_eq!(classes.rows[4][0], "<10");
        assert_eq!(size_classes(&ReportTable { columns: vec!["day".into()], ..table }), None);
    }
}
