//! The states of an invitation to a team, and the actions between them.

/// The state of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum InvitationState {
    /// Waits for members to agree.
    Open,
    /// All agreed: they are team-mates.
    Accepted,
    /// A member refused.
    Declined,
    /// The inviter took it back, or cannot be in a further team.
    Withdrawn,
    /// Two of the members blocked each other.
    Blocked,
    /// A member other than the inviter cannot be matched any more.
    Dropped,
    /// Its time is over.
    Expired,
}

/// What happens to an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InvitationAction {
    /// A member agrees, and others have not agreed yet.
    Agree,
    /// The last member agrees.
    Complete,
    /// A member refuses.
    Decline,
    /// The inviter takes it back.
    Withdraw,
    /// A member blocks another.
    Block,
    /// A member cannot be matched any more.
    Drop,
    /// The time is over.
    Expire,
}

impl InvitationState {
    /// Every state.
    pub(crate) const ALL: &'static [Self] =
        &[Self::Open, Self::Accepted, Self::Declined, Self::Withdrawn, Self::Blocked, Self::Dropped, Self::Expired];

    /// The state after an action, or `None` if this state does not allow it. Members who agreed cannot tell declined,
    /// blocked and dropped invitations from open ones, so these allow what an open one allows to those members, and
    /// expire like one.
    pub(crate) fn after(self, action: InvitationAction) -> Option<Self> {
        use InvitationAction as Action;
        match (self, action) {
            (Self::Open, Action::Agree) => Some(Self::Open),
            (Self::Open, Action::Complete) => Some(Self::Accepted),
            (Self::Open, Action::Decline) => Some(Self::Declined),
            (Self::Open, Action::Block) => Some(Self::Blocked),
            (Self::Open, Action::Drop) => Some(Self::Dropped),
            (Self::Open | Self::Declined | Self::Blocked | Self::Dropped, Action::Withdraw) => Some(Self::Withdrawn),
            (Self::Open | Self::Declined | Self::Blocked | Self::Dropped, Action::Expire) => Some(Self::Expired),
            (Self::Declined | Self::Blocked | Self::Dropped, Action::Agree | Action::Decline) => Some(self),
            _ => None,
        }
    }

    /// The name in the database.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
            Self::Blocked => "blocked",
            Self::Dropped => "dropped",
            Self::Expired => "expired",
        }
    }

    /// Parses the name of a state.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.as_str() == text)
    }

    /// Whether it counts as open for members who agreed, until its time is over.
    pub(crate) fn seems_open(self) -> bool {
        self.after(InvitationAction::Expire).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTIONS: [InvitationAction; 7] = [
        InvitationAction::Agree,
        InvitationAction::Complete,
        InvitationAction::Decline,
        InvitationAction::Withdraw,
        InvitationAction::Block,
        InvitationAction::Drop,
        InvitationAction::Expire,
    ];

    #[test]
    fn only_open_invitations_make_teams_and_ended_ones_stay_ended() {
        let accepts: Vec<_> =
            InvitationState::ALL.iter().filter(|state| state.after(InvitationAction::Complete).is_some()).collect();
        assert_eq!(accepts, [&InvitationState::Open]);
        for state in [InvitationState::Accepted, InvitationState::Withdrawn, InvitationState::Expired] {
            assert!(ACTIONS.iter().all(|&action| state.after(action).is_none()), "{state:?}");
        }
    }

    #[test]
    fn hidden_endings_allow_what_an_open_invitation_allows_to_members_who_agreed() {
        for state in [InvitationState::Declined, InvitationState::Blocked, InvitationState::Dropped] {
            for action in [InvitationAction::Agree, InvitationAction::Decline, InvitationAction::Withdraw] {
                assert!(state.after(action).is_some(), "{state:?} {action:?}");
            }
            assert_eq!(state.after(InvitationAction::Expire), InvitationState::Open.after(InvitationAction::Expire));
        }
    }

    #[test]
    fn every_state_is_parsed_from_its_name() {
        for &state in InvitationState::ALL {
            assert_eq!(InvitationState::parse(state.as_str()), Some(state));
        }
    }
}
