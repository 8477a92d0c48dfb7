//! Generates sign-up requests by the members' interests, the engagement of their unions and the admission rules.

use super::activities::Activity;
use super::members::Member;
use super::random::RandomStream;
use super::reading::Readers;
use super::seats::Request;
use super::time::{DAY, HOUR, Period};
use super::unions::Unions;

/// Sign-up requests without a prompt, in no order. Requests prompted by a push, an announcement or a list are generated
/// elsewhere.
pub(super) fn organic(
    activity: &Activity,
    members: &[Member],
    unions: &Unions,
    readers: &Readers,
    period: &Period,
    rng: &mut RandomStream,
) -> Vec<Request> {
    let from = activity.opens.max(0);
    let until = activity.closes.unwrap_or(period.end).min(period.end);
    if from >= until {
        return Vec::new();
    }
    let open_days = (until - from) as f64 / DAY as f64;
    let seats = match activity.capacity {
        // If sign-up extends beyond the period, only a part of its demand falls within it.
        Some(capacity) => {
            let window = activity.closes.map_or(until - from, |closes| closes - activity.opens);
            f64::from(capacity) * ((activity.closes.unwrap_or(until) - from) as f64 / window as f64)
        }
        None => members.len() as f64 * open_days / 365.0,
    };
    let target = rng.poisson(seats * activity.template.demand * activity.appeal);
    let mut requests = Vec::new();
    for _ in 0..target.saturating_mul(12) {
        if requests.len() >= target as usize {
            break;
        }
        // One request in five comes through the union's organiser, from members who may never read articles.
        let drawn = if rng.chance(0.2) {
            Some(rng.index(members.len()) as u32)
        } else {
            readers.draw(rng, activity.template.topic, activity.theme)
        };
        let Some(number) = drawn else { break };
        let member = &members[number as usize];
        let engagement = member.union.map_or(1.0, |union| unions.all[union as usize].engagement);
        if !rng.chance(engagement / 4.0) {
            continue;
        }
        let at = match (activity.template.premiere, activity.closes) {
            (true, _) => period.after_delay(rng, from, 3.0 * HOUR as f64),
            (_, Some(_)) => period.after_delay(rng, from, (until - from) as f64 / 4.0),
            _ => {
                let some_day = from + (rng.unit() * (until - from) as f64) as i64;
                period.after_delay(rng, some_day, 3.0 * HOUR as f64)
            }
        };
        if at < until && activity.admits(member, unions, period.date(at)) {
            requests.push(Request { at, member: number });
        }
    }
    requests
}
