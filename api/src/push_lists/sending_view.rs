//! Formats the sending of a push list for its page.

use zhihui_data::Zone;
use zhihui_wechat::callback::MassSendStatus;

use super::sending::record::{Batch, BatchState, Sending};
use crate::web::locale::Locale;
use crate::web::numbers::{grouped, minute_of};

/// Maximum number of batches that are shown at once. More are behind a summary.
const MAX_OPEN: usize = 4;

/// A sending, formatted.
pub(crate) struct SendingView {
    pub(crate) sentence: String,
    /// Why it has not gone on, if it has not.
    pub(crate) help: Option<&'static str>,
    /// Whether the batches belong to variants.
    pub(crate) has_variants: bool,
    pub(crate) batches: Vec<BatchView>,
    /// How many batches there are in each state.
    pub(crate) batches_label: String,
    /// Whether the table is open from the beginning, because it is short.
    pub(crate) is_open: bool,
}

/// A request to WeChat, formatted.
pub(crate) struct BatchView {
    pub(crate) number: u32,
    pub(crate) variant: String,
    pub(crate) openids: String,
    pub(crate) state: &'static str,
    /// Followers whom the message reached.
    pub(crate) reached: String,
    /// Followers whom WeChat's own filters left out.
    pub(crate) filtered: String,
    pub(crate) note: String,
}

impl SendingView {
    pub(crate) fn new(sending: &Sending, zone: Zone, t: Locale) -> Self {
        let submitted = sending.batches.iter().filter(|batch| batch.state == BatchState::Submitted);
        let openids: f64 = submitted.map(|batch| f64::from(batch.openids)).sum();
        let reached: Option<i64> = sending.batches.iter().filter_map(|batch| batch.sent_count).reduce(|sum, n| sum + n);
        let started = minute_of(&sending.started_at, zone);
        let openids = grouped(openids, 0);
        let sentence = match reached {
            Some(reached) => t.push_lists_sending_reached(openids, grouped(reached as f64, 0), started),
            None => t.push_lists_sending_submitted(openids, started),
        };
        Self {
            sentence,
            help: (sending.finished_at.is_none()).then(|| t.push_lists_sending_continue()),
            has_variants: sending.batches.iter().any(|batch| batch.variant.is_some()),
            batches: sending.batches.iter().map(|batch| batch_view(batch, t)).collect(),
            batches_label: batches_label(sending, t),
            is_open: sending.batches.len() <= MAX_OPEN,
        }
    }
}

/// The number of batches, and of those in each state.
fn batches_label(sending: &Sending, t: Locale) -> String {
    let states =
        [BatchState::Submitted, BatchState::Refused, BatchState::Sending, BatchState::Waiting, BatchState::Empty];
    let count = |state: BatchState| sending.batches.iter().filter(|batch| batch.state == state).count();
    let counts = states.into_iter().map(|state| (state, count(state))).filter(|(_, count)| *count > 0);
    let counts: Vec<String> =
        counts.map(|(state, count)| t.push_lists_batches_in_state(count, state_label(state, t))).collect();
    t.push_lists_batches(sending.batches.len(), counts.join(t.push_lists_batches_separator()))
}

fn state_label(state: BatchState, t: Locale) -> &'static str {
    match state {
        BatchState::Waiting => t.push_lists_batch_waiting(),
        BatchState::Sending => t.push_lists_batch_sending(),
        BatchState::Submitted => t.push_lists_batch_submitted(),
        BatchState::Refused => t.push_lists_batch_refused(),
        BatchState::Empty => t.push_lists_batch_empty(),
    }
}

fn batch_view(batch: &Batch, t: Locale) -> BatchView {
    let count = |count: Option<i64>| count.map_or_else(|| "–".to_owned(), |count| grouped(count as f64, 0));
    let filtered = batch.filter_count.map(|left| i64::from(batch.openids) - left);
    BatchView {
        number: batch.number,
        variant: batch.variant.clone().unwrap_or_default(),
        openids: grouped(f64::from(batch.openids), 0),
        state: state_label(batch.state, t),
        reached: count(batch.sent_count),
        filtered: count(filtered),
        note: match (&batch.error, batch.result.as_deref()) {
            (Some(error), _) => error.clone(),
            (None, Some("send success")) => t.push_lists_result_success().to_owned(),
            (None, Some("send fail")) => t.push_lists_result_failed().to_owned(),
            (None, Some(other)) => explained(other, t),
            (None, None) => String::new(),
        },
    }
}

/// WeChat's word for a result, with the reason of a refusal.
fn explained(result: &str, t: Locale) -> String {
    match MassSendStatus::parse(result).reason() {
        Some((zh, en)) => t.push_lists_result_refused(t.pick(zh, en), result),
        None => result.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use zhihui_engine::Language;

    use super::*;
    use crate::push_lists::sending::record::{AccountKind, Message};

    fn sending(states: &[BatchState]) -> Sending {
        let batch = |(number, &state): (u32, &BatchState)| Batch {
            number,
            client_msg_id: String::new(),
            openids: 10_000,
            variant: None,
            message: None,
            state,
            submitted_at: None,
            msg_id: None,
            msg_data_id: None,
            error: None,
            result: None,
            filter_count: None,
            sent_count: None,
            error_count: None,
            first_attempt_at: None,
        };
        Sending {
            to: String::new(),
            account: AccountKind::Service,
            message: Message::Text("好".into()),
            started_by: "user a".into(),
            started_at: "2026-11-22T04:00:00Z".into(),
            finished_at: None,
            batches: (1..).zip(states).map(batch).collect(),
        }
    }

    #[test]
    fn many_batches_are_counted_by_state_and_a_few_are_shown_at_once() {
        let mut states = vec![BatchState::Submitted; 23];
        states.extend([BatchState::Refused, BatchState::Waiting]);
        let view = SendingView::new(&sending(&states), Zone::default(), Locale::new(Language::Zh));
        assert_eq!(view.batches_label, "共 25 批：已受理 23 批，被拒绝 1 批，未推送 1 批");
        assert!(!view.is_open && view.batches.len() == 25);
        let view = SendingView::new(&sending(&states[..2]), Zone::default(), Locale::new(Language::En));
        assert_eq!((view.batches_label.as_str(), view.is_open), ("2 batches: Accepted 2", true));
    }
}
