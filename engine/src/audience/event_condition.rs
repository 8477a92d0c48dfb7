//! `did` conditions: filters events, then counts them.

use zhihui_data::{
    ItemKind,
    snapshot::{EventKind, History},
};

use super::{
    Count, Did, RuleError,
    intervals::ZoneDays,
    member_set::MemberSet,
    posting_counts::{PostingCounts, count_postings},
    time,
};
use crate::{Engine, Overlay, overlay::LiveMember};

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
    let (from, to) = window(engine, did, now);
    let filter = EventFilter {
        history: &snapshot.history,
        kind,
        items: items(engine, did),
        from,
        to,
        days: did.count.distinct_days.map(|_| ZoneDays::within(from, to, snapshot.zone)),
    };
    let (mut set, inexact) = match count_postings(engine.event_postings(), &filter, n_members, wanted(&did.count)) {
        Some(PostingCounts { counts, inexact }) => {
            (MemberSet::of(n_members, |member| meets(&did.count, u32::from(counts[member]))), inexact)
        }
        None => (MemberSet::of(n_members, |member| meets(&did.count, filter.count(member, None))), Vec::new()),
    };
    for row in inexact {
        set.put(row as usize, meets(&did.count, filter.count(row as usize, None)));
    }
    for (row, live) in overlay.live_members() {
        if live.events.iter().any(|event| filter.admits(event.kind, event.item, event.at)) {
            set.put(row, meets(&did.count, filter.count(row, Some(live))));
        }
    }
    set
}

/// The events that a condition counts.
pub(super) struct EventFilter<'a> {
    history: &'a History,
    pub(super) kind: EventKind,
    pub(super) items: AdmittedItems,
    /// The half-open window.
    pub(super) from: i64,
    pub(super) to: i64,
    /// `None` if events are counted, else the days of the window.
    pub(super) days: Option<ZoneDays>,
}

impl EventFilter<'_> {
    fn admits(&self, kind: EventKind, item: u32, at: i64) -> bool {
        kind == self.kind && (self.from..self.to).contains(&at) && self.items.admit(item)
    }

    /// The member's number of events or days.
    fn count(&self, member: usize, live: Option<&LiveMember>) -> u32 {
        let history = self.history;
        let stored = history.of(member);
        let times = history.since(stored, self.from).map(|event| (event, history.at(event)));
        let counts =
            |&(event, _): &(usize, i64)| history.kind(event) == self.kind && self.items.admit(history.item(event));
        let stored = times.take_while(|&(_, at)| at < self.to).filter(counts).map(|(_, at)| at);
        let mut counter = EventCounter { days: self.days.as_ref(), count: 0, day: (0, 0) };
        match live {
            None => stored.for_each(|at| counter.add(at)),
            Some(live) => {
                let live = live.events.iter().filter(|event| self.admits(event.kind, event.item, event.at));
                // Live events may be older than stored ones.
                let mut times: Vec<i64> = stored.chain(live.map(|event| event.at)).collect();
                times.sort_unstable();
                times.into_iter().for_each(|at| counter.add(at));
            }
        }
        counter.count
    }
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

/// The number of events or days that decides: a larger one changes nothing.
fn wanted(count: &Count) -> u32 {
    count.exactly.or(count.at_most).or(count.at_least).or(count.distinct_days).unwrap_or(1)
}

/// The items whose events count.
pub(super) enum AdmittedItems {
    All,
    /// At most one item.
    One(Option<u32>),
    /// By row.
    These(Vec<bool>),
}

impl AdmittedItems {
    #[inline]
    pub(super) fn admit(&self, item: u32) -> bool {
        match self {
            Self::All => true,
            Self::One(one) => *one == Some(item),
            Self::These(these) => these[item as usize],
        }
    }
}

/// The items that count. A topic filter excludes sensitive items, which it could otherwise single out. A kind filter
/// includes them, so that the difference between a rule without and a rule with a kind does not reveal their readers.
fn items(engine: &Engine, did: &Did) -> AdmittedItems {
    if did.topic.is_none() && did.item_id.is_none() && did.kind.is_none() {
        return AdmittedItems::All;
    }
    let items = &engine.snapshot().items;
    let topic = did.topic.as_ref().map(|topic| engine.topic_row(topic).map(|row| row as u32));
    let kind = did.kind.as_deref().and_then(ItemKind::parse);
    let counts = |item: usize| {
        kind.is_none_or(|kind| items.kind[item] == kind)
            && topic.is_none_or(|topic| {
                topic.is_some_and(|topic| items.topics.row(item).contains(&topic))
                    && !engine.is_sensitive_item(item as u32)
            })
    };
    match &did.item_id {
        Some(id) => AdmittedItems::One(engine.item_row(id).filter(|&item| counts(item)).map(|item| item as u32)),
        None => AdmittedItems::These((0..items.id.len()).map(counts).collect()),
    }
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
