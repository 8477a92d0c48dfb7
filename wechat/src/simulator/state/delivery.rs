//! Delivers mass sends whose time has come, and reports their results.

use super::State;
use super::mass_sends::MassSendState;
use crate::callback::{ArticleUrl, CallbackEvent, CopyrightCheck, MassSendResult, MassSendStatus};
use crate::simulator::account_kind::AccountKind;
use crate::simulator::seeded;

/// Maximum number of mass messages that a follower of a service account receives in a natural month.
const MONTHLY_MESSAGES: u8 = 4;

impl State {
    /// Ends all mass sends that are due.
    pub(crate) fn settle(&mut self, now: i64) {
        for place in self.mass_sends.due(now) {
            let event = self.deliver(place);
            // WeChat names the person who sent the message; this account has one.
            self.notify("oSimulatorAdministrator00000", now, event);
        }
    }

    fn deliver(&mut self, place: usize) -> CallbackEvent {
        let (seed, error_rate) = (self.settings.seed, self.settings.delivery_error_rate);
        let has_cap = self.settings.account_kind == AccountKind::Service;
        let msg_id = self.mass_sends.at_mut(place).msg_id;
        let status = self.mass_sends.next_result(msg_id, self.settings.failed_send_rate);
        if status != MassSendStatus::Success {
            return self.fail(place, status);
        }
        let send = self.mass_sends.at_mut(place);
        let subject = format!("delivery of {}", send.msg_id);
        for index in &send.recipients {
            let follower = self.followers.get_mut(*index);
            let is_reachable = follower.is_subscribed && !follower.is_blacklisted && !follower.refuses;
            let is_full = has_cap && follower.received_in_month(send.finishes_at) >= MONTHLY_MESSAGES;
            if !is_reachable || is_full {
                continue;
            }
            send.filter_count += 1;
            if error_rate > 0.0 && seeded::share(seed, &subject, u64::from(*index)) < error_rate {
                send.error_count += 1;
            } else {
                follower.receive(send.finishes_at);
                send.delivered.push(*index);
            }
        }
        send.state = MassSendState::Success;
        let mut article_urls = Vec::new();
        if let (Some(data_id), Some(title)) = (send.msg_data_id, &send.content.title) {
            let article = self.articles.publish(data_id, title.clone(), send.finishes_at, send.delivered.len() as u64);
            article_urls.push(ArticleUrl { index: 1, url: article.url() });
        }
        CallbackEvent::MassSendFinished(MassSendResult {
            msg_id: send.msg_id,
            status: MassSendStatus::Success,
            total_count: send.recipients.len() as u64,
            filter_count: send.filter_count,
            sent_count: send.delivered.len() as u64,
            error_count: send.error_count,
            copyright_check: Some(CopyrightCheck { count: 0, check_state: 2 }),
            article_urls,
        })
    }

    /// Ends a mass send that reaches nobody. As in WeChat's example, a refused one has no counts.
    fn fail(&mut self, place: usize, status: MassSendStatus) -> CallbackEvent {
        let send = self.mass_sends.at_mut(place);
        send.state = MassSendState::Failed;
        let is_refused = matches!(status, MassSendStatus::Refused(_));
        let total_count = if is_refused { 0 } else { send.recipients.len() as u64 };
        (send.filter_count, send.error_count) = (total_count, total_count);
        CallbackEvent::MassSendFinished(MassSendResult {
            msg_id: send.msg_id,
            status,
            total_count,
            filter_count: total_count,
            sent_count: 0,
            error_count: total_count,
            copyright_check: None,
            article_urls: Vec::new(),
        })
    }
}
