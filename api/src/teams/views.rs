//! What one member may see of invitations and teams.

use serde::Serialize;
use zhihui_engine::Reason;
use zhihui_engine::answer::Language;

use super::board::{Board, Invitation};
use super::database::BoardContext;
use super::state::InvitationState;
use crate::clock::rfc3339;
use crate::live::slot::LiveSnapshot;
use crate::service::Service;

/// A possible team-mate, without a name.
#[derive(Debug, Serialize)]
pub(crate) struct SuggestionView {
    pub(crate) token: String,
    pub(crate) expires_at: String,
    pub(crate) shared: Vec<Reason>,
}

/// The answer to a request for suggestions.
#[derive(Debug, Serialize)]
pub(crate) struct SuggestionList {
    pub(crate) activity_id: String,
    pub(crate) team_size: u32,
    pub(crate) suggestions: Vec<SuggestionView>,
    /// New suggestions that the member may still get now.
    pub(crate) left_today: usize,
}

/// An invitation as one of its members sees it.
#[derive(Debug, Serialize)]
pub(crate) struct InvitationView {
    pub(crate) invitation_id: String,
    activity_id: String,
    role: &'static str,
    state: &'static str,
    /// Whether the member agreed.
    agreed: bool,
    expires_at: String,
    /// Members of the team so far. Only for members who have not agreed: others could see from it that a team filled up.
    people: Option<usize>,
    team_size: Option<usize>,
    /// What the member shares with the other, for the same members.
    shared: Vec<Reason>,
    /// The team, once everybody agreed and while the member is in it.
    team_id: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct InvitationList {
    pub(crate) invitations: Vec<InvitationView>,
}

/// A team, as its members see it.
#[derive(Debug, Serialize)]
pub(crate) struct TeamView {
    pub(crate) team_id: String,
    pub(crate) activity_id: String,
    pub(crate) team_size: Option<usize>,
    pub(crate) formed_at: Option<String>,
    pub(crate) members: Vec<TeamMemberView>,
}

/// A member of a team.
#[derive(Debug, Serialize)]
pub(crate) struct TeamMemberView {
    pub(crate) member_id: String,
    pub(crate) openid: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct TeamList {
    pub(crate) teams: Vec<TeamView>,
}

/// Returns an invitation as a member sees it; `None` if the member does not see it.
pub(crate) fn invitation_view(
    (service, live): (&Service, &LiveSnapshot),
    context: &BoardContext<'_>,
    board: &Board,
    (id, invitation): (&str, &Invitation),
    (member, language): (&str, Language),
) -> Option<InvitationView> {
    let state = board.seen_as(invitation, member)?;
    let (is_inviter, is_invitee) =
        (invitation.inviter.as_deref() == Some(member), invitation.invitee.as_deref() == Some(member));
    let agreed = invitation.agreed.contains(member);
    let is_asked = !agreed && !is_inviter;
    let other = if is_invitee { invitation.inviter.as_deref() } else { invitation.invitee.as_deref() };
    let shared = other.filter(|_| is_asked).map_or_else(Vec::new, |other| {
        let min_group = service.settings.fewest_people;
        live.engine.shared_traits((member, other), context.activity_id, min_group, language)
    });
    let inviters_team = invitation.inviter.as_deref().and_then(|inviter| board.team_of(inviter));
    let team = board.team_of(member).filter(|_| state == InvitationState::Accepted);
    Some(InvitationView {
        invitation_id: id.to_owned(),
        activity_id: context.activity_id.to_owned(),
        role: match (is_inviter, is_invitee) {
            (true, _) => "inviter",
            (_, true) => "invitee",
            _ => "team_mate",
        },
        state: state.as_str(),
        agreed: agreed || is_inviter,
        expires_at: rfc3339(invitation.expires_at),
        people: is_asked.then(|| inviters_team.map_or(1, |(_, members)| members.len())),
        team_size: context.team_size,
        shared,
        team_id: team.map(|(id, _)| id.clone()),
    })
}

/// Returns a team with the identities of its members.
pub(crate) fn team_view(
    live: &LiveSnapshot,
    context: &BoardContext<'_>,
    (team_id, formed_at): (&str, Option<i64>),
    members: impl Iterator<Item = String>,
) -> TeamView {
    let view = |member_id: String| TeamMemberView { openid: live.engine.team_openid(&member_id), member_id };
    TeamView {
        team_id: team_id.to_owned(),
        activity_id: context.activity_id.to_owned(),
        team_size: context.team_size,
        formed_at: formed_at.map(rfc3339),
        members: members.map(view).collect(),
    }
}
