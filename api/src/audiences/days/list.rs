//! Who entered or left a saved audience on a day, as far as staff may be shown it.

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::json;

use super::database::AudienceDays;
use super::record::{AudienceDay, Change, KEPT_LISTS};
use crate::auth::caller::Caller;
use crate::middleware::problem::{Code, Problem};
use crate::service::Service;
use crate::store::audit_action::AuditAction;
use crate::store::error::StoreError;
use crate::store::member_numbers::MemberNumbers;

/// A page of the members who entered or left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ChangedMembers {
    pub(crate) day: NaiveDate,
    pub(crate) change: &'static str,
    /// How many there were on that day.
    pub(crate) total: i64,
    /// How many of them are kept as a list.
    pub(crate) listed: usize,
    /// Ids of the members.
    pub(crate) members: Vec<String>,
    /// Members of this page who are not shown: the snapshot does not know them, they were erased, refuse personalised lists,
    /// or are outside the caller's unions.
    pub(crate) hidden: usize,
    /// The value of `after` for the next page; null after the last one.
    pub(crate) next: Option<usize>,
}

/// Which page of a list to return: the place after which it begins, and how many members it has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ListPage {
    pub(crate) after: usize,
    pub(crate) n: usize,
}

/// The members with a change, in the order in which they became known. Recorded in the audit log. The caller must have
/// checked that the audience may be seen.
pub(crate) async fn changed_members(
    service: &Service,
    caller: &Caller,
    audience_id: &str,
    (day, change): (NaiveDate, Change),
    page: ListPage,
) -> Result<ChangedMembers, Problem> {
    let days = AudienceDays::new(&service.store);
    let found = days.days(audience_id, (Some(day), Some(day)), 1).await.map_err(StoreError::read_problem)?;
    let total = kept(found.first())?.count(change).unwrap_or_default();
    let numbers = days.changed(audience_id, day, change).await.map_err(StoreError::read_problem)?;
    let asked = numbers.get(page.after..).unwrap_or_default();
    let asked = &asked[..page.n.min(asked.len())];
    let known = MemberNumbers::load_around(service.store.pool(), asked).await.map_err(StoreError::read_problem)?;
    let ids: Vec<String> = asked.iter().filter_map(|&number| known.id_of(number).map(str::to_owned)).collect();
    let within = caller.union_id.clone();
    let shown = service.compute(move |live| {
        let may_be_listed = |id: &String| live.engine.may_be_listed(id, within.as_deref());
        ids.into_iter().filter(may_be_listed).collect::<Vec<String>>()
    });
    let members = shown.await?;
    let detail = json!({ "audience": audience_id, "day": day, "change": change.as_str(), "after": page.after,
        "members": members.len() });
    caller.record(service, AuditAction::Preview, None, detail).await?;
    let end = page.after + asked.len();
    Ok(ChangedMembers {
        day,
        change: change.as_str(),
        total,
        listed: numbers.len(),
        hidden: asked.len() - members.len(),
        members,
        next: (end < numbers.len()).then_some(end),
    })
}

/// Refuses a day without figures, and one whose lists were removed.
fn kept(day: Option<&AudienceDay>) -> Result<&AudienceDay, Problem> {
    let refuse = |detail: String| Problem::new(Code::UnknownDay, detail);
    let day = day.ok_or_else(|| {
        refuse("the audience has no figures of this day; `GET /v1/audiences/{id}/days` lists the days".to_owned())
    })?;
    if day.members_kept {
        return Ok(day);
    }
    Err(refuse(format!("who entered and left is kept for {KEPT_LISTS} days, and this day is older")))
}
