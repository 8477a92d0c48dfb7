//! Deletes the teams and invitations of activities that are over, because nothing needs them any more.

use crate::live::queries::PageQueries;
use crate::service::Service;
use crate::store::error::StoreError;

use super::database::Teams;

const DAY: i64 = 86_400;
/// Teams are deleted this long after their activity has ended.
pub(crate) const KEPT_AFTER_END: i64 = 30 * DAY;
/// Teams of an activity without a known end are deleted this long after the last change.
pub(crate) const KEPT_WITHOUT_END: i64 = 180 * DAY;

impl Service {
    /// Deletes suggestions, invitations and teams of activities that ended 30 days ago or, if an end is not known, that did not
    /// change for 180 days. Returns the number of activities. Blocks stay. [`serve`](crate::serve) calls it every hour.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails. The rest is deleted by the next call.
    pub async fn delete_ended_teams(&self) -> Result<usize, StoreError> {
        let Some(live) = self.live.get() else { return Ok(0) };
        let (teams, now) = (Teams::new(&self.store), self.now());
        let mut deleted = 0;
        for (activity, changed_at) in teams.activities().await? {
            let kept_until = match end_of(live.engine.as_ref(), &activity, now) {
                Some(end) => end.saturating_add(KEPT_AFTER_END),
                None => changed_at.saturating_add(KEPT_WITHOUT_END),
            };
            if kept_until <= now {
                teams.delete_activity(&activity).await?;
                deleted += 1;
            }
        }
        Ok(deleted)
    }
}

/// When an activity ends: at its end or, without one, at its beginning or when sign-up closes.
fn end_of(items: &dyn PageQueries, activity: &str, now: i64) -> Option<i64> {
    let item = items.item_view(activity, now)?;
    item.ends_at.or(item.starts_at).or(item.closes_at)
}
