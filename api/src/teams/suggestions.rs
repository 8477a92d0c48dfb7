//! The table of suggestions: who is behind a token. A token belongs to one asker and one activity.

use sha2::{Digest, Sha256};
use zhihui_engine::teams::TeamMate;

use super::database::{Teams, random_id};
use super::settings::TeamSettings;
use super::views::SuggestionView;
use crate::clock::rfc3339;
use crate::store::error::StoreError;
use crate::store::sql;

const DAY: i64 = 86_400;
/// How long the ids of ended invitations are kept after they expired, so that a pair is not suggested again.
const KEPT_SECONDS: i64 = 180 * DAY;
const TOKEN_PREFIX: &str = "tm_";
/// Hexadecimal digits of a token.
const TOKEN_DIGITS: usize = 64;

/// Whether a text has the form of a token.
pub(crate) fn is_token(text: &str) -> bool {
    let digits = text.strip_prefix(TOKEN_PREFIX).unwrap_or_default();
    digits.len() == TOKEN_DIGITS && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Identifies a token of an asker for an activity, whether or not it leads to anybody.
pub(crate) fn token_hash(asker: &str, activity_id: &str, token: &str) -> String {
    let mut hash = Sha256::new();
    for part in [asker, activity_id, token] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

impl Teams<'_> {
    /// Gives tokens to the first `n` of the members that may be shown: valid tokens again, and new ones as far as the daily
    /// number allows. Returns how many new ones are left.
    pub(crate) async fn suggest(
        &self,
        (asker, activity_id): (&str, &str),
        (mates, n): (Vec<TeamMate>, usize),
        settings: &TeamSettings,
        now: i64,
    ) -> Result<(Vec<SuggestionView>, usize), StoreError> {
        let mut transaction = self.pool.begin_write().await?;
        sql::query("delete from team_suggestions where expires_at <= $1 and made_at <= $1 - $2")
            .bind(now)
            .bind(DAY)
            .execute(&mut *transaction)
            .await?;
        sql::query("delete from team_invitations where expires_at <= $1")
            .bind(now - KEPT_SECONDS)
            .execute(&mut *transaction)
            .await?;
        let today: i64 = sql::query_scalar("select count(*) from team_suggestions where asker = $1 and made_at > $2")
            .bind(asker)
            .bind(now - DAY)
            .fetch_one(&mut *transaction)
            .await?;
        let mut left = settings.suggestions_per_day.saturating_sub(usize::try_from(today).unwrap_or(0));
        let mut views = Vec::new();
        for mate in mates {
            if views.len() == n {
                break;
            }
            let known = sql::query(
                "select token, expires_at from team_suggestions \
                 where asker = $1 and activity_id = $2 and candidate = $3 and expires_at > $4",
            )
            .bind(asker)
            .bind(activity_id)
            .bind(&mate.member_id)
            .bind(now)
            .fetch_optional(&mut *transaction)
            .await?;
            let (token, expires_at): (String, i64) = match known {
                Some(row) => (row.try_get("token")?, row.try_get("expires_at")?),
                None if left == 0 => continue,
                None => {
                    left -= 1;
                    let (token, expires_at) = (random_id(TOKEN_PREFIX)?, now + settings.invitation_seconds);
                    sql::query(
                        "insert into team_suggestions (token, activity_id, asker, candidate, made_at, expires_at) \
                         values ($1, $2, $3, $4, $5, $6) on conflict (asker, activity_id, candidate) \
                         do update set token = $1, made_at = $5, expires_at = $6",
                    )
                    .bind(&token)
                    .bind(activity_id)
                    .bind(asker)
                    .bind(&mate.member_id)
                    .bind(now)
                    .bind(expires_at)
                    .execute(&mut *transaction)
                    .await?;
                    (token, expires_at)
                }
            };
            views.push(SuggestionView { token, expires_at: rfc3339(expires_at), shared: mate.shared });
        }
        transaction.commit().await?;
        Ok((views, left))
    }

    /// The member behind a token of an asker; `None` if it leads to nobody.
    pub(crate) async fn candidate(
        &self,
        (asker, activity_id): (&str, &str),
        token: &str,
        now: i64,
    ) -> Result<Option<String>, StoreError> {
        let sql = "select candidate from team_suggestions \
                   where token = $1 and asker = $2 and activity_id = $3 and expires_at > $4";
        let found = sql::query_scalar(sql).bind(token).bind(asker).bind(activity_id).bind(now);
        Ok(found.fetch_optional(self.pool).await?)
    }

    /// The invitation that was made with a token.
    pub(crate) async fn invitation_by_token(&self, token_hash: &str) -> Result<Option<String>, StoreError> {
        let sql = "select id from team_invitations where token = $1";
        Ok(sql::query_scalar(sql).bind(token_hash).fetch_optional(self.pool).await?)
    }

    /// Members whom a member invited to an activity before, whatever became of it.
    pub(crate) async fn invited_by(&self, member_id: &str, activity_id: &str) -> Result<Vec<String>, StoreError> {
        let sql = "select other.member_id from team_invitation_members own \
                   join team_invitations on id = own.invitation_id \
                   join team_invitation_members other on other.invitation_id = id and other.role = 'invitee' \
                   where own.member_id = $1 and own.role = 'inviter' and activity_id = $2";
        Ok(sql::query_scalar(sql).bind(member_id).bind(activity_id).fetch_all(self.pool).await?)
    }
}
