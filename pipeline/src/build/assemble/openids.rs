//! Loads the owners of openids.

use zhihui_data::snapshot::{FurtherOpenid, NO_TIME, NONE, Openids};

use super::{Rows, Vocabulary};
use crate::build::BuildError;
use crate::lake::Lake;

/// Loads the claims in `openid_owners`. `own` holds each member's openid in `member_states`.
pub(super) async fn load(lake: &Lake, members: &Vocabulary, own: &[String]) -> Result<Openids, BuildError> {
    let mut claims = Openids { since: vec![NO_TIME; own.len()], by_bind: vec![false; own.len()], further: Vec::new() };
    Rows::each(lake, "openid_owners", &["openid", "member_id", "claimed_at", "by_bind"], |rows| {
        let (openids, owners, by_bind) = (rows.text("openid")?, rows.text("member_id")?, rows.flag("by_bind")?);
        for (row, since) in rows.micros("claimed_at")?.enumerate() {
            let (openid, member, by_bind) =
                (openids.value(row), members.index_of(owners.value(row)), by_bind.value(row));
            if member == NONE {
                continue;
            }
            if own[member as usize] == openid {
                (claims.since[member as usize], claims.by_bind[member as usize]) = (since, by_bind);
            } else {
                claims.further.push(FurtherOpenid { openid: openid.to_owned(), member, since, by_bind });
            }
        }
        Ok(())
    })
    .await?;
    claims.further.sort_unstable_by(|one, other| one.openid.cmp(&other.openid));
    Ok(claims)
}
