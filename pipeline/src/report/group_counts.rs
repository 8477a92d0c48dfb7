//! Counts of people by union, age band and district.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::StringArray;
use arrow::record_batch::RecordBatch;
use zhihui_engine::report::MinGroupSize;

use super::columns::{MemberColumns, NONE};
use super::counting::{GroupPeople, PairPeople};
use super::figures::{counts, text_column};
use super::group_hierarchy::GroupHierarchy;
use super::period::Scope;
use super::unions::Unions;

/// Counts of people in a period by union, age band and district. A cell is a combination that members have.
pub(super) struct GroupCounts {
    statistics: Vec<String>,
    cells: Arc<Cells>,
    people: People,
}

/// The places of each cell in the three dimensions.
pub(super) struct Cells {
    unions: Vec<u32>,
    age_bands: Names,
    districts: Names,
}

enum People {
    /// By statistic, then by cell.
    Counted(Vec<Vec<u64>>),
    /// Of each member. The cells are the groups of members. A province has almost as many cells as a third of its members, so
    /// that counts of all statistics by cell would need much more memory.
    Members(Arc<GroupPeople>),
}

/// The names of a dimension.
#[derive(Default)]
struct Names {
    /// Sorted.
    names: Vec<String>,
    /// Of each cell the place of its name, counted from 1; 0 without a name.
    places: Vec<u32>,
}

/// Statistics of counts that [`GroupCounts::split_statistic`] has split.
pub(super) const SOME: &str = "some";
pub(super) const OTHERS: &str = "others";

/// The groups of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dimension {
    /// All members as one group.
    Whole,
    Union,
    AgeBand,
    District,
}

impl GroupCounts {
    /// Reads the rows of `groups.sql`.
    pub(super) fn of(batches: &[RecordBatch], unions: &Unions) -> Self {
        let mut statistics = Vec::new();
        let mut of_unions = Vec::new();
        let mut people: Vec<Vec<u64>> = Vec::new();
        for batch in batches {
            statistics = batch.schema_ref().fields().iter().skip(3).map(|field| field.name().clone()).collect();
            people.resize(statistics.len(), Vec::new());
            of_unions.extend(text_column(batch, 0).iter().map(|union| unions.place(union) as u32));
            for (of_statistic, column) in people.iter_mut().zip(&batch.columns()[3..]) {
                of_statistic.extend(counts(column.as_ref()));
            }
        }
        let cells = Cells { unions: of_unions, age_bands: Names::of(batches, 1), districts: Names::of(batches, 2) };
        Self { statistics, cells: Arc::new(cells), people: People::Counted(people) }
    }

    /// Counts of members in memory. `cells` are those of the members.
    pub(super) fn of_members(people: Arc<GroupPeople>, cells: Arc<Cells>) -> Self {
        let statistics = people.names().map(str::to_owned).collect();
        Self { statistics, cells, people: People::Members(people) }
    }

    /// Counts of members by the pair of their districts in the place of the district, and by another dimension in the place of the
    /// age band. `cells` are those of the members.
    pub(super) fn of_pairs(pairs: &PairPeople, cells: &Cells, beside: Dimension) -> Self {
        let names = match beside {
            Dimension::District => &cells.districts,
            _ => &cells.age_bands,
        };
        let of_groups = |places: &[u32]| pairs.rows.iter().map(|row| places[row.0 as usize]).collect();
        let of_pairs = Cells {
            unions: of_groups(&cells.unions),
            age_bands: Names { names: names.names.clone(), places: of_groups(&names.places) },
            districts: Names { names: pairs.names.clone(), places: pairs.rows.iter().map(|row| row.1).collect() },
        };
        let people = People::Counted(vec![pairs.rows.iter().map(|row| row.2).collect()]);
        Self { statistics: vec!["members".to_owned()], cells: Arc::new(of_pairs), people }
    }

    pub(super) fn statistics(&self) -> &[String] {
        &self.statistics
    }

    /// Names of the groups of a dimension, sorted. Unions and the whole have none here.
    pub(super) fn names(&self, dimension: Dimension) -> &[String] {
        match dimension {
            Dimension::Whole | Dimension::Union => &[],
            Dimension::AgeBand => &self.cells.age_bands.names,
            Dimension::District => &self.cells.districts.names,
        }
    }

    /// The place of each cell in a dimension; empty if all are at place 0.
    pub(super) fn places(&self, dimension: Dimension) -> &[u32] {
        match dimension {
            Dimension::Whole => &[],
            Dimension::Union => &self.cells.unions,
            Dimension::AgeBand => &self.cells.age_bands.places,
            Dimension::District => &self.cells.districts.places,
        }
    }

    /// Visits cells with people of a statistic. May visit a cell several times, also with nobody.
    #[inline]
    pub(super) fn each(&self, statistic: usize, mut visit: impl FnMut(usize, u64)) {
        match &self.people {
            People::Counted(counts) => {
                counts[statistic].iter().enumerate().for_each(|(cell, &people)| visit(cell, people))
            }
            People::Members(people) => people.each(statistic, visit),
        }
    }

    /// All people of a statistic.
    pub(super) fn total(&self, statistic: usize) -> u64 {
        match &self.people {
            People::Counted(counts) => counts[statistic].iter().sum(),
            People::Members(people) => people.total(statistic),
        }
    }

    /// The cells of rows whose first columns are union, age band and district. `None` for a combination that no member has.
    pub(super) fn cells_of(&self, batch: &RecordBatch, unions: &Unions) -> Vec<Option<usize>> {
        let Cells { unions: of_unions, age_bands, districts } = &*self.cells;
        let key = |cell: usize| (of_unions[cell], age_bands.places[cell], districts.places[cell]);
        let cells: HashMap<(u32, u32, u32), usize> = (0..of_unions.len()).map(|cell| (key(cell), cell)).collect();
        let [of_union, of_band, of_district] = [0, 1, 2].map(|column| text_column(batch, column));
        let of_row = of_union.iter().zip(&of_band).zip(&of_district).map(|((union, band), district)| {
            let key = (unions.place(union) as u32, age_bands.place(band)?, districts.place(district)?);
            cells.get(&key).copied()
        });
        of_row.collect()
    }

    /// Whether the cells are the groups of members in memory.
    pub(super) fn is_of_members(&self) -> bool {
        matches!(self.people, People::Members(_))
    }

    /// Splits the people of a statistic into `some`, by their cell, and the others.
    pub(super) fn split_statistic(&self, statistic: &str, some: &[(usize, u64)]) -> Self {
        let mut others = vec![0; self.cells.unions.len()];
        if let Some(at) = self.statistics.iter().position(|known| known == statistic) {
            self.each(at, |cell, people| others[cell] += people);
        }
        let mut some_of_cell = vec![0; others.len()];
        some.iter().for_each(|&(cell, people)| some_of_cell[cell] += people);
        others.iter_mut().zip(&some_of_cell).for_each(|(all, some)| *all = all.saturating_sub(*some));
        Self {
            statistics: vec![SOME.to_owned(), OTHERS.to_owned()],
            cells: Arc::clone(&self.cells),
            people: People::Counted(vec![some_of_cell, others]),
        }
    }

    /// The groups of the dimension of this scope.
    pub(super) fn hierarchy_of(
        self: &Arc<Self>,
        scope: Scope<'_>,
        unions: &Unions,
        min_size: MinGroupSize,
    ) -> GroupHierarchy {
        let by_union = || Arc::new(self.by_union(unions, min_size));
        match scope {
            Scope::Union(_) => self.by_union(unions, min_size),
            Scope::District(_) => self.by(Dimension::District, &by_union(), min_size),
            Scope::AgeBand(_) => self.by(Dimension::AgeBand, &by_union(), min_size),
            Scope::Whole | Scope::Combined => GroupHierarchy::flat(self, Dimension::Whole, Vec::new(), min_size),
        }
    }

    /// The unions as groups.
    pub(super) fn by_union(self: &Arc<Self>, unions: &Unions, min_size: MinGroupSize) -> GroupHierarchy {
        GroupHierarchy::new(self, Dimension::Union, Arc::clone(&unions.groups), Vec::new(), min_size)
    }

    /// The age bands or districts as groups. A group is shown if it reveals no small group together with shown unions and, for
    /// districts, shown age bands. `by_union` are the unions of [`Self::by_union`].
    pub(super) fn by(
        self: &Arc<Self>,
        dimension: Dimension,
        by_union: &Arc<GroupHierarchy>,
        min_size: MinGroupSize,
    ) -> GroupHierarchy {
        let bands = || GroupHierarchy::flat(self, Dimension::AgeBand, vec![Arc::clone(by_union)], min_size);
        if dimension == Dimension::District {
            let others = vec![Arc::clone(by_union), Arc::new(bands())];
            return GroupHierarchy::flat(self, Dimension::District, others, min_size);
        }
        bands()
    }

    /// Members and active members of each union in this scope, without those of its subordinate unions.
    pub(super) fn unions(&self, places: usize, scope: Scope<'_>) -> Vec<(u64, u64)> {
        let of_names = |names: &Names, name| names.place(Some(name)).map(|place| (names.places.clone(), place));
        let only = match scope {
            Scope::District(name) => of_names(&self.cells.districts, name).map_or(Some((Vec::new(), 0)), Some),
            Scope::AgeBand(name) => of_names(&self.cells.age_bands, name).map_or(Some((Vec::new(), 0)), Some),
            Scope::Whole | Scope::Union(_) | Scope::Combined => None,
        };
        let is_in_scope = |cell: usize| only.as_ref().is_none_or(|(of_cells, place)| of_cells.get(cell) == Some(place));
        let at = |name: &str| self.statistics.iter().position(|known| known == name);
        let mut found = vec![(0, 0); places];
        let (Some(members), Some(active)) = (at("members"), at("active")) else { return found };
        let union = |cell: usize| self.cells.unions[cell] as usize;
        self.each(members, |cell, people| found[union(cell)].0 += if is_in_scope(cell) { people } else { 0 });
        self.each(active, |cell, people| found[union(cell)].1 += if is_in_scope(cell) { people } else { 0 });
        found
    }
}

impl Cells {
    /// The cells of members: the groups that they are in.
    pub(super) fn of_members(members: &MemberColumns, unions: &Unions) -> Self {
        // Many groups share a union, so each union is looked up once.
        let mut of_text: Vec<Option<u32>> = vec![None; members.texts.len()];
        let union = |&[text, ..]: &[u32; 3]| match of_text.get_mut(text as usize) {
            Some(place) => *place.get_or_insert_with(|| unions.place(members.texts.text(text)) as u32),
            None => 0,
        };
        Self {
            unions: members.groups.iter().map(union).collect(),
            age_bands: Names::of_members(members, 1),
            districts: Names::of_members(members, 2),
        }
    }
}

impl Names {
    fn of(batches: &[RecordBatch], column: usize) -> Self {
        let columns: Vec<StringArray> = batches.iter().map(|batch| text_column(batch, column)).collect();
        let of_cells = || columns.iter().flat_map(|column| column.iter());
        let mut found = Self::sorted(of_cells().flatten());
        found.places = of_cells().map(|name| found.place(name).unwrap_or(0)).collect();
        found
    }

    fn of_members(members: &MemberColumns, dimension: usize) -> Self {
        let mut is_used = vec![false; members.texts.len()];
        for group in members.groups.iter().filter(|group| group[dimension] != NONE) {
            is_used[group[dimension] as usize] = true;
        }
        let used = || (0..).zip(&is_used).filter(|(_, is_used)| **is_used).map(|(text, _)| text);
        let mut found = Self::sorted(used().filter_map(|text| members.texts.text(text)));
        let mut places = vec![0; is_used.len()];
        for text in used() {
            places[text as usize] = found.place(members.texts.text(text)).unwrap_or(0);
        }
        let place = |group: &[u32; 3]| places.get(group[dimension] as usize).copied().unwrap_or(0);
        found.places = members.groups.iter().map(place).collect();
        found
    }

    fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let names: BTreeSet<&str> = names.collect();
        Self { names: names.into_iter().map(str::to_owned).collect(), places: Vec::new() }
    }

    /// The place of a name, 0 without a name. `None` if it is unknown.
    fn place(&self, name: Option<&str>) -> Option<u32> {
        let Some(name) = name else { return Some(0) };
        self.names.binary_search_by(|known| known.as_str().cmp(name)).ok().map(|at| at as u32 + 1)
    }
}
