//! The single event writer: commits a batch of requests, applies it to the overlay, then responds.
//!
//! The writer also publishes new snapshots, so that no event is lost between the old overlay and the new one: the new
//! overlay is filled in the background up to some row, then the writer adds the remaining events and replaces both at once.

use std::sync::Arc;

use rayon::prelude::*;
use tokio::sync::{mpsc, oneshot};
use zhihui_data::Event;
use zhihui_engine::Overlay;

use crate::live::overlay::{apply, overlay_above};
use crate::live::published_engine::PublishedEngine;
use crate::live::slot::LiveSlot;
use crate::middleware::problem::{Code, Problem};
use crate::store::error::StoreError;
use crate::store::inbox::append::{AppendedEvents, EventReceipt, PreparedEvent};
use crate::store::inbox::database::Inbox;
use crate::store::inbox::rows::InboxEvent;

/// Requests that may wait for the writer. Further ones are refused as busy.
const QUEUE: usize = 512;
/// Maximum events in one commit. Enough for 10,000 events a second even if a sync takes a second; reached only when
/// requests wait anyway.
const MAX_BATCH: usize = 16_000;
/// Rows read at a time while the overlay catches up.
const READ_BATCH: u32 = 20_000;

enum Command {
    Append { events: Vec<PreparedEvent>, respond: oneshot::Sender<Option<Vec<EventReceipt>>> },
    Publish { engine: Box<PublishedEngine>, overlay: Box<Overlay>, filled_to: u64, respond: oneshot::Sender<()> },
    CatchUp,
}

impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Append { .. } => "Append",
            Self::Publish { .. } => "Publish",
            Self::CatchUp => "CatchUp",
        })
    }
}

/// Handle of the writer task.
#[derive(Debug, Clone)]
pub(crate) struct EventWriter {
    commands: mpsc::Sender<Command>,
    inbox: Inbox,
}

impl EventWriter {
    /// Starts the writer task. It ends when the last handle is dropped.
    pub(crate) fn start(inbox: Inbox, live: Arc<LiveSlot>) -> Self {
        let (commands, receiver) = mpsc::channel(QUEUE);
        let writer = WriterTask { inbox: inbox.clone(), live, engine: None, overlay: Overlay::default(), seen: 0 };
        tokio::spawn(writer.run(receiver));
        Self { commands, inbox }
    }

    /// Stores any number of events, some thousand at a time. After an error, some may be stored. Their order must not matter.
    pub(crate) async fn append_all(&self, events: PreparedEvents) -> Result<(), Problem> {
        let mut rest = events.0.into_iter();
        while rest.len() > 0 {
            self.append_prepared(rest.by_ref().take(MAX_BATCH).collect()).await?;
        }
        Ok(())
    }

    /// Stores events. When this returns they are on disk, and the next request sees them.
    pub(crate) async fn append(&self, events: Vec<Event>) -> Result<Vec<EventReceipt>, Problem> {
        let prepared: Result<_, StoreError> = events.into_iter().map(PreparedEvent::new).collect();
        self.append_prepared(prepared.map_err(|error| cannot_prepare(&error))?).await
    }

    async fn append_prepared(&self, events: Vec<PreparedEvent>) -> Result<Vec<EventReceipt>, Problem> {
        let (respond, receipts) = oneshot::channel();
        if events.is_empty() {
            return Ok(Vec::new());
        }
        if self.commands.try_send(Command::Append { events, respond }).is_err() {
            let detail = "events arrive faster than the disk stores them; send them again in a second";
            return Err(Problem::new(Code::Busy, detail).retry_after(1));
        }
        receipts.await.ok().flatten().ok_or_else(not_stored)
    }

    /// Publishes a snapshot together with the events since.
    ///
    /// # Errors
    /// [`StoreError`] if the inbox cannot be read. The snapshot published before stays.
    pub(crate) async fn publish(&self, engine: PublishedEngine) -> Result<(), StoreError> {
        let (overlay, filled_to) = overlay_above(&self.inbox, engine.engine()).await?;
        let (respond, done) = oneshot::channel();
        let command = Command::Publish { engine: Box::new(engine), overlay: Box::new(overlay), filled_to, respond };
        self.commands.send(command).await.map_err(|_| StoreError::Interrupted)?;
        done.await.map_err(|_| StoreError::Interrupted)
    }

    /// Number of commands in the queue.
    pub(crate) fn queued(&self) -> usize {
        QUEUE - self.commands.capacity()
    }

    pub(crate) fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// Makes the writer apply events that another process has stored.
    pub(crate) fn catch_up(&self) {
        // If the queue is full, the writer catches up with the next batch anyway.
        drop(self.commands.try_send(Command::CatchUp));
    }
}

/// Any number of events for [`EventWriter::append_all`], sorted by identity.
pub(crate) struct PreparedEvents(Vec<PreparedEvent>);

impl PreparedEvents {
    /// Prepares events on a thread of its own.
    ///
    /// # Errors
    /// [`Code::NotStored`] if an event cannot be written as JSON.
    pub(crate) async fn new(events: Vec<Event>) -> Result<Self, Problem> {
        let prepared = tokio::task::spawn_blocking(move || {
            let prepared = events.into_par_iter().map(PreparedEvent::new).collect::<Result<Vec<_>, _>>();
            prepared.map(|mut events| {
                // Each commit then changes one part of the index of identities. In another order it would write most of
                // its pages.
                events.par_sort_unstable_by_key(|event| event.identity);
                events
            })
        });
        match prepared.await {
            Ok(Ok(events)) => Ok(Self(events)),
            Ok(Err(error)) => Err(cannot_prepare(&error)),
            Err(error) => Err(cannot_prepare(&error)),
        }
    }
}

fn cannot_prepare(error: &impl std::fmt::Display) -> Problem {
    tracing::error!(%error, "events could not be prepared");
    not_stored()
}

fn not_stored() -> Problem {
    let detail = "the events could not be stored and none was accepted; send them again";
    Problem::new(Code::NotStored, detail).retry_after(5)
}

struct WriterTask {
    inbox: Inbox,
    live: Arc<LiveSlot>,
    engine: Option<PublishedEngine>,
    overlay: Overlay,
    /// Sequence number of the last event in the overlay.
    seen: u64,
}

/// Number of events of a request, and its response channel.
type Waiting = (usize, oneshot::Sender<Option<Vec<EventReceipt>>>);

impl WriterTask {
    async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut next = None;
        loop {
            let command = match next.take() {
                Some(command) => command,
                None => match commands.recv().await {
                    Some(command) => command,
                    None => return,
                },
            };
            match command {
                Command::Append { events, respond } => {
                    let mut waiting: Vec<Waiting> = vec![(events.len(), respond)];
                    let mut batch = events;
                    while batch.len() < MAX_BATCH {
                        match commands.try_recv() {
                            Ok(Command::Append { events, respond }) => {
                                waiting.push((events.len(), respond));
                                batch.extend(events);
                            }
                            Ok(other) => {
                                next = Some(other);
                                break;
                            }
                            Err(_) => break,
                        }
                    }
                    self.append(batch, waiting).await;
                }
                Command::Publish { engine, overlay, filled_to, respond } => {
                    (self.engine, self.overlay, self.seen) = (Some(*engine), *overlay, filled_to);
                    self.catch_up().await;
                    self.update_live(true);
                    // The snapshot stays published even if the caller has gone.
                    let _ = respond.send(());
                }
                Command::CatchUp => {
                    if self.catch_up().await {
                        self.update_live(false);
                    }
                }
            }
        }
    }

    async fn append(&mut self, batch: Vec<PreparedEvent>, waiting: Vec<Waiting>) {
        let appended = match self.inbox.append_prepared(batch).await {
            Ok(appended) => appended,
            Err(error) => {
                tracing::error!(%error, "events could not be stored");
                return waiting.into_iter().for_each(|(_, respond)| drop(respond.send(None)));
            }
        };
        if self.apply(&appended).await {
            self.update_live(false);
        }
        let mut receipts = appended.receipts.into_iter();
        for (count, respond) in waiting {
            // A client that has gone will send its events again and receive duplicates.
            drop(respond.send(Some(receipts.by_ref().take(count).collect())));
        }
    }

    /// Applies committed events to the overlay, together with earlier ones of other processes.
    async fn apply(&mut self, appended: &AppendedEvents) -> bool {
        let (Some(engine), [first, .., last] | [first @ last]) = (&self.engine, appended.rows.as_slice()) else {
            return false;
        };
        if first.sequence != self.seen + 1 {
            return self.catch_up().await;
        }
        apply(&mut self.overlay, engine.engine(), &appended.rows);
        self.seen = last.sequence;
        true
    }

    /// Applies all events after the last one seen. Returns whether there were any.
    async fn catch_up(&mut self) -> bool {
        let Some(engine) = &self.engine else { return false };
        let mut found = false;
        let seen_before = self.seen;
        loop {
            match self.inbox.rows_after(self.seen, READ_BATCH).await {
                Ok(rows) => {
                    let Some(last) = rows.last() else { return found };
                    self.seen = last.sequence;
                    // An event that was held and moved to the end is in the overlay under its earlier number.
                    let is_new = |row: &&InboxEvent| row.moved_from.is_none_or(|was| was > seen_before);
                    apply(&mut self.overlay, engine.engine(), rows.iter().filter(is_new));
                    found = true;
                }
                Err(error) => {
                    tracing::error!(%error, "the inbox cannot be read; responses lack the latest events");
                    return found;
                }
            }
        }
    }

    fn update_live(&self, is_new_snapshot: bool) {
        if let Some(engine) = &self.engine {
            let engine = engine.clone().with_overlay(self.overlay.clone());
            if is_new_snapshot { self.live.publish(engine) } else { self.live.refresh(engine) }
        }
    }
}
