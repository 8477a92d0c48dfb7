//! Laws of the board, checked over random actions of several members.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::board::{Board, NewInvitation};
use super::state::InvitationState as State;

const MEMBERS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
const MAX_OPEN: usize = 3;
const LIFE: i64 = 50;

#[derive(Debug, Clone)]
enum Step {
    Invite(usize, Option<usize>),
    Accept(usize, usize),
    Decline(usize, usize),
    Withdraw(usize, usize),
    Leave(usize),
    Block(usize, usize),
    Unblock(usize, usize),
    Switch(usize, bool),
    Erase(usize),
    Wait(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let member = || 0..MEMBERS.len();
    let step = prop_oneof![
        6 => (member(), proptest::option::weighted(0.9, member())).prop_map(|(by, of)| Step::Invite(by, of)),
        10 => (0_usize..20, member()).prop_map(|(at, by)| Step::Accept(at, by)),
        1 => (0_usize..20, member()).prop_map(|(at, by)| Step::Decline(at, by)),
        1 => (0_usize..20, member()).prop_map(|(at, by)| Step::Withdraw(at, by)),
        1 => member().prop_map(Step::Leave),
        1 => (member(), member()).prop_map(|(by, of)| Step::Block(by, of)),
        1 => (member(), member()).prop_map(|(by, of)| Step::Unblock(by, of)),
        1 => (member(), any::<bool>()).prop_map(|(of, on)| Step::Switch(of, on)),
        1 => member().prop_map(Step::Erase),
        1 => (1_i64..40).prop_map(Step::Wait),
    ];
    proptest::collection::vec(step, 1..60)
}

/// A board with what the test observes of it.
struct Game {
    board: Board,
    now: i64,
    wanted: BTreeSet<&'static str>,
    n_invitations: usize,
    n_teams: usize,
    /// Invitation, member, and the member whom the first one agreed to meet.
    agreements: BTreeSet<(String, String, String)>,
    /// By invitation: the inviter, and until when it must look open to the inviter.
    must_look_open: BTreeMap<String, (String, i64)>,
}

impl Game {
    fn new(size: usize) -> Self {
        Self {
            board: Board { team_size: Some(size), ..Board::default() },
            now: 0,
            wanted: MEMBERS.into(),
            n_invitations: 0,
            n_teams: 0,
            agreements: BTreeSet::new(),
            must_look_open: BTreeMap::new(),
        }
    }

    fn pairs(&self) -> BTreeSet<(String, String)> {
        let of_team = |members: &BTreeSet<String>| {
            let pair = |one: &String| members.iter().map(|other| (one.clone(), other.clone())).collect::<Vec<_>>();
            members.iter().flat_map(pair).filter(|(one, other)| one < other).collect::<Vec<_>>()
        };
        self.board.teams.values().flat_map(of_team).collect()
    }

    fn settle(&mut self) {
        let (wanted, n_teams) = (&self.wanted, &mut self.n_teams);
        self.board.settle(self.now, &|member| wanted.contains(member), &mut || {
            *n_teams += 1;
            format!("t{n_teams}")
        });
    }

    fn id_at(&self, at: usize) -> String {
        format!("i{:03}", at % self.n_invitations.max(1))
    }

    fn retract(&mut self, id: &str, member: &str) {
        self.agreements.retain(|(of, by, _)| of != id || by != member);
    }

    /// Performs a step as the service does: settles before and after.
    fn play(&mut self, step: &Step) {
        self.settle();
        match *step {
            Step::Invite(by, of) => {
                let (id, inviter) = (format!("i{:03}", self.n_invitations), MEMBERS[by]);
                let invitee = of.map(|of| MEMBERS[of]);
                let (created_at, expires_at) = (self.now, self.now + LIFE);
                let new = NewInvitation { id: &id, inviter, invitee, created_at, expires_at };
                if self.wanted.contains(inviter) && self.board.invite(new, MAX_OPEN).is_ok() {
                    self.n_invitations += 1;
                    let invitee = self.board.invitations[&id].invitee.clone();
                    self.agreements.extend(invitee.map(|invitee| (id.clone(), inviter.to_owned(), invitee)));
                    self.must_look_open.insert(id, (inviter.to_owned(), expires_at));
                }
            }
            Step::Accept(at, by) => {
                let (id, member) = (self.id_at(at), MEMBERS[by]);
                let parties = self.board.invitations.get(&id).map(|invitation| self.board.parties(invitation));
                if self.board.accept(&id, member).is_ok() {
                    let others = parties.into_iter().flatten().filter(|party| party != member);
                    self.agreements.extend(others.map(|other| (id.clone(), member.to_owned(), other)));
                }
            }
            Step::Decline(at, by) => {
                let id = self.id_at(at);
                if self.board.decline(&id, MEMBERS[by]).is_ok() {
                    self.retract(&id, MEMBERS[by]);
                }
            }
            Step::Withdraw(at, by) => {
                let id = self.id_at(at);
                if self.board.withdraw(&id, MEMBERS[by]).is_ok() {
                    self.retract(&id, MEMBERS[by]);
                    self.must_look_open.remove(&id);
                }
            }
            Step::Leave(by) => {
                if let Some(team) = self.board.team_of(MEMBERS[by]).map(|(team, _)| team.clone()) {
                    self.board.leave(&team, MEMBERS[by]).expect("a member of the team");
                    self.must_look_open.retain(|_, (inviter, _)| inviter != MEMBERS[by]);
                }
            }
            Step::Block(by, of) if by != of => {
                self.board.blocks.insert((MEMBERS[by].to_owned(), MEMBERS[of].to_owned()));
            }
            Step::Unblock(by, of) => {
                self.board.blocks.remove(&(MEMBERS[by].to_owned(), MEMBERS[of].to_owned()));
            }
            Step::Switch(of, true) => {
                self.wanted.insert(MEMBERS[of]);
            }
            Step::Switch(of, false) => {
                self.wanted.remove(MEMBERS[of]);
            }
            Step::Erase(of) => self.erase(MEMBERS[of]),
            Step::Wait(seconds) => self.now += seconds,
            Step::Block(..) => {}
        }
        self.settle();
    }

    /// Removes a member as the deletion of all rows of the member does.
    fn erase(&mut self, member: &str) {
        for invitation in self.board.invitations.values_mut() {
            invitation.agreed.remove(member);
            for party in [&mut invitation.inviter, &mut invitation.invitee] {
                *party = party.take().filter(|party| party != member);
            }
        }
        for members in self.board.teams.values_mut() {
            members.remove(member);
        }
        self.board.blocks.retain(|(by, of)| by != member && of != member);
        self.wanted.remove(member);
        self.must_look_open.retain(|_, (inviter, _)| inviter != member);
    }

    fn agreed(&self, one: &str, other: &str) -> bool {
        self.agreements.iter().any(|(_, by, of)| by == one && of == other)
    }

    fn check(&mut self, before: &BTreeSet<(String, String)>) -> Result<(), TestCaseError> {
        for (one, other) in self.pairs().difference(before) {
            prop_assert!(self.agreed(one, other) && self.agreed(other, one), "{one} and {other} did not both agree");
        }
        let size = self.board.team_size.unwrap_or_default();
        for members in self.board.teams.values() {
            prop_assert!((2..=size).contains(&members.len()), "{members:?}");
            for one in members {
                prop_assert!(members.iter().all(|other| !self.board.is_blocked(one, other)), "{members:?}");
            }
        }
        for member in MEMBERS {
            let teams = self.board.teams.values().filter(|members| members.contains(member)).count();
            prop_assert!(teams <= 1, "{member} is in {teams} teams");
            prop_assert!(self.board.open_of(member) <= MAX_OPEN);
        }
        for invitation in self.board.invitations.values() {
            prop_assert!(invitation.state != State::Expired);
            if invitation.state.seems_open() {
                prop_assert!(self.now < invitation.expires_at, "{invitation:?}");
            }
            if invitation.state == State::Open {
                let parties = self.board.parties(invitation);
                prop_assert!(parties.iter().all(|party| self.wanted.contains(party.as_str())), "{invitation:?}");
                let invitee = invitation.invitee.iter().all(|invitee| self.board.team_of(invitee).is_none());
                prop_assert!(invitee, "{invitation:?}");
            }
        }
        self.check_that_inviters_learn_nothing()
    }

    /// An invitation looks open to its inviter until it expires, unless it was accepted or ended by the inviter.
    fn check_that_inviters_learn_nothing(&mut self) -> Result<(), TestCaseError> {
        let now = self.now;
        let board = &self.board;
        let ends_itself = |inviter: &str| !self.wanted.contains(inviter) || !board.has_place(inviter);
        let is_accepted = |id: &str| board.invitations.get(id).is_some_and(|found| found.state == State::Accepted);
        let is_blocker = |inviter: &str| board.blocks.iter().any(|(by, _)| by == inviter);
        self.must_look_open.retain(|id, (inviter, until)| {
            now < *until && !ends_itself(inviter) && !is_accepted(id) && !is_blocker(inviter)
        });
        for (id, (inviter, _)) in &self.must_look_open {
            let seen = self.board.invitations.get(id).and_then(|invitation| self.board.seen_as(invitation, inviter));
            prop_assert_eq!(seen, Some(State::Open), "{} by {}", id, inviter);
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nobody_is_shown_to_anybody_before_both_agreed(size in 2_usize..5, steps in steps()) {
        let mut game = Game::new(size);
        for step in &steps {
            let before = game.pairs();
            game.play(step);
            game.check(&before)?;
        }
    }
}

#[test]
fn a_team_of_three_needs_the_agreement_of_all_three() {
    let mut game = Game::new(3);
    for step in [Step::Invite(0, Some(1)), Step::Invite(0, Some(2)), Step::Accept(1, 2)] {
        game.play(&step);
    }
    assert_eq!(game.pairs(), BTreeSet::from([("a".to_owned(), "c".to_owned())]));
    game.play(&Step::Accept(0, 1));
    assert_eq!(game.pairs().len(), 1, "c has not agreed to b");
    game.play(&Step::Accept(0, 2));
    assert_eq!(game.pairs().len(), 3);
    assert!(!game.board.has_place("a"));
}

#[test]
fn a_member_who_agreed_to_a_smaller_team_is_asked_again() {
    let mut game = Game::new(4);
    for step in [Step::Invite(0, Some(1)), Step::Accept(0, 1), Step::Invite(0, Some(2)), Step::Accept(1, 2)] {
        game.play(&step);
    }
    for step in [Step::Invite(1, Some(3)), Step::Accept(2, 0), Step::Accept(2, 3)] {
        game.play(&step);
    }
    assert_eq!(game.board.teams.values().next().map(BTreeSet::len), Some(3), "a, b and d");
    assert!(!game.board.invitations["i001"].agreed.contains("c"), "c agreed to a and b, not to d");
    game.play(&Step::Accept(1, 1));
    game.play(&Step::Accept(1, 3));
    assert_eq!(game.board.teams.values().next().map(BTreeSet::len), Some(3));
    game.play(&Step::Accept(1, 2));
    assert_eq!(game.board.teams.values().next().map(BTreeSet::len), Some(4));
}

#[test]
fn members_who_invited_each_other_are_team_mates() {
    let mut game = Game::new(2);
    game.play(&Step::Invite(0, Some(1)));
    game.play(&Step::Invite(1, Some(0)));
    assert_eq!(game.pairs().len(), 1);
}
