//! The definition of an openid's owner, which `zhihui sql`, the build, member export and erasure share.
//!
//! Claims come from the current roster and from binds; `actors.sql` decides between them.

use chrono::{DateTime, Utc};

use super::current::{instant, roster_claims};

/// Returns a query for the owner of each openid: `actor_openid`, `actor_id` (the member), the instant of the claim `claimed_at`
/// (null if undated) and whether the claim is a bind (`by_bind`). It reads `raw_members` and `raw_member_events`.
#[must_use]
pub(crate) fn owners(as_of: Option<DateTime<Utc>>) -> String {
    owners_with(as_of, "")
}

/// Like [`owners`], with binds that are not in the lake yet. `further` is a relation of `openid`, `member_id` and `at`, or empty.
#[must_use]
pub(crate) fn owners_with(as_of: Option<DateTime<Utc>>, further: &str) -> String {
    let binds = "select openid, member_id, at from raw_member_events where event = 'bind'";
    let further = if further.is_empty() {
        String::new()
    } else {
        format!(" union all select openid, member_id, at from {further}")
    };
    format!(
        "with roster as ({roster}), binds as ({binds}{further}) select * from ({sql}) as owned",
        roster = roster_claims(as_of),
        sql = include_str!("../../sql/build/actors.sql").replace("$as_of", &instant(as_of)),
    )
}
