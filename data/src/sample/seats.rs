//! Allocates seats: caps, waiting lists, cancellations and attendance.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use super::activities::Activity;
use super::members::Member;
use super::random::RandomStream;
use super::time::{DAY, HOUR, Period, SampleTime};
use crate::{ItemKind, SignUpStatus};

/// A member's request to sign up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Request {
    pub(super) at: SampleTime,
    pub(super) member: u32,
}

/// A sign-up with its status at the end of the data.
#[derive(Debug, Clone, Copy)]
pub(super) struct SignUp {
    pub(super) member: u32,
    pub(super) at: SampleTime,
    pub(super) status: SignUpStatus,
    pub(super) tickets: u32,
    pub(super) children: u32,
    pub(super) updated: SampleTime,
}

/// Allocates seats in order of time. Capacity and the cap of each union hold at every moment. Requests without a seat
/// or a place on the waiting list leave no row.
pub(super) fn allocate(
    activity: &Activity,
    all_requests: Vec<Request>,
    members: &[Member],
    period: &Period,
    rng: &mut RandomStream,
) -> Vec<SignUp> {
    let until = activity.closes.unwrap_or(period.end).min(period.end);
    let mut requests: Vec<Request> = all_requests.into_iter().filter(|request| request.at < until).collect();
    requests.sort_unstable();
    let mut seen = HashSet::new();
    requests.retain(|request| request.at >= activity.opens && seen.insert(request.member));

    let mut sign_ups: Vec<SignUp> = Vec::new();
    let mut seats = Seats::new(activity);
    let mut waiting: Vec<usize> = Vec::new();
    let mut cancellations: BinaryHeap<Reverse<(SampleTime, usize)>> = BinaryHeap::new();
    let max_waiting = activity.capacity.map_or(usize::MAX, |capacity| (capacity as usize / 3).max(2));
    for request in requests {
        cancel_until(request.at, &mut cancellations, &mut sign_ups, &mut seats, &mut waiting, members);
        let (tickets, children) = group_size(activity, &members[request.member as usize], rng);
        let union = members[request.member as usize].union;
        let status = if seats.take(union, tickets) {
            if rng.chance(0.06) {
                let cancelled_at =
                    request.at + 1 + (rng.unit() * (until - request.at).min(20 * DAY) as f64) as SampleTime;
                cancellations.push(Reverse((cancelled_at, sign_ups.len())));
            }
            SignUpStatus::Registered
        } else if waiting.len() < max_waiting {
            waiting.push(sign_ups.len());
            SignUpStatus::Waitlisted
        } else {
            continue;
        };
        sign_ups.push(SignUp {
            member: request.member,
            at: request.at,
            status,
            tickets,
            children,
            updated: request.at,
        });
    }
    cancel_until(until, &mut cancellations, &mut sign_ups, &mut seats, &mut waiting, members);
    mark_attendance(activity, &mut sign_ups, members, period, rng);
    sign_ups
}

/// Allocated seats, in total and by union.
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

/// Carries out the cancellations before `until`. Members on the waiting list move up in order, if their group fits.
fn cancel_until(
    until: SampleTime,
    cancellations: &mut BinaryHeap<Reverse<(SampleTime, usize)>>,
    sign_ups: &mut [SignUp],
    seats: &mut Seats,
    waiting: &mut Vec<usize>,
    members: &[Member],
) {
    while cancellations.peek().is_some_and(|Reverse((at, _))| *at < until) {
        let Some(Reverse((at, place))) = cancellations.pop() else { return };
        sign_ups[place].status = SignUpStatus::Cancelled;
        sign_ups[place].updated = at;
        let union = |sign_up: &SignUp| members[sign_up.member as usize].union;
        seats.give_back(union(&sign_ups[place]), sign_ups[place].tickets);
        waiting.retain(|&next| {
            let moves_up = seats.take(union(&sign_ups[next]), sign_ups[next].tickets);
            if moves_up {
                sign_ups[next].status = SignUpStatus::Registered;
                sign_ups[next].updated = at;
            }
            !moves_up
        });
    }
}

/// Number of tickets, and of children among them.
fn group_size(activity: &Activity, member: &Member, rng: &mut RandomStream) -> (u32, u32) {
    let template = activity.template;
    if template.child_tickets > 1 && member.has_child && rng.chance(0.65) {
        let children = rng.between(1, i64::from(template.child_tickets.min(3)) - 1) as u32;
        return (children + 1, children);
    }
    (if template.per_member > 1 && rng.chance(0.4) { template.per_member } else { 1 }, 0)
}

/// Marks attendance: at the activity, or some days after booking if there is no fixed time.
fn mark_attendance(
    activity: &Activity,
    sign_ups: &mut [SignUp],
    members: &[Member],
    period: &Period,
    rng: &mut RandomStream,
) {
    for sign_up in sign_ups.iter_mut().filter(|sign_up| sign_up.status == SignUpStatus::Registered) {
        let interest = members[sign_up.member as usize].affinity(activity.template.topic, activity.theme).min(2.0);
        let stays_away = rng.chance(activity.template.no_show * (1.5 - 0.5 * interest));
        let marked = match (activity.starts, activity.ends) {
            (Some(starts), Some(ends)) if ends < period.end => {
                if stays_away {
                    ends
                } else {
                    starts + rng.between(-25, 20) * 60
                }
            }
            (Some(_), _) => continue,
            _ if activity.template.kind == ItemKind::Product && stays_away => match activity.closes {
                Some(closes) if closes < period.end => closes,
                _ => continue,
            },
            _ => sign_up.at + HOUR + rng.exponential(4.0 * DAY as f64) as SampleTime,
        };
        if marked < period.end {
            sign_up.status = if stays_away { SignUpStatus::NoShow } else { SignUpStatus::Attended };
            sign_up.updated = marked.max(sign_up.updated);
        }
    }
}
