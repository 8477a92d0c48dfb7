//! Members who must not be in an audience: those on exclusion lists, and those in another push list.

use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{MemberSet, funnel::Funnel};
use crate::{Engine, Overlay, answer::Who};

/// Why members are excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExclusionReason {
    /// They are on an exclusion list. It applies to urgent items, too.
    ExclusionList,
    /// They are pushed to by another list. Urgent items are exempt, as from our own caps.
    OtherList,
}

impl ExclusionReason {
    /// The reason under which the funnel counts the members, in the step `caps`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ExclusionList => "exclusion_list",
            Self::OtherList => "other_list",
        }
    }
}

/// A set of members that an audience leaves out.
#[derive(Debug, Clone, PartialEq)]
pub struct Exclusion {
    /// Identifies the set in the result.
    pub id: String,
    /// Why they are left out.
    pub reason: ExclusionReason,
    /// The members, as rows of the snapshot.
    pub members: Arc<MemberSet>,
    /// Whether the members are left out. If not, they are only counted.
    pub applies: bool,
}

/// How many members an exclusion concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExclusionCount {
    /// Identifies the set.
    pub id: String,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Members of the set who reached the step `caps`. A member of several sets counts in each of them.
    pub members: usize,
    /// Whether they were left out, or only counted.
    pub applied: bool,
}

impl Engine {
    /// Returns the row of a member by member id or openid, or `None` if there is no such member or the member was erased.
    /// With `within`, only members of that union and of unions below it are found.
    #[must_use]
    pub fn visible_member(&self, overlay: &Overlay, id: &str, within: Option<&str>) -> Option<usize> {
        let row = self.member_row(id).or_else(|| overlay.find(self, Who::OpenId(id)).row)?;
        let is_within = |union: &str| self.union_row(union).is_some_and(|top| self.row_is_within(row, top as u32));
        (!overlay.is_erased(row) && within.is_none_or(is_within)).then_some(row)
    }

    /// Returns the known members among these ids, as a set of rows of the snapshot.
    #[must_use]
    pub fn member_set<'a>(&self, ids: impl IntoIterator<Item = &'a str>) -> MemberSet {
        let ids: Vec<&str> = ids.into_iter().collect();
        let known = ids.par_iter().with_min_len(1_000).filter_map(|id| self.member_row(id));
        let rows: Vec<u32> = known.map(|row| row as u32).collect();
        MemberSet::from_rows(self.snapshot().members.id.len(), rows)
    }
}

/// The exclusions of a request, as one test of a member.
pub(super) struct ActiveExclusions<'a> {
    active: Vec<&'a Exclusion>,
}

impl<'a> ActiveExclusions<'a> {
    pub(super) fn of(exclusions: &'a [Exclusion], is_urgent: bool) -> Self {
        let is_active = |exclusion: &&Exclusion| {
            exclusion.applies && !(is_urgent && exclusion.reason == ExclusionReason::OtherList)
        };
        Self { active: exclusions.iter().filter(is_active).collect() }
    }

    /// The reason to leave a member out, if there is one.
    pub(super) fn check(&self, row: usize) -> Result<(), &'static str> {
        let found = self.active.iter().find(|exclusion| exclusion.members.contains(row));
        found.map_or(Ok(()), |exclusion| Err(exclusion.reason.as_str()))
    }

    /// Counts the members of each exclusion among those who are left in the funnel.
    pub(super) fn count(&self, exclusions: &[Exclusion], funnel: &mut Funnel) {
        let count = |exclusion: &Exclusion| ExclusionCount {
            id: exclusion.id.clone(),
            name: None,
            members: funnel.rows.iter().filter(|&&row| exclusion.members.contains(row as usize)).count(),
            applied: self.active.iter().any(|active| std::ptr::eq(*active, exclusion)),
        };
        funnel.exclusions = exclusions.iter().map(count).collect();
    }
}
