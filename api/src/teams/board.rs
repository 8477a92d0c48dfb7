//! The teams and invitations of one activity, and what members can do with them. Pure: no database, no clock.
//!
//! An invitation needs the agreement of everybody who would be team-mates through it: the inviter, who agrees by inviting,
//! the invitee, and the inviter's team-mates. [`Board::settle`] applies what follows from time, blocks and consent, and
//! must run before and after every action.

use std::collections::{BTreeMap, BTreeSet};

use super::state::{InvitationAction as Action, InvitationState as State};

/// The board of one activity.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Board {
    /// Members in a full team. `None` once the activity is over: nothing is open then.
    pub(crate) team_size: Option<usize>,
    pub(crate) teams: BTreeMap<String, BTreeSet<String>>,
    /// Without expired ones.
    pub(crate) invitations: BTreeMap<String, Invitation>,
    /// Who blocked whom.
    pub(crate) blocks: BTreeSet<(String, String)>,
}

/// One invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invitation {
    /// `None` if the member was erased.
    pub(crate) inviter: Option<String>,
    /// `None` if the member was erased, or the token led to nobody.
    pub(crate) invitee: Option<String>,
    pub(crate) state: State,
    /// Members who agreed, with the inviter.
    pub(crate) agreed: BTreeSet<String>,
    /// Seconds since 1970 in UTC.
    pub(crate) created_at: i64,
    pub(crate) expires_at: i64,
}

/// A new invitation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewInvitation<'a> {
    pub(crate) id: &'a str,
    pub(crate) inviter: &'a str,
    /// `None` for a token that leads to nobody.
    pub(crate) invitee: Option<&'a str>,
    pub(crate) created_at: i64,
    pub(crate) expires_at: i64,
}

/// Why an action is refused. None of them depends on what other members did with an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// There is no such invitation for the member.
    Unknown,
    /// Only the inviter can do this.
    NotInviter,
    /// The inviter takes an invitation back instead of declining it.
    OwnInvitation,
    /// The invitation was accepted, or taken back by the member.
    Ended,
    /// The member's team is full, or the member is in another team.
    TeamFull,
    /// The member has too many open invitations.
    TooMany,
    /// The member is in no such team.
    NoTeam,
}

impl Board {
    /// The team of a member.
    pub(crate) fn team_of(&self, member: &str) -> Option<(&String, &BTreeSet<String>)> {
        self.teams.iter().find(|(_, members)| members.contains(member))
    }

    /// Whether either of two members blocked the other.
    pub(crate) fn is_blocked(&self, one: &str, other: &str) -> bool {
        self.blocks.iter().any(|(by, of)| (by == one && of == other) || (by == other && of == one))
    }

    /// Everybody who would be team-mates through an invitation. Empty without an inviter.
    pub(crate) fn parties(&self, invitation: &Invitation) -> BTreeSet<String> {
        let Some(inviter) = &invitation.inviter else { return BTreeSet::new() };
        let mates = self.team_of(inviter).into_iter().flat_map(|(_, members)| members);
        mates.chain([inviter]).chain(&invitation.invitee).cloned().collect()
    }

    /// Members who must not be suggested to a member: those in a team, those whom the member invited, and those whom the
    /// member or a team-mate blocked or was blocked by.
    pub(crate) fn hidden_from(&self, member: &str) -> BTreeSet<String> {
        let own: BTreeSet<&str> = self
            .team_of(member)
            .into_iter()
            .flat_map(|(_, members)| members)
            .map(String::as_str)
            .chain([member])
            .collect();
        let in_teams = self.teams.values().flatten();
        let invited = self.invitations.values().filter(|invitation| invitation.inviter.as_deref() == Some(member));
        let invited = invited.filter_map(|invitation| invitation.invitee.as_ref());
        let blocked = self.blocks.iter().flat_map(|(by, of)| {
            let (by_own, of_own) = (own.contains(by.as_str()), own.contains(of.as_str()));
            [by_own.then_some(of), of_own.then_some(by)].into_iter().flatten()
        });
        in_teams.chain(invited).chain(blocked).cloned().collect()
    }

    /// Whether a member can invite or join: in no team, or in one that is not full.
    pub(crate) fn has_place(&self, member: &str) -> bool {
        let taken = self.team_of(member).map_or(1, |(_, members)| members.len());
        self.team_size.is_some_and(|size| taken < size)
    }

    /// Invitations of a member that count as open for that member.
    pub(crate) fn open_of(&self, member: &str) -> usize {
        let own =
            |invitation: &&Invitation| invitation.inviter.as_deref() == Some(member) && invitation.state.seems_open();
        self.invitations.values().filter(own).count()
    }

    /// Adds an invitation. One that cannot lead to a team leads to nobody, which the inviter cannot tell.
    pub(crate) fn invite(&mut self, new: NewInvitation<'_>, max_open: usize) -> Result<(), Refused> {
        if !self.has_place(new.inviter) {
            return Err(Refused::TeamFull);
        }
        if self.open_of(new.inviter) >= max_open {
            return Err(Refused::TooMany);
        }
        let hidden = self.hidden_from(new.inviter);
        let invitee = new.invitee.filter(|invitee| *invitee != new.inviter && !hidden.contains(*invitee));
        let mut agreed = BTreeSet::from([new.inviter.to_owned()]);
        // Two members without a team who invited each other have both agreed.
        let is_mutual = invitee.is_some_and(|invitee| self.invited_back(invitee, new.inviter));
        agreed.extend(invitee.filter(|_| is_mutual).map(str::to_owned));
        let invitation = Invitation {
            inviter: Some(new.inviter.to_owned()),
            invitee: invitee.map(str::to_owned),
            state: State::Open,
            agreed,
            created_at: new.created_at,
            expires_at: new.expires_at,
        };
        self.invitations.insert(new.id.to_owned(), invitation);
        Ok(())
    }

    fn invited_back(&self, inviter: &str, invitee: &str) -> bool {
        let is_back = |invitation: &Invitation| {
            invitation.state == State::Open
                && invitation.inviter.as_deref() == Some(inviter)
                && invitation.invitee.as_deref() == Some(invitee)
        };
        let are_single = self.team_of(inviter).is_none() && self.team_of(invitee).is_none();
        are_single && self.invitations.values().any(is_back)
    }

    /// Records that a member agrees to an invitation.
    pub(crate) fn accept(&mut self, id: &str, member: &str) -> Result<(), Refused> {
        let invitation = self.visible_mut(id, member)?;
        if invitation.state == State::Accepted && invitation.agreed.contains(member) {
            return Ok(());
        }
        let is_inviter = invitation.inviter.as_deref() == Some(member);
        if invitation.state == State::Withdrawn {
            return if is_inviter { Err(Refused::Ended) } else { Ok(()) };
        }
        invitation.state = invitation.state.after(Action::Agree).ok_or(Refused::Ended)?;
        invitation.agreed.insert(member.to_owned());
        Ok(())
    }

    /// Refuses an invitation for everybody. Only the member who refuses sees that.
    pub(crate) fn decline(&mut self, id: &str, member: &str) -> Result<(), Refused> {
        let invitation = self.visible_mut(id, member)?;
        if invitation.inviter.as_deref() == Some(member) {
            return Err(Refused::OwnInvitation);
        }
        if invitation.state != State::Withdrawn {
            invitation.state = invitation.state.after(Action::Decline).ok_or(Refused::Ended)?;
        }
        invitation.agreed.remove(member);
        Ok(())
    }

    /// Takes an invitation back.
    pub(crate) fn withdraw(&mut self, id: &str, member: &str) -> Result<(), Refused> {
        let invitation = self.visible_mut(id, member)?;
        if invitation.inviter.as_deref() != Some(member) {
            return Err(Refused::NotInviter);
        }
        invitation.state = invitation.state.after(Action::Withdraw).ok_or(Refused::Ended)?;
        Ok(())
    }

    /// Removes a member from a team, and takes back the member's open invitations.
    pub(crate) fn leave(&mut self, team: &str, member: &str) -> Result<(), Refused> {
        if !self.teams.get(team).is_some_and(|members| members.contains(member)) {
            return Err(Refused::NoTeam);
        }
        self.take_out(team, member);
        Ok(())
    }

    fn take_out(&mut self, team: &str, member: &str) {
        if let Some(members) = self.teams.get_mut(team) {
            members.remove(member);
        }
        for invitation in self.invitations.values_mut() {
            let is_inviter = invitation.inviter.as_deref() == Some(member);
            if is_inviter && let Some(next) = invitation.state.after(Action::Withdraw) {
                invitation.state = next;
            } else if !is_inviter && invitation.invitee.as_deref() != Some(member) {
                invitation.agreed.remove(member);
            }
        }
    }

    /// Whether a member sees an invitation: those who agreed see it until it expires, others while it is open.
    pub(crate) fn sees(&self, invitation: &Invitation, member: &str) -> bool {
        let is_known = invitation.inviter.as_deref() == Some(member) || invitation.agreed.contains(member);
        is_known || (invitation.state == State::Open && self.parties(invitation).contains(member))
    }

    /// The state that a member sees. Declined, blocked and dropped invitations, and those of nobody, look open to members
    /// who agreed, and withdrawn ones to all of them but the inviter.
    pub(crate) fn seen_as(&self, invitation: &Invitation, member: &str) -> Option<State> {
        let is_inviter = invitation.inviter.as_deref() == Some(member);
        let state = match invitation.state {
            State::Accepted => State::Accepted,
            State::Withdrawn if is_inviter => State::Withdrawn,
            _ => State::Open,
        };
        self.sees(invitation, member).then_some(state)
    }

    fn visible_mut(&mut self, id: &str, member: &str) -> Result<&mut Invitation, Refused> {
        let is_visible = self.invitations.get(id).is_some_and(|invitation| self.sees(invitation, member));
        self.invitations.get_mut(id).filter(|_| is_visible).ok_or(Refused::Unknown)
    }

    /// Applies what follows from time, blocks and consent, and forms the teams to which everybody agreed. `new_team`
    /// returns the id of a new team; `wants_team` whether a member may be matched now.
    pub(crate) fn settle(&mut self, now: i64, wants_team: &dyn Fn(&str) -> bool, new_team: &mut dyn FnMut() -> String) {
        self.separate_blocked();
        loop {
            self.teams.retain(|_, members| members.len() > 1);
            self.end_impossible(now, wants_team);
            let complete = self.invitations.iter().find(|(_, invitation)| {
                let parties = self.parties(invitation);
                invitation.state == State::Open && invitation.invitee.is_some() && parties.is_subset(&invitation.agreed)
            });
            let Some((id, parties)) = complete.map(|(id, invitation)| (id.clone(), self.parties(invitation))) else {
                break;
            };
            self.form(&id, parties, new_team);
        }
        self.invitations.retain(|_, invitation| invitation.state != State::Expired);
    }

    /// A member who blocks a team-mate leaves the team.
    fn separate_blocked(&mut self) {
        for (by, of) in self.blocks.clone() {
            let shared = self.team_of(&by).filter(|(_, members)| members.contains(&of)).map(|(team, _)| team.clone());
            if let Some(team) = shared {
                self.take_out(&team, &by);
            }
        }
    }

    fn end_impossible(&mut self, now: i64, wants_team: &dyn Fn(&str) -> bool) {
        let ended: Vec<(String, Action)> = self
            .invitations
            .iter()
            .filter_map(|(id, invitation)| Some((id.clone(), self.end_of(invitation, now, wants_team)?)))
            .collect();
        for (id, action) in ended {
            if let Some(invitation) = self.invitations.get_mut(&id)
                && let Some(next) = invitation.state.after(action)
            {
                invitation.state = next;
            }
        }
    }

    /// The action that ends an invitation now, if any.
    fn end_of(&self, invitation: &Invitation, now: i64, wants_team: &dyn Fn(&str) -> bool) -> Option<Action> {
        let Some(inviter) = &invitation.inviter else { return Some(Action::Expire) };
        if now >= invitation.expires_at || self.team_size.is_none() {
            return Some(Action::Expire);
        }
        if invitation.state != State::Open {
            return None;
        }
        if !wants_team(inviter) || !self.has_place(inviter) {
            return Some(Action::Withdraw);
        }
        let parties: Vec<String> = self.parties(invitation).into_iter().collect();
        let is_pair_blocked = parties.iter().any(|one| parties.iter().any(|other| self.is_blocked(one, other)));
        if is_pair_blocked {
            return Some(Action::Block);
        }
        let is_taken = invitation.invitee.as_ref().is_some_and(|invitee| self.team_of(invitee).is_some());
        (is_taken || !parties.iter().all(|party| wants_team(party))).then_some(Action::Drop)
    }

    /// Makes the parties of an invitation a team, or extends the inviter's team.
    fn form(&mut self, id: &str, parties: BTreeSet<String>, new_team: &mut dyn FnMut() -> String) {
        let existing = parties.iter().find_map(|party| self.team_of(party)).map(|(team, _)| team.clone());
        let team = existing.unwrap_or_else(new_team);
        for (other, invitation) in &mut self.invitations {
            if other == id {
                invitation.state = invitation.state.after(Action::Complete).unwrap_or(invitation.state);
                continue;
            }
            // The invitee agreed to a team without the new member.
            let is_of_team = invitation.inviter.as_ref().is_some_and(|inviter| parties.contains(inviter));
            if is_of_team && invitation.state == State::Open {
                let invitee = invitation.invitee.clone();
                invitation.agreed.retain(|member| Some(member) != invitee.as_ref());
            }
        }
        self.teams.insert(team, parties);
    }
}
