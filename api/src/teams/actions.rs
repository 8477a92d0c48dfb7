//! What members do with teams: the engine says who may be matched, the board what follows, the database keeps it.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::json;
use zhihui_engine::answer::Language;
use zhihui_engine::teams::{NoTeams, TeamRequest};

use super::blocks::BlockView;
use super::board::{Board, NewInvitation, Refused};
use super::database::{BoardContext, Teams};
use super::error::TeamError;
use super::suggestions::token_hash;
use super::views::{InvitationView, SuggestionList, TeamView, invitation_view, team_view};
use crate::auth::caller::Caller;
use crate::live::slot::LiveSnapshot;
use crate::middleware::problem::Problem;
use crate::service::Service;
use crate::store::audit_action::AuditAction;
use crate::store::error::StoreError;

/// The answer of a member to an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reply {
    Accept,
    Decline,
    Withdraw,
}

/// One request about teams: who acts, for which member, and when.
pub(crate) struct TeamAction<'a> {
    pub(crate) service: &'a Service,
    pub(crate) caller: &'a Caller,
    pub(crate) member: &'a str,
    pub(crate) language: Language,
    live: Arc<LiveSnapshot>,
    now: i64,
}

impl<'a> TeamAction<'a> {
    /// Refuses a member whom the caller may not see.
    pub(crate) async fn new(
        service: &'a Service,
        caller: &'a Caller,
        member: &'a str,
        language: Language,
    ) -> Result<Self, Problem> {
        caller.require_visible(service, member).await?;
        Ok(Self { service, caller, member, language, live: service.live.current()?, now: service.now() })
    }

    fn teams(&self) -> Teams<'a> {
        Teams::new(&self.service.store)
    }

    /// Suggests team-mates. Runs as a long computation.
    pub(crate) async fn suggest(&self, activity_id: &str, n: usize) -> Result<SuggestionList, Problem> {
        let settings = self.service.settings.teams;
        let team_size = self.live.engine.team_size(activity_id, self.now).map_err(TeamError::from)?;
        self.require_ready(activity_id)?;
        let act = |board: &mut Board| {
            if board.has_place(self.member) { Ok(()) } else { Err(Refused::TeamFull.into()) }
        };
        let (board, ()) = self.change(activity_id, None, false, act).await?;
        let mut excluded: HashSet<String> = board.hidden_from(self.member).into_iter().collect();
        let invited = self.teams().invited_by(self.member, activity_id).await.map_err(TeamError::from)?;
        excluded.extend(invited);
        let (member, activity) = (self.member.to_owned(), activity_id.to_owned());
        let (min_group, now, language) = (self.service.settings.fewest_people, self.now, self.language);
        let mates = self.service.compute(move |live| {
            live.engine.suggest_team_mates(&TeamRequest {
                member_id: &member,
                item_id: &activity,
                excluded: &excluded,
                n,
                min_group,
                now,
                language,
            })
        });
        let mates = mates.await?.map_err(TeamError::from)?;
        let of = (self.member, activity_id);
        let (suggestions, left_today) =
            self.teams().suggest(of, (mates, n), &settings, self.now).await.map_err(TeamError::from)?;
        Ok(SuggestionList { activity_id: activity_id.to_owned(), team_size, suggestions, left_today })
    }

    /// Invites whoever is behind a token. The answer is the same if that is nobody.
    pub(crate) async fn invite(&self, activity_id: &str, token: &str) -> Result<InvitationView, Problem> {
        self.require_ready(activity_id)?;
        let settings = self.service.settings.teams;
        let hash = token_hash(self.member, activity_id, token);
        let of = (self.member, activity_id);
        let candidate = self.teams().candidate(of, token, self.now).await.map_err(TeamError::from)?;
        let known = self.teams().invitation_by_token(&hash).await.map_err(TeamError::from)?;
        let id = known.clone().unwrap_or_else(|| format!("ti_{}", uuid::Uuid::new_v4().simple()));
        let wants_team = |candidate: &&str| self.live.engine.wants_team_mates(candidate);
        let invitee = candidate.as_deref().filter(wants_team);
        let act = |board: &mut Board| {
            if known.is_some() {
                let is_there = board.invitations.contains_key(&id);
                return if is_there { Ok(()) } else { Err(Refused::Unknown.into()) };
            }
            let (created_at, expires_at) = (self.now, self.now + settings.invitation_seconds);
            let new = NewInvitation { id: &id, inviter: self.member, invitee, created_at, expires_at };
            Ok(board.invite(new, settings.open_invitations)?)
        };
        let (board, ()) = self.change(activity_id, Some(&hash), true, act).await?;
        self.view(&board, activity_id, &id)
    }

    /// The invitations of a member, of one activity or of all.
    pub(crate) async fn invitations(&self, activity_id: Option<&str>) -> Result<Vec<InvitationView>, Problem> {
        let mut views = Vec::new();
        for activity in self.activities(activity_id).await? {
            let (board, ()) = self.change(&activity, None, false, |_| Ok(())).await?;
            let context = self.context(&activity);
            let of_member = |(id, invitation): (&String, &_)| {
                let to = (self.member, self.language);
                invitation_view((self.service, &self.live), &context, &board, (id, invitation), to)
            };
            views.extend(board.invitations.iter().filter_map(of_member));
        }
        Ok(views)
    }

    /// Accepts, declines or withdraws an invitation. Returns what the member sees of it then.
    pub(crate) async fn reply(&self, id: &str, reply: Reply) -> Result<Option<InvitationView>, Problem> {
        let activity = self.teams().activity_of_invitation(id).await.map_err(TeamError::from)?;
        let activity = activity.ok_or(TeamError::Refused(Refused::Unknown))?;
        if reply == Reply::Accept {
            self.require_visible(&activity, id).await?;
            self.require_ready(&activity)?;
        }
        let act = |board: &mut Board| {
            let done = match reply {
                Reply::Accept => board.accept(id, self.member),
                Reply::Decline => board.decline(id, self.member),
                Reply::Withdraw => board.withdraw(id, self.member),
            };
            Ok(done?)
        };
        let (board, ()) = self.change(&activity, None, true, act).await?;
        Ok(self.view(&board, &activity, id).ok())
    }

    /// The teams of a member, of one activity or of all.
    pub(crate) async fn teams_of(&self, activity_id: Option<&str>) -> Result<Vec<TeamView>, Problem> {
        let mut views = Vec::new();
        for activity in self.activities(activity_id).await? {
            let (board, ()) = self.change(&activity, None, false, |_| Ok(())).await?;
            let Some((team, members)) = board.team_of(self.member) else { continue };
            let formed_at = self.teams().formed_at(team).await.map_err(TeamError::from)?;
            let context = self.context(&activity);
            views.push(team_view(&self.live, &context, (team, formed_at), members.iter().cloned()));
        }
        Ok(views)
    }

    /// Leaves a team.
    pub(crate) async fn leave(&self, team: &str) -> Result<(), Problem> {
        let activity = self.teams().activity_of_team(team).await.map_err(TeamError::from)?;
        let activity = activity.ok_or(TeamError::Refused(Refused::NoTeam))?;
        let entry = self.caller.audit_entry(
            self.now,
            AuditAction::TeamLeft,
            Some(self.member),
            json!({ "team": team, "activity_id": activity }),
        );
        let context = self.context(&activity);
        self.teams().change(&context, None, Some(&entry), |board| Ok(board.leave(team, self.member)?)).await?;
        Ok(())
    }

    /// Blocks the other member of an invitation.
    pub(crate) async fn block_of_invitation(&self, id: &str) -> Result<BlockView, Problem> {
        let activity = self.teams().activity_of_invitation(id).await.map_err(TeamError::from)?;
        let activity = activity.ok_or(TeamError::Refused(Refused::Unknown))?;
        let find = |board: &mut Board| {
            let found = board.invitations.get(id).filter(|invitation| board.sees(invitation, self.member));
            let found = found.ok_or(Refused::Unknown)?;
            if found.inviter.as_deref() == Some(self.member) {
                return Err(Refused::OwnInvitation.into());
            }
            let is_invitee = found.invitee.as_deref() == Some(self.member);
            let other = if is_invitee { &found.inviter } else { &found.invitee };
            Ok(other.clone().ok_or(Refused::Unknown)?)
        };
        let (_, other) = self.change(&activity, None, false, find).await?;
        self.block(&other, false).await
    }

    /// Blocks a team-mate, and leaves the team.
    pub(crate) async fn block_team_mate(&self, team_mate: &str) -> Result<BlockView, Problem> {
        for activity in self.activities(None).await? {
            let (board, ()) = self.change(&activity, None, false, |_| Ok(())).await?;
            if team_mate != self.member && board.team_of(self.member).is_some_and(|(_, team)| team.contains(team_mate))
            {
                return self.block(team_mate, true).await;
            }
        }
        Err(TeamError::Refused(Refused::NoTeam).into())
    }

    async fn block(&self, other: &str, is_known: bool) -> Result<BlockView, Problem> {
        let entry = self.caller.audit_entry(self.now, AuditAction::MemberBlocked, Some(self.member), json!({}));
        let view = self.teams().block(other, is_known, (self.member, &entry)).await.map_err(TeamError::from)?;
        for activity in self.activities(None).await? {
            self.change(&activity, None, false, |_| Ok(())).await?;
        }
        Ok(view)
    }

    /// Removes a block.
    pub(crate) async fn unblock(&self, id: &str) -> Result<(), Problem> {
        let entry = self.caller.audit_entry(self.now, AuditAction::MemberUnblocked, Some(self.member), json!({}));
        Ok(self.teams().unblock(id, (self.member, &entry)).await?)
    }

    /// Refuses a member who is not matched for the activity.
    fn require_ready(&self, activity_id: &str) -> Result<(), TeamError> {
        self.live.engine.team_readiness(self.member, activity_id, self.now)?.map_err(TeamError::NotReady)
    }

    /// Refuses an invitation that the member does not see, before anything is said about its activity.
    async fn require_visible(&self, activity_id: &str, id: &str) -> Result<(), Problem> {
        let see = |board: &mut Board| {
            let is_seen = board.invitations.get(id).is_some_and(|invitation| board.sees(invitation, self.member));
            if is_seen { Ok(()) } else { Err(Refused::Unknown.into()) }
        };
        self.change(activity_id, None, false, see).await.map(|_| ())
    }

    async fn activities(&self, only: Option<&str>) -> Result<Vec<String>, Problem> {
        let all = self.teams().activities_of(self.member).await.map_err(StoreError::read_problem)?;
        Ok(all.into_iter().filter(|activity| only.is_none_or(|only| only == activity)).collect())
    }

    fn context<'m>(&'m self, activity_id: &'m str) -> BoardContext<'m> {
        let team_size = match self.live.engine.team_size(activity_id, self.now) {
            Ok(size) => Some(size as usize),
            Err(NoTeams::Over | NoTeams::NoTeamSize | NoTeams::UnknownItem) => None,
        };
        let wants_team = Box::new(|member: &str| self.live.engine.wants_team_mates(member));
        BoardContext { activity_id, team_size, now: self.now, wants_team }
    }

    /// Lets an action change a board. A team that it forms is in the audit log.
    async fn change<T>(
        &self,
        activity_id: &str,
        token: Option<&str>,
        is_audited: bool,
        act: impl FnOnce(&mut Board) -> Result<T, TeamError>,
    ) -> Result<(Board, T), Problem> {
        let context = self.context(activity_id);
        let detail = json!({ "activity_id": activity_id });
        let entry = self.caller.audit_entry(self.now, AuditAction::TeamFormed, Some(self.member), detail);
        let changed = self.teams().change(&context, token, is_audited.then_some(&entry), act).await;
        changed.map_err(Problem::from)
    }

    fn view(&self, board: &Board, activity_id: &str, id: &str) -> Result<InvitationView, Problem> {
        let context = self.context(activity_id);
        let found = board.invitations.get(id).and_then(|invitation| {
            let to = (self.member, self.language);
            invitation_view((self.service, &self.live), &context, board, (id, invitation), to)
        });
        found.ok_or_else(|| TeamError::Refused(Refused::Unknown).into())
    }
}
