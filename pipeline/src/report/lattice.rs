//! Counts of people by union, age band and district, and which of them may be shown.
//!
//! The decision depends on the data of a period alone, not on the report that is asked for, so that reports opened one after
//! another agree.

use std::collections::{BTreeSet, HashMap};

use arrow::record_batch::RecordBatch;
use zhihui_engine::report::{Groups, MinGroupSize};

use super::crossing::{Crossing, shown_beside};
use super::figures::{counts, texts};
use super::period::Part;
use super::unions::Unions;

/// The smallest part of the account: the members of one union, age band and district.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Corner {
    /// Place of the union.
    union: usize,
    age_band: Option<String>,
    district: Option<String>,
}

impl Corner {
    /// Of a row whose first columns are union, age band and district.
    pub(super) fn of(row: &[Option<String>], unions: &Unions) -> Self {
        let text = |at: usize| row.get(at).cloned().flatten();
        Self { union: unions.place(text(0).as_deref()), age_band: text(1), district: text(2) }
    }
}

/// How many members of a corner did what.
struct Cell {
    corner: Corner,
    counts: Vec<u64>,
}

/// The people of a period, by the smallest parts of the account.
pub(super) struct Lattice {
    statistics: Vec<String>,
    cells: Vec<Cell>,
}

/// Another way of dividing the account, and where a cell lies in it.
type Beside<'a> = (&'a Family, &'a dyn Fn(&Cell) -> usize);

/// Statistics of a parted lattice.
pub(super) const SOME: &str = "some";
pub(super) const OTHERS: &str = "others";

/// A dimension that members fall apart in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Split {
    AgeBand,
    District,
}

impl Lattice {
    /// From the rows of `groups.sql`.
    pub(super) fn of(batches: &[RecordBatch], unions: &Unions) -> Self {
        let (mut statistics, mut cells) = (Vec::new(), Vec::new());
        for batch in batches {
            let schema = batch.schema();
            statistics = schema.fields().iter().skip(3).map(|field| field.name().clone()).collect();
            let columns: Vec<Vec<u64>> = batch.columns()[3..].iter().map(|column| counts(column.as_ref())).collect();
            for (row, texts) in texts(batch, 3).iter().enumerate() {
                let counts = columns.iter().map(|column| column[row]).collect();
                cells.push(Cell { corner: Corner::of(texts, unions), counts });
            }
        }
        Self { statistics, cells }
    }

    /// Some of those whom a statistic counts, and the others of them, as a lattice of their own.
    pub(super) fn parted(&self, statistic: &str, some: &HashMap<Corner, u64>) -> Self {
        let at = self.statistics.iter().position(|known| known == statistic);
        let parted = |cell: &Cell| {
            let all = at.map_or(0, |at| cell.counts[at]);
            let some = some.get(&cell.corner).copied().unwrap_or(0);
            Cell { corner: cell.corner.clone(), counts: vec![some, all.saturating_sub(some)] }
        };
        Self { statistics: vec![SOME.to_owned(), OTHERS.to_owned()], cells: self.cells.iter().map(parted).collect() }
    }

    /// The groups that a part of the account is one of.
    pub(super) fn around(&self, part: Part<'_>, unions: &Unions, fewest: MinGroupSize) -> Family {
        match part {
            Part::Union(_) => self.by_union(unions, fewest),
            Part::District(_) => self.by(Split::District, unions, fewest),
            Part::AgeBand(_) => self.by(Split::AgeBand, unions, fewest),
            Part::Whole | Part::Combined => self.whole(fewest),
        }
    }

    /// Everybody as the only group.
    fn whole(&self, fewest: MinGroupSize) -> Family {
        self.family(Groups::flat(0), Vec::new(), &|_| 0, fewest, &[])
    }

    /// The unions as groups.
    pub(super) fn by_union(&self, unions: &Unions, fewest: MinGroupSize) -> Family {
        self.family(unions.groups.clone(), Vec::new(), &|cell| cell.corner.union, fewest, &[])
    }

    /// The age bands, or the districts, as groups. They are shown where no figure of unions, or for districts of age bands, would
    /// tell of a small group beside them.
    pub(super) fn by(&self, split: Split, unions: &Unions, fewest: MinGroupSize) -> Family {
        let by_union = self.by_union(unions, fewest);
        match split {
            Split::AgeBand => self.split(split, fewest, &[(&by_union, &|cell: &Cell| cell.corner.union)]),
            Split::District => {
                let bands = self.by(Split::AgeBand, unions, fewest);
                let band = |cell: &Cell| bands.place(cell.corner.age_band.as_deref());
                self.split(split, fewest, &[(&by_union, &|cell: &Cell| cell.corner.union), (&bands, &band)])
            }
        }
    }

    /// Members and active members of each union's place, those of unions below it left out, among the part reported on.
    pub(super) fn unions(&self, places: usize, part: Part<'_>) -> Vec<(u64, u64)> {
        let is_inside = |cell: &Cell| match part {
            Part::District(name) => cell.corner.district.as_deref() == Some(name),
            Part::AgeBand(name) => cell.corner.age_band.as_deref() == Some(name),
            Part::Whole | Part::Union(_) | Part::Combined => true,
        };
        let at = |name: &str| self.statistics.iter().position(|known| known == name);
        let mut counts = vec![(0, 0); places];
        let (Some(members), Some(active)) = (at("members"), at("active")) else { return counts };
        for cell in self.cells.iter().filter(|cell| is_inside(cell)) {
            counts[cell.corner.union].0 += cell.counts[members];
            counts[cell.corner.union].1 += cell.counts[active];
        }
        counts
    }

    fn split(&self, split: Split, fewest: MinGroupSize, beside: &[Beside<'_>]) -> Family {
        let name = |cell: &Cell| match split {
            Split::AgeBand => cell.corner.age_band.clone(),
            Split::District => cell.corner.district.clone(),
        };
        let names: Vec<String> = self.cells.iter().filter_map(name).collect::<BTreeSet<_>>().into_iter().collect();
        let place = |cell: &Cell| name(cell).and_then(|name| names.binary_search(&name).ok()).map_or(0, |at| at + 1);
        self.family(Groups::flat(names.len()), names.clone(), &place, fewest, beside)
    }

    fn family(
        &self,
        groups: Groups,
        names: Vec<String>,
        place: &dyn Fn(&Cell) -> usize,
        fewest: MinGroupSize,
        beside: &[Beside<'_>],
    ) -> Family {
        let mut own: Vec<Vec<u64>> = vec![vec![0; groups.len()]; self.statistics.len()];
        for cell in &self.cells {
            let place = place(cell);
            own.iter_mut().zip(&cell.counts).for_each(|(own, count)| own[place] += count);
        }
        let mut family =
            Family { statistics: self.statistics.clone(), names, totals: Vec::new(), shown: Vec::new(), groups };
        for (statistic, own) in own.iter().enumerate() {
            let crossings: Vec<Crossing> =
                beside.iter().map(|beside| self.crossing(statistic, *beside, place)).collect();
            family.shown.push(shown_beside(&family.groups, own, &crossings, fewest));
            family.totals.push(family.groups.totals(own));
        }
        family
    }

    /// How many of those whom a statistic counts are in each group here and each rest between shown groups of another way.
    fn crossing(&self, statistic: usize, (other, other_place): Beside<'_>, place: &dyn Fn(&Cell) -> usize) -> Crossing {
        Crossing::of(self.cells.iter().filter_map(|cell| {
            let rest = other.groups.innermost(other_place(cell), &other.shown[statistic])?;
            Some((place(cell), rest, cell.counts[statistic]))
        }))
    }
}

/// One way of dividing the account into groups, with the counts of each and which may be shown.
pub(super) struct Family {
    statistics: Vec<String>,
    /// Names of the groups, in order; empty for unions.
    names: Vec<String>,
    groups: Groups,
    totals: Vec<Vec<u64>>,
    shown: Vec<Vec<bool>>,
}

impl Family {
    /// Names of the groups.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The place of a group by its name; 0, everybody, for an unknown one.
    pub(super) fn place(&self, name: Option<&str>) -> usize {
        name.and_then(|name| self.names.iter().position(|known| known == name)).map_or(0, |at| at + 1)
    }

    /// How many people of a place a statistic counts, those of groups inside it included.
    pub(super) fn count(&self, statistic: &str, place: usize) -> u64 {
        self.at(statistic).map_or(0, |at| self.totals[at][place])
    }

    /// Whether the counts of all these statistics may be shown of a place.
    pub(super) fn shows(&self, statistics: &[&str], place: usize) -> bool {
        statistics.iter().all(|statistic| self.at(statistic).is_none_or(|at| self.shown[at][place]))
    }

    fn at(&self, statistic: &str) -> Option<usize> {
        self.statistics.iter().position(|known| known == statistic)
    }
}
