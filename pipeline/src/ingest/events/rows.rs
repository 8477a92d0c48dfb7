//! Converts events to rows of contract tables.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use zhihui_data::{Event, EventType, Table};

/// The table of events of a type. `None` for erasures, which are not stored.
pub(super) fn table_of(kind: EventType) -> Option<Table> {
    Some(match kind {
        EventType::Read => Table::Reads,
        EventType::Share => Table::Shares,
        EventType::Shown => Table::Shown,
        EventType::SignUp | EventType::Cancel | EventType::CheckIn => Table::SignUps,
        EventType::Feedback => Table::Feedback,
        EventType::Push | EventType::HoldOut => Table::Pushes,
        EventType::Follow | EventType::Unfollow | EventType::OptOut | EventType::OptIn | EventType::Bind => {
            Table::MemberEvents
        }
        EventType::Forget => return None,
    })
}

/// Converts events of one table to rows, in order.
pub(super) fn batch(table: Table, events: &[&(u64, Event)]) -> Result<RecordBatch, ArrowError> {
    let of = Columns(events);
    let mut columns = vec![
        ("member_id", of.text(|event| event.member_id.clone())),
        ("openid", of.text(|event| event.openid.clone())),
    ];
    match table {
        Table::SignUps => {
            columns.push(("sign_up_id", of.text(|event| event.details.sign_up_id.clone())));
            columns.push(("activity_id", of.text(|event| event.item_id.clone())));
            columns.push(("signed_up_at", of.times(|event| Some(event.at))));
            columns.push(("status", of.text(|event| Some(status(event).to_owned()))));
            columns.push(("tickets", of.numbers(|event| event.details.tickets.map(i64::from))));
            columns.push(("children", of.numbers(|event| event.details.children.map(i64::from))));
            columns.push(("updated_at", of.times(|event| Some(event.at))));
        }
        Table::MemberEvents => {
            // Generates missing event ids. Otherwise an opt-out, an opt-in and an opt-out in one second would be one fact.
            let id = |(sequence, event): &(u64, Event)| {
                let identity = || event.identity().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
                event.event_id.clone().or_else(|| Some(format!("{}-{sequence}", identity())))
            };
            columns.push(("event_id", Arc::new(events.iter().map(|row| id(row)).collect::<StringArray>())));
            let numbers = events.iter().map(|(sequence, _)| i64::try_from(*sequence).ok());
            columns.push(("sequence", Arc::new(numbers.collect::<Int64Array>())));
            columns.push(("event", of.text(|event| Some(event.kind.as_str().to_owned()))));
            columns.push(("at", of.times(|event| Some(event.at))));
        }
        Table::Pushes => {
            columns.push(("push_id", of.text(|event| event.details.push_id.clone())));
            columns.push(("item_id", of.text(|event| event.item_id.clone())));
            columns.push(("sent_at", of.times(|event| Some(event.at))));
            columns.push(("arm", of.text(|event| Some(event.kind.as_str().to_owned()))));
            columns.push(("channel", of.text(|event| event.details.channel.clone())));
        }
        _ => {
            let (item, time) = match table {
                Table::Reads => ("article_id", "read_at"),
                Table::Shares => ("item_id", "shared_at"),
                Table::Shown => ("item_id", "shown_at"),
                _ => ("item_id", "at"),
            };
            columns.push(("event_id", of.text(|event| event.event_id.clone())));
            columns.push((item, of.text(|event| event.item_id.clone())));
            columns.push((time, of.times(|event| Some(event.at))));
            columns.push(("dwell_seconds", of.reals(|event| event.details.dwell_seconds)));
            columns.push(("read_fraction", of.reals(|event| event.details.read_fraction)));
            columns.push(("channel", of.text(|event| event.details.channel.clone())));
            columns.push(("position", of.numbers(|event| event.details.position)));
            columns.push(("version", of.text(|event| event.details.version.clone())));
            columns.push(("propensity", of.reals(|event| event.details.propensity)));
            columns.push(("explored", of.flags(|event| event.details.explored)));
            columns.push(("rating", of.numbers(|event| event.details.rating)));
            columns.push(("text", of.text(|event| event.details.text.clone())));
        }
    }
    columns.retain(|(name, _)| table.column(name).is_some());
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
}

fn status(event: &Event) -> &'static str {
    match event.kind {
        EventType::Cancel => "cancelled",
        EventType::CheckIn => "attended",
        _ if event.details.waitlisted => "waitlisted",
        _ => "registered",
    }
}

struct Columns<'a>(&'a [&'a (u64, Event)]);

impl Columns<'_> {
    fn text(&self, of: impl Fn(&Event) -> Option<String>) -> ArrayRef {
        Arc::new(self.0.iter().map(|(_, event)| of(event)).collect::<StringArray>())
    }

    fn numbers(&self, of: impl Fn(&Event) -> Option<i64>) -> ArrayRef {
        Arc::new(self.0.iter().map(|(_, event)| of(event)).collect::<Int64Array>())
    }

    fn reals(&self, of: impl Fn(&Event) -> Option<f64>) -> ArrayRef {
        Arc::new(self.0.iter().map(|(_, event)| of(event)).collect::<Float64Array>())
    }

    fn flags(&self, of: impl Fn(&Event) -> Option<bool>) -> ArrayRef {
        Arc::new(self.0.iter().map(|(_, event)| of(event)).collect::<BooleanArray>())
    }

    fn times(&self, of: impl Fn(&Event) -> Option<i64>) -> ArrayRef {
        let times = self.0.iter().map(|(_, event)| of(event)).collect::<TimestampMicrosecondArray>();
        Arc::new(times.with_timezone("UTC"))
    }
}
