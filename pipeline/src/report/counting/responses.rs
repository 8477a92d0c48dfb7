//! Responses to the pushes of a period, for both arms.

use std::collections::HashMap;

use super::Counts;
use super::view::Micros;
use crate::report::columns::{Kind, NONE};

const SECOND: i64 = 1_000_000;
/// Time to read after a push.
const READ_WITHIN: i64 = 72 * 3600 * SECOND;
/// Time to sign up after a push.
const SIGN_UP_WITHIN: i64 = 7 * 24 * 3600 * SECOND;

/// What a member did after a push or a hold-out: a row of `responses.sql`.
#[derive(Debug, Clone)]
pub(super) struct Response {
    pub(super) push: u32,
    pub(super) is_pushed: bool,
    /// The member's row.
    pub(super) row: u32,
    pub(super) item: u32,
    pub(super) is_article: bool,
    pub(super) is_judged: bool,
    pub(super) has_read: bool,
    pub(super) read_after_seconds: Option<i64>,
    pub(super) has_signed_up: bool,
    pub(super) has_attended: bool,
}

/// Members of one arm of a push about one item, with the time at which it was sent.
type Sent = Vec<(u32, i64)>;

/// A read, a sign-up or an attendance after which another of the same member follows in a list.
struct Act {
    kind: Kind,
    at: i64,
    next: u32,
}

/// `responses.sql`.
pub(super) fn responses(counts: &Counts, period: Micros) -> Vec<Response> {
    let columns = &counts.columns;
    let announcements = announcements(counts);
    let mut acts = Acts { first: vec![NONE; columns.members.ids.len()], ..Acts::default() };
    let mut place_of = vec![NONE; columns.members.ids.len()];
    let mut responses = Vec::new();
    for (item, arms) in sent(counts, counts.known(period)) {
        let Some(described) = columns.items.get(item) else { continue };
        let activity = described.announces.or_else(|| (!described.is_article).then_some(item));
        let announcing = activity.and_then(|activity| announcements.get(&activity)).map_or(&[][..], Vec::as_slice);
        acts.collect(counts, period.0, item, activity, announcing);
        let time_to_respond = if described.is_article { READ_WITHIN } else { SIGN_UP_WITHIN };
        for ((push, is_pushed), sent) in arms {
            let first = responses.len();
            for (row, sent_at) in sent {
                let place = &mut place_of[row as usize];
                if *place == NONE {
                    *place = responses.len() as u32;
                    responses.push(Response {
                        push,
                        is_pushed,
                        row,
                        item,
                        is_article: described.is_article,
                        is_judged: true,
                        has_read: false,
                        read_after_seconds: None,
                        has_signed_up: false,
                        has_attended: false,
                    });
                }
                let response = &mut responses[*place as usize];
                response.is_judged &= sent_at + time_to_respond < counts.options.as_of;
                acts.respond(response, sent_at);
            }
            responses[first..].iter().for_each(|response: &Response| place_of[response.row as usize] = NONE);
        }
    }
    responses
}

/// The articles that announce each activity.
fn announcements(counts: &Counts) -> HashMap<u32, Vec<u32>> {
    let mut announcements: HashMap<u32, Vec<u32>> = HashMap::new();
    for (article, item) in counts.columns.items.iter() {
        if let Some(activity) = item.announces {
            announcements.entry(activity).or_default().push(article);
        }
    }
    announcements
}

/// Push, whether it is the arm `push`, and who was sent to.
type SentInArm = ((u32, bool), Sent);

/// The pushes and hold-outs of a period by item, push and arm.
fn sent(counts: &Counts, period: Micros) -> Vec<(u32, Vec<SentInArm>)> {
    let mut by_item: HashMap<u32, HashMap<(u32, bool), Sent>> = HashMap::new();
    let files = counts.columns.events.iter().filter(|events| !events.pushes.is_empty() && events.overlaps(period));
    for item in files.flat_map(|events| events.items.iter().map(|(item, _)| *item)) {
        by_item.entry(item).or_default();
    }
    for (&item, arms) in &mut by_item {
        counts.view.each_of_item(&counts.columns, item, period, |event| {
            let is_pushed = event.kind == Kind::Push;
            if let Some(push) = event.push()
                && (is_pushed || event.kind == Kind::HoldOut)
            {
                arms.entry((push, is_pushed)).or_default().push((event.row as u32, event.at));
            }
        });
    }
    by_item.into_iter().map(|(item, arms)| (item, arms.into_iter().collect())).collect()
}

/// The acts about one item, as a linked list for each member.
#[derive(Default)]
struct Acts {
    /// First act of each member, [`NONE`] without one.
    first: Vec<u32>,
    acts: Vec<Act>,
    rows: Vec<u32>,
}

impl Acts {
    /// Replaces the acts by those about an item, its activity, and the articles that announce the activity.
    fn collect(&mut self, counts: &Counts, from: i64, item: u32, activity: Option<u32>, announcing: &[u32]) {
        self.rows.drain(..).for_each(|row| self.first[row as usize] = NONE);
        self.acts.clear();
        let known = (from, counts.options.as_of);
        let mut add = |of: u32, is_counted: &dyn Fn(Kind) -> bool| {
            counts.view.each_of_item(&counts.columns, of, known, |event| {
                if is_counted(event.kind) {
                    let next = std::mem::replace(&mut self.first[event.row], self.acts.len() as u32);
                    self.acts.push(Act { kind: event.kind, at: event.at, next });
                    self.rows.push(event.row as u32);
                }
            });
        };
        let is_read = |kind| kind == Kind::Read;
        add(item, &is_read);
        announcing.iter().filter(|&&article| article != item).for_each(|&article| add(article, &is_read));
        if let Some(activity) = activity {
            add(activity, &|kind| matches!(kind, Kind::SignUp | Kind::Attended));
        }
    }

    /// Adds what the member did from an instant on.
    fn respond(&self, response: &mut Response, sent_at: i64) {
        let mut next = self.first[response.row as usize];
        while let Some(act) = self.acts.get(next as usize) {
            next = act.next;
            let after = act.at - sent_at;
            match act.kind {
                _ if after < 0 => (),
                Kind::Read if after < READ_WITHIN => {
                    // Differences of whole seconds since 1970.
                    let seconds = act.at.div_euclid(SECOND) - sent_at.div_euclid(SECOND);
                    response.has_read = true;
                    response.read_after_seconds =
                        Some(response.read_after_seconds.map_or(seconds, |known| known.min(seconds)));
                }
                Kind::SignUp => response.has_signed_up |= after < SIGN_UP_WITHIN,
                Kind::Attended => response.has_attended = true,
                _ => (),
            }
        }
    }
}
