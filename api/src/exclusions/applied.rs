//! What a query leaves out: the exclusion lists that apply, and the members of other push lists.

use chrono::{DateTime, NaiveDate};
use zhihui_engine::audience::ExclusionReason;

use super::database::{ExclusionLists, WantedExclusions};
use super::record::{ExclusionList, ExclusionListInfo, NamedMembers};
use super::source::ExclusionSource;
use crate::live::audience_query::AudienceQuery;
use crate::middleware::problem::Problem;
use crate::push_lists::actor::Actor;
use crate::push_lists::database::PushLists;
use crate::push_lists::error::PushListError;
use crate::service::Service;
use crate::store::audit_action::AuditAction;

const DAY: i64 = 86_400;

/// Today in the zone of the snapshot.
pub(crate) fn today(service: &Service) -> NaiveDate {
    service.live.zone().day(DateTime::from_timestamp(service.now(), 0).unwrap_or_default())
}

/// The members whom a query leaves out. `count_others` adds the lists that it does not choose, to count them only.
pub(crate) async fn exclusions_of(
    service: &Service,
    query: &AudienceQuery,
    count_others: bool,
) -> Result<Vec<ExclusionSource>, Problem> {
    let wanted = WantedExclusions {
        chosen: &query.exclude,
        count_others,
        within: query.within.as_deref(),
        today: today(service),
    };
    let mut sources = ExclusionLists::new(&service.store).sources(wanted).await?;
    let policy = service.live.get().map(|live| live.engine.push_policy()).unwrap_or_default();
    if query.one_list_at_a_time.unwrap_or(policy.one_list_at_a_time) {
        let since = service.now() - i64::from(policy.one_list_days) * DAY;
        let lists = PushLists::new(&service.store).members_of_others(query.item_id.as_deref(), since).await;
        sources.extend(lists.map_err(PushListError::from)?.into_iter().map(|list| ExclusionSource {
            key: list.key(),
            id: list.id,
            name: None,
            reason: ExclusionReason::OtherList,
            ids: list.ids.into(),
            applies: true,
        }));
    }
    Ok(sources)
}

impl Service {
    /// All exclusion lists, by name.
    ///
    /// # Errors
    /// A [`Problem`] if the database cannot be read.
    pub async fn exclusion_lists(&self) -> Result<Vec<ExclusionList>, Problem> {
        Ok(ExclusionLists::new(&self.store).list(None, today(self)).await?)
    }

    /// Deletes an exclusion list as the actor.
    ///
    /// # Errors
    /// A [`Problem`] for an unknown list.
    pub async fn delete_exclusion_list(&self, actor: &Actor, id: &str) -> Result<(), Problem> {
        let entry = actor.entry(self.now(), AuditAction::ExclusionListDeleted);
        Ok(ExclusionLists::new(&self.store).delete(id, actor.union_id.as_deref(), &entry).await?)
    }

    /// The members whom an audience leaves out because of the exclusion lists and push lists of the home.
    ///
    /// # Errors
    /// A [`Problem`] for an unknown list.
    pub async fn exclusions_of(&self, query: &AudienceQuery) -> Result<Vec<ExclusionSource>, Problem> {
        exclusions_of(self, query, false).await
    }

    /// Stores an exclusion list of the actor, with the members whom the ids name. Returns it with the unknown ids.
    ///
    /// # Errors
    /// A [`Problem`] if the list is invalid or names nobody.
    pub async fn add_exclusion_list(
        &self,
        actor: &Actor,
        info: &ExclusionListInfo,
        ids: Vec<String>,
    ) -> Result<(ExclusionList, Vec<String>), Problem> {
        let within = actor.union_id.clone();
        let named = self.compute(move |live| named_members(live.engine.known_members(&ids, within.as_deref()), ids));
        let named = named.await?;
        let entry = actor.entry(self.now(), AuditAction::ExclusionListAdded);
        let lists = ExclusionLists::new(&self.store);
        let list = lists.create(info, &named, (actor.union_id.as_deref(), today(self)), &entry).await?;
        Ok((list, named.unknown))
    }
}

fn named_members(known: Vec<Option<String>>, ids: Vec<String>) -> NamedMembers {
    let mut named = NamedMembers::default();
    for (known, id) in known.into_iter().zip(ids) {
        match known {
            Some(member) => named.member_ids.push(member),
            None => named.unknown.push(id),
        }
    }
    named.member_ids.sort_unstable();
    named.member_ids.dedup();
    named
}
