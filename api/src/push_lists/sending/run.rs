//! Sends the batches of a list one after the other.

use std::collections::HashMap;

use zhihui_engine::audience::{ExperimentArm, Recheck, Undeliverable};
use zhihui_wechat::ErrorCode;
use zhihui_wechat::client::{CallError, Recipients, Submission, WechatClient};

use super::super::actor::Actor;
use super::super::batches::{MIN_OPENIDS, TOO_FEW};
use super::super::database::PushLists;
use super::super::error::PushListError;
use super::super::export::PreparedExport;
use super::super::members::ListMember;
use super::super::send_plan::SendPlan;
use super::begin::{SendOptions, Unclear, begin};
use super::database::Sendings;
use super::delivery::correct_list;
use super::record::{AccountKind, Batch, BatchState, Sending};
use crate::events::writer::PreparedEvents;
use crate::middleware::problem::{Code, Problem};
use crate::service::Service;
use crate::store::audit_action::AuditAction;

/// The tag of a subscription account that holds the members of the list being sent.
const TAG: &str = "知会推送";
/// WeChat recognises a repeated `clientmsgid` for 24 hours. An hour is for clocks that differ.
const RECOGNISED_SECONDS: i64 = 23 * 3_600;

/// A sending after the last batch that could be sent.
#[derive(Debug)]
pub struct SendReport {
    /// The sending.
    pub sending: Sending,
    /// Why it is not finished.
    pub stopped: Option<String>,
}

/// The rank of a member who may not be sent to any more, and why.
type Gone = (usize, &'static str);

/// What became of a batch.
enum BatchOutcome {
    /// It has its answer.
    Done,
    /// WeChat refused this batch alone.
    Refused(String),
    /// Nothing more can be sent now.
    Stopped(String),
}

impl Service {
    /// Sends an approved list, or continues to send it. `progress` receives the sending after every batch.
    ///
    /// # Errors
    /// A [`Problem`] if the list may not be sent, or the database or the inbox failed. The command can be repeated.
    pub async fn send_push_list(
        &self,
        actor: &Actor,
        id: &str,
        client: &WechatClient,
        options: &SendOptions,
        progress: &mut (dyn FnMut(&Sending) + Send),
    ) -> Result<SendReport, Problem> {
        let (prepared, plan, sending) = begin(self, actor, id, options).await?;
        let sendings = Sendings::new(&self.store);
        let run = SendRun { service: self, client, options, sendings, list: &prepared, plan: &plan, sending: &sending };
        let mut stopped = None;
        let mut has_hold_out = false;
        for batch in &sending.batches {
            let outcome = match batch.state {
                BatchState::Submitted | BatchState::Empty => BatchOutcome::Done,
                BatchState::Waiting | BatchState::Sending | BatchState::Refused => run.send(batch).await?,
            };
            match outcome {
                BatchOutcome::Done => has_hold_out |= run.record(batch.number, !has_hold_out).await?,
                BatchOutcome::Refused(why) => stopped = Some(why),
                BatchOutcome::Stopped(why) => {
                    stopped = Some(why);
                    break;
                }
            }
            progress(&run.current().await?);
        }
        correct_list(self, id).await?;
        let sending = run.current().await?;
        let sent = sending.batches.iter().filter(|batch| batch.state == BatchState::Submitted);
        let openids: usize = sent.map(|batch| batch.openids as usize).sum();
        if openids > 0 {
            let entry = actor.entry(self.now(), AuditAction::Export);
            PushLists::new(&self.store).finish_export(&prepared, "wechat_message", openids, &entry).await?;
        }
        if sending.is_finished() {
            sendings.finish(id, self.now()).await.map_err(PushListError::from)?;
        }
        Ok(SendReport { sending: run.current().await?, stopped })
    }
}

/// What all batches of one run share.
struct SendRun<'a> {
    service: &'a Service,
    client: &'a WechatClient,
    options: &'a SendOptions,
    sendings: Sendings<'a>,
    list: &'a PreparedExport,
    plan: &'a SendPlan,
    sending: &'a Sending,
}

impl SendRun<'_> {
    fn list_id(&self) -> &str {
        &self.list.list.id
    }

    async fn current(&self) -> Result<Sending, Problem> {
        let sending = self.sendings.get(self.list_id()).await.map_err(PushListError::from)?;
        sending.ok_or_else(|| Problem::new(Code::Internal, "the sending of the list has disappeared"))
    }

    async fn members(&self, batch: u32) -> Result<Vec<&ListMember>, Problem> {
        let ranks = self.sendings.ranks(self.list_id(), batch).await.map_err(PushListError::from)?;
        let by_rank: HashMap<usize, &ListMember> =
            self.list.members.iter().map(|member| (member.rank, member)).collect();
        Ok(ranks.iter().filter_map(|rank| by_rank.get(&(*rank as usize)).copied()).collect())
    }

    /// The openids of members who may be sent to now, and who may not.
    fn reachable(&self, members: &[&ListMember]) -> Result<(Vec<String>, Vec<Gone>), Problem> {
        let live = self.service.live.current()?;
        let owned: Vec<ListMember> = members.iter().map(|&member| member.clone()).collect();
        let mut openids = HashMap::new();
        live.engine.frozen_audience((&self.list.list.preview, &[]), &owned, &mut |_, audience| {
            openids.extend(audience.rows.iter().map(|row| (row.rank, row.openid.clone())));
        });
        let ids: Vec<&str> = members.iter().map(|member| member.member_id.as_str()).collect();
        let reasons = live.engine.recheck(&self.plan.query, self.service.now(), &ids, Recheck::WhileSending)?;
        let (mut left, mut gone) = (Vec::with_capacity(members.len()), Vec::new());
        for (member, why) in members.iter().zip(reasons) {
            match (why, openids.remove(&member.rank)) {
                (None, Some(openid)) => left.push(openid),
                (why, _) => gone.push((member.rank, why.unwrap_or(Undeliverable::Unknown.as_str()))),
            }
        }
        Ok((left, gone))
    }

    async fn send(&self, batch: &Batch) -> Result<BatchOutcome, Problem> {
        let store = PushListError::from;
        // An attempt without an answer: WeChat may have the request.
        let mut is_unclear = batch.state == BatchState::Sending;
        let attempted = batch.first_attempt_at.unwrap_or_default();
        if is_unclear && self.service.now() - attempted >= RECOGNISED_SECONDS {
            match self.options.unclear {
                None => return Ok(BatchOutcome::Stopped(unclear_batch(batch))),
                Some(Unclear::Sent) => {
                    let unknown = Submission { msg_id: None, msg_data_id: None, was_submitted: true };
                    let at = self.service.now();
                    self.sendings.submit_batch(self.list_id(), batch.number, &unknown, &[], at).await.map_err(store)?;
                    return Ok(BatchOutcome::Done);
                }
                Some(Unclear::NotSent) => {
                    self.unsent(batch, BatchState::Waiting, None).await?;
                    is_unclear = false;
                }
            }
        }
        let members = self.members(batch.number).await?;
        let (openids, gone) = self.reachable(&members)?;
        let min = if self.options.account == AccountKind::Service { MIN_OPENIDS } else { 1 };
        if openids.len() < min && !is_unclear {
            return self.leave_out_all(batch, &members, &gone).await;
        }
        let recipients = match self.recipients(openids).await {
            Ok(recipients) => recipients,
            Err(error) => return Ok(BatchOutcome::Stopped(error.to_string())),
        };
        let fixed: &[_] = if is_unclear { &[] } else { &gone };
        self.sendings.start_batch(self.list_id(), batch.number, fixed, self.service.now()).await.map_err(store)?;
        let content = batch.message.as_ref().unwrap_or(&self.sending.message).content();
        match self.client.send_mass(&recipients, &content, &batch.client_msg_id).await {
            Ok(submission) => {
                // WeChat has the members of the attempt that it accepted first.
                let left_out = if is_unclear && !submission.was_submitted { gone } else { Vec::new() };
                let at = self.service.now();
                self.sendings
                    .submit_batch(self.list_id(), batch.number, &submission, &left_out, at)
                    .await
                    .map_err(store)?;
                Ok(BatchOutcome::Done)
            }
            Err(error) => self.failed(batch, error, is_unclear).await,
        }
    }

    async fn failed(&self, batch: &Batch, error: CallError, was_unclear: bool) -> Result<BatchOutcome, Problem> {
        let why = explained(&error);
        if error.is_uncertain() || was_unclear {
            return Ok(BatchOutcome::Stopped(why));
        }
        match &error {
            CallError::Refused { code, .. } => {
                self.unsent(batch, BatchState::Refused, Some(&why)).await?;
                let is_about_openids =
                    [ErrorCode::INVALID_OPENID, ErrorCode::INVALID_OPENID_LIST, ErrorCode::OPENID_OF_OTHER_ACCOUNT]
                        .contains(code);
                Ok(if is_about_openids { BatchOutcome::Refused(why) } else { BatchOutcome::Stopped(why) })
            }
            _ => {
                self.unsent(batch, BatchState::Waiting, Some(&why)).await?;
                Ok(BatchOutcome::Stopped(why))
            }
        }
    }

    async fn unsent(&self, batch: &Batch, state: BatchState, error: Option<&str>) -> Result<(), Problem> {
        let stored = self.sendings.set_unsent(self.list_id(), batch.number, state, error).await;
        Ok(stored.map_err(PushListError::from)?)
    }

    async fn leave_out_all(
        &self,
        batch: &Batch,
        members: &[&ListMember],
        gone: &[Gone],
    ) -> Result<BatchOutcome, Problem> {
        let mut left_out = gone.to_vec();
        let rest = members.iter().filter(|member| !gone.iter().any(|(rank, _)| *rank == member.rank));
        left_out.extend(rest.map(|member| (member.rank, TOO_FEW)));
        let at = self.service.now();
        self.sendings.start_batch(self.list_id(), batch.number, &left_out, at).await.map_err(PushListError::from)?;
        self.unsent(batch, BatchState::Empty, None).await?;
        Ok(BatchOutcome::Done)
    }

    /// Whom the request names. Gives a subscription account's tag to exactly these followers.
    async fn recipients(&self, openids: Vec<String>) -> Result<Recipients, CallError> {
        if self.options.account == AccountKind::Service {
            return Ok(Recipients::Openids(openids));
        }
        let tag = self.client.tag_named(TAG).await?;
        let tagged = self.client.tagged(tag.id).await?;
        let differences = TagDifferences::between(&tagged, &openids);
        self.client.set_tag(tag.id, &differences.remove, false).await?;
        self.client.set_tag(tag.id, &differences.add, true).await?;
        Ok(Recipients::Tag(tag.id))
    }

    /// Records the pushes of a batch, and the hold-out with the first batch. Recorded ones are not recorded again.
    async fn record(&self, batch: u32, with_hold_out: bool) -> Result<bool, Problem> {
        let pushed = self.members(batch).await?;
        if pushed.is_empty() {
            return Ok(false);
        }
        let held_out = self.list.members.iter().filter(|member| member.arm == ExperimentArm::HoldOut);
        let members: Vec<&ListMember> = pushed.into_iter().chain(held_out.filter(|_| with_hold_out)).collect();
        let writer = self.service.events.get();
        let writer = writer.ok_or_else(|| Problem::new(Code::NotStored, "this service stores no events"))?;
        writer.append_all(PreparedEvents::new(self.list.facts_of(&members)).await?).await?;
        Ok(true)
    }
}

/// Who gets a tag and who loses it.
#[derive(Debug, PartialEq, Eq)]
struct TagDifferences {
    add: Vec<String>,
    remove: Vec<String>,
}

impl TagDifferences {
    fn between(tagged: &[String], wanted: &[String]) -> Self {
        let missing_in = |from: &[String], other: &[String]| {
            let other: std::collections::HashSet<&String> = other.iter().collect();
            from.iter().filter(|openid| !other.contains(openid)).cloned().collect()
        };
        Self { add: missing_in(wanted, tagged), remove: missing_in(tagged, wanted) }
    }
}

/// The error, with WeChat's number in words.
fn explained(error: &CallError) -> String {
    match error.code().and_then(ErrorCode::explanation) {
        Some((zh, en)) => format!("{error} ({zh}; {en})"),
        None => error.to_string(),
    }
}

fn unclear_batch(batch: &Batch) -> String {
    format!(
        "batch {} may have been sent more than a day ago, and WeChat no longer recognises a repeated request; look for \
         it in the account's list of sent messages, then repeat the command with --unclear sent or --unclear not-sent",
        batch.number
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_differences_are_tagged() {
        let openids = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let differences = TagDifferences::between(&openids("o1 o2 o3"), &openids("o3 o4"));
        assert_eq!(differences, TagDifferences { add: openids("o4"), remove: openids("o1 o2") });
    }
}
