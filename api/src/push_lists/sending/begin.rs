//! Begins the sending of a list, or finds the one that was begun.

use std::collections::BTreeMap;

use super::super::actor::Actor;
use super::super::batches::{MAX_OPENIDS, MIN_OPENIDS, batch_sizes, client_msg_id};
use super::super::database::PushLists;
use super::super::error::PushListError;
use super::super::export::{FileFormat, PreparedExport};
use super::super::members::ListMember;
use super::super::send_plan::SendPlan;
use super::database::{NewBatch, NewSending, Sendings};
use super::record::{AccountKind, Batch, BatchState, Message, Sending};
use super::variant_messages::{has_other_message, message_groups};
use crate::live::push_queries::PushQueries;
use crate::middleware::problem::Problem;
use crate::service::Service;
use zhihui_engine::audience::{ExperimentArm, Recheck};

/// How to send a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendOptions {
    /// Address of the interfaces, such as `https://api.weixin.qq.com`.
    pub to: String,
    /// Kind of the account.
    pub account: AccountKind,
    /// What to send; the title of the item if missing. A sending that was begun keeps its message.
    pub message: Option<Message>,
    /// The article or activity that is sent, for a list of a topic. A sending that was begun keeps it.
    pub item_id: Option<String>,
    /// What to send to the members of each variant; its title if missing.
    pub variants: BTreeMap<String, Message>,
    /// Maximum number of openids in one request.
    pub batch_size: BatchSize,
    /// What to assume about batches whose fate WeChat no longer tells.
    pub unclear: Option<Unclear>,
}

/// A request that would be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedBatch {
    /// Name of the variant whose members it names; `None` in a list without variants.
    pub variant: Option<String>,
    /// Number of openids.
    pub openids: usize,
    /// Whether WeChat would refuse it, so that it is not sent: a variant with one member.
    pub too_few: bool,
}

/// What to assume about a batch that may have been sent more than a day ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unclear {
    /// It was sent.
    Sent,
    /// It was not sent, and is sent now.
    NotSent,
}

/// Number of openids in one request: 2 to 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchSize(usize);

impl BatchSize {
    /// Checks a size. Returns `None` if WeChat does not allow it.
    #[must_use]
    pub fn new(openids: usize) -> Option<Self> {
        (MIN_OPENIDS..=MAX_OPENIDS).contains(&openids).then_some(Self(openids))
    }

    pub(crate) fn get(self) -> usize {
        self.0
    }
}

impl Default for BatchSize {
    fn default() -> Self {
        Self(MAX_OPENIDS)
    }
}

impl Service {
    /// The requests that [`Service::send_push_list`] would send.
    ///
    /// # Errors
    /// A [`Problem`] if the list may not be sent.
    pub async fn plan_push(
        &self,
        actor: &Actor,
        id: &str,
        options: &SendOptions,
    ) -> Result<Vec<PlannedBatch>, Problem> {
        let lists = PushLists::new(&self.store);
        let list = lists.get(id, actor.union_id.as_deref()).await?;
        let plan = SendPlan::of(self, &list, options.item_id.as_deref()).await?;
        if let Some(known) = Sendings::new(&self.store).get(id).await.map_err(PushListError::from)? {
            let is_unsent = |batch: &&Batch| !matches!(batch.state, BatchState::Submitted | BatchState::Empty);
            let planned = |batch: &Batch| PlannedBatch {
                variant: batch.variant.clone(),
                openids: batch.openids as usize,
                too_few: false,
            };
            return Ok(known.batches.iter().filter(is_unsent).map(planned).collect());
        }
        let members = lists.all_members(id).await?;
        let pushed = members.iter().filter(|member| member.arm == ExperimentArm::Push && member.left_out.is_none());
        let pushed: Vec<&ListMember> = pushed.collect();
        let ids: Vec<&str> = pushed.iter().map(|member| member.member_id.as_str()).collect();
        let live = self.live.current()?;
        // What is fixed already is not checked for responses to the part that was sent.
        let recheck = if list.sent_at.is_some() { Recheck::WhileSending } else { Recheck::BeforeFirstPush };
        let found = live.engine.recheck(&plan.query, self.now(), &ids, recheck)?;
        let reachable = pushed.iter().zip(found).filter(|(_, why)| why.is_none());
        let reachable: Vec<&ListMember> = reachable.map(|(&member, _)| member).collect();
        let groups = message_groups(&list, options, &reachable)?;
        let planned = groups.iter().flat_map(|group| {
            let batch =
                |openids| PlannedBatch { variant: group.variant.clone(), openids, too_few: group.has_too_few() };
            sizes(options, group.ranks.len()).into_iter().map(batch)
        });
        Ok(planned.collect())
    }
}

/// Returns the list with fixed pushes, and its sending. The first call divides the list into batches.
pub(super) async fn begin(
    service: &Service,
    actor: &Actor,
    id: &str,
    options: &SendOptions,
) -> Result<(PreparedExport, SendPlan, Sending), Problem> {
    let (lists, sendings) = (PushLists::new(&service.store), Sendings::new(&service.store));
    let known = sendings.get(id).await.map_err(PushListError::from)?;
    let list = lists.get(id, actor.union_id.as_deref()).await?;
    match &known {
        None if list.exported_at.is_some() => {
            return Err(PushListError::ExportedAsFile.into());
        }
        Some(known) if known.to != options.to || known.account != options.account => {
            return Err(PushListError::OtherSending(known.to.clone(), known.account.as_str()).into());
        }
        Some(known) if has_other_message(known, options) => {
            return Err(PushListError::OtherMessage.into());
        }
        _ => {}
    }
    if known.is_none() {
        // Refuses the messages before anything is fixed.
        message_groups(&lists.get(id, actor.union_id.as_deref()).await?, options, &[])?;
    }
    let live = service.live.current()?;
    // A tag may have one follower; a message to openids needs two.
    let format = if options.account == AccountKind::Service { FileFormat::Wechat } else { FileFormat::Csv };
    let source = (live.engine.as_ref() as &dyn PushQueries, format);
    let plan = SendPlan::of(service, &list, options.item_id.as_deref()).await?;
    let prepared = lists.prepare_export(id, actor.union_id.as_deref(), source, &plan, service.now()).await?;
    if let Some(known) = known {
        return Ok((prepared, plan, known));
    }
    let groups = message_groups(&prepared.list, options, &prepared.members.iter().collect::<Vec<_>>())?;
    let mut batches = Vec::new();
    for group in &groups {
        let mut rest = group.ranks.iter().copied();
        for size in sizes(options, group.ranks.len()) {
            let number = batches.len() as u32 + 1;
            batches.push(NewBatch {
                client_msg_id: client_msg_id(id, number, &prepared.list.members_sha256),
                ranks: rest.by_ref().take(size).collect(),
                variant: group.variant.as_deref(),
                message: group.variant.is_some().then_some(&group.message),
            });
        }
    }
    let Some(first) = groups.first() else { return Err(PushListError::TooFewForWechat(0).into()) };
    let sending = NewSending {
        list_id: id,
        base_url: &options.to,
        account: options.account,
        message: &first.message,
        by: &actor.name,
        at: service.now(),
        batches,
    };
    let sending = sendings.begin(&sending).await?;
    Ok((prepared, plan, sending))
}

fn sizes(options: &SendOptions, openids: usize) -> Vec<usize> {
    match options.account {
        AccountKind::Service => batch_sizes(openids, options.batch_size.get()),
        AccountKind::Subscription => vec![openids],
    }
}
