//! Sign-up until full: caps, waiting lists, cancellations, and who came.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use super::activities::Activity;
use super::chance::Chance;
use super::members::Member;
use super::moments::{DAY, HOUR, Moment, Period};
use crate::{ItemKind, SignUpStatus};

/// A member's wish to take part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Request {
    pub(super) at: Moment,
    pub(super) member: u32,
}

/// Where a sign-up stands at the end of the data.
#[derive(Debug, Clone, Copy)]
pub(super) struct SignUp {
    pub(super) member: u32,
    pub(super) at: Moment,
    pub(super) status: SignUpStatus,
    pub(super) tickets: u32,
    pub(super) children: u32,
    pub(super) updated: Moment,
}

/// Takes the requests in the order of time and gives seats out. Every result respects capacity and the cap of each union at
/// every moment; whoever finds no seat and no place on the waiting list leaves no row.
pub(super) fn settle(
    activity: &Activity,
    requests: Vec<Request>,
    members: &[Member],
    period: &Period,
    chance: &mut Chance,
) -> Vec<SignUp> {
    let until = activity.closes.unwrap_or(period.end).min(period.end);
    let mut wishes: Vec<Request> = requests.into_iter().filter(|request| request.at < until).collect();
    wishes.sort_unstable();
    let mut known = HashSet::new();
    wishes.retain(|request| request.at >= activity.opens && known.insert(request.member));

    let mut ups: Vec<SignUp> = Vec::new();
    let mut seats = Seats::new(activity);
    let mut waiting: Vec<usize> = Vec::new();
    let mut leaving: BinaryHeap<Reverse<(Moment, usize)>> = BinaryHeap::new();
    let room = activity.capacity.map_or(usize::MAX, |capacity| (capacity as usize / 3).max(2));
    for wish in wishes {
        cancel_until(wish.at, &mut leaving, &mut ups, &mut seats, &mut waiting, members);
        let (tickets, children) = party(activity, &members[wish.member as usize], chance);
        let union = members[wish.member as usize].union;
        let status = if seats.take(union, tickets) {
            if chance.happens(0.06) {
                let leaves = wish.at + 1 + (chance.unit() * (until - wish.at).min(20 * DAY) as f64) as Moment;
                leaving.push(Reverse((leaves, ups.len())));
            }
            SignUpStatus::Registered
        } else if waiting.len() < room {
            waiting.push(ups.len());
            SignUpStatus::Waitlisted
        } else {
            continue;
        };
        ups.push(SignUp { member: wish.member, at: wish.at, status, tickets, children, updated: wish.at });
    }
    cancel_until(until, &mut leaving, &mut ups, &mut seats, &mut waiting, members);
    attend(activity, &mut ups, members, period, chance);
    ups
}

/// Seats taken, in all and by union.
struct Seats {
    capacity: u32,
    per_union: u32,
    used: u32,
    by_union: HashMap<Option<u32>, u32>,
}

impl Seats {
    fn new(activity: &Activity) -> Self {
        Self {
            capacity: activity.capacity.unwrap_or(u32::MAX),
            per_union: activity.per_union_cap.unwrap_or(u32::MAX),
            used: 0,
            by_union: HashMap::new(),
        }
    }

    fn take(&mut self, union: Option<u32>, tickets: u32) -> bool {
        let own = self.by_union.entry(union).or_default();
        let fits = tickets <= self.capacity - self.used && tickets <= self.per_union - *own;
        if fits {
            self.used += tickets;
            *own += tickets;
        }
        fits
    }

    fn give_back(&mut self, union: Option<u32>, tickets: u32) {
        self.used -= tickets;
        if let Some(own) = self.by_union.get_mut(&union) {
            *own -= tickets;
        }
    }
}

/// Carries out the cancellations that fall before `until`; whoever has waited longest and fits moves up.
fn cancel_until(
    until: Moment,
    leaving: &mut BinaryHeap<Reverse<(Moment, usize)>>,
    ups: &mut [SignUp],
    seats: &mut Seats,
    waiting: &mut Vec<usize>,
    members: &[Member],
) {
    while leaving.peek().is_some_and(|Reverse((at, _))| *at < until) {
        let Some(Reverse((at, place))) = leaving.pop() else { return };
        ups[place].status = SignUpStatus::Cancelled;
        ups[place].updated = at;
        let union = |up: &SignUp| members[up.member as usize].union;
        seats.give_back(union(&ups[place]), ups[place].tickets);
        waiting.retain(|&next| {
            let moves_up = seats.take(union(&ups[next]), ups[next].tickets);
            if moves_up {
                ups[next].status = SignUpStatus::Registered;
                ups[next].updated = at;
            }
            !moves_up
        });
    }
}

/// Tickets taken and children among them.
fn party(activity: &Activity, member: &Member, chance: &mut Chance) -> (u32, u32) {
    let plan = activity.plan;
    if plan.child_tickets > 1 && member.has_child && chance.happens(0.65) {
        let children = chance.between(1, i64::from(plan.child_tickets.min(3)) - 1) as u32;
        return (children + 1, children);
    }
    (if plan.per_member > 1 && chance.happens(0.4) { plan.per_member } else { 1 }, 0)
}

/// Marks who came: at the activity, or some days after booking where there is no fixed time.
fn attend(activity: &Activity, ups: &mut [SignUp], members: &[Member], period: &Period, chance: &mut Chance) {
    for up in ups.iter_mut().filter(|up| up.status == SignUpStatus::Registered) {
        let interest = members[up.member as usize].affinity(activity.plan.topic, activity.theme).min(2.0);
        let stays_away = chance.happens(activity.plan.no_show * (1.5 - 0.5 * interest));
        let marked = match (activity.starts, activity.ends) {
            (Some(starts), Some(ends)) if ends < period.end => {
                if stays_away {
                    ends
                } else {
                    starts + chance.between(-25, 20) * 60
                }
            }
            (Some(_), _) => continue,
            _ if activity.plan.kind == ItemKind::Product && stays_away => match activity.closes {
                Some(closes) if closes < period.end => closes,
                _ => continue,
            },
            _ => up.at + HOUR + chance.exponential(4.0 * DAY as f64) as Moment,
        };
        if marked < period.end {
            up.status = if stays_away { SignUpStatus::NoShow } else { SignUpStatus::Attended };
            up.updated = marked.max(up.updated);
        }
    }
}
