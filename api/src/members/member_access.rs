//! Grants a session access to a member's page after a reason was given, so that going back and reloading work.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::auth::secret::digest;

/// How long access lasts.
const ACCESS_SECONDS: i64 = 15 * 60;

/// End of access by session and member, both stored as digests.
#[derive(Debug, Default)]
pub(crate) struct MemberAccess(Mutex<HashMap<[u8; 32], i64>>);

impl MemberAccess {
    /// Grants access to a member's page.
    pub(crate) fn grant(&self, session: &str, member_id: &str, now: i64) {
        let mut granted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        granted.retain(|_, until| *until > now);
        granted.insert(key(session, member_id), now + ACCESS_SECONDS);
    }

    /// Whether access is granted now.
    pub(crate) fn is_granted(&self, session: &str, member_id: &str, now: i64) -> bool {
        let granted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        granted.get(&key(session, member_id)).is_some_and(|&until| until > now)
    }
}

fn key(session: &str, member_id: &str) -> [u8; 32] {
    let mut key = [0; 32];
    // A session token contains no line break, so no other pair produces the same text.
    key.copy_from_slice(digest(&format!("look {session}\n{member_id}")).as_bytes());
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_is_granted_to_one_session_for_one_member_for_fifteen_minutes() {
        let access = MemberAccess::default();
        access.grant("s", "m1", 1_000);
        assert!(access.is_granted("s", "m1", 1_000 + ACCESS_SECONDS - 1));
        assert!(!access.is_granted("s", "m1", 1_000 + ACCESS_SECONDS));
        assert!(!access.is_granted("s", "m2", 1_000) && !access.is_granted("t", "m1", 1_000));
    }
}
