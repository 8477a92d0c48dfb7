//! What the member routes and pages keep in memory.

use super::member_access::MemberAccess;
use crate::auth::hourly_quota::HourlyQuota;
use crate::settings::Limits;

/// In-memory state of the member routes and pages.
#[derive(Debug)]
pub(crate) struct MemberState {
    pub(crate) access: MemberAccess,
    /// Erasures by caller within the last hour.
    pub(crate) erasures: HourlyQuota,
}

impl MemberState {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { access: MemberAccess::default(), erasures: HourlyQuota::new(limits.erasures_per_hour) }
    }
}
