//! Whether an activity has teams, and whether a member may be matched for it now.

use thiserror::Error;
use zhihui_data::snapshot::NO_TIME;

use crate::{
    Engine, Ineligible, Overlay,
    eligibility::{ItemTerms, set_limit},
    overlay::MemberConsent,
    scoring::{MemberFacts, Profile},
};

/// Smallest team: two members.
const SMALLEST_TEAM: u32 = 2;

/// Why an activity has no teams now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoTeams {
    /// The snapshot has no such item.
    #[error("the activity is not in the published snapshot; check the id, or ingest and publish it")]
    UnknownItem,
    /// The activity has no `team_size`, or one below two.
    #[error("the activity has no teams; set its team_size to 2 or more")]
    NoTeamSize,
    /// The activity is over.
    #[error("the activity is over")]
    Over,
}

/// Why a member is not matched for an activity now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotReady {
    /// The member was erased, or the snapshot does not know the member.
    Unknown,
    /// The member does not want to be matched with teams.
    TeamMatchOff,
    /// The member refuses personalised lists.
    OptedOut,
    /// The member does not follow the account, or no openid is known.
    NotFollowing,
    /// The member is not signed up and cannot sign up.
    Ineligible(Ineligible),
}

impl NotReady {
    /// The reason for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::TeamMatchOff => "team_match_off",
            Self::OptedOut => "opted_out",
            Self::NotFollowing => "not_following",
            Self::Ineligible(limit) => limit.code(),
        }
    }
}

impl Engine {
    /// Number of members in a team of an activity, at least 2.
    ///
    /// # Errors
    /// [`NoTeams`] if members cannot be matched for the item at `now` (seconds since 1970 in UTC).
    pub fn team_size(&self, item_id: &str, now: i64) -> Result<u32, NoTeams> {
        let item = self.item_row(item_id).ok_or(NoTeams::UnknownItem)?;
        let items = &self.snapshot().items;
        let size = set_limit(items.team_size[item]).filter(|&size| size >= SMALLEST_TEAM).ok_or(NoTeams::NoTeamSize)?;
        let times = [items.ends_at[item], items.starts_at[item], items.closes_at[item]];
        let end = times.into_iter().find(|&time| time != NO_TIME);
        if end.is_some_and(|end| end <= now) { Err(NoTeams::Over) } else { Ok(size) }
    }

    /// Whether a member may be matched for an activity at `now`: wants team-mates, allows personalised lists, follows the
    /// account, and is signed up or can sign up. The outer result is that of [`Engine::team_size`].
    ///
    /// # Errors
    /// [`NoTeams`], or [`NotReady`] with the first reason.
    pub fn team_readiness(
        &self,
        overlay: &Overlay,
        member_id: &str,
        item_id: &str,
        now: i64,
    ) -> Result<Result<(), NotReady>, NoTeams> {
        self.team_size(item_id, now)?;
        let item = self.item_row(item_id).ok_or(NoTeams::UnknownItem)?;
        let Some(row) = self.member_row(member_id) else { return Ok(Err(NotReady::Unknown)) };
        let terms = ItemTerms::of(self.snapshot(), item);
        Ok(self.wants_team(overlay, row).and_then(|()| self.may_take_part(overlay, row, &terms, now)))
    }

    /// Whether a member can be matched for any activity: wants team-mates, allows personalised lists and follows the
    /// account. `false` for unknown and erased members.
    #[must_use]
    pub fn wants_team_mates(&self, overlay: &Overlay, member_id: &str) -> bool {
        self.member_row(member_id).is_some_and(|row| self.wants_team(overlay, row).is_ok())
    }

    /// A member's current openid, to be shown to team-mates. `None` if unknown or erased.
    #[must_use]
    pub fn team_openid(&self, overlay: &Overlay, member_id: &str) -> Option<String> {
        let row = self.member_row(member_id).filter(|&row| !overlay.is_erased(row))?;
        overlay.openid(self, row).map(str::to_owned)
    }

    /// The member's wish to be matched: the own choice, or that of the roster.
    pub(crate) fn wishes_team(&self, overlay: &Overlay, row: usize) -> bool {
        let choice = overlay.member(row).consent.and_then(MemberConsent::team_match);
        choice.unwrap_or(self.snapshot().members.team_match[row])
    }

    /// Whether a member can be matched at all, whatever the activity.
    pub(super) fn wants_team(&self, overlay: &Overlay, row: usize) -> Result<(), NotReady> {
        let state = overlay.member(row);
        if overlay.is_erased(row) {
            return Err(NotReady::Unknown);
        }
        if !self.wishes_team(overlay, row) {
            return Err(NotReady::TeamMatchOff);
        }
        if !overlay.allows_personalised(self, state) {
            return Err(NotReady::OptedOut);
        }
        if overlay.follows(self, row) { Ok(()) } else { Err(NotReady::NotFollowing) }
    }

    /// Whether a member is signed up for an activity or can sign up at `now`. A member who is signed up needs no seat.
    pub(super) fn may_take_part(
        &self,
        overlay: &Overlay,
        row: usize,
        terms: &ItemTerms,
        now: i64,
    ) -> Result<(), NotReady> {
        if self.is_new_to(overlay.member(row), terms).is_err() {
            return Ok(());
        }
        let profile = Profile { facts: MemberFacts::of(self, Some(row)), ..Profile::default() };
        let seats = || {
            let tickets = self.union_sign_ups().tickets(profile.facts.union, terms.item);
            self.seats_left(overlay, terms, &profile, tickets)
        };
        let verdict = terms.is_offered(now).and_then(|()| self.admits(terms, &profile.facts)).and_then(|()| seats());
        verdict.map(drop).map_err(NotReady::Ineligible)
    }
}
