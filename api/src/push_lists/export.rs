//! Sends a push list: records both arms as events, then writes the file.
//!
//! `prepare` fixes the time and who is left out, once. The caller appends [`PreparedExport::facts`] to the inbox, which drops
//! repeated ones, and calls `finish`. A process that dies in between leaves a list that can be exported again with the
//! same pushes.

use std::collections::{BTreeMap, HashSet};

use futures::stream::{self, StreamExt, TryStreamExt};
use serde_json::json;
use zhihui_data::{Event, EventType};
use zhihui_engine::audience::{ExperimentArm, HoldOutKind, Recheck};

use super::batches::{MIN_OPENIDS, TOO_FEW};
use super::database::PushLists;
use super::error::PushListError;
use super::members::ListMember;
use super::record::PushList;
use super::send_plan::SendPlan;
use super::state::ListStep;
use super::variants::item_of;
use crate::live::push_queries::PushQueries;
use crate::middleware::problem::Problem;
use crate::store::audit::NewAuditEntry;
use crate::store::error::StoreError;
use crate::store::sql;

/// The channel of the pushes, and of the hold-out of the list. Members of standing hold-outs have the channels
/// `global_hold_out` and `topic_hold_out`, so that they are facts but not part of the uplift of one push.
const CHANNEL: &str = "wechat";
/// Members read by one statement.
const PAGE: u32 = 20_000;
/// Statements that read at the same time.
const CONNECTIONS: usize = 2;

/// The formats of a list's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// Comma-separated values with a byte order mark.
    Csv,
    /// An Excel workbook.
    Xlsx,
    /// Bodies of WeChat's mass message to openids.
    Wechat,
}

impl FileFormat {
    /// The name in the query string and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Wechat => "wechat",
        }
    }

    /// Parses the name of a format.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Csv, Self::Xlsx, Self::Wechat].into_iter().find(|format| format.as_str() == text)
    }
}

/// A list whose pushes are fixed and may be recorded.
#[derive(Debug)]
pub struct PreparedExport {
    /// The list; its `sent_at` is set.
    pub list: PushList,
    /// Its members who were not left out, by rank.
    pub members: Vec<ListMember>,
}

impl PreparedExport {
    /// One event for each member of both arms. The events of a list are always the same.
    #[must_use]
    pub fn facts(&self) -> Vec<Event> {
        self.facts_of(&self.members.iter().collect::<Vec<_>>())
    }

    /// The events of some of the members.
    pub(crate) fn facts_of(&self, members: &[&ListMember]) -> Vec<Event> {
        let at = self.list.sent_at_seconds.unwrap_or_default().saturating_mul(1_000_000);
        let fact = |&member: &&ListMember| {
            let kind = match member.arm {
                ExperimentArm::Push => EventType::Push,
                ExperimentArm::HoldOut => EventType::HoldOut,
            };
            let mut event = Event::of_member(kind, &member.member_id, at);
            event.event_id = Some(format!("push:{}:{}", self.list.id, member.member_id));
            let item_id = self.list.item_id.as_deref();
            event.item_id = item_id.map(|item_id| item_of(member, item_id, &self.list.variants).to_owned());
            event.details.push_id = Some(self.list.id.clone());
            event.details.channel = Some(match member.hold_out {
                None | Some(HoldOutKind::List) => CHANNEL.to_owned(),
                Some(standing) => standing.exclusion().to_owned(),
            });
            event
        };
        members.iter().map(fact).collect()
    }
}

impl PushLists<'_> {
    /// All members of a list, by rank.
    ///
    /// # Errors
    /// [`PushListError::Store`].
    pub async fn all_members(&self, id: &str) -> Result<Vec<ListMember>, PushListError> {
        let sql = "select coalesce(max(rank), 0) from push_list_members where list_id = $1";
        let last: u32 = sql::query_scalar(sql).bind(id).fetch_one(self.pool()).await.map_err(StoreError::from)?;
        let pages =
            (0..last).step_by(PAGE as usize).map(|after| self.members_between(id, after, after.saturating_add(PAGE)));
        let pages: Vec<Vec<ListMember>> = stream::iter(pages).buffered(CONNECTIONS).try_collect().await?;
        let members = pages.into_iter().flatten().collect();
        Ok(members)
    }

    /// Checks that a list may be sent, and fixes the time of its pushes and who is left out: members who opted out,
    /// unfollowed, were erased, took the item up, reached a cap or were excluded since it was frozen. Later calls return the
    /// same pushes. A list that has too few members left for the format is refused before anything is fixed; a variant that
    /// has too few is left out.
    ///
    /// # Errors
    /// A [`Problem`]; nothing is recorded then.
    pub(crate) async fn prepare_export(
        &self,
        id: &str,
        within: Option<&str>,
        (engine, format): (&dyn PushQueries, FileFormat),
        plan: &SendPlan,
        now: i64,
    ) -> Result<PreparedExport, Problem> {
        let list = self.get_alone(id, within).await?;
        if list.state.after(ListStep::Export).is_none() {
            return Err(PushListError::WrongState { state: list.state, step: ListStep::Export }.into());
        }
        let (mut left_out, mut members) = (Vec::new(), Vec::new());
        if list.sent_at.is_none() {
            members = self.all_members(id).await?;
            let ids: Vec<&str> = members.iter().map(|member| member.member_id.as_str()).collect();
            let mut found = engine.recheck(&plan.query, now, &ids, Recheck::BeforeFirstPush)?;
            // Who was held out because of a standing hold-out stays a fact.
            for (why, member) in found.iter_mut().zip(&members) {
                *why = why.filter(|why| member.hold_out.is_none_or(|kind| kind.exclusion() != *why));
            }
            let mut by_variant: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
            for (member, why) in members.iter().zip(&found) {
                if member.arm == ExperimentArm::Push && why.is_none() {
                    by_variant.entry(member.variant.as_deref()).or_default().push(member.rank);
                }
            }
            let count: usize = by_variant.values().map(Vec::len).sum();
            if count == 0 {
                let pushed = members.iter().zip(&found).filter(|(member, _)| member.arm == ExperimentArm::Push);
                let item = (plan.item.id.as_str(), plan.item.title.as_str());
                return Err(PushListError::nobody_left(item, pushed.filter_map(|(_, why)| *why)).into());
            }
            if format == FileFormat::Wechat {
                by_variant.retain(|_, ranks| ranks.len() < MIN_OPENIDS);
                let too_few: Vec<usize> = by_variant.into_values().flatten().collect();
                if too_few.len() == count {
                    return Err(PushListError::TooFewForWechat(count).into());
                }
                left_out.extend(too_few.into_iter().map(|rank| (rank, TOO_FEW)));
            }
            let gone = members.iter().zip(found).filter_map(|(member, why)| Some((member.rank, why?)));
            left_out.extend(gone);
        }
        let (list, is_first) = self.begin_export(id, &plan.item, &left_out, now).await?;
        if is_first && members.len() == list.stored {
            let left_out: HashSet<usize> = left_out.into_iter().map(|(rank, _)| rank).collect();
            members.retain(|member| !left_out.contains(&member.rank));
        } else {
            // Another attempt decided who is left out, or somebody was erased in the meantime.
            members = self.all_members(id).await?;
            members.retain(|member| member.left_out.is_none());
        }
        Ok(PreparedExport { list, members })
    }

    /// Marks a list as exported, after its facts are durable, and records the file in the audit log.
    ///
    /// # Errors
    /// [`PushListError::Store`]. The list can be exported again then.
    pub async fn finish_export(
        &self,
        export: &PreparedExport,
        format: &str,
        rows: usize,
        entry: &NewAuditEntry<'_>,
    ) -> Result<(), PushListError> {
        let again = export.list.exported_at.is_some();
        let extra = json!({ "format": format, "rows": rows, "again": again, "left_out": export.list.left_out });
        self.mark_exported(&export.list, extra, entry).await
    }
}
