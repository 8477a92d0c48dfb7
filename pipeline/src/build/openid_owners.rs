//! The owners of openids, and which of them a partition depends on.

use arrow::array::{AsArray, StringArray};
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;
use futures::TryStreamExt;
use xxhash_rust::xxh3::xxh3_64;

use super::context::BuildContext;
use super::execution::{Streams, execute};
use super::fingerprint::Fingerprint;
use super::state::TableState;
use super::{BuildError, inputs, staged_query};
use crate::sql;

/// The table of owners, and the name under which the build state keeps its fingerprint.
const NAME: &str = "actors";
/// The same table, with a fingerprint that covers the claims.
const CLAIMS: &str = "openid_claims";

/// Facts about the table `actors`.
#[derive(Debug)]
pub(super) struct OpenidOwners {
    /// Whether every openid has the owner that it had in the last build.
    are_unchanged: bool,
    /// Whether no member has two openids.
    pub(super) one_openid_per_member: bool,
}

impl OpenidOwners {
    /// Registers the owner of each openid as `actors` and `openid_claims`, each with a fingerprint that does not depend on the
    /// order of rows. That of `actors` leaves out the instants of claims: every roster may change them, and most tables do not
    /// read them.
    pub(super) async fn register(context: &mut BuildContext<'_>) -> Result<Self, BuildError> {
        let owners = sql::owners(Some(context.options.as_of));
        let frame = staged_query::plan(&context.session, &owners, &context.parameters, NAME).await?;
        context.register_temporary(frame, &[NAME, CLAIMS]).await?;
        let all = "select actor_openid, actor_id, claimed_at, by_bind from openid_claims";
        let frame = staged_query::plan(&context.session, all, &context.parameters, CLAIMS).await?;
        let read = execute(frame, CLAIMS, Streams::One, async |streams| {
            let (mut owners, mut sum_of_claims) = (Owners::default(), 0_u64);
            for mut stream in streams {
                while let Some(batch) = stream.try_next().await.map_err(BuildError::query(CLAIMS))? {
                    sum_of_claims = sum_of_claims.wrapping_add(owners.add_claims(&batch)?);
                }
            }
            Ok((owners, sum_of_claims))
        });
        let (owners, sum_of_claims) = read.await?;
        let several =
            "select count(*) from (select actor_id from actors group by actor_id having count(*) > 1 limit 1)";
        let several = inputs::count(&context.session, several, &context.parameters, NAME).await?;
        let fingerprint = Fingerprint::default().with(owners.sum.to_le_bytes());
        context.record_fingerprint(NAME, &fingerprint);
        context.record_fingerprint(CLAIMS, &Fingerprint::default().with(sum_of_claims.to_le_bytes()));
        let state = TableState { fingerprint: fingerprint.hex(), ..TableState::default() };
        let are_unchanged = context.last_state.get(NAME).is_some_and(|last| last.fingerprint == state.fingerprint);
        context.new_state.insert(NAME.to_owned(), state);
        Ok(Self { are_unchanged, one_openid_per_member: several == 0 })
    }

    /// Returns the fingerprint of the owners of the openids that the visible rows of a registered raw table name; empty if they
    /// name none. `last` is the state after the last build if that read the same rows.
    pub(super) async fn named_in(
        &self,
        context: &BuildContext<'_>,
        (source, time): (&str, &str),
        last: Option<&TableState>,
    ) -> Result<String, BuildError> {
        if let Some(last) = last.filter(|last| self.are_unchanged || last.actors.is_empty()) {
            return Ok(last.actors.clone());
        }
        let sql = format!(
            "select named.openid, actors.actor_id from actors right join (select openid from {source} \
             where member_id is null and openid is not null and {time} < $as_of group by openid) as named \
             on actors.actor_openid = named.openid"
        );
        let frame = staged_query::plan(&context.session, &sql, &context.parameters, source).await?;
        let read = execute(frame, source, Streams::One, async |streams| {
            let mut owners = Owners::default();
            for mut stream in streams {
                while let Some(batch) = stream.try_next().await.map_err(BuildError::query(source))? {
                    for (openid, member) in texts(&batch, 0)?.iter().zip(&texts(&batch, 1)?) {
                        openid.into_iter().for_each(|openid| owners.add(openid, member));
                    }
                }
            }
            Ok(owners)
        });
        let owners = read.await?;
        let fingerprint = Fingerprint::default().with(owners.sum.to_le_bytes());
        Ok(if owners.openids == 0 { String::new() } else { fingerprint.hex() })
    }
}

/// Counts the visible rows of a registered raw table whose openid has no owner.
pub(super) async fn unresolved_in(context: &BuildContext<'_>, (source, time): (&str, &str)) -> Result<i64, BuildError> {
    let sql = format!(
        "select count(*) - count(actor_id) from actors right join {source} on openid = actor_openid \
         where member_id is null and {time} < $as_of"
    );
    inputs::count(&context.session, &sql, &context.parameters, source).await
}

/// Openids with their owners, in any order.
#[derive(Debug, Default)]
struct Owners {
    openids: usize,
    sum: u64,
}

impl Owners {
    /// Adds rows of openid, member, instant of the claim, and whether it is a bind. Returns a sum of hashes of whole rows.
    fn add_claims(&mut self, batch: &RecordBatch) -> Result<u64, BuildError> {
        let (openids, members) = (texts(batch, 0)?, texts(batch, 1)?);
        let (since, by_bind) = (texts(batch, 2)?, texts(batch, 3)?);
        let rows = openids.iter().zip(&members).zip(since.iter().zip(&by_bind));
        let mut sum = 0_u64;
        for ((openid, member), claim) in rows.filter_map(|((openid, member), claim)| Some(((openid?, member?), claim)))
        {
            self.add(openid, Some(member));
            sum = sum.wrapping_add(xxh3_64(format!("{openid}\n{member}\n{claim:?}").as_bytes()));
        }
        Ok(sum)
    }

    fn add(&mut self, openid: &str, member: Option<&str>) {
        self.openids += 1;
        let hash = member.map_or(0, |member| xxh3_64(format!("{openid}\n{member}").as_bytes()));
        self.sum = self.sum.wrapping_add(hash);
    }
}

fn texts(batch: &RecordBatch, at: usize) -> Result<StringArray, BuildError> {
    let column = arrow::compute::cast(batch.column(at), &DataType::Utf8).ok();
    column.and_then(|column| column.as_string_opt::<i32>().cloned()).ok_or_else(|| BuildError::Damaged {
        table: "raw/members".to_owned(),
        column: batch.schema_ref().field(at).name().clone(),
    })
}
