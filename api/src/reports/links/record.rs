//! A link to a report, and whether it still works.

use serde_json::{Map, Value};

use crate::auth::role::Role;
use crate::reports::source::{PeriodBound, ReportQuery};

/// Days for which a link may be valid.
pub(crate) const VALID_DAYS: [i64; 3] = [7, 30, 90];
/// Maximum length of a label in characters.
pub(crate) const MAX_LABEL: usize = 80;

/// What a link shows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SharedReport {
    /// Name of the report.
    pub(crate) report: String,
    /// Start of the period, RFC 3339.
    pub(crate) from: String,
    /// End of the period, exclusive, RFC 3339.
    pub(crate) to: String,
    /// The filters, as the report names them.
    pub(crate) filters: Map<String, Value>,
}

/// A link, without its secret.
#[derive(Debug, Clone)]
pub(crate) struct ReportLink {
    pub(crate) id: String,
    /// `user NAME` or `key ID`.
    pub(crate) owner: String,
    /// When the owner's account or key was created.
    pub(crate) owner_since: i64,
    pub(crate) label: String,
    pub(crate) shows: SharedReport,
    pub(crate) expires_at: i64,
    pub(crate) revoked_at: Option<i64>,
    pub(crate) uses: i64,
    pub(crate) last_used_at: Option<i64>,
}

/// The account or key behind a link, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LinkOwner {
    pub(crate) role: Role,
    /// The union subtree the owner may see, or `None` for all members.
    pub(crate) union_id: Option<String>,
    pub(crate) created_at: i64,
}

impl SharedReport {
    /// The query of the report.
    pub(crate) fn query(&self) -> ReportQuery {
        let text = |name: &str| self.filters.get(name).and_then(Value::as_str).map(str::to_owned);
        ReportQuery {
            from: PeriodBound::parse(&self.from),
            to: PeriodBound::parse(&self.to),
            compare: text("compare"),
            union: text("union"),
            district: text("district"),
            age_band: text("age_band"),
        }
    }
}

impl ReportLink {
    /// Whether it is neither revoked nor expired.
    pub(crate) fn is_valid(&self, now: i64) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }

    /// Whether its owner may still read what it shows. `is_within` says whether a union belongs to the subtree of another.
    pub(crate) fn is_covered(&self, owner: Option<&LinkOwner>, is_within: impl Fn(&str, &str) -> bool) -> bool {
        let Some(owner) = owner.filter(|owner| owner.created_at == self.owner_since) else { return false };
        let union = self.shows.filters.get("union").and_then(Value::as_str);
        let sees = match (&owner.union_id, union) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(union)) => union == own || is_within(union, own),
        };
        sees && owner.role != Role::Backend
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn link(union: Option<&str>) -> ReportLink {
        let Value::Object(filters) = json!({ "compare": "previous", "union": union }) else { unreachable!() };
        ReportLink {
            id: "rl_1".into(),
            owner: "user a".into(),
            owner_since: 5,
            label: String::new(),
            shows: SharedReport {
                report: "engagement".into(),
                from: "2026-10-31T16:00:00Z".into(),
                to: "2026-11-30T16:00:00Z".into(),
                filters,
            },
            expires_at: 20,
            revoked_at: None,
            uses: 0,
            last_used_at: None,
        }
    }

    fn owner(union_id: Option<&str>) -> LinkOwner {
        LinkOwner { role: Role::Staff, union_id: union_id.map(str::to_owned), created_at: 5 }
    }

    #[test]
    fn a_link_shows_no_more_than_its_owner_may_see() {
        let below = |union: &str, own: &str| (union, own) == ("u2", "u1");
        let covered = |link: &ReportLink, owner: &LinkOwner| link.is_covered(Some(owner), below);
        assert!(covered(&link(None), &owner(None)) && covered(&link(Some("u2")), &owner(None)));
        assert!(covered(&link(Some("u1")), &owner(Some("u1"))) && covered(&link(Some("u2")), &owner(Some("u1"))));
        assert!(!covered(&link(None), &owner(Some("u1"))), "the owner was limited to a union");
        assert!(!covered(&link(Some("u3")), &owner(Some("u1"))), "the owner has another union");
        assert!(!link(None).is_covered(None, below), "the owner is gone");
        let later = LinkOwner { created_at: 6, ..owner(None) };
        assert!(!covered(&link(None), &later), "another account has the name");
    }

    #[test]
    fn a_link_is_valid_until_it_expires_or_is_revoked() {
        let mut link = link(None);
        assert!(link.is_valid(19) && !link.is_valid(20));
        link.revoked_at = Some(12);
        assert!(!link.is_valid(13));
    }

    #[test]
    fn the_query_of_a_link_has_fixed_dates() {
        let query = link(Some("u1")).shows.query();
        assert_eq!(query.union.as_deref(), Some("u1"));
        assert!(matches!((query.from, query.to), (Some(PeriodBound::Instant(_)), Some(PeriodBound::Instant(_)))));
    }
}
