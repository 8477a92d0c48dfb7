//! An answer with an error code.

use serde_json::{Map, Value};

use crate::error_code::ErrorCode;

/// Why a request was refused.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) code: ErrorCode,
    /// Further keys of the answer.
    pub(crate) extra: Map<String, Value>,
}

impl Refusal {
    /// Adds a key.
    pub(super) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.extra.insert(key.to_owned(), value.into());
        self
    }

    /// Returns the body. `request_id` is what WeChat's support asks for.
    pub(crate) fn to_json(&self, request_id: &str) -> Value {
        let mut body = self.extra.clone();
        body.insert("errcode".to_owned(), self.code.0.into());
        body.insert("errmsg".to_owned(), format!("{} rid: {request_id}", self.code.message()).into());
        Value::Object(body)
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self { code, extra: Map::new() }
    }
}
