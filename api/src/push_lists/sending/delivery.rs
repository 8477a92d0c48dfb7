//! Corrects the recorded pushes of a message that WeChat accepted and then sent to nobody.
//!
//! The key of a push is list and member, and its latest row counts. A correction is the same event with another channel, so the
//! next build counts no push for the member, and no hold-out for the held-out members of the same ranks. Until then the push
//! counts against the caps: a cap may send too little, but never too much.

use std::collections::{BTreeMap, HashSet};

use zhihui_data::Event;

use super::super::database::PushLists;
use super::super::error::PushListError;
use super::super::export::PreparedExport;
use super::super::members::ListMember;
use super::database::{BatchResult, DeliveryChange, Sendings};
use crate::events::writer::PreparedEvents;
use crate::middleware::problem::{Code, Problem};
use crate::service::Service;

/// Stores what WeChat reports about a message, and corrects the pushes that it concerns.
pub(crate) async fn note_result(service: &Service, msg_id: i64, result: &BatchResult) -> Result<(), Problem> {
    let changes = Sendings::new(&service.store).set_result(msg_id, result).await.map_err(PushListError::from)?;
    correct(service, &changes, "result").await
}

/// Corrects the pushes of the messages of a list whose results came before its pushes were recorded.
pub(super) async fn correct_list(service: &Service, list_id: &str) -> Result<(), Problem> {
    let changes = Sendings::new(&service.store).undelivered(list_id).await.map_err(PushListError::from)?;
    correct(service, &changes, "run").await
}

/// `source` tells apart the corrections of a callback and of a run, because either may be stored before the push itself.
async fn correct(service: &Service, changes: &[DeliveryChange], source: &str) -> Result<(), Problem> {
    let mut by_list: BTreeMap<(&str, bool), HashSet<usize>> = BTreeMap::new();
    for change in changes {
        by_list.entry((&change.list_id, change.is_delivered)).or_default().insert(change.rank);
    }
    let lists = PushLists::new(&service.store);
    for ((list_id, is_delivered), ranks) in by_list {
        let list = lists.get(list_id, None).await?;
        let mut members = lists.all_members(list_id).await?;
        members.retain(|member| ranks.contains(&member.rank));
        let facts = PreparedExport { list, members };
        let mut events = facts.facts();
        for (event, member) in events.iter_mut().zip(&facts.members) {
            change_channel(event, member, is_delivered, source);
        }
        let writer = service.events.get();
        let writer = writer.ok_or_else(|| Problem::new(Code::NotStored, "this service stores no events"))?;
        writer.append_all(PreparedEvents::new(events).await?).await?;
    }
    Ok(())
}

fn change_channel(event: &mut Event, member: &ListMember, is_delivered: bool, source: &str) {
    if !is_delivered {
        event.details.channel.clone_from(&member.left_out);
    }
    if let Some(id) = &mut event.event_id {
        id.push_str(if is_delivered { ":delivered:" } else { ":not_delivered:" });
        id.push_str(source);
    }
}
