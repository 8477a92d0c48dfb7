//! Taking an event into the overlay.

use zhihui_data::{
    SignUpStatus,
    snapshot::{EventKind, NONE},
};

use super::{
    Applied, LiveEvent, LiveKind, LiveMember, Overlay,
    member::{Event, LiveSignUp},
};
use crate::{
    Engine,
    answer::Who,
    scoring::{fold_in, interaction_weight},
};

/// Interactions that a vector is folded in from, the latest ones: bounds the work of one event.
const FOLD_IN_HISTORY: usize = 500;

impl Overlay {
    /// Takes one event: reads move the member's vector, sign-ups take seats, opt-outs silence.
    ///
    /// Every event is taken. One about a member or an item that the snapshot does not know is remembered as far as it
    /// can be and changes nothing for others.
    pub fn apply(&mut self, engine: &Engine, event: &LiveEvent<'_>) -> Applied {
        self.events += 1;
        let item = event.item_id.map(|id| engine.item_row(id).map(|row| row as u32));
        let row = match event.what {
            LiveKind::Bind { openid } => self.bind(engine, event.who, openid),
            _ => self.change(engine, event, item.flatten()),
        };
        Applied { member_known: row.is_some(), item_known: item.is_none_or(|found| found.is_some()) }
    }

    fn change(&mut self, engine: &Engine, event: &LiveEvent<'_>, item: Option<u32>) -> Option<usize> {
        let (row, live) = self.entry(engine, event.who);
        match event.what {
            LiveKind::Follow => live.follows = Some(true),
            LiveKind::Unfollow => live.follows = Some(false),
            LiveKind::OptOut => live.say_personalised(false, event.at),
            LiveKind::OptIn => live.say_personalised(true, event.at),
            LiveKind::Forget => *live = LiveMember { forgotten: true, ..LiveMember::default() },
            _ => {
                if let (Some(item), false) = (item, live.forgotten) {
                    let took_part = happen(engine, row, live, event, item);
                    if let Some((before, now)) = took_part {
                        let union = row.map_or(NONE, |row| engine.snapshot().members.union[row]);
                        self.count(item, union, before, now);
                    }
                }
            }
        }
        row
    }

    fn entry(&mut self, engine: &Engine, who: Who<'_>) -> (Option<usize>, &mut LiveMember) {
        let bound = match who {
            Who::OpenId(openid) => self.bindings.get(openid).cloned(),
            Who::Member(_) => None,
        };
        let who = bound.as_deref().map_or(who, Who::Member);
        let row = match who {
            Who::Member(id) => engine.member_row(id),
            Who::OpenId(openid) => engine.openid_row(openid),
        };
        let live = match (row, who) {
            (Some(row), _) => self.members.entry(row as u32).or_default(),
            (None, Who::Member(id)) => self.strangers.entry(id.to_owned()).or_default(),
            (None, Who::OpenId(openid)) => self.strangers_by_openid.entry(openid.to_owned()).or_default(),
        };
        (row, live)
    }

    fn bind(&mut self, engine: &Engine, who: Who<'_>, openid: &str) -> Option<usize> {
        let Who::Member(id) = who else { return None };
        let row = engine.member_row(id);
        let loser = engine.openid_row(openid).filter(|&owner| Some(owner) != row);
        if let Some(loser) = loser {
            self.members.entry(loser as u32).or_default().openid = Some(String::new());
        }
        self.bindings.insert(openid.to_owned(), id.to_owned());
        let earlier = self.strangers_by_openid.remove(openid);
        let (row, live) = self.entry(engine, who);
        let had_one = row.is_some_and(|row| !engine.snapshot().members.openid[row].is_empty());
        live.openid = Some(openid.to_owned());
        if let Some(earlier) = earlier {
            live.absorb(earlier);
            fold(engine, row, live);
        }
        if !had_one && live.follows.is_none() {
            live.follows = Some(true);
        }
        row
    }

    /// Moves the counters of seats and of union mates from one sign-up to the next.
    fn count(&mut self, item: u32, union: u32, before: Option<LiveSignUp>, now: LiveSignUp) {
        let seats = |sign_up: LiveSignUp| {
            if sign_up.status.holds_seats() { i64::from(sign_up.tickets) } else { 0 }
        };
        let taken = seats(now) - before.map_or(0, seats);
        *self.seats.entry(item).or_default() += taken;
        if union != NONE {
            let stands = |sign_up: LiveSignUp| i64::from(sign_up.status.stands());
            *self.seats_by_union.entry((item, union)).or_default() += taken;
            *self.mates.entry((item, union)).or_default() += stands(now) - before.map_or(0, stands);
        }
    }
}

/// Records an event on an item; gives the sign-up that stood and the one that stands, where one changed.
fn happen(
    engine: &Engine,
    row: Option<usize>,
    live: &mut LiveMember,
    event: &LiveEvent<'_>,
    item: u32,
) -> Option<(Option<LiveSignUp>, LiveSignUp)> {
    let kind = match event.what {
        LiveKind::Read => EventKind::Read,
        LiveKind::Share => EventKind::Share,
        LiveKind::Shown => EventKind::Shown,
        LiveKind::SignUp { .. } => EventKind::SignUp,
        LiveKind::Cancel => EventKind::Cancel,
        LiveKind::CheckIn => EventKind::Attended,
        LiveKind::Feedback => EventKind::Feedback,
        LiveKind::Push => EventKind::Push,
        LiveKind::HoldOut => EventKind::HoldOut,
        _ => return None,
    };
    live.insert(Event { at: event.at, item, kind });
    let weight = interaction_weight(kind);
    if weight > 0.0 {
        let topics = engine.snapshot().items.topics.row(item as usize);
        live.evidence.extend(topics.iter().map(|&topic| (topic, weight / topics.len() as f32)));
        fold(engine, row, live);
    }
    let before = standing(engine, row, live, item);
    let (tickets, children) = before.map_or((1, 0), |before| (before.tickets, before.children));
    let (status, tickets, children) = match event.what {
        LiveKind::SignUp { tickets, children, waitlisted: true } => (SignUpStatus::Waitlisted, tickets, children),
        LiveKind::SignUp { tickets, children, waitlisted: false } => (SignUpStatus::Registered, tickets, children),
        LiveKind::Cancel if before.is_some() => (SignUpStatus::Cancelled, tickets, children),
        LiveKind::CheckIn => (SignUpStatus::Attended, tickets, children),
        _ => return None,
    };
    if before.is_some_and(|before| before.at > event.at) {
        return None;
    }
    let now = LiveSignUp { item, at: event.at, status, tickets, children };
    live.put_sign_up(now);
    Some((before, now))
}

fn standing(engine: &Engine, row: Option<usize>, live: &LiveMember, item: u32) -> Option<LiveSignUp> {
    if let Some(&sign_up) = live.sign_up(item) {
        return Some(sign_up);
    }
    let sign_ups = &engine.snapshot().sign_ups;
    let at = sign_ups.of(row?).find(|&at| sign_ups.item[at] == item)?;
    let (status, tickets, children) = (sign_ups.status[at], sign_ups.tickets[at], sign_ups.children[at]);
    Some(LiveSignUp { item, at: i64::MIN, status, tickets, children })
}

/// Gives the member the vector that training would give to what is known now.
fn fold(engine: &Engine, row: Option<usize>, live: &mut LiveMember) {
    let Some(factors) = &engine.snapshot().model.factors else { return };
    let history = &engine.snapshot().history;
    let stored = row.map_or(0..0, |row| history.of(row)).map(|at| (history.item[at], history.kind[at]));
    let added = live.events.iter().map(|event| (event.item, event.kind));
    let mut weights: Vec<(u32, f32)> = Vec::new();
    for (item, kind) in added.rev().chain(stored.rev()) {
        let weight = interaction_weight(kind);
        let is_full = weights.len() == FOLD_IN_HISTORY;
        match weights.iter_mut().find(|(known, _)| *known == item) {
            Some((_, known)) => *known = known.max(weight),
            None if weight > 0.0 && !is_full => weights.push((item, weight)),
            None => {}
        }
    }
    live.vector = fold_in(factors, &weights);
}
