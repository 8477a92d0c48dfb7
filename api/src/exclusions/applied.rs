//! What a query leaves out: the exclusion lists that apply, and the members of other push lists.

use chrono::{DateTime, NaiveDate};
use zhihui_engine::audience::ExclusionReason;

use super::database::{ExclusionLists, WantedExclusions};
use super::record::{ExclusionList, ExclusionListInfo, NamedMembers};
use super::source::ExclusionSource;
use crate::live::audience_query::AudienceQuery;
use crate::live::push_policy::PushPolicy;
use crate::middleware::problem::Problem;
use crate::push_lists::actor::Actor;
use crate::push_lists::database::PushLists;
use crate::push_lists::error::PushListError;
use crate::push_lists::other_lists::OtherList;
use crate::push_lists::record::PushList;
use crate::service::Service;
use crate::store::audit_action::AuditAction;
use crate::store::database::Store;

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
    let wanted = wanted(service, query, count_others);
    let (policy, now) = (policy(service), service.now());
    find_exclusions(&service.store, wanted, (query.item_id.as_deref(), query.one_list_at_a_time), &policy, now).await
}

/// The members whom the audiences of several items leave out, in the order of the items.
pub(crate) async fn exclusions_of_items(
    service: &Service,
    query: &AudienceQuery,
    item_ids: &[String],
) -> Result<Vec<Vec<ExclusionSource>>, Problem> {
    let items = (item_ids, query.one_list_at_a_time);
    let wanted = wanted(service, query, false);
    find_exclusions_of_items(&service.store, wanted, items, &policy(service), service.now()).await
}

fn wanted<'a>(service: &Service, query: &'a AudienceQuery, count_others: bool) -> WantedExclusions<'a> {
    let within = query.within.as_deref();
    WantedExclusions { chosen: &query.exclude, count_others, within, today: today(service) }
}

/// The members whom an audience leaves out.
///
/// These are the members of exclusion lists and, if members are in one list at a time, those of other push lists than the ones
/// for `item_id`. Without `one_list_at_a_time` the policy decides.
///
/// # Errors
/// A [`Problem`] for an unknown list, or if the database cannot be read.
pub async fn find_exclusions(
    store: &Store,
    wanted: WantedExclusions<'_>,
    (item_id, one_list_at_a_time): (Option<&str>, Option<bool>),
    policy: &PushPolicy,
    now: i64,
) -> Result<Vec<ExclusionSource>, Problem> {
    let mut sources = ExclusionLists::new(store).sources(wanted).await?;
    if one_list_at_a_time.unwrap_or(policy.one_list_at_a_time) {
        sources.extend(other_lists(store, (item_id, None), policy, now).await?);
    }
    Ok(sources)
}

/// Like [`find_exclusions`] for each of several items, in their order. Exclusion lists are read once.
///
/// # Errors
/// As [`find_exclusions`].
pub async fn find_exclusions_of_items(
    store: &Store,
    wanted: WantedExclusions<'_>,
    (item_ids, one_list_at_a_time): (&[String], Option<bool>),
    policy: &PushPolicy,
    now: i64,
) -> Result<Vec<Vec<ExclusionSource>>, Problem> {
    let lists = ExclusionLists::new(store).sources(wanted).await?;
    let mut of_items = vec![lists; item_ids.len()];
    if one_list_at_a_time.unwrap_or(policy.one_list_at_a_time) {
        for (item_id, sources) in item_ids.iter().zip(&mut of_items) {
            sources.extend(other_lists(store, (Some(item_id), None), policy, now).await?);
        }
    }
    Ok(of_items)
}

/// Whom a frozen list leaves out when it is sent for an item: the members of the lists that it was frozen with, of those that
/// apply to every audience, and of push lists that were sent or approved before it. Lists that were deleted since do not count.
pub(crate) async fn exclusions_at_sending(
    service: &Service,
    list: &PushList,
    item_id: &str,
) -> Result<Vec<ExclusionSource>, Problem> {
    let (lists, today, policy) = (ExclusionLists::new(&service.store), today(service), policy(service));
    let known = lists.list(None, today).await?;
    let chosen: Vec<String> =
        list.exclude.iter().filter(|id| known.iter().any(|list| list.id == **id)).cloned().collect();
    let wanted = WantedExclusions { chosen: &chosen, count_others: false, within: None, today };
    let mut sources = lists.sources(wanted).await?;
    if list.one_list_at_a_time.unwrap_or(policy.one_list_at_a_time) {
        let others = other_lists(&service.store, (Some(item_id), Some(&list.id)), &policy, service.now()).await?;
        sources.extend(others);
    }
    Ok(sources)
}

/// What the home decided about pushes.
pub(crate) fn policy(service: &Service) -> PushPolicy {
    service.live.get().map(|live| live.engine.push_policy()).unwrap_or_default()
}

async fn other_lists(
    store: &Store,
    (item_id, sending): (Option<&str>, Option<&str>),
    policy: &PushPolicy,
    now: i64,
) -> Result<Vec<ExclusionSource>, PushListError> {
    let since = now - i64::from(policy.one_list_days) * DAY;
    let lists = PushLists::new(store).members_of_others(item_id, since, sending).await?;
    let source = |list: OtherList| ExclusionSource {
        key: list.key(),
        id: list.id,
        name: None,
        reason: ExclusionReason::OtherList,
        ids: list.ids.into(),
        applies: true,
    };
    Ok(lists.into_iter().map(source).collect())
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
    /// A [`Problem`] for an unknown list, or for staff who did not upload it.
    pub async fn delete_exclusion_list(&self, actor: &Actor, id: &str) -> Result<(), Problem> {
        Ok(ExclusionLists::new(&self.store).delete(id, actor, self.now()).await?)
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
