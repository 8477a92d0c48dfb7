//! Numbers of people in the sentences of memos, against those that the metrics and tables of reports show.

use std::collections::BTreeSet;

use serde_json::Value;
use zhihui_engine::report::{Memo, Report};

use super::report_family::Shown;

/// Numbers of people or of times in memos that no report of the family shows, with their sentences.
///
/// The sentences about pushes are not read: arms have a rule of their own, and what is missing is a forecast.
pub(crate) fn numbers_of_memos_only(reports: &[Shown]) -> Vec<String> {
    let shown: BTreeSet<u64> = reports.iter().flat_map(|shown| numbers(&shown.report)).collect();
    let mut read = 0;
    let mut unknown = Vec::new();
    for sentence in reports.iter().filter_map(|shown| shown.report.memo.as_ref()).flat_map(sentences) {
        for number in people_in(&sentence) {
            read += 1;
            if !shown.contains(&number) {
                unknown.push(format!("{number} in {sentence}"));
            }
        }
    }
    assert!(read > 20, "only {read} numbers are in memos");
    unknown
}

fn sentences(memo: &Memo) -> Vec<String> {
    let mut sentences = vec![&memo.headline, &memo.movers_note, &memo.silent_unions.sentence, &memo.action];
    sentences.extend(memo.movers.iter().flat_map(|mover| [Some(&mover.sentence), mover.reason.as_ref()]).flatten());
    let members = memo.silent_unions.unions.iter().map(|union| format!("{} 名会员", union.members));
    sentences.into_iter().map(|sentence| sentence.zh.clone()).chain(members).collect()
}

/// The numbers before words for people and times.
fn people_in(sentence: &str) -> Vec<u64> {
    let mut found = Vec::new();
    let (mut digits, mut is_fraction) = (String::new(), false);
    for (at, letter) in sentence.char_indices() {
        match letter {
            '0'..='9' => digits.push(letter),
            ',' if !digits.is_empty() => {}
            '.' if !digits.is_empty() => is_fraction = true,
            _ => {
                let rest = sentence[at..].trim_start();
                if !digits.is_empty() && !is_fraction && ["人", "名", "次"].iter().any(|word| rest.starts_with(word))
                {
                    found.extend(digits.parse::<u64>());
                }
                (digits, is_fraction) = (String::new(), false);
            }
        }
    }
    found
}

/// All whole numbers of metrics and tables. The rows of a topic are added up, because its age bands do not overlap.
fn numbers(report: &Report) -> Vec<u64> {
    let metrics = report
        .metrics
        .iter()
        .flat_map(|metric| [metric.value, metric.previous, metric.numerator, metric.denominator].into_iter().flatten());
    let cells = report.tables.iter().flat_map(|table| &table.rows).flatten().filter_map(Value::as_f64);
    let mut numbers: Vec<u64> =
        metrics.chain(cells).filter(|number| number.fract() == 0.0).map(|number| number as u64).collect();
    for table in report.tables.iter().filter(|table| table.name == "topics") {
        let topics: BTreeSet<&str> = table.rows.iter().filter_map(|row| row[0].as_str()).collect();
        numbers.extend(topics.iter().map(|topic| {
            let rows = table.rows.iter().filter(|row| row[0] == **topic);
            rows.filter_map(|row| row[2].as_u64()).sum::<u64>()
        }));
    }
    numbers
}

#[test]
fn numbers_before_words_for_people_are_read() {
    assert_eq!(people_in("2 月 1 日至 28 日：1,200 名会员中有 41 人参与，活跃率 3.4%，阅读 17 次"), [1200, 41, 17]);
}
