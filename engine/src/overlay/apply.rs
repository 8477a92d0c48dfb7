//! Taking an event into the overlay.

use zhihui_data::snapshot::{EventKind, NONE};

use super::{
    Applied, LiveEvent, LiveKind, LiveMember, Overlay,
    member::{Event, Said, say, tickets_held},
    sign_up::{Deed, LiveSignUp},
};
use crate::{Engine, answer::Who};

impl Overlay {
    /// Takes one event: reads move the member's vector, sign-ups take seats, opt-outs silence.
    ///
    /// Every event is taken. One about a member or an item that the snapshot does not know is remembered as far as it
    /// can be and changes nothing for others. Answers do not depend on the order in which events of different seconds
    /// come; of two in the same second that contradict each other the later one counts.
    pub fn apply(&mut self, engine: &Engine, event: &LiveEvent<'_>) -> Applied {
        self.events += 1;
        let item = event.item_id.map(|id| engine.item_row(id).map(|row| row as u32));
        let row = match event.what {
            LiveKind::Bind { openid } => self.bind(engine, event.who, openid, event.at),
            _ => self.change(engine, event, item.flatten()),
        };
        Applied { member_known: row.is_some(), item_known: item.is_none_or(|found| found.is_some()) }
    }

    fn change(&mut self, engine: &Engine, event: &LiveEvent<'_>, item: Option<u32>) -> Option<usize> {
        let (row, live) = self.entry(engine, event.who);
        let said = |yes| Some(Said { at: event.at, yes });
        match event.what {
            _ if live.forgotten => {}
            LiveKind::Follow => say(&mut live.follows, said(true)),
            LiveKind::Unfollow => say(&mut live.follows, said(false)),
            LiveKind::OptOut => say(&mut live.personalised, said(false)),
            LiveKind::OptIn => say(&mut live.personalised, said(true)),
            LiveKind::Forget => *live = LiveMember::forgotten(),
            _ => {
                if let (Some(item), Some(kind)) = (item, kind_of(event.what)) {
                    live.insert(Event { at: event.at, item, kind });
                    if let Some(deed) = Deed::of(event.what, item, event.at) {
                        live.add_deed(deed);
                        let (before, now) = live.settle(engine, row, item);
                        self.count(item, union_of(engine, row), before, now);
                    }
                }
            }
        }
        row
    }

    fn entry(&mut self, engine: &Engine, who: Who<'_>) -> (Option<usize>, &mut LiveMember) {
        let bound = match who {
            Who::OpenId(openid) => self.bindings.get(openid).map(|(_, member)| member.clone()),
            Who::Member(_) => None,
        };
        let who = bound.as_deref().map_or(who, Who::Member);
        let row = match who {
            Who::Member(id) => engine.member_row(id),
            Who::OpenId(openid) => engine.openid_row(openid),
        };
        let live = match (row, who) {
            (Some(row), _) => self.members.entry(&(row as u32)),
            (None, Who::Member(id)) => self.strangers.entry(id),
            (None, Who::OpenId(openid)) => self.strangers_by_openid.entry(openid),
        };
        (row, live)
    }

    fn bind(&mut self, engine: &Engine, who: Who<'_>, openid: &str, at: i64) -> Option<usize> {
        let Who::Member(id) = who else { return None };
        let row = engine.member_row(id);
        let before = self.bindings.get(openid).cloned();
        if before.as_ref().is_some_and(|(since, _)| *since > at) {
            return row;
        }
        *self.bindings.entry(openid) = (at, id.to_owned());
        if let Some((_, loser)) = before.filter(|(_, loser)| loser != id) {
            let (_, live) = self.entry(engine, Who::Member(&loser));
            live.openid.take_if(|(_, own)| own == openid);
        }
        if let Some(loser) = engine.openid_row(openid).filter(|&owner| Some(owner) != row) {
            let live = self.members.entry(&(loser as u32));
            if live.openid.is_none() {
                live.openid = Some((i64::MIN, String::new()));
            }
        }
        let earlier = self.strangers_by_openid.remove(openid);
        let (row, live) = self.entry(engine, who);
        let had_one = row.is_some_and(|row| !engine.snapshot().members.openid[row].is_empty());
        if live.openid.as_ref().is_none_or(|(since, _)| *since <= at) {
            live.openid = Some((at, openid.to_owned()));
        }
        if !had_one && live.follows.is_none() {
            live.follows = Some(Said { at: i64::MIN, yes: true });
        }
        if let Some(earlier) = earlier.filter(|_| !live.forgotten) {
            live.absorb(&earlier);
            let settle = |sign_up: &LiveSignUp| (*sign_up, live.settle(engine, row, sign_up.item));
            let settled: Vec<_> = earlier.sign_ups.iter().map(settle).collect();
            for (alone, (before, now)) in settled {
                self.count(alone.item, NONE, Some(alone), None);
                self.count(alone.item, union_of(engine, row), before, now);
            }
        }
        row
    }

    /// Moves the counters of seats and of union mates from one sign-up to the next.
    fn count(&mut self, item: u32, union: u32, before: Option<LiveSignUp>, now: Option<LiveSignUp>) {
        let change = |of: fn(LiveSignUp) -> i64| now.map_or(0, of) - before.map_or(0, of);
        let taken = change(tickets_held);
        let stands = change(|sign_up| i64::from(sign_up.status.stands()));
        if taken != 0 {
            *self.seats.entry(&item) += taken;
        }
        if union != NONE && (taken, stands) != (0, 0) {
            let (seats, mates) = self.by_union.entry(&(item, union));
            *seats += taken;
            *mates += stands;
        }
    }
}

fn union_of(engine: &Engine, row: Option<usize>) -> u32 {
    row.map_or(NONE, |row| engine.snapshot().members.union[row])
}

/// The kind of an event on an item; `None` for those about the member alone.
fn kind_of(what: LiveKind<'_>) -> Option<EventKind> {
    Some(match what {
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
    })
}
