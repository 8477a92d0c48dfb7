//! Checks of the PostgreSQL server, if the state of the home is on one.

use super::{Check, fail, ok, warn};
use crate::home::Home;
use crate::{clock, output};

/// Tolerated difference between the clocks of the server and of this machine, in seconds.
const CLOCK_TOLERANCE: i64 = 30;

/// Reaches the server, which migrates its tables, and looks at its settings and its clock. `None` without a server.
pub(super) async fn check(home: &Home) -> Option<Check> {
    const NAME: &str = "database_server";
    const REMEDY: &str = "check [database] in zhihui.toml, ZHIHUI_DATABASE_PASSWORD, the network and the server; after an upgrade of \
                          one machine, upgrade this one";
    let server = match home.database_server() {
        Ok(server) => server?,
        Err(error) => return Some(fail(NAME, output::format_error(&error), REMEDY)),
    };
    let status = async { anyhow::Ok(home.store().await?.server_status().await?) }.await;
    let status = match status {
        Ok(status) => status?,
        Err(error) => return Some(fail(NAME, output::format_error(&error), REMEDY)),
    };
    let found = format!("PostgreSQL {} at {server}", status.version);
    let ahead = status.now - clock::now().timestamp();
    Some(if status.is_standby {
        fail(
            NAME,
            format!("{found} refuses writes, because it follows another server"),
            "connect to the primary server",
        )
    } else if !status.is_durable {
        let message = format!("{found} may lose acknowledged events in a power failure");
        fail(NAME, message, "set fsync, full_page_writes and synchronous_commit to on in postgresql.conf")
    } else if ahead.abs() > CLOCK_TOLERANCE {
        warn(NAME, format!("the clock of {found} differs by {ahead} s"), "synchronise the clocks of all machines")
    } else {
        ok(NAME, format!("{found}, tables up to date, clocks agree"))
    })
}
