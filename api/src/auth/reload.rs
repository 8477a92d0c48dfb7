//! Reloads keys and sign-in locks after another process changed the database.

use crate::service::Service;
use crate::store::error::StoreError;

impl Service {
    /// Reloads the valid API keys. [`serve`](crate::serve) calls it whenever the database changes.
    ///
    /// # Errors
    /// [`StoreError`] if they cannot be read. Those loaded before stay valid.
    pub async fn reload_keys(&self) -> Result<(), StoreError> {
        self.auth.keys.replace(self.store.keys().load().await?);
        Ok(())
    }

    /// Reloads the sign-in locks, so that locks removed by `zhihui user unlock` are lifted.
    pub(crate) async fn reload_sign_in_locks(&self) -> Result<(), StoreError> {
        self.auth.sign_ins.restore(self.store.users().locks(self.now()).await?);
        Ok(())
    }
}
