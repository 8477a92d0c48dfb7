//! What members think: ratings by item and by topic.

use serde_json::Value;
use zhihui_engine::report::MinGroupSize;

use crate::report::hidden_cells::{
    ColumnContent::{self, DerivedFrom, NotPeople, People},
    HiddenCells,
};
use crate::report::tables::{Column, SuppressedTable, table};

/// Maximum number of rows of a table.
const MAX_ROWS: usize = 50;

/// The tables by item and by topic, from the rows of `opinions.sql`: part, id, title, members, ratings, mean. Metrics show the mean
/// of all ratings and the members who rated.
pub(super) fn opinions(rows: Vec<Vec<Value>>, min_size: MinGroupSize) -> [SuppressedTable; 2] {
    let (items, topics): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row[0] == "item");
    let by_item: &[Column] = &[
        ("item_id", "内容编号", "Item id", "text", NotPeople),
        ("title", "内容", "Item", "text", NotPeople),
        ("raters", "评分人数", "Members who rated", "people", People),
        ("ratings", "评分人次", "Ratings", "person_times", DerivedFrom(&[2])),
        ("rating", "平均评分", "Mean rating", "points", DerivedFrom(&[2])),
    ];
    let by_topic: &[Column] = &[
        ("topic", "主题", "Topic", "text", NotPeople),
        ("raters", "评分人数", "Members who rated", "people", People),
        ("ratings", "评分人次", "Ratings", "person_times", DerivedFrom(&[1])),
        ("rating", "平均评分", "Mean rating", "points", DerivedFrom(&[1])),
    ];
    let of_item = |mut row: Vec<Value>| {
        row.remove(0);
        if row[0] == "" {
            row[1] = "公众号整体 The account".into();
        }
        row
    };
    let items = items.into_iter().map(of_item).collect();
    let topics = topics.into_iter().map(|row| row.into_iter().skip(2).collect()).collect();
    [
        suppressed("ratings_by_item", ("评分：内容", "Ratings by item"), by_item, items, min_size),
        suppressed("ratings_by_topic", ("评分：主题", "Ratings by topic"), by_topic, topics, min_size),
    ]
}

fn suppressed(
    name: &str,
    label: (&str, &str),
    columns: &[Column],
    mut rows: Vec<Vec<Value>>,
    min_size: MinGroupSize,
) -> SuppressedTable {
    let contents: Vec<ColumnContent> = columns.iter().map(|column| column.4).collect();
    let raters = contents.iter().position(|content| *content == People).unwrap_or_default();
    let mut hidden = HiddenCells::new(&rows, &contents, min_size);
    hidden.hide_in_column(&rows, raters);
    let hidden = hidden.write(&mut rows);
    rows.truncate(MAX_ROWS);
    (table(name, label, columns, rows), hidden)
}
