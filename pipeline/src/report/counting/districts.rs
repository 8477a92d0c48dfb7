//! Members by what is known of them, and by home and work district.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;

use super::Counts;
use super::batch::figures;
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

/// The members by group and by the pair of their districts.
pub(in crate::report) struct PairPeople {
    /// The pairs that are told apart, sorted.
    pub(in crate::report) names: Vec<String>,
    /// Group of members, place in `names` counted from 1 (0 for other pairs), and people.
    pub(in crate::report) rows: Vec<(u32, u32, u64)>,
}

/// `districts.sql`.
pub(super) fn pair_people(counts: &Counts) -> PairPeople {
    let members = &counts.columns.members;
    // Members of a group follow each other, and few pairs are in one group.
    let mut people: Vec<(u32, [u32; 2], u64)> = Vec::new();
    let mut first = 0;
    for (&group, &districts) in members.group_of.iter().zip(&members.districts) {
        if people.last().is_some_and(|last| last.0 != group) {
            first = people.len();
        }
        match people[first..].iter_mut().find(|row| row.1 == districts) {
            Some(row) => row.2 += 1,
            None => people.push((group, districts, 1)),
        }
    }
    let mut of_districts: HashMap<[u32; 2], u64> = HashMap::new();
    people.iter().for_each(|(_, districts, people)| *of_districts.entry(*districts).or_default() += people);
    let name = |districts: [u32; 2]| {
        let [home, work] = districts.map(|district| members.texts.text(district).unwrap_or("unknown"));
        format!("{home}|{work}")
    };
    let mut of_pair: BTreeMap<String, u64> = BTreeMap::new();
    for (&districts, people) in &of_districts {
        *of_pair.entry(name(districts)).or_default() += people;
    }
    let mut largest: Vec<(String, u64)> =
        of_pair.into_iter().filter(|(_, people)| *people as i64 >= counts.options.min_people).collect();
    // Pairs of as many members stay in the order of their names.
    largest.sort_by_key(|(_, people)| Reverse(*people));
    let mut names: Vec<String> = largest.into_iter().take(PAIRS).map(|(pair, _)| pair).collect();
    names.sort_unstable();
    let place = |districts: [u32; 2]| names.binary_search(&name(districts)).map_or(0, |at| at as u32 + 1);
    let places: HashMap<[u32; 2], u32> = of_districts.keys().map(|&districts| (districts, place(districts))).collect();
    let rows = people.into_iter().map(|(group, districts, people)| (group, places[&districts], people)).collect();
    PairPeople { names, rows }
}
