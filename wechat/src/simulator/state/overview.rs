//! What `/sim/state` and the page show of the state.

use std::collections::BTreeMap;

use serde::Serialize;

use super::State;
use super::access_tokens::TokenKind;
use super::callback_queue::CallbackState;
use super::received::Received;
use crate::simulator::calendar::format;

/// The state in numbers.
#[derive(Debug, Serialize)]
pub(crate) struct Overview {
    pub(crate) now: i64,
    pub(crate) now_text: String,
    pub(crate) account_kind: &'static str,
    pub(crate) followers: u64,
    pub(crate) tokens_issued: u64,
    pub(crate) tokens: Vec<TokenRow>,
    pub(crate) quotas: Vec<QuotaRow>,
    pub(crate) mass_sends: Vec<MassSendRow>,
    /// Submissions refused because of their `clientmsgid`.
    pub(crate) repeated_submissions: u64,
    pub(crate) tags: Vec<TagRow>,
    pub(crate) answers: u64,
    pub(crate) faults: BTreeMap<&'static str, u64>,
    pub(crate) callbacks: BTreeMap<&'static str, u64>,
}

/// A valid token.
#[derive(Debug, Serialize)]
pub(crate) struct TokenRow {
    pub(crate) kind: &'static str,
    pub(crate) expires_in: i64,
}

/// Calls of one interface today.
#[derive(Debug, Serialize)]
pub(crate) struct QuotaRow {
    pub(crate) interface: &'static str,
    pub(crate) used: u32,
    /// `None` without a limit.
    pub(crate) limit: Option<u32>,
}

/// One mass send.
#[derive(Debug, Serialize)]
pub(crate) struct MassSendRow {
    pub(crate) msg_id: u64,
    pub(crate) msg_data_id: Option<u64>,
    pub(crate) clientmsgid: String,
    pub(crate) msgtype: String,
    /// Equal for the same message.
    pub(crate) content: String,
    pub(crate) status: &'static str,
    pub(crate) submitted_at: i64,
    pub(crate) submitted_text: String,
    pub(crate) total_count: usize,
    pub(crate) filter_count: u64,
    pub(crate) sent_count: usize,
    pub(crate) error_count: u64,
}

/// One tag.
#[derive(Debug, Serialize)]
pub(crate) struct TagRow {
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) count: u64,
}

impl State {
    /// Returns the state in numbers.
    pub(crate) fn overview(&self, now: i64) -> Overview {
        let (tokens_issued, tokens) = self.tokens.overview(now);
        let tokens = tokens.into_iter().map(|(kind, expires_in)| {
            let kind = if kind == TokenKind::Stable { "stable" } else { "classic" };
            TokenRow { kind, expires_in }
        });
        let quotas = self.quotas.overview(now).into_iter().map(|(interface, used, limit)| {
            let limit = (limit != u32::MAX).then_some(limit);
            QuotaRow { interface, used, limit }
        });
        let tags = self.tags.list().iter();
        let tags = tags.map(|tag| TagRow { id: tag.id, name: tag.name.clone(), count: tag.count });
        let (answers, faults) = self.faults.overview();
        let states = [CallbackState::Waiting, CallbackState::Acknowledged, CallbackState::GivenUp];
        let mut callbacks: BTreeMap<_, _> = states.into_iter().map(|state| (state.as_str(), 0)).collect();
        for callback in self.callbacks.list() {
            *callbacks.entry(callback.state.as_str()).or_default() += 1;
        }
        Overview {
            now,
            now_text: format(now),
            account_kind: self.settings.account_kind.as_str(),
            followers: self.followers.subscribed(),
            tokens_issued,
            tokens: tokens.collect(),
            quotas: quotas.collect(),
            mass_sends: self.mass_send_rows(),
            repeated_submissions: self.mass_sends.repeated,
            tags: tags.collect(),
            answers,
            faults: faults.iter().map(|(fault, count)| (fault.as_str(), *count)).collect(),
            callbacks,
        }
    }

    fn mass_send_rows(&self) -> Vec<MassSendRow> {
        let rows = self.mass_sends.list().iter().map(|send| MassSendRow {
            msg_id: send.msg_id,
            msg_data_id: send.msg_data_id,
            clientmsgid: send.client_msg_id.clone(),
            msgtype: send.content.msg_type.clone(),
            content: send.content.digest.clone(),
            status: send.state.as_str(),
            submitted_at: send.submitted_at,
            submitted_text: format(send.submitted_at),
            total_count: send.recipients.len(),
            filter_count: send.filter_count,
            sent_count: send.delivered.len(),
            error_count: send.error_count,
        });
        rows.collect()
    }
}

/// The whole state, as `/sim/state` shows it.
#[derive(Debug, Serialize)]
pub(crate) struct StateReport<'a> {
    overview: Overview,
    received: Received<'a>,
    most_received_of_one_message: usize,
    notices: Vec<NoticeRow<'a>>,
}

/// A template message or a subscription notice.
#[derive(Debug, Serialize)]
struct NoticeRow<'a> {
    msgid: u64,
    openid: &'a str,
    template_id: &'a str,
    is_received: bool,
}

impl State {
    /// Returns the whole state.
    pub(crate) fn report(&self, now: i64) -> StateReport<'_> {
        let received = Received::count(&self.mass_sends, &self.followers);
        let notices = self.notices.sent().iter().map(|notice| NoticeRow {
            msgid: notice.msg_id,
            openid: &self.followers.get(notice.follower).openid,
            template_id: &notice.template_id,
            is_received: notice.is_received,
        });
        StateReport {
            overview: self.overview(now),
            most_received_of_one_message: received.most(),
            received,
            notices: notices.collect(),
        }
    }
}
