//! What WeChat reports about the batches of a list after it has accepted them.

use std::time::Duration;

use zhihui_wechat::callback::MassSendResult;
use zhihui_wechat::client::{MassState, WechatClient};

use super::super::error::PushListError;
use super::database::{BatchResult, Sendings};
use super::delivery::note_result;
use super::record::Sending;
use crate::middleware::problem::Problem;
use crate::service::Service;

/// Pause between two questions.
const PAUSE: Duration = Duration::from_secs(2);

impl Service {
    /// Asks WeChat about batches without a result until all have one or the time is over. Returns the sending, or `None`
    /// if the list is not being sent. Errors of WeChat leave a result unknown.
    ///
    /// # Errors
    /// A [`Problem`] if the database failed.
    pub async fn await_results(
        &self,
        id: &str,
        client: &WechatClient,
        longest: Duration,
    ) -> Result<Option<Sending>, Problem> {
        let sendings = Sendings::new(&self.store);
        let last = client.now() + i64::try_from(longest.as_secs()).unwrap_or(i64::MAX);
        loop {
            let sending = sendings.get(id).await.map_err(PushListError::from)?;
            let batches = sending.iter().flat_map(|sending| &sending.batches);
            let unknown: Vec<i64> =
                batches.filter(|batch| batch.result.is_none()).filter_map(|batch| batch.msg_id).collect();
            let mut is_pending = false;
            for msg_id in unknown {
                let result = match client.mass_state(msg_id).await {
                    Ok(MassState::Sent) => "send success".to_owned(),
                    Ok(MassState::Failed) => "send fail".to_owned(),
                    Ok(MassState::Deleted) => "deleted".to_owned(),
                    Ok(MassState::Other(other)) => other,
                    Ok(MassState::Sending) | Err(_) => {
                        is_pending = true;
                        continue;
                    }
                };
                note_result(self, msg_id, &BatchResult { result, counts: None }).await?;
            }
            if !is_pending || client.now() >= last {
                return Ok(sendings.get(id).await.map_err(PushListError::from)?);
            }
            client.sleep(PAUSE).await;
        }
    }
}

/// Stores the result that a callback reports.
pub(crate) async fn store_result(service: &Service, result: &MassSendResult) -> Result<(), Problem> {
    let counts = [result.total_count, result.filter_count, result.sent_count, result.error_count];
    let stored = BatchResult { result: result.status.text(), counts: Some(counts) };
    let msg_id = i64::try_from(result.msg_id).unwrap_or(i64::MAX);
    note_result(service, msg_id, &stored).await
}
