//! Forms that are too long for a URL, kept in the database so that they survive a reload and a lost session.

use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::sql::{self, Pool};

/// Drafts are removed this long after their last change.
const KEEP_SECONDS: i64 = 30 * 86_400;

/// The names and values of a form.
pub(crate) type FormPairs = Vec<(String, String)>;

/// The drafts of a home.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AudienceDrafts<'a> {
    pool: &'a Pool,
}

impl<'a> AudienceDrafts<'a> {
    pub(crate) fn new(store: &'a Store) -> Self {
        Self { pool: store.pool() }
    }

    /// Stores a form under the draft `id` if that belongs to `owner`, else under a new one. Returns its id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn store(
        &self,
        (id, owner): (Option<&str>, &str),
        form: &FormPairs,
        now: i64,
    ) -> Result<String, StoreError> {
        let text = serde_json::json!(form).to_string();
        if let Some(id) = id {
            let sql = "update audience_drafts set form = $1, updated_at = $2 where id = $3 and owner = $4";
            let update = sql::query(sql).bind(&text).bind(now).bind(id).bind(owner);
            if update.execute(self.pool).await?.rows_affected() > 0 {
                return Ok(id.to_owned());
            }
        }
        let sql = "delete from audience_drafts where updated_at < $1";
        sql::query(sql).bind(now - KEEP_SECONDS).execute(self.pool).await?;
        let id = format!("ad_{}", uuid::Uuid::new_v4().simple());
        let sql = "insert into audience_drafts (id, owner, form, updated_at) values ($1, $2, $3, $4)";
        sql::query(sql).bind(&id).bind(owner).bind(&text).bind(now).execute(self.pool).await?;
        Ok(id)
    }

    /// The form of a draft of this owner.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn load(&self, id: &str, owner: &str) -> Result<Option<FormPairs>, StoreError> {
        let sql = "select form from audience_drafts where id = $1 and owner = $2";
        let form: Option<String> = sql::query_scalar(sql).bind(id).bind(owner).fetch_optional(self.pool).await?;
        Ok(form.and_then(|form| serde_json::from_str(&form).ok()))
    }
}
