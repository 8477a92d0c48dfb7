//! An event of the inbox as the engine's overlay takes it.

use std::collections::HashSet;
use std::sync::Arc;

use zhihui_data::snapshot::EventWeight;
use zhihui_data::{Event, EventType};
use zhihui_engine::answer::Who;
use zhihui_engine::overlay::{LiveEvent, LiveKind};
use zhihui_engine::{Engine, Overlay};

use crate::inbox::{Inbox, Numbered};
use crate::store::StoreError;

/// Events read at once while an overlay is filled.
const PART: u32 = 20_000;

/// What happened since the engine's snapshot, with the events that are held, and the number of the last event in it. A command that asks once what a running
/// service would answer needs no more.
///
/// # Errors
/// [`StoreError`] when the inbox cannot be read.
pub async fn overlay_above(inbox: &Inbox, engine: &Arc<Engine>) -> Result<(Overlay, u64), StoreError> {
    let snapshot = engine.snapshot();
    let held = if snapshot.inbox == inbox.id() { snapshot.inbox_sequence } else { 0 };
    let mut overlay = Overlay::default();
    let mut next = 1;
    let mut applied = HashSet::new();
    // Events that a run has passed and held because they are dated ahead.
    while next <= held {
        let rows = inbox.rows_held(next, held, PART).await?;
        let Some(last) = rows.last() else { break };
        next = last.sequence + 1;
        applied.extend(rows.iter().map(|row| row.sequence));
        overlay = fill(overlay, engine, rows).await?;
    }
    let mut filled_to = held;
    loop {
        let mut rows = inbox.rows_after(filled_to, PART).await?;
        let Some(last) = rows.last() else { return Ok((overlay, filled_to)) };
        filled_to = last.sequence;
        // A run may move a held event to the end meanwhile.
        rows.retain(|row| row.moved_from.is_none_or(|was| !applied.contains(&was)));
        overlay = fill(overlay, engine, rows).await?;
    }
}

/// Applies rows away from the runtime's threads.
async fn fill(mut overlay: Overlay, engine: &Arc<Engine>, rows: Vec<Numbered>) -> Result<Overlay, StoreError> {
    let engine = Arc::clone(engine);
    let filling = tokio::task::spawn_blocking(move || {
        apply(&mut overlay, &engine, &rows);
        overlay
    });
    filling.await.map_err(|_| StoreError::Interrupted)
}

/// Applies events in their order.
pub(super) fn apply<'a>(overlay: &mut Overlay, engine: &Engine, rows: impl IntoIterator<Item = &'a Numbered>) {
    for row in rows {
        if let Some(event) = live(&row.event) {
            overlay.apply_received(engine, &event, row.event.at, row.sequence);
        }
    }
}

/// `None` where nobody is named, which no event of the inbox is.
fn live(event: &Event) -> Option<LiveEvent<'_>> {
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
        EventType::Forget => LiveKind::Forget,
    };
    Some(LiveEvent { who, item_id: event.item_id.as_deref(), at: event.second(), what })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_brings_its_depth_along() {
        let mut event = Event::of_member(EventType::Read, "m1", 0);
        event.details.dwell_seconds = Some(30.0);
        assert_eq!(live(&event).expect("somebody").what, LiveKind::ReadTo(EventWeight::of_read(None, Some(30.0))));
        event.details.read_fraction = Some(0.0);
        assert_eq!(live(&event).expect("somebody").what, LiveKind::ReadTo(EventWeight::of_read(Some(0.0), None)));
    }
}
