//! Counts of people by union, age band and district, and which counts may be shown.
//!
//! The decision depends only on the data of a period and not on the requested report. So different reports cannot be combined
//! to reveal a small group.

use std::collections::{HashMap, HashSet};

use arrow::array::StringArray;
use arrow::record_batch::RecordBatch;
use rayon::prelude::*;
use zhihui_engine::report::{Groups, MinGroupSize};

use super::crossing::{Crossing, shown_groups};
use super::figures::{counts, text_column};
use super::period::Scope;
use super::unions::Unions;

/// Counts of people in a period by union, age band and district. A cell is a combination that members have.
pub(super) struct GroupCounts {
    statistics: Vec<String>,
    unions: Vec<usize>,
    age_bands: Names,
    districts: Names,
    /// By statistic, then by cell.
    counts: Vec<Vec<u64>>,
}

/// The names of a dimension.
#[derive(Clone, Default)]
struct Names {
    /// Sorted.
    names: Vec<String>,
    /// Of each cell the place of its name, counted from 1; 0 without a name.
    places: Vec<usize>,
}

/// The groups of another dimension, and the place of each cell in them.
type OtherDimension<'a> = (&'a GroupHierarchy, &'a [usize]);

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
        let mut groups = Self {
            statistics: Vec::new(),
            unions: Vec::new(),
            age_bands: Names::of(batches, 1),
            districts: Names::of(batches, 2),
            counts: Vec::new(),
        };
        for batch in batches {
            let statistics = batch.schema_ref().fields().iter().skip(3);
            groups.statistics = statistics.map(|field| field.name().clone()).collect();
            groups.counts.resize(groups.statistics.len(), Vec::new());
            groups.unions.extend(text_column(batch, 0).iter().map(|union| unions.place(union)));
            for (of_statistic, column) in groups.counts.iter_mut().zip(&batch.columns()[3..]) {
                of_statistic.extend(counts(column.as_ref()));
            }
        }
        groups
    }

    /// The cells of rows whose first columns are union, age band and district. `None` for a combination that no member has.
    pub(super) fn cells_of(&self, batch: &RecordBatch, unions: &Unions) -> Vec<Option<usize>> {
        let key = |cell| (self.unions[cell], self.age_bands.places[cell], self.districts.places[cell]);
        let cells: HashMap<(usize, usize, usize), usize> =
            (0..self.unions.len()).map(|cell| (key(cell), cell)).collect();
        let [of_union, of_band, of_district] = [0, 1, 2].map(|column| text_column(batch, column));
        let of_row = of_union.iter().zip(&of_band).zip(&of_district).map(|((union, band), district)| {
            let key = (unions.place(union), self.age_bands.place(band)?, self.districts.place(district)?);
            cells.get(&key).copied()
        });
        of_row.collect()
    }

    /// Splits the people of a statistic into `some`, by their cell, and the others.
    pub(super) fn split_statistic(&self, statistic: &str, some: &HashMap<usize, u64>) -> Self {
        let at = self.statistics.iter().position(|known| known == statistic);
        let all = at.map_or_else(|| vec![0; self.unions.len()], |at| self.counts[at].clone());
        let some: Vec<u64> = (0..all.len()).map(|cell| some.get(&cell).copied().unwrap_or(0)).collect();
        let others = all.iter().zip(&some).map(|(all, some)| all.saturating_sub(*some)).collect();
        Self {
            statistics: vec![SOME.to_owned(), OTHERS.to_owned()],
            unions: self.unions.clone(),
            age_bands: self.age_bands.clone(),
            districts: self.districts.clone(),
            counts: vec![some, others],
        }
    }

    /// The groups of the dimension of this scope.
    pub(super) fn hierarchy_of(&self, scope: Scope<'_>, unions: &Unions, min_size: MinGroupSize) -> GroupHierarchy {
        match scope {
            Scope::Union(_) => self.by_union(unions, min_size),
            Scope::District(_) => self.by(Dimension::District, &self.by_union(unions, min_size), min_size),
            Scope::AgeBand(_) => self.by(Dimension::AgeBand, &self.by_union(unions, min_size), min_size),
            Scope::Whole | Scope::Combined => self.all_members(min_size),
        }
    }

    /// All members as the only group.
    fn all_members(&self, min_size: MinGroupSize) -> GroupHierarchy {
        self.hierarchy(Groups::flat(0), Vec::new(), &vec![0; self.unions.len()], min_size, &[])
    }

    /// The unions as groups.
    pub(super) fn by_union(&self, unions: &Unions, min_size: MinGroupSize) -> GroupHierarchy {
        self.hierarchy(unions.groups.clone(), Vec::new(), &self.unions, min_size, &[])
    }

    /// The age bands or districts as groups. A group is shown if it reveals no small group together with shown unions and, for
    /// districts, shown age bands. `by_union` are the unions of [`Self::by_union`].
    pub(super) fn by(&self, dimension: Dimension, by_union: &GroupHierarchy, min_size: MinGroupSize) -> GroupHierarchy {
        let of_unions: OtherDimension<'_> = (by_union, &self.unions);
        let bands = self.by_names(&self.age_bands, min_size, &[of_unions]);
        match dimension {
            Dimension::AgeBand => bands,
            Dimension::District => {
                self.by_names(&self.districts, min_size, &[of_unions, (&bands, &self.age_bands.places)])
            }
        }
    }

    /// Members and active members of each union in this scope, without those of its subordinate unions.
    pub(super) fn unions(&self, places: usize, scope: Scope<'_>) -> Vec<(u64, u64)> {
        let is_in_scope = |cell: &usize| match scope {
            Scope::District(name) => self.districts.name(*cell) == Some(name),
            Scope::AgeBand(name) => self.age_bands.name(*cell) == Some(name),
            Scope::Whole | Scope::Union(_) | Scope::Combined => true,
        };
        let of = |name: &str| self.statistics.iter().position(|known| known == name).map(|at| &self.counts[at]);
        let mut counts = vec![(0, 0); places];
        let (Some(members), Some(active)) = (of("members"), of("active")) else { return counts };
        for cell in (0..self.unions.len()).filter(is_in_scope) {
            counts[self.unions[cell]].0 += members[cell];
            counts[self.unions[cell]].1 += active[cell];
        }
        counts
    }

    fn by_names(&self, names: &Names, min_size: MinGroupSize, others: &[OtherDimension<'_>]) -> GroupHierarchy {
        self.hierarchy(Groups::flat(names.names.len()), names.names.clone(), &names.places, min_size, others)
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
            self.counts[statistic].iter().zip(places).for_each(|(people, &place)| own[place] += people);
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
        let cells = self.counts[statistic].iter().zip(places).zip(*other_places);
        let people = cells.filter_map(|((&people, &place), &other_place)| {
            (people > 0).then_some((place, rests[other_place]?, people))
        });
        Crossing::of(people)
    }
}

impl Names {
    fn of(batches: &[RecordBatch], column: usize) -> Self {
        let columns: Vec<StringArray> = batches.iter().map(|batch| text_column(batch, column)).collect();
        let of_cells = || columns.iter().flat_map(|column| column.iter());
        let mut names: Vec<&str> = of_cells().flatten().collect::<HashSet<_>>().into_iter().collect();
        names.sort_unstable();
        let mut found = Self { names: names.into_iter().map(str::to_owned).collect(), places: Vec::new() };
        found.places = of_cells().map(|name| found.place(name).unwrap_or(0)).collect();
        found
    }

    /// The place of a name, 0 without a name. `None` if it is unknown.
    fn place(&self, name: Option<&str>) -> Option<usize> {
        let Some(name) = name else { return Some(0) };
        self.names.binary_search_by(|known| known.as_str().cmp(name)).ok().map(|at| at + 1)
    }

    fn name(&self, cell: usize) -> Option<&str> {
        self.places[cell].checked_sub(1).map(|at| self.names[at].as_str())
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
