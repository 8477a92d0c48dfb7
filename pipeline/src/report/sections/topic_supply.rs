//! What is published about each topic, against what is read.

use std::collections::BTreeSet;

use serde_json::Value;
use zhihui_engine::report::MinGroupSize;

use crate::report::hidden_cells::{
    ColumnContent::{self, DerivedFrom, NotPeople, People},
    HiddenCells, people,
};
use crate::report::tables::{Column, SuppressedTable, table};
use crate::report::topic_rule::{TopicArticles, hide_revealing};

const READERS: usize = 4;

/// The table of the rows of `topic_supply.sql`. The shares of all topics add up to one, and `readers` are all readers of the
/// period: those of a topic and the others must not be few. Hides the topics that would reveal cells of the table by age band or
/// the readers of few articles.
pub(super) fn topic_supply(
    mut rows: Vec<Vec<Value>>,
    readers: u64,
    (articles, revealing): (&TopicArticles, &BTreeSet<String>),
    min_size: MinGroupSize,
) -> SuppressedTable {
    let columns: &[Column] = &[
        ("topic", "主题", "Topic", "text", NotPeople),
        (
            "index",
            "供需指数（100 为相当）",
            "Reads against articles (100 = in proportion)",
            "index",
            DerivedFrom(&[READERS]),
        ),
        ("articles", "发布文章数", "Articles published", "articles", NotPeople),
        ("supply_share", "占发布", "Share of articles", "share", NotPeople),
        ("readers", "阅读人数", "Readers", "people", People),
        ("demand_share", "占阅读", "Share of reads", "share", DerivedFrom(&[READERS])),
    ];
    let contents: Vec<ColumnContent> = columns.iter().map(|column| column.4).collect();
    let mut hidden = HiddenCells::new(&rows, &contents, min_size);
    for (at, row) in rows.iter().enumerate() {
        let is_revealing = row[0].as_str().is_some_and(|topic| revealing.contains(topic));
        if is_revealing || min_size.hides(readers.saturating_sub(people(row, READERS))) {
            hidden.hide(at, READERS);
        }
    }
    hidden.hide_in_column(&rows, READERS);
    hide_revealing(&mut hidden, &rows, (0, READERS), articles, min_size);
    hidden.hide_second_in_column(&rows, READERS);
    let hidden = hidden.write(&mut rows);
    (table("topic_supply", ("主题供需", "Topics: articles against reads"), columns, rows), hidden)
}
