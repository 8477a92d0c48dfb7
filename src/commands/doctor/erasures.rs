//! Checks how long erasures have been waiting: seven days are promised.

use zhihui_api::{Erasure, StoreError};

use super::records::instant;
use super::{Check, fail, ok, warn};
use crate::clock;

/// Seconds within which an erasure has to be complete, and after which it is late for a nightly job.
const PROMISED: i64 = 7 * 86_400;
const LATE: i64 = 5 * 86_400;

pub(super) fn check(found: Result<Vec<Erasure>, StoreError>) -> Check {
    const REMEDY: &str =
        "run `zhihui run` and then `zhihui maintain`, which names each file and snapshot that holds erasures up";
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
    if age > PROMISED {
        return fail("erasures", format!("{message}; seven days are over"), REMEDY);
    }
    if age >= LATE {
        let hours = (PROMISED - age) / 3_600;
        return warn("erasures", format!("{message}; {hours} hours are left of the seven days promised"), REMEDY);
    }
    ok("erasures", message)
}
