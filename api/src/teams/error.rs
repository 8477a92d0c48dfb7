//! Errors of teams. None depends on what another member did with an invitation.

use thiserror::Error;
use zhihui_engine::teams::{NoTeams, NotReady};

use super::board::Refused;
use crate::middleware::problem::{Code, Problem};
use crate::store::error::StoreError;

/// Why an action on teams is refused.
#[derive(Debug, Error)]
pub(crate) enum TeamError {
    /// The activity has no teams.
    #[error(transparent)]
    NoTeams(#[from] NoTeams),
    /// The acting member is not matched.
    #[error(
        "the member is not matched for this activity now ({}); team_match and personalised must be on, and the member must \
         follow the account and be signed up or able to sign up",
        .0.code()
    )]
    NotReady(NotReady),
    /// The board refuses the action.
    #[error("{}", refusal(*.0))]
    Refused(Refused),
    /// The member has no such block.
    #[error("no such block of this member; `GET /v1/teams/blocks` lists them")]
    UnknownBlock,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn refusal(refused: Refused) -> &'static str {
    match refused {
        Refused::Unknown => {
            "no such invitation for this member, or it has ended; `GET /v1/teams/invitations` lists them"
        }
        Refused::NotInviter => "only the member who invites can withdraw an invitation; decline it instead",
        Refused::OwnInvitation => "this is the member's own invitation; withdraw it instead",
        Refused::Ended => "the invitation was accepted or withdrawn",
        Refused::TeamFull => "the member's team for this activity is full",
        Refused::TooMany => "the member has too many open invitations; withdraw one, or wait until one expires",
        Refused::NoTeam => "the member is in no such team; `GET /v1/teams` lists the member's teams",
    }
}

impl From<sqlx::Error> for TeamError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<Refused> for TeamError {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<TeamError> for Problem {
    fn from(error: TeamError) -> Self {
        let detail = error.to_string();
        match error {
            TeamError::NoTeams(NoTeams::UnknownItem) => Self::new(Code::UnknownItem, detail),
            TeamError::NoTeams(_) => Self::new(Code::NoTeams, detail),
            TeamError::NotReady(why) => Self::new(Code::NotMatched, detail).with("reason", why.code()),
            TeamError::Refused(Refused::Unknown) => Self::new(Code::UnknownInvitation, detail),
            TeamError::Refused(Refused::NoTeam) => Self::new(Code::UnknownTeam, detail),
            TeamError::Refused(Refused::TooMany) => Self::new(Code::TooManyInvitations, detail),
            TeamError::Refused(_) => Self::new(Code::InvitationState, detail),
            TeamError::UnknownBlock => Self::new(Code::UnknownBlock, detail),
            TeamError::Store(error) => error.write_problem(),
        }
    }
}
