//! Checks how long erasures have been pending. They must be complete within seven days.

use zhihui_api::{Erasure, StoreError};

use super::records::instant;
use super::{Check, fail, ok, warn};
use crate::clock;

/// Time within which an erasure must be complete, and after which a warning is given, in seconds.
const DEADLINE_SECONDS: i64 = 7 * 86_400;
const WARNING_SECONDS: i64 = 5 * 86_400;

pub(super) fn check(found: Result<Vec<Erasure>, StoreError>) -> Check {
    const REMEDY: &str =
        "run `zhihui run` and then `zhihui maintain`, which names each file and snapshot that delays erasures";
    let waiting = match found {
        Ok(waiting) => waiting,
        Err(error) => return fail("erasures", error.to_string(), "restore zhihui.db from a backup"),
    };
    let Some(oldest) = waiting.iter().map(|erasure| erasure.asked_at).min() else {
        return ok("erasures", "none waits");
    };
    let in_tables = waiting.iter().filter(|erasure| erasure.lake_at.is_none()).count();
    let message = format!(
        "{} wait for `zhihui maintain`, the oldest since {}; {in_tables} of them still have rows in the tables",
        waiting.len(),
        instant(oldest)
    );
    let age = clock::now().timestamp() - oldest;
    if age > DEADLINE_SECONDS {
        return fail("erasures", format!("{message}; the seven days are over"), REMEDY);
    }
    if age >= WARNING_SECONDS {
        let hours = (DEADLINE_SECONDS - age) / 3_600;
        return warn("erasures", format!("{message}; {hours} hours of the seven days are left"), REMEDY);
    }
    ok("erasures", message)
}
