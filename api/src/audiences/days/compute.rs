//! Computes the days of saved audiences that the published snapshot has and the database has not.

use std::sync::Arc;
use std::time::Instant;

use chrono::DateTime;
use serde_json::{Value, json};
use zhihui_engine::audience::RuleMembers;

use super::comparison::Changes;
use super::database::{AudienceDays, DaySet, MissingDay, NewDay, SnapshotDay};
use crate::audiences::saved::SavedAudiences;
use crate::audiences::saved_rules::SavedRules;
use crate::computations::CancelFlag;
use crate::live::audience_query::AudienceQuery;
use crate::live::queries::SnapshotInfo;
use crate::live::query_error::QueryError;
use crate::live::slot::LiveSnapshot;
use crate::middleware::problem::Problem;
use crate::service::Service;
use crate::store::error::StoreError;
use crate::store::member_numbers::MemberNumbers;
use crate::store::number_set::NumberSet;

impl Service {
    /// Computes the size of every saved audience on the day of the published snapshot, and who entered and left since the
    /// last day, unless that is stored already. Returns how many days were stored. [`serve`](crate::serve) calls it every
    /// few seconds, so that audiences saved by other processes are found, too. Each day is stored on its own: a process
    /// that dies computes only the missing ones later.
    ///
    /// # Errors
    /// [`Problem`] if the database fails or too many long computations are in progress. Days stored before stay.
    pub async fn compute_audience_days(&self) -> Result<usize, Problem> {
        let mut failures = self.days.failures.lock().await;
        SavedAudiences::new(&self.store).remove_deleted(self.now()).await.map_err(StoreError::write_problem)?;
        let Some(live) = self.live.get() else { return Ok(0) };
        let (snapshot, days) = (day_of(&live.info), AudienceDays::new(&self.store));
        failures.begin(&snapshot.version);
        let mut missing = days.missing(&snapshot).await.map_err(StoreError::read_problem)?;
        missing.retain(|missing| !failures.has(&missing.audience_id, missing.rule_version));
        if missing.is_empty() {
            return Ok(0);
        }
        let (began, mut stored) = (Instant::now(), 0);
        let saved = SavedAudiences::new(&self.store).rules().await.map_err(StoreError::read_problem)?;
        let numbers = numbers_of_rows(self, &live).await?;
        for audience in missing {
            // The overlay may be newer than that of the first audience.
            let Some(live) = self.live.get().filter(|live| live.info.version == snapshot.version) else { break };
            let before =
                days.set_before(&audience.audience_id, snapshot.day).await.map_err(StoreError::read_problem)?;
            let day = DayInput { audience, saved: saved.clone(), before, snapshot: snapshot.clone() };
            let (id, version) = (day.audience.audience_id.clone(), day.audience.rule_version);
            let numbers = Arc::clone(&numbers);
            let computed = self.computations.run_in_background(move |cancel| day.compute(&live, &numbers, cancel));
            match computed.await? {
                Ok(new) => {
                    let is_stored = days.store(&snapshot, &new).await.map_err(StoreError::write_problem)?;
                    stored += usize::from(is_stored);
                }
                Err(error) => {
                    tracing::warn!(audience = %id, version, %error, "the day of a saved audience cannot be computed");
                    failures.add(&id, version);
                }
            }
        }
        let milliseconds = began.elapsed().as_millis() as u64;
        tracing::info!(day = %snapshot.day, audiences = stored, milliseconds, "computed the days of saved audiences");
        Ok(stored)
    }
}

/// The day of a snapshot, in its own zone.
pub(crate) fn day_of(info: &SnapshotInfo) -> SnapshotDay {
    let day = info.zone.day(DateTime::from_timestamp(info.as_of, 0).unwrap_or_default());
    SnapshotDay { day, as_of: info.as_of, version: info.version.clone() }
}

/// What a day is computed from.
struct DayInput {
    audience: MissingDay,
    saved: SavedRules,
    before: Option<DaySet>,
    snapshot: SnapshotDay,
}

impl DayInput {
    fn compute(self, live: &LiveSnapshot, numbers: &[Option<u32>], cancel: &CancelFlag) -> Result<NewDay, QueryError> {
        let rule = json!({ "rule": self.audience.rule, "audiences": self.saved.used_by(Some(&self.audience.rule)) });
        let found = self.members(live, &self.audience.rule, &self.saved, cancel)?;
        let members = set_of(&found, numbers);
        let rule_changed = self.before.as_ref().is_some_and(|before| before.rule != rule);
        let changes = match &self.before {
            None => Changes::default(),
            Some(before) if rule_changed => {
                let by_earlier_rule = match self.members(live, &before.rule["rule"], &rules_in(&before.rule), cancel) {
                    Ok(found) => set_of(&found, numbers),
                    Err(QueryError::Cancelled(what)) => return Err(QueryError::Cancelled(what)),
                    // For example, its topic is gone.
                    Err(_) => before.members.clone(),
                };
                Changes::between(&before.members, &members, &by_earlier_rule)
            }
            Some(before) => Changes::between(&before.members, &members, &members),
        };
        Ok(NewDay {
            audience_id: self.audience.audience_id,
            rule_version: self.audience.rule_version,
            set: DaySet { day: self.snapshot.day, rule, members },
            reachable: found.reachable,
            previous_day: self.before.map(|before| before.day),
            rule_changed,
            changes,
        })
    }

    fn members(
        &self,
        live: &LiveSnapshot,
        rule: &Value,
        saved: &SavedRules,
        cancel: &CancelFlag,
    ) -> Result<RuleMembers, QueryError> {
        let query = AudienceQuery {
            rule: Some(rule.clone()),
            within: self.audience.union_id.clone(),
            saved: saved.clone(),
            cancel: cancel.clone(),
            ..AudienceQuery::default()
        };
        // Events after the snapshot do not count, so that the day of a snapshot is the same whenever it is computed.
        live.engine.rule_members(&query, self.snapshot.as_of)
    }
}

/// The audiences that a stored rule refers to, as they were then.
fn rules_in(stored: &Value) -> SavedRules {
    let audiences = stored["audiences"].as_object().into_iter().flatten();
    SavedRules::new(audiences.map(|(id, rule)| (id.clone(), rule.clone())))
}

fn set_of(found: &RuleMembers, numbers: &[Option<u32>]) -> NumberSet {
    let mut set = NumberSet::default();
    let numbers = found.rows.iter().filter_map(|&row| numbers.get(row as usize).copied().flatten());
    numbers.for_each(|number| set.insert(number));
    set
}

/// The number of the member of each row. Members without one get it; only erased ones stay without.
async fn numbers_of_rows(service: &Service, live: &Arc<LiveSnapshot>) -> Result<Arc<Vec<Option<u32>>>, Problem> {
    let pool = service.store.pool();
    let known = MemberNumbers::load(pool).await.map_err(StoreError::read_problem)?;
    let asked = Arc::clone(live);
    let looking = service.computations.run_in_background(move |_| {
        let numbers = look_up(&asked, &known);
        let ids = asked.engine.member_ids();
        let new = ids.into_iter().zip(&numbers).filter(|(_, number)| number.is_none());
        let new: Vec<String> = new.filter_map(|(id, _)| id.map(str::to_owned)).collect();
        (numbers, new)
    });
    let (numbers, new) = looking.await?;
    if new.is_empty() {
        return Ok(Arc::new(numbers));
    }
    let known = MemberNumbers::add(pool, &new).await.map_err(StoreError::write_problem)?;
    let asked = Arc::clone(live);
    Ok(Arc::new(service.computations.run_in_background(move |_| look_up(&asked, &known)).await?))
}

fn look_up(live: &LiveSnapshot, known: &MemberNumbers) -> Vec<Option<u32>> {
    let mut numbers = vec![None; live.engine.member_ids().len()];
    for (number, id) in known.members() {
        if let Some(slot) = live.engine.member_row(id).and_then(|row| numbers.get_mut(row)) {
            *slot = Some(number);
        }
    }
    numbers
}
