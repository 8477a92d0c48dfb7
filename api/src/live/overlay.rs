//! Builds the overlay of an engine from the events of the inbox.
//!
//! Takes the rows of the inbox that are newer than the snapshot and adds them to the overlay in the order of their sequence
//! numbers. It does not decide which overlay is published; `slot` holds that one.

use std::collections::HashSet;
use std::sync::Arc;

use zhihui_data::snapshot::EventWeight;
use zhihui_data::{Event, EventType};
use zhihui_engine::answer::Who;
use zhihui_engine::overlay::{LiveEvent, LiveKind};
use zhihui_engine::{Engine, Overlay};

use crate::push_lists::sending::database::{NOT_COMPARED, NOT_DELIVERED};
use crate::store::error::StoreError;
use crate::store::inbox::database::Inbox;
use crate::store::inbox::rows::InboxEvent;

/// Events read at a time.
const READ_BATCH: u32 = 20_000;

/// Builds the overlay of the events after the engine's snapshot, including held ones, and returns it with the sequence
/// number of its last event. Commands use it to answer like a running service.
///
/// # Errors
/// [`StoreError`] if the inbox cannot be read.
pub async fn overlay_above(inbox: &Inbox, engine: &Arc<Engine>) -> Result<(Overlay, u64), StoreError> {
    let snapshot = engine.snapshot();
    let held = if snapshot.inbox == inbox.id() { snapshot.inbox_sequence } else { 0 };
    let mut overlay = Overlay::default();
    let mut next = 1;
    let mut applied = HashSet::new();
    // Events that a run held because they are dated in the future.
    while next <= held {
        let rows = inbox.held_rows(next, held, READ_BATCH).await?;
        let Some(last) = rows.last() else { break };
        next = last.sequence + 1;
        applied.extend(rows.iter().map(|row| row.sequence));
        overlay = fill(overlay, engine, rows).await?;
    }
    let mut filled_to = held;
    loop {
        let mut rows = inbox.rows_after(filled_to, READ_BATCH).await?;
        let Some(last) = rows.last() else { return Ok((overlay, filled_to)) };
        filled_to = last.sequence;
        // A run may have moved a held event to the end in the meantime.
        rows.retain(|row| row.moved_from.is_none_or(|was| !applied.contains(&was)));
        overlay = fill(overlay, engine, rows).await?;
    }
}

/// Applies events on a blocking thread.
async fn fill(mut overlay: Overlay, engine: &Arc<Engine>, rows: Vec<InboxEvent>) -> Result<Overlay, StoreError> {
    let engine = Arc::clone(engine);
    let filling = tokio::task::spawn_blocking(move || {
        apply(&mut overlay, &engine, &rows);
        overlay
    });
    filling.await.map_err(|_| StoreError::Interrupted)
}

/// Applies events in order.
pub(crate) fn apply<'a>(overlay: &mut Overlay, engine: &Engine, rows: impl IntoIterator<Item = &'a InboxEvent>) {
    for row in rows {
        if let Some(event) = live_event(&row.event) {
            overlay.apply_received(engine, &event, row.event.at, row.sequence);
        }
    }
}

/// Converts an event for the overlay. `None` if it names nobody, which no event of the inbox does, and if it adds nothing.
fn live_event(event: &Event) -> Option<LiveEvent<'_>> {
    let who = match (&event.member_id, &event.openid) {
        (Some(member), _) => Who::Member(member),
        (None, Some(openid)) => Who::OpenId(openid),
        (None, None) => return None,
    };
    let what = match event.kind {
        EventType::Read => {
            LiveKind::ReadTo(EventWeight::of_read(event.details.read_fraction, event.details.dwell_seconds))
        }
        EventType::Share => LiveKind::Share,
        EventType::Shown => LiveKind::Shown,
        EventType::SignUp => LiveKind::SignUp {
            tickets: event.details.tickets.unwrap_or(1),
            children: event.details.children.unwrap_or(0),
            waitlisted: event.details.waitlisted,
        },
        EventType::Cancel => LiveKind::Cancel,
        EventType::CheckIn => LiveKind::CheckIn,
        EventType::Follow => LiveKind::Follow,
        EventType::Unfollow => LiveKind::Unfollow,
        EventType::OptOut => LiveKind::OptOut,
        EventType::OptIn => LiveKind::OptIn,
        EventType::Feedback => LiveKind::Feedback,
        EventType::Bind => LiveKind::Bind { openid: event.openid.as_deref()? },
        // Such an event corrects an earlier one, which counts until the next build.
        EventType::Push | EventType::HoldOut if is_correction(event) => return None,
        EventType::Push => LiveKind::Push,
        EventType::HoldOut => LiveKind::HoldOut,
        EventType::Forget => LiveKind::Forget,
    };
    Some(LiveEvent { who, item_id: event.item_id.as_deref(), at: event.second(), what })
}

/// Whether a push is known to have reached nobody.
fn is_correction(event: &Event) -> bool {
    event.details.channel.as_deref().is_some_and(|channel| [NOT_DELIVERED, NOT_COMPARED].contains(&channel))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_that_reached_nobody_is_no_second_push() {
        let mut event = Event::of_member(EventType::Push, "m1", 0);
        assert_eq!(live_event(&event).expect("somebody").what, LiveKind::Push);
        event.details.channel = Some(NOT_DELIVERED.to_owned());
        assert_eq!(live_event(&event), None);
    }

    #[test]
    fn read_keeps_its_depth() {
        let mut event = Event::of_member(EventType::Read, "m1", 0);
        event.details.dwell_seconds = Some(30.0);
        assert_eq!(
            live_event(&event).expect("somebody").what,
            LiveKind::ReadTo(EventWeight::of_read(None, Some(30.0)))
        );
        event.details.read_fraction = Some(0.0);
        assert_eq!(live_event(&event).expect("somebody").what, LiveKind::ReadTo(EventWeight::of_read(Some(0.0), None)));
    }
}
