//! Marks members of a push list who are left out when it is sent.

use std::collections::BTreeMap;

use sqlx::AssertSqlSafe;

use crate::store::error::StoreError;
use crate::store::sql::{self, Connection, Parameter};

/// Leaves members out, each by rank with the reason. Who was left out before stays as it is.
pub(super) async fn leave_out(
    connection: &mut Connection,
    list_id: &str,
    left_out: &[(usize, &str)],
) -> Result<(), StoreError> {
    let mut ranks_by_reason: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for &(rank, reason) in left_out {
        ranks_by_reason.entry(reason).or_default().push(rank as i64);
    }
    for (reason, ranks) in ranks_by_reason {
        let is_named = connection.dialect().is_in("rank", 3);
        let sql = format!(
            "update push_list_members set left_out = $2 where list_id = $1 and {is_named} and left_out is null"
        );
        let update = sql::query(AssertSqlSafe(sql)).bind(list_id).bind(reason).bind(Parameter::Integers(ranks));
        update.execute(&mut *connection).await?;
    }
    Ok(())
}
