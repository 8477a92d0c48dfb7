//! Statistics of the account: the interfaces of `/datacube/`.

use serde_json::{Value, json};

use super::call::WechatClient;
use super::error::CallError;

impl WechatClient {
    /// Asks an interface of `/datacube/` for days (`2026-11-21`), the last one included. Returns the reply as it is.
    ///
    /// # Errors
    /// [`CallError`]; [`CallError::Uncertain`] for a reply without a list.
    pub async fn statistics(&self, interface: &str, begin: &str, end: &str) -> Result<Value, CallError> {
        let body = json!({ "begin_date": begin, "end_date": end });
        let answer = self.call(&format!("/datacube/{interface}"), &body).await?;
        if answer.get("list").is_some_and(Value::is_array) {
            return Ok(answer);
        }
        Err(CallError::Uncertain(format!("{interface} returned no list")))
    }
}
