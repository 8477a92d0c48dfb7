//! The groups of one dimension with their counts, and which counts may be shown.
//!
//! The decision depends only on the data of a period and not on the requested report. So different reports cannot be combined
//! to reveal a small group. It is made for each statistic when a report asks for it, because most ask for few.

use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use zhihui_engine::report::{Groups, MinGroupSize};

use super::crossing::{Crossing, SharedPeople, shown_groups};
use super::group_counts::{Dimension, GroupCounts};

/// Groups of people with the counts of each statistic.
pub(super) struct GroupHierarchy {
    counts: Arc<GroupCounts>,
    dimension: Dimension,
    groups: Arc<Groups>,
    /// The groups of other dimensions that are shown beside these.
    others: Vec<Arc<GroupHierarchy>>,
    min_size: MinGroupSize,
    /// By statistic.
    counted: Vec<OnceLock<Counted>>,
    shown: Vec<OnceLock<Vec<bool>>>,
}

/// The people of one statistic by group: without those of inner groups, and with them.
struct Counted {
    own: Vec<u64>,
    totals: Vec<u64>,
}

impl GroupHierarchy {
    pub(super) fn new(
        counts: &Arc<GroupCounts>,
        dimension: Dimension,
        groups: Arc<Groups>,
        others: Vec<Arc<Self>>,
        min_size: MinGroupSize,
    ) -> Self {
        let statistics = counts.statistics().len();
        Self {
            counts: Arc::clone(counts),
            dimension,
            groups,
            others,
            min_size,
            counted: (0..statistics).map(|_| OnceLock::new()).collect(),
            shown: (0..statistics).map(|_| OnceLock::new()).collect(),
        }
    }

    /// The named groups of a dimension side by side.
    pub(super) fn flat(
        counts: &Arc<GroupCounts>,
        dimension: Dimension,
        others: Vec<Arc<Self>>,
        min_size: MinGroupSize,
    ) -> Self {
        let groups = Groups::flat(counts.names(dimension).len());
        Self::new(counts, dimension, Arc::new(groups), others, min_size)
    }

    /// Names of the groups, sorted. Empty for unions.
    pub(super) fn names(&self) -> &[String] {
        self.counts.names(self.dimension)
    }

    /// The place of a group; 0, which is all members, for an unknown name.
    pub(super) fn place(&self, name: Option<&str>) -> usize {
        name.and_then(|name| self.names().iter().position(|known| known == name)).map_or(0, |at| at + 1)
    }

    /// The count of a statistic at a place, including the groups inside it.
    pub(super) fn count(&self, statistic: &str, place: usize) -> u64 {
        self.at(statistic).map_or(0, |at| self.counted(at).totals[place])
    }

    /// Whether the counts of all these statistics may be shown at a place.
    pub(super) fn shows(&self, statistics: &[&str], place: usize) -> bool {
        statistics.iter().all(|statistic| self.at(statistic).is_none_or(|at| self.shown(at)[place]))
    }

    /// Decides about statistics on all processors, before they are asked for one after the other.
    pub(super) fn decide(&self, statistics: &[&str]) {
        statistics.par_iter().with_max_len(1).filter_map(|statistic| self.at(statistic)).for_each(|at| {
            self.shown(at);
        });
    }

    fn at(&self, statistic: &str) -> Option<usize> {
        self.counts.statistics().iter().position(|known| known == statistic)
    }

    fn counted(&self, statistic: usize) -> &Counted {
        self.counted[statistic].get_or_init(|| {
            let mut own = vec![0; self.groups.len()];
            match self.counts.places(self.dimension) {
                [] => own[0] = self.counts.total(statistic),
                places => self.counts.each(statistic, |cell, people| own[places[cell] as usize] += people),
            }
            Counted { totals: self.groups.totals(&own), own }
        })
    }

    fn shown(&self, statistic: usize) -> &[bool] {
        self.shown[statistic].get_or_init(|| {
            let crossings: Vec<Crossing> = self.others.iter().map(|other| self.crossing(statistic, other)).collect();
            shown_groups(&self.groups, &self.counted(statistic).own, &crossings, self.min_size)
        })
    }

    /// Counts the people of a statistic by the group here and the innermost shown group of another dimension.
    fn crossing(&self, statistic: usize, other: &Self) -> Crossing {
        let shown = other.shown(statistic);
        let mut shared = SharedPeople::new(self.groups.len(), other.groups.len());
        let rest = |place| other.groups.innermost(place, shown).unwrap_or(shared.nowhere()) as u32;
        let rests: Vec<u32> = (0..other.groups.len()).map(rest).collect();
        let (places, other_places) = (self.counts.places(self.dimension), self.counts.places(other.dimension));
        self.counts.each(statistic, |cell, people| {
            shared.add(places[cell] as usize, rests[other_places[cell] as usize] as usize, people);
        });
        shared.into()
    }
}
