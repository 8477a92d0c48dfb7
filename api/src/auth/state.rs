//! In-memory state of authentication: valid API keys, failed sign-ins, and recently recorded refusals.

use super::key_ring::KeyRing;
use super::refusal_log::RefusalLog;
use super::sign_in_guard::SignInGuard;
use crate::settings::Limits;
use crate::store::database::Store;
use crate::store::error::StoreError;

/// In-memory state of authentication.
#[derive(Debug)]
pub(crate) struct AuthState {
    pub(crate) keys: KeyRing,
    pub(crate) sign_ins: SignInGuard,
    pub(crate) refusals: RefusalLog,
}

impl AuthState {
    /// Loads the valid keys and the sign-in locks that hold at `now`.
    pub(crate) async fn load(store: &Store, limits: &Limits, now: i64) -> Result<Self, StoreError> {
        let keys = KeyRing::new(limits.clone());
        keys.replace(store.keys().load().await?);
        let sign_ins = SignInGuard::default();
        sign_ins.restore(store.users().locks(now).await?);
        Ok(Self { keys, sign_ins, refusals: RefusalLog::default() })
    }
}
