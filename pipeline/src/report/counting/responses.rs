//! Responses to the pushes of a period, for both arms.

use std::collections::{BTreeSet, HashMap};

use super::Counts;
use super::view::Micros;
use crate::report::columns::{EventColumns, Kind, NONE};

const SECOND: i64 = 1_000_000;
/// Time to read after a push.
const READ_WITHIN: i64 = 72 * 3600 * SECOND;
/// Time to sign up after a push.
const SIGN_UP_WITHIN: i64 = 7 * 24 * 3600 * SECOND;

/// What a member did after a push or a hold-out: a row of `responses.sql`. A million members have millions in a year.
#[derive(Debug, Clone)]
pub(super) struct Response {
    pub(super) push: u32,
    /// The member's row.
    pub(super) row: u32,
    pub(super) item: u32,
    /// Seconds until the first read; [`NONE`] without one.
    read_after: u32,
    pub(super) is_pushed: bool,
    pub(super) is_article: bool,
    pub(super) is_judged: bool,
    pub(super) has_signed_up: bool,
    pub(super) has_attended: bool,
}

impl Response {
    pub(super) fn has_read(&self) -> bool {
        self.read_after != NONE
    }

    pub(super) fn read_after_seconds(&self) -> Option<i64> {
        self.has_read().then_some(i64::from(self.read_after))
    }
}

/// Members of one arm of a push about one item, with the time at which it was sent.
type Sent = Vec<(u32, i64)>;

/// A read, a sign-up or an attendance after which another of the same member follows in a list.
struct Act {
    kind: Kind,
    at: i64,
    next: u32,
}

/// `responses.sql`. Responses about an item follow one another, and so do those to a push about it.
pub(super) fn responses(counts: &Counts, period: Micros) -> Vec<Response> {
    let columns = &counts.columns;
    let announcements = announcements(counts);
    let known = counts.known(period);
    let files = || files_with_pushes(counts, known);
    let mut acts = Acts { first: vec![NONE; columns.members.ids.len()], ..Acts::default() };
    let mut arm_finder = ArmFinder { place_of: vec![NONE; 2 * columns.push_ids.len()] };
    let mut place_of = vec![NONE; columns.members.ids.len()];
    let mut responses = Vec::with_capacity(files().map(|events| events.members.len()).sum());
    for item in files().flat_map(|events| events.items.iter().map(|(item, _)| *item)).collect::<BTreeSet<u32>>() {
        let Some(described) = columns.items.get(item) else { continue };
        let arms = arm_finder.of_item(counts, item, known);
        if arms.is_empty() {
            continue;
        }
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
                        row,
                        item,
                        read_after: NONE,
                        is_pushed,
                        is_article: described.is_article,
                        is_judged: true,
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

/// The files with pushes and hold-outs in a period.
pub(super) fn files_with_pushes(counts: &Counts, period: Micros) -> impl Iterator<Item = &EventColumns> {
    counts
        .columns
        .events
        .iter()
        .map(AsRef::as_ref)
        .filter(move |events| !events.pushes.is_empty() && events.overlaps(period))
}

/// Push, whether it is the arm `push`, and who was sent to.
type SentInArm = ((u32, bool), Sent);

/// Finds the pushes and hold-outs about one item.
struct ArmFinder {
    /// The place in the arms found so far, by twice the number of the push, and one more for the arm `push`. Else [`NONE`].
    place_of: Vec<u32>,
}

impl ArmFinder {
    fn of_item(&mut self, counts: &Counts, item: u32, period: Micros) -> Vec<SentInArm> {
        let mut arms: Vec<SentInArm> = Vec::new();
        counts.view.each_of_item(&counts.columns, item, period, |event| {
            let is_pushed = event.kind == Kind::Push;
            if let Some(push) = event.push()
                && (is_pushed || event.kind == Kind::HoldOut)
            {
                let place = &mut self.place_of[2 * push as usize + usize::from(is_pushed)];
                if *place == NONE {
                    *place = arms.len() as u32;
                    arms.push(((push, is_pushed), Sent::new()));
                }
                arms[*place as usize].1.push((event.row as u32, event.at));
            }
        });
        for ((push, is_pushed), _) in &arms {
            self.place_of[2 * *push as usize + usize::from(*is_pushed)] = NONE;
        }
        arms
    }
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
                    response.read_after = response.read_after.min(seconds as u32);
                }
                Kind::SignUp => response.has_signed_up |= after < SIGN_UP_WITHIN,
                Kind::Attended => response.has_attended = true,
                _ => (),
            }
        }
    }
}
