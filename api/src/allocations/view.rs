//! Formats the allocations of an activity for their page.

use std::collections::BTreeMap;

use zhihui_data::Zone;
use zhihui_engine::allocation::{Allocation, Grant, TicketResult, TicketRules};

use super::record::{AllocationRecord, Step};
use crate::live::push_queries::TicketPool;
use crate::web::locale::Locale;
use crate::web::numbers::{grouped, local_minute};
use crate::web::url::{percent_encode, url_with_query};

/// Sign-ups of an allocation shown on the page. Files have all of them.
const MAX_GRANTS: usize = 50;

/// A draw that is not held yet.
pub(crate) struct OpenDraw {
    pub(crate) id: String,
    pub(crate) commitment: String,
    pub(crate) committed: String,
    /// When sign-up closes, if that is still to come. The draw is possible from then on.
    pub(crate) waits_until: Option<String>,
}

/// An allocation, formatted.
pub(crate) struct AllocationView {
    pub(crate) id: String,
    pub(crate) sentence: String,
    pub(crate) can_record: bool,
    pub(crate) facts: Vec<(&'static str, String)>,
    /// Addresses of the files: CSV and Excel.
    pub(crate) files: [String; 2],
    /// How anybody repeats the draw; `None` for first come.
    pub(crate) check: Option<String>,
    /// Union, members and tickets.
    pub(crate) own_sessions: Vec<[String; 3]>,
    pub(crate) grants: Vec<GrantRow>,
    /// Sign-ups that the page does not show.
    pub(crate) more: Option<String>,
}

/// A sign-up with its result, formatted.
pub(crate) struct GrantRow {
    pub(crate) place: String,
    pub(crate) member_id: String,
    pub(crate) member_url: String,
    pub(crate) union: String,
    pub(crate) tickets: String,
    pub(crate) result: &'static str,
    pub(crate) wait_place: String,
}

/// What formats the parts of an allocation.
pub(crate) struct Formatter<'a> {
    /// Names of unions by id.
    pub(crate) unions: &'a BTreeMap<String, String>,
    pub(crate) zone: Zone,
    pub(crate) t: Locale,
}

impl Formatter<'_> {
    /// Who signed up, and for how many seats.
    pub(crate) fn summary(&self, pool: &TicketPool) -> String {
        let tickets: u64 = pool.requests.iter().map(|request| u64::from(request.tickets)).sum();
        let (members, tickets) = (grouped(pool.requests.len() as f64, 0), grouped(tickets as f64, 0));
        match pool.rules.capacity {
            Some(capacity) => {
                self.t.allocations_summary(grouped(f64::from(capacity), 0), members, tickets, &pool.title)
            }
            None => self.t.allocations_summary_without_limit(members, tickets, &pool.title),
        }
    }

    /// The limits of the activity that are set.
    pub(crate) fn limits(&self, rules: &TicketRules) -> Vec<(&'static str, String)> {
        let t = self.t;
        let all = [
            (t.allocations_capacity(), rules.capacity),
            (t.allocations_per_union(), rules.per_union_cap),
            (t.allocations_per_member(), rules.per_member_cap),
            (t.allocations_with_children(), rules.child_tickets),
            (t.allocations_own_session_at(), rules.own_session_at),
        ];
        all.into_iter().filter_map(|(name, limit)| Some((name, grouped(f64::from(limit?), 0)))).collect()
    }

    /// The draw that is not held yet.
    pub(crate) fn open_draw(&self, record: &AllocationRecord, closes_at: Option<i64>, now: i64) -> Option<OpenDraw> {
        record.allocated.is_none().then(|| OpenDraw {
            id: record.id.clone(),
            commitment: record.commitment.clone().unwrap_or_default(),
            committed: record.committed.as_ref().map(|step| self.step(step)).unwrap_or_default(),
            waits_until: closes_at.filter(|&at| now < at).map(|at| local_minute(at, self.zone)),
        })
    }

    /// An allocation with its grants.
    pub(crate) fn allocation(&self, record: &AllocationRecord, allocation: &Allocation) -> AllocationView {
        let t = self.t;
        let grants = &allocation.grants;
        let file = |format| {
            let page = format!("/items/{}/allocation/file", percent_encode(&record.item_id));
            url_with_query(&page, [("allocation", record.id.as_str()), ("format", format)])
        };
        let own_sessions = allocation.own_sessions.iter().map(|session| {
            [
                self.union(Some(&session.union_id)),
                grouped(session.members as f64, 0),
                grouped(f64::from(session.tickets), 0),
            ]
        });
        let more = grants.len().saturating_sub(MAX_GRANTS);
        AllocationView {
            id: record.id.clone(),
            sentence: self.sentence(allocation, record.commitment.is_some()),
            can_record: record.recorded.is_none(),
            facts: self.facts(record),
            files: ["csv", "xlsx"].map(file),
            check: record.seed.as_ref().map(|seed| format!("zhihui allocate {} --draw {seed}", record.item_id)),
            own_sessions: own_sessions.collect(),
            grants: grants.iter().take(MAX_GRANTS).map(|grant| self.grant(grant)).collect(),
            more: (more > 0).then(|| t.allocations_more(grouped(more as f64, 0))),
        }
    }

    fn sentence(&self, allocation: &Allocation, is_draw: bool) -> String {
        let (granted, tickets) = allocation.totals(TicketResult::is_granted);
        let (waiting, _) = allocation.totals(TicketResult::is_waiting);
        let [granted, waiting] = [granted, waiting].map(|members| grouped(members as f64, 0));
        let tickets = grouped(f64::from(tickets), 0);
        let t = self.t;
        if is_draw {
            t.allocations_drawn(granted, tickets, waiting)
        } else {
            t.allocations_first_come(granted, tickets, waiting)
        }
    }

    fn facts(&self, record: &AllocationRecord) -> Vec<(&'static str, String)> {
        let t = self.t;
        let step = |step: &Option<Step>| step.as_ref().map(|step| self.step(step));
        let all = [
            (t.allocations_committed(), step(&record.committed)),
            (t.allocations_allocated(), step(&record.allocated)),
            (t.allocations_recorded(), step(&record.recorded)),
            (t.allocations_commitment(), record.commitment.clone()),
            (t.allocations_seed(), record.seed.clone()),
            (t.allocations_hash(), record.requests_sha256.clone()),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    fn grant(&self, grant: &Grant) -> GrantRow {
        let t = self.t;
        let result = match grant.result {
            TicketResult::Granted => t.allocations_result_granted(),
            TicketResult::OwnSession => t.allocations_result_own_session(),
            TicketResult::WaitsForSeats => t.allocations_result_waits_for_seats(),
            TicketResult::WaitsForUnionQuota => t.allocations_result_waits_for_union(),
            TicketResult::UnionUnknown => t.allocations_result_union_unknown(),
            TicketResult::NoTickets => t.allocations_result_no_tickets(),
        };
        GrantRow {
            place: grouped(grant.place as f64, 0),
            member_url: format!("/members/{}", percent_encode(&grant.request.member_id)),
            member_id: grant.request.member_id.clone(),
            union: self.union(grant.request.union_id.as_deref()),
            tickets: grouped(f64::from(grant.granted_tickets), 0),
            result,
            wait_place: grant.wait_place.map(|place| grouped(place as f64, 0)).unwrap_or_default(),
        }
    }

    fn union(&self, id: Option<&str>) -> String {
        let name = id.map(|id| self.unions.get(id).map_or(id, String::as_str));
        name.unwrap_or(self.t.labels_unknown()).to_owned()
    }

    fn step(&self, step: &Step) -> String {
        format!("{} · {}", step.by.strip_prefix("user ").unwrap_or(&step.by), local_minute(step.at, self.zone))
    }
}
