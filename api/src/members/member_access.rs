//! Which member's page is open to which session: a reason opens it for a while, so that going back and reloading work.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::access::digest;

/// For so long a reason holds.
const OPEN_SECONDS: i64 = 15 * 60;

/// Pages that are open, by session and member; both only as digests.
#[derive(Debug, Default)]
pub(crate) struct Looks(Mutex<HashMap<[u8; 32], i64>>);

impl Looks {
    /// Opens a member's page to a session.
    pub(super) fn open(&self, session: &str, member_id: &str, now: i64) {
        let mut looks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        looks.retain(|_, until| *until > now);
        looks.insert(key(session, member_id), now + OPEN_SECONDS);
    }

    /// Whether a reason was given that still holds.
    pub(super) fn is_open(&self, session: &str, member_id: &str, now: i64) -> bool {
        let looks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        looks.get(&key(session, member_id)).is_some_and(|&until| until > now)
    }
}

fn key(session: &str, member_id: &str) -> [u8; 32] {
    let mut key = [0; 32];
    // A session's token has no line break, so no other pair makes the same text.
    key.copy_from_slice(digest(&format!("look {session}\n{member_id}")).as_bytes());
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_opens_one_page_to_one_session_for_a_quarter_of_an_hour() {
        let looks = Looks::default();
        looks.open("s", "m1", 1_000);
        assert!(looks.is_open("s", "m1", 1_000 + OPEN_SECONDS - 1));
        assert!(!looks.is_open("s", "m1", 1_000 + OPEN_SECONDS));
        assert!(!looks.is_open("s", "m2", 1_000) && !looks.is_open("t", "m1", 1_000));
    }
}
