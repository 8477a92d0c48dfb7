//! Errors of callbacks.

use thiserror::Error;

/// Why a callback or its settings were rejected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CallbackError {
    /// The token has a form that WeChat does not allow.
    #[error("the callback token must have 3 to 32 letters and digits")]
    InvalidToken,
    /// The `EncodingAESKey` has a form that WeChat does not allow.
    #[error("the EncodingAESKey must have 43 letters and digits")]
    InvalidKey,
    /// A parameter of the query is missing.
    #[error("query parameter {0} is missing")]
    MissingParameter(&'static str),
    /// The signature does not match.
    #[error("the signature does not match; check the token in the settings of the account")]
    WrongSignature,
    /// The body or a parameter is longer than any message of WeChat.
    #[error("the request has {bytes} bytes, more than {limit}")]
    TooLarge {
        /// Length of the request.
        bytes: usize,
        /// Maximum length.
        limit: usize,
    },
    /// The message is not encrypted although a key is configured.
    #[error("the message is not encrypted; choose the secure mode in the settings of the account")]
    NotEncrypted,
    /// The message is encrypted and no key is configured.
    #[error("the message is encrypted; configure the EncodingAESKey")]
    NoKey,
    /// The encrypted part cannot be decrypted.
    #[error("the message cannot be decrypted; check the EncodingAESKey")]
    Undecryptable,
    /// The message is meant for another account.
    #[error("the message is for another account than {0}")]
    OtherAccount(String),
    /// The body is not XML, or not of the allowed form.
    #[error("the body is no valid XML message: {0}")]
    InvalidXml(String),
    /// An element is missing or has an invalid value.
    #[error("element {0} is missing or invalid")]
    InvalidElement(&'static str),
}
