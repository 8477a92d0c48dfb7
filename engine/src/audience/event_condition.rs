//! `did` conditions: filters events, then counts them.

use zhihui_data::{ItemKind, snapshot::EventKind};

use super::{Count, Did, RuleError, intervals::ZoneDays, member_set::MemberSet, time};
use crate::{Engine, Overlay};

/// The events that rules can count.
pub(super) const EVENTS: [(&str, EventKind); 8] = [
    ("read", EventKind::Read),
    ("share", EventKind::Share),
    ("shown", EventKind::Shown),
    ("sign_up", EventKind::SignUp),
    ("attended", EventKind::Attended),
    ("cancel", EventKind::Cancel),
    ("push", EventKind::Push),
    ("feedback", EventKind::Feedback),
];

/// Rejects a condition that names a sensitive topic, or an item with one.
///
/// # Errors
/// [`RuleError::Sensitive`] with the JSON pointer of the name.
pub(super) fn check_not_sensitive(engine: &Engine, did: &Did, at: &str) -> Result<(), RuleError> {
    let refuse = |place: &str, topic: &str| {
        Err(RuleError::Sensitive { at: format!("{at}/did/{place}"), topic: topic.to_owned() })
    };
    if let Some(topic) = &did.topic
        && engine.topic_row(topic).is_some_and(|row| engine.is_sensitive(row as u32))
    {
        return refuse("topic", topic);
    }
    match did.item_id.as_deref().and_then(|id| engine.item_row(id)).and_then(|row| engine.sensitive_topic_of(row)) {
        Some(topic) => refuse("item_id", topic),
        None => Ok(()),
    }
}

/// Returns the members whose number of events before `now` meets the condition.
pub(super) fn members_who_did(engine: &Engine, overlay: &Overlay, did: &Did, now: i64) -> MemberSet {
    let snapshot = engine.snapshot();
    let n_members = snapshot.members.id.len();
    let Some(&(_, kind)) = EVENTS.iter().find(|(name, _)| *name == did.event) else {
        return MemberSet::empty(n_members);
    };
    let admitted = items(engine, did);
    let is_admitted = |item: u32| admitted.as_ref().is_none_or(|admitted| admitted[item as usize]);
    let (from, to) = window(engine, did, now);
    let history = &snapshot.history;
    let days = did.count.distinct_days.map(|_| ZoneDays::within(from, to, snapshot.zone));
    MemberSet::of(n_members, |member| {
        let mut counter = EventCounter { days: days.as_ref(), count: 0, day: (0, 0) };
        let stored = history.of(member);
        let first = stored.start + history.at[stored.clone()].partition_point(|&at| at < from);
        for at in first..stored.end {
            if history.at[at] >= to {
                break;
            }
            if history.kind[at] == kind && is_admitted(history.item[at]) {
                counter.add(history.at[at]);
            }
        }
        if let Some(live) = overlay.member(member).live {
            for event in &live.events {
                if event.kind == kind && (from..to).contains(&event.at) && is_admitted(event.item) {
                    counter.add(event.at);
                }
            }
        }
        meets(&did.count, counter.count)
    })
}

/// Counts events, or distinct days with events in the union's time zone. Events must be added in order of time.
struct EventCounter<'a> {
    /// `None` if events are counted.
    days: Option<&'a ZoneDays>,
    count: u32,
    /// The interval of the last counted day.
    day: (i64, i64),
}

impl EventCounter<'_> {
    fn add(&mut self, at: i64) {
        if let Some(days) = self.days {
            if (self.day.0..self.day.1).contains(&at) {
                return;
            }
            self.day = days.of(at);
        }
        self.count = self.count.saturating_add(1);
    }
}

fn meets(count: &Count, counted: u32) -> bool {
    match (count.exactly, count.at_most, count.at_least.or(count.distinct_days)) {
        (Some(exactly), _, _) => counted == exactly,
        (None, Some(at_most), _) => counted <= at_most,
        (None, None, at_least) => counted >= at_least.unwrap_or(1),
    }
}

/// The items that count, or `None` for all. A topic filter excludes sensitive items, which it could otherwise single
/// out. A kind filter includes them, so that the difference between a rule without and a rule with a kind does not
/// reveal their readers.
fn items(engine: &Engine, did: &Did) -> Option<Vec<bool>> {
    if did.topic.is_none() && did.item_id.is_none() && did.kind.is_none() {
        return None;
    }
    let items = &engine.snapshot().items;
    let topic = did.topic.as_ref().map(|topic| engine.topic_row(topic).map(|row| row as u32));
    let kind = did.kind.as_deref().and_then(ItemKind::parse);
    let counts = |item: usize| {
        did.item_id.as_ref().is_none_or(|id| items.id[item] == *id)
            && kind.is_none_or(|kind| items.kind[item] == kind)
            && topic.is_none_or(|topic| {
                topic.is_some_and(|topic| items.topics.row(item).contains(&topic))
                    && !engine.is_sensitive_item(item as u32)
            })
    };
    Some((0..items.id.len()).map(counts).collect())
}

/// The half-open window of time. It never extends beyond `now`.
fn window(engine: &Engine, did: &Did, now: i64) -> (i64, i64) {
    let zone = engine.snapshot().zone;
    let start =
        |text: &Option<String>| text.as_deref().and_then(|text| time::interval(text, zone)).map(|(start, _)| start);
    let from = match did.within_days {
        Some(days) => zone.window_start(time::utc(now), days).timestamp(),
        None => start(&did.from).unwrap_or(i64::MIN),
    };
    (from, start(&did.to).map_or(now, |to| to.min(now)))
}
