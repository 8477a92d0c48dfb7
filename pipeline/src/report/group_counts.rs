//! Counts of people by union, age band and district, and which counts may be shown.
//!
//! The decision depends only on the data of a period and not on the requested report. So different reports cannot be combined
//! to reveal a small group.

use std::collections::{BTreeSet, HashMap};

use arrow::record_batch::RecordBatch;
use rayon::prelude::*;
use zhihui_engine::report::{Groups, MinGroupSize};

use super::crossing::{Crossing, shown_groups};
use super::figures::{counts, texts};
use super::period::Scope;
use super::unions::Unions;

/// A combination of union, age band and district.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct GroupKey {
    /// Place of the union.
    union: usize,
    age_band: Option<String>,
    district: Option<String>,
}

impl GroupKey {
    /// Reads a row whose first columns are union, age band and district.
    pub(super) fn of(row: &[Option<String>], unions: &Unions) -> Self {
        let text = |at: usize| row.get(at).cloned().flatten();
        Self { union: unions.place(text(0).as_deref()), age_band: text(1), district: text(2) }
    }
}

/// The counts of one combination, one for each statistic.
struct Cell {
    key: GroupKey,
    counts: Vec<u64>,
}

/// Counts of people in a period by union, age band and district.
pub(super) struct GroupCounts {
    statistics: Vec<String>,
    cells: Vec<Cell>,
}

/// The groups of another dimension, and the place of each cell in them.
type OtherDimension<'a> = (&'a GroupHierarchy, Vec<usize>);

/// Statistics of counts that [`GroupCounts::split_statistic`] has split.
pub(super) const SOME: &str = "some";
pub(super) const OTHERS: &str = "others";

/// A dimension without a hierarchy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dimension {
    AgeBand,
    District,
}

impl GroupCounts {
    /// Reads the rows of `groups.sql`.
    pub(super) fn of(batches: &[RecordBatch], unions: &Unions) -> Self {
        let (mut statistics, mut cells) = (Vec::new(), Vec::new());
        for batch in batches {
            let schema = batch.schema();
            statistics = schema.fields().iter().skip(3).map(|field| field.name().clone()).collect();
            let columns: Vec<Vec<u64>> = batch.columns()[3..].iter().map(|column| counts(column.as_ref())).collect();
            for (row, texts) in texts(batch, 3).iter().enumerate() {
                let counts = columns.iter().map(|column| column[row]).collect();
                cells.push(Cell { key: GroupKey::of(texts, unions), counts });
            }
        }
        Self { statistics, cells }
    }

    /// Splits the people of a statistic into `some` and the others.
    pub(super) fn split_statistic(&self, statistic: &str, some: &HashMap<GroupKey, u64>) -> Self {
        let at = self.statistics.iter().position(|known| known == statistic);
        let split_cell = |cell: &Cell| {
            let all = at.map_or(0, |at| cell.counts[at]);
            let some = some.get(&cell.key).copied().unwrap_or(0);
            Cell { key: cell.key.clone(), counts: vec![some, all.saturating_sub(some)] }
        };
        Self {
            statistics: vec![SOME.to_owned(), OTHERS.to_owned()],
            cells: self.cells.iter().map(split_cell).collect(),
        }
    }

    /// The groups of the dimension of this scope.
    pub(super) fn hierarchy_of(&self, scope: Scope<'_>, unions: &Unions, min_size: MinGroupSize) -> GroupHierarchy {
        match scope {
            Scope::Union(_) => self.by_union(unions, min_size),
            Scope::District(_) => self.by(Dimension::District, unions, min_size),
            Scope::AgeBand(_) => self.by(Dimension::AgeBand, unions, min_size),
            Scope::Whole | Scope::Combined => self.all_members(min_size),
        }
    }

    /// All members as the only group.
    fn all_members(&self, min_size: MinGroupSize) -> GroupHierarchy {
        self.hierarchy(Groups::flat(0), Vec::new(), &vec![0; self.cells.len()], min_size, &[])
    }

    /// The unions as groups.
    pub(super) fn by_union(&self, unions: &Unions, min_size: MinGroupSize) -> GroupHierarchy {
        self.hierarchy(unions.groups.clone(), Vec::new(), &self.union_places(), min_size, &[])
    }

    /// The age bands or districts as groups. A group is shown if it reveals no small group together with shown unions and, for
    /// districts, shown age bands.
    pub(super) fn by(&self, dimension: Dimension, unions: &Unions, min_size: MinGroupSize) -> GroupHierarchy {
        let by_union = self.by_union(unions, min_size);
        match dimension {
            Dimension::AgeBand => self.by_names(dimension, min_size, &[(&by_union, self.union_places())]),
            Dimension::District => {
                let bands = self.by_names(Dimension::AgeBand, min_size, &[(&by_union, self.union_places())]);
                let (_, band_places) = self.named_places(Dimension::AgeBand);
                self.by_names(dimension, min_size, &[(&by_union, self.union_places()), (&bands, band_places)])
            }
        }
    }

    fn union_places(&self) -> Vec<usize> {
        self.cells.iter().map(|cell| cell.key.union).collect()
    }

    /// Members and active members of each union in this scope, without those of its subordinate unions.
    pub(super) fn unions(&self, places: usize, scope: Scope<'_>) -> Vec<(u64, u64)> {
        let is_in_scope = |cell: &Cell| match scope {
            Scope::District(name) => cell.key.district.as_deref() == Some(name),
            Scope::AgeBand(name) => cell.key.age_band.as_deref() == Some(name),
            Scope::Whole | Scope::Union(_) | Scope::Combined => true,
        };
        let at = |name: &str| self.statistics.iter().position(|known| known == name);
        let mut counts = vec![(0, 0); places];
        let (Some(members), Some(active)) = (at("members"), at("active")) else { return counts };
        for cell in self.cells.iter().filter(|cell| is_in_scope(cell)) {
            counts[cell.key.union].0 += cell.counts[members];
            counts[cell.key.union].1 += cell.counts[active];
        }
        counts
    }

    fn by_names(&self, dimension: Dimension, min_size: MinGroupSize, others: &[OtherDimension<'_>]) -> GroupHierarchy {
        let (names, places) = self.named_places(dimension);
        self.hierarchy(Groups::flat(names.len()), names, &places, min_size, others)
    }

    /// The sorted names of a dimension, and the place of each cell in them.
    fn named_places(&self, dimension: Dimension) -> (Vec<String>, Vec<usize>) {
        let of_cells: Vec<Option<&str>> = self.cells.iter().map(|cell| name(cell, dimension)).collect();
        let names: Vec<&str> = of_cells.iter().flatten().copied().collect::<BTreeSet<_>>().into_iter().collect();
        let place = |name: &str| names.binary_search(&name).map_or(0, |at| at + 1);
        let places = of_cells.iter().map(|name| name.map_or(0, place)).collect();
        (names.into_iter().map(str::to_owned).collect(), places)
    }

    fn hierarchy(
        &self,
        groups: Groups,
        names: Vec<String>,
        places: &[usize],
        min_size: MinGroupSize,
        others: &[OtherDimension<'_>],
    ) -> GroupHierarchy {
        // The statistics are independent of each other.
        let of_statistic = |statistic: usize| {
            let mut own = vec![0; groups.len()];
            self.cells.iter().zip(places).for_each(|(cell, &place)| own[place] += cell.counts[statistic]);
            let crossings: Vec<Crossing> = others.iter().map(|other| self.crossing(statistic, other, places)).collect();
            (groups.totals(&own), shown_groups(&groups, &own, &crossings, min_size))
        };
        let (totals, shown) = (0..self.statistics.len()).into_par_iter().map(of_statistic).unzip();
        GroupHierarchy { statistics: self.statistics.clone(), names, totals, shown, groups }
    }

    /// Counts the people of a statistic by the group here and the innermost shown group of another dimension.
    fn crossing(&self, statistic: usize, (other, other_places): &OtherDimension<'_>, places: &[usize]) -> Crossing {
        let shown = &other.shown[statistic];
        let rests: Vec<Option<usize>> =
            (0..other.groups.len()).map(|place| other.groups.innermost(place, shown)).collect();
        let people =
            self.cells.iter().zip(places).zip(other_places).filter_map(|((cell, &place), &other_place)| {
                Some((place, rests[other_place]?, cell.counts[statistic]))
            });
        Crossing::of(people)
    }
}

fn name(cell: &Cell, dimension: Dimension) -> Option<&str> {
    match dimension {
        Dimension::AgeBand => cell.key.age_band.as_deref(),
        Dimension::District => cell.key.district.as_deref(),
    }
}

/// The groups of one dimension with their counts, and which counts may be shown.
pub(super) struct GroupHierarchy {
    statistics: Vec<String>,
    /// Names of the groups, sorted. Empty for unions.
    names: Vec<String>,
    groups: Groups,
    totals: Vec<Vec<u64>>,
    shown: Vec<Vec<bool>>,
}

impl GroupHierarchy {
    /// Names of the groups.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The place of a group; 0, which is all members, for an unknown name.
    pub(super) fn place(&self, name: Option<&str>) -> usize {
        name.and_then(|name| self.names.iter().position(|known| known == name)).map_or(0, |at| at + 1)
    }

    /// The count of a statistic at a place, including the groups inside it.
    pub(super) fn count(&self, statistic: &str, place: usize) -> u64 {
        self.at(statistic).map_or(0, |at| self.totals[at][place])
    }

    /// Whether the counts of all these statistics may be shown at a place.
    pub(super) fn shows(&self, statistics: &[&str], place: usize) -> bool {
        statistics.iter().all(|statistic| self.at(statistic).is_none_or(|at| self.shown[at][place]))
    }

    fn at(&self, statistic: &str) -> Option<usize> {
        self.statistics.iter().position(|known| known == statistic)
    }
}
