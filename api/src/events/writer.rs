//! The one writer of a service: takes what many senders told in one commit, then moves the overlay, then answers them.
//!
//! A new snapshot passes through the same hands, so that no event falls between the old overlay and the new one: its
//! overlay is filled beside the running service up to some row, the writer adds what came since and swaps both at once.

use tokio::sync::{mpsc, oneshot};
use zhihui_data::Event;
use zhihui_engine::Overlay;

use super::live::{apply, overlay_above};
use crate::inbox::{Appended, Inbox, Numbered, Verdict};
use crate::problem::{Code, Problem};
use crate::published::Published;
use crate::service::WeakService;
use crate::store::StoreError;

/// Requests that may wait for the writer; further ones are told to come back.
const WAITING: usize = 512;
/// Events of one commit: enough that 10,000 a second are taken even where a sync takes a second, as on a disk that others
/// write to. It is reached only when senders wait anyway.
const GROUP: usize = 16_000;
/// Rows read at a time when an overlay is filled.
const PART: u32 = 20_000;

enum Order {
    Take { events: Vec<Event>, answer: oneshot::Sender<Option<Vec<Verdict>>> },
    Publish { published: Box<Published>, overlay: Box<Overlay>, filled_to: u64, answer: oneshot::Sender<()> },
    Look,
}

/// Hands orders to the writer.
#[derive(Debug, Clone)]
pub(crate) struct Intake {
    orders: mpsc::Sender<Order>,
    inbox: Inbox,
}

impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Take { .. } => "Take",
            Self::Publish { .. } => "Publish",
            Self::Look => "Look",
        })
    }
}

impl Intake {
    /// Starts the writer; it ends when the service is gone.
    pub(crate) fn start(inbox: Inbox, service: WeakService) -> Self {
        let (orders, waiting) = mpsc::channel(WAITING);
        let writer = Writer { inbox: inbox.clone(), service, base: None, overlay: Overlay::default(), seen: 0 };
        tokio::spawn(writer.work(waiting));
        Self { orders, inbox }
    }

    /// Takes events: when this returns they are on disk and the next request sees them.
    pub(crate) async fn take(&self, events: Vec<Event>) -> Result<Vec<Verdict>, Problem> {
        let (answer, verdicts) = oneshot::channel();
        if events.is_empty() {
            return Ok(Vec::new());
        }
        if self.orders.try_send(Order::Take { events, answer }).is_err() {
            let detail = "more events come than the disk takes; send them again in a second";
            return Err(Problem::new(Code::Busy, detail).retry_after(1));
        }
        verdicts.await.ok().flatten().ok_or_else(|| {
            let detail = "the events could not be stored; none counts as taken: send them again";
            Problem::new(Code::NotStored, detail).retry_after(5)
        })
    }

    /// Publishes a snapshot together with what happened since, whole and at once.
    ///
    /// # Errors
    /// [`StoreError`] when the inbox cannot be read; what was published stays.
    pub(crate) async fn publish(&self, published: Published) -> Result<(), StoreError> {
        let (overlay, filled_to) = overlay_above(&self.inbox, published.engine()).await?;
        let (answer, done) = oneshot::channel();
        let order = Order::Publish { published: Box::new(published), overlay: Box::new(overlay), filled_to, answer };
        self.orders.send(order).await.map_err(|_| StoreError::Interrupted)?;
        done.await.map_err(|_| StoreError::Interrupted)
    }

    /// Orders that wait for the writer.
    pub(crate) fn waiting(&self) -> usize {
        WAITING - self.orders.capacity()
    }

    /// Where the events lie.
    pub(crate) fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// Has the writer look for what another process has written.
    pub(crate) fn look(&self) {
        // A full queue means that it looks soon anyway.
        drop(self.orders.try_send(Order::Look));
    }
}

struct Writer {
    inbox: Inbox,
    service: WeakService,
    base: Option<Published>,
    overlay: Overlay,
    /// The number of the last row that the overlay has taken in.
    seen: u64,
}

type Sender = (usize, oneshot::Sender<Option<Vec<Verdict>>>);

impl Writer {
    async fn work(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut next = None;
        loop {
            let order = match next.take() {
                Some(order) => order,
                None => match orders.recv().await {
                    Some(order) => order,
                    None => return,
                },
            };
            match order {
                Order::Take { events, answer } => {
                    let mut senders: Vec<Sender> = vec![(events.len(), answer)];
                    let mut group = events;
                    while group.len() < GROUP {
                        match orders.try_recv() {
                            Ok(Order::Take { events, answer }) => {
                                senders.push((events.len(), answer));
                                group.extend(events);
                            }
                            Ok(other) => {
                                next = Some(other);
                                break;
                            }
                            Err(_) => break,
                        }
                    }
                    self.take(group, senders).await;
                }
                Order::Publish { published, overlay, filled_to, answer } => {
                    (self.base, self.overlay, self.seen) = (Some(*published), *overlay, filled_to);
                    self.catch_up().await;
                    self.show(true);
                    // Whoever asked may have gone; it is published all the same.
                    let _ = answer.send(());
                }
                Order::Look => {
                    if self.catch_up().await {
                        self.show(false);
                    }
                }
            }
        }
    }

    async fn take(&mut self, group: Vec<Event>, senders: Vec<Sender>) {
        let appended = match self.inbox.append(group).await {
            Ok(appended) => appended,
            Err(error) => {
                tracing::error!(%error, "events could not be stored");
                return senders.into_iter().for_each(|(_, answer)| drop(answer.send(None)));
            }
        };
        if self.move_on(&appended).await {
            self.show(false);
        }
        let mut verdicts = appended.verdicts.into_iter();
        for (count, answer) in senders {
            // A sender that has gone will send again and be told of duplicates.
            drop(answer.send(Some(verdicts.by_ref().take(count).collect())));
        }
    }

    /// Takes committed rows into the overlay, with those that another process wrote before them.
    async fn move_on(&mut self, appended: &Appended) -> bool {
        let (Some(base), [first, .., last] | [first @ last]) = (&self.base, appended.rows.as_slice()) else {
            return false;
        };
        if first.sequence != self.seen + 1 {
            return self.catch_up().await;
        }
        apply(&mut self.overlay, base.engine(), &appended.rows);
        self.seen = last.sequence;
        true
    }

    /// Takes in every row that lies above those seen; whether there was one.
    async fn catch_up(&mut self) -> bool {
        let Some(base) = &self.base else { return false };
        let mut found = false;
        let seen_before = self.seen;
        loop {
            match self.inbox.rows_after(self.seen, PART).await {
                Ok(rows) => {
                    let Some(last) = rows.last() else { return found };
                    self.seen = last.sequence;
                    // What was held and moved to the end is in the overlay under its earlier number.
                    let is_new = |row: &&Numbered| row.moved_from.is_none_or(|was| was > seen_before);
                    apply(&mut self.overlay, base.engine(), rows.iter().filter(is_new));
                    found = true;
                }
                Err(error) => {
                    tracing::error!(%error, "the inbox cannot be read; answers do not show the latest events");
                    return found;
                }
            }
        }
    }

    fn show(&self, is_new_snapshot: bool) {
        if let (Some(base), Some(service)) = (&self.base, self.service.upgrade()) {
            let published = base.clone().with_overlay(self.overlay.clone());
            if is_new_snapshot { service.publish(published) } else { service.refresh(published) }
        }
    }
}
