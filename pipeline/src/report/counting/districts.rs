//! Members by what is known of them, and by home and work district.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;

use super::Counts;
use super::batch::{Column, batch, figures};
use super::view::Micros;
use crate::report::columns::NONE;

/// Number of pairs of districts that are told apart.
const PAIRS: usize = 40;

/// `roster.sql`.
pub(super) fn roster(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    let members = &counts.columns.members;
    let (from, to) = counts.known(period);
    let known = members.districts.iter().filter(|districts| !districts.contains(&NONE)).count();
    let joined = members.joined_at.iter().flatten().filter(|at| (from..to).contains(*at)).count();
    figures(&[
        ("districts_known", known as i64),
        ("districts_unknown", (members.ids.len() - known) as i64),
        ("joined_members", joined as i64),
        ("not_joined_members", (members.ids.len() - joined) as i64),
    ])
}

/// `districts.sql`.
pub(super) fn districts(counts: &Counts) -> Result<RecordBatch, ArrowError> {
    let members = &counts.columns.members;
    let mut people: HashMap<(u32, [u32; 2]), i64> = HashMap::new();
    for (&group, &districts) in members.group_of.iter().zip(&members.districts) {
        *people.entry((group, districts)).or_default() += 1;
    }
    let name = |districts: [u32; 2]| {
        let [home, work] = districts.map(|district| members.texts.text(district).unwrap_or("unknown"));
        format!("{home}|{work}")
    };
    let mut of_pair: BTreeMap<String, i64> = BTreeMap::new();
    for (&(_, districts), people) in &people {
        *of_pair.entry(name(districts)).or_default() += people;
    }
    let mut largest: Vec<(String, i64)> =
        of_pair.into_iter().filter(|(_, people)| *people >= counts.options.min_people).collect();
    // Pairs of as many members stay in the order of their names.
    largest.sort_by_key(|(_, people)| Reverse(*people));
    let told_apart: HashSet<String> = largest.into_iter().take(PAIRS).map(|(pair, _)| pair).collect();
    let rows: Vec<((u32, [u32; 2]), i64)> = people.into_iter().collect();
    let texts: Vec<[Option<String>; 3]> =
        rows.iter().map(|((group, _), _)| members.group_texts(*group as usize)).collect();
    let text = |at: usize| Column::Text(texts.iter().map(|texts| texts[at].clone()).collect());
    let pair = |row: &((u32, [u32; 2]), i64)| Some(name(row.0.1)).filter(|pair| told_apart.contains(pair));
    batch(vec![
        ("union_id", text(0)),
        ("age_band", text(1)),
        ("district", text(2)),
        ("pair", Column::Text(rows.iter().map(pair).collect())),
        ("members", Column::Count(rows.iter().map(|(_, people)| *people).collect())),
    ])
}
