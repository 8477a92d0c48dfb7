//! Ranks whom a member could team up with for an activity.
//!
//! Another enterprise comes first, then interest × nearness. Members who are signed up count as well as those who could
//! sign up: `team_match` is their wish, not the sign-up.

use std::collections::HashSet;

use rayon::prelude::*;
use zhihui_data::snapshot::NONE;

use super::readiness::NoTeams;
use super::shared_traits::{Pool, is_same};
use super::taste::{Interests, Taste};
use crate::{
    Engine, Overlay,
    answer::{Language, Reason},
    eligibility::ItemTerms,
    report::MinGroupSize,
};

/// Nearness of two members who live or work in the same district.
const NEAR: f32 = 1.0;
/// Nearness if a district of one of them is not known.
const MAYBE_NEAR: f32 = 0.5;
/// Nearness of two members with known districts of which none is equal.
const FAR: f32 = 0.25;

/// A request for team-mates.
#[derive(Debug, Clone, Copy)]
pub struct TeamRequest<'a> {
    /// The member who looks for team-mates.
    pub member_id: &'a str,
    /// The activity.
    pub item_id: &'a str,
    /// Ids of members who must not be suggested.
    pub excluded: &'a HashSet<String>,
    /// Maximum number of suggestions.
    pub n: usize,
    /// Fewest members whom the named traits must describe.
    pub min_group: MinGroupSize,
    /// Time of the request, seconds since 1970 in UTC.
    pub now: i64,
    /// Language of the traits.
    pub language: Language,
}

/// A possible team-mate. The id is for the service; the asker may see only what is shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamMate {
    /// The member.
    pub member_id: String,
    /// What both share, as sentences for the asker.
    pub shared: Vec<Reason>,
}

/// A candidate with what it is ranked by.
struct Ranked {
    row: usize,
    is_from_other_union: bool,
    score: f32,
}

impl Engine {
    /// Members who could be in a team with a member, best first. The same snapshot, events and request give the same
    /// list. Empty for an unknown member.
    ///
    /// # Errors
    /// [`NoTeams`] if the activity has no teams.
    pub fn suggest_team_mates(&self, overlay: &Overlay, request: &TeamRequest<'_>) -> Result<Vec<TeamMate>, NoTeams> {
        self.team_size(request.item_id, request.now)?;
        let item = self.item_row(request.item_id).ok_or(NoTeams::UnknownItem)?;
        let Some(asker) = self.member_row(request.member_id) else { return Ok(Vec::new()) };
        let ids = &self.snapshot().members.id;
        let terms = ItemTerms::of(self.snapshot(), item);
        let pool = Pool::new(self, overlay);
        let own = Taste::of(self, overlay, asker).interests;
        let rank = |&row: &usize| {
            let may = row != asker
                && !request.excluded.contains(&ids[row])
                && self.may_take_part(overlay, row, &terms, request.now).is_ok();
            may.then(|| self.ranked(overlay, asker, &own, row, item))
        };
        let mut ranked: Vec<Ranked> = pool.rows.par_iter().filter_map(rank).collect();
        ranked.sort_by(|one, other| {
            let by_union = other.is_from_other_union.cmp(&one.is_from_other_union);
            by_union.then_with(|| other.score.total_cmp(&one.score)).then_with(|| one.row.cmp(&other.row))
        });
        ranked.truncate(request.n);
        let mate = |ranked: Ranked| TeamMate {
            member_id: ids[ranked.row].clone(),
            shared: pool.shared(asker, ranked.row, item, request.min_group, request.language),
        };
        Ok(ranked.into_iter().map(mate).collect())
    }

    fn ranked(&self, overlay: &Overlay, asker: usize, own: &Interests, row: usize, item: usize) -> Ranked {
        let members = &self.snapshot().members;
        let taste = Taste::of(self, overlay, row);
        let interest = own.similarity(&taste.interests) * taste.share_of(self, item).unwrap_or(1.0);
        let unions = (members.union[asker], members.union[row]);
        Ranked {
            row,
            is_from_other_union: unions.0 != NONE && unions.1 != NONE && unions.0 != unions.1,
            score: interest * self.nearness(asker, row),
        }
    }

    fn nearness(&self, one: usize, other: usize) -> f32 {
        let members = &self.snapshot().members;
        let districts = [&members.home_district, &members.work_district];
        if districts.iter().any(|column| is_same(column[one], column[other])) {
            NEAR
        } else if districts.iter().any(|column| column[one] == NONE || column[other] == NONE) {
            MAYBE_NEAR
        } else {
            FAR
        }
    }
}
