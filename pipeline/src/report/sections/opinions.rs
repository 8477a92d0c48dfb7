//! What members think: ratings by item and by topic.

use serde_json::Value;
use zhihui_engine::report::MinGroupSize;

use crate::report::hidden_cells::{
    ColumnContent::{self, DerivedFrom, NotPeople, People},
    HiddenCells,
};
use crate::report::tables::{Column, SuppressedTable, table};
use crate::report::topic_rule::{TopicArticles, hide_revealing};

/// Maximum number of rows of a table.
const MAX_ROWS: usize = 50;

/// The tables by item and by topic, from the rows of `opinions.sql`: part, id, title, members, ratings, mean. Metrics show the mean
/// of all ratings and the members who rated, `raters`: those who rated something else must not be few. Hides the topics that would
/// reveal the few members who rated an item.
pub(super) fn opinions(
    rows: Vec<Vec<Value>>,
    raters: u64,
    rated: &TopicArticles,
    min_size: MinGroupSize,
) -> [SuppressedTable; 2] {
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
    let items: Vec<Vec<Value>> = items.into_iter().map(of_item).collect();
    let topics: Vec<Vec<Value>> = topics.into_iter().map(|row| row.into_iter().skip(2).collect()).collect();
    let mut hidden_items = hidden(&items, (by_item, 2), raters, min_size);
    hidden_items.hide_second_in_column(&items, 2);
    let mut hidden_topics = hidden(&topics, (by_topic, 1), raters, min_size);
    hide_revealing(&mut hidden_topics, &topics, (0, 1), rated, min_size);
    [
        suppressed("ratings_by_item", ("评分：内容", "Ratings by item"), by_item, (items, hidden_items)),
        suppressed("ratings_by_topic", ("评分：主题", "Ratings by topic"), by_topic, (topics, hidden_topics)),
    ]
}

/// The cells about few members, or about all but few of those who rated.
fn hidden(
    rows: &[Vec<Value>],
    (columns, people): (&[Column], usize),
    raters: u64,
    min_size: MinGroupSize,
) -> HiddenCells {
    let contents: Vec<ColumnContent> = columns.iter().map(|column| column.4).collect();
    let mut hidden = HiddenCells::new(rows, &contents, min_size);
    hidden.hide_small_rests(rows, people, raters);
    hidden.hide_in_column(rows, people);
    hidden
}

fn suppressed(
    name: &str,
    label: (&str, &str),
    columns: &[Column],
    (mut rows, hidden): (Vec<Vec<Value>>, HiddenCells),
) -> SuppressedTable {
    let hidden = hidden.write(&mut rows);
    rows.truncate(MAX_ROWS);
    (table(name, label, columns, rows), hidden)
}
