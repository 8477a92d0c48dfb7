//! Opens callbacks for a server: checks size and signature, decrypts and parses.

use serde::Deserialize;

use super::encryption::MessageKey;
use super::error::CallbackError;
use super::message::CallbackMessage;
use super::signature::{CallbackToken, equal_in_constant_time};
use super::xml::Element;

/// Maximum length of a body. WeChat's longest message, with eight articles, has a few kilobytes.
pub const MAX_BODY_BYTES: usize = 128 * 1024;
/// Maximum length of all parameters of the query.
const MAX_QUERY_BYTES: usize = 2_048;

/// The query parameters of a callback. All are untrusted until verified.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct CallbackQuery {
    /// Signature over token, time and nonce.
    pub signature: Option<String>,
    /// Signature over the same and the encrypted part.
    pub msg_signature: Option<String>,
    /// Unix seconds, as text.
    pub timestamp: Option<String>,
    /// Random text.
    pub nonce: Option<String>,
    /// `aes` for an encrypted message.
    pub encrypt_type: Option<String>,
    /// Only in the handshake: the text to answer with.
    pub echostr: Option<String>,
}

impl CallbackQuery {
    fn required(&self) -> Result<(&str, &str), CallbackError> {
        let all = [&self.signature, &self.msg_signature, &self.timestamp, &self.nonce, &self.echostr];
        let bytes = all.into_iter().flatten().map(String::len).sum();
        if bytes > MAX_QUERY_BYTES {
            return Err(CallbackError::TooLarge { bytes, limit: MAX_QUERY_BYTES });
        }
        let timestamp = self.timestamp.as_deref().ok_or(CallbackError::MissingParameter("timestamp"))?;
        let nonce = self.nonce.as_deref().ok_or(CallbackError::MissingParameter("nonce"))?;
        Ok((timestamp, nonce))
    }
}

/// Token and key of one account.
#[derive(Debug, Clone)]
pub struct CallbackReceiver {
    token: CallbackToken,
    key: Option<MessageKey>,
}

impl CallbackReceiver {
    /// Checks the settings of an account. With a key, only encrypted messages are accepted.
    ///
    /// Without a key the signature does not cover the body, so anyone who has seen one request can send another body.
    ///
    /// # Errors
    /// [`CallbackError::InvalidToken`] or [`CallbackError::InvalidKey`].
    pub fn new(token: &str, encoding_aes_key: Option<&str>, app_id: &str) -> Result<Self, CallbackError> {
        let key = encoding_aes_key.map(|key| MessageKey::parse(key, app_id)).transpose()?;
        Ok(Self { token: CallbackToken::parse(token)?, key })
    }

    /// Verifies the GET request by which WeChat checks a server. Returns the text to answer with.
    ///
    /// # Errors
    /// [`CallbackError::MissingParameter`], [`CallbackError::WrongSignature`] or [`CallbackError::TooLarge`].
    pub fn handshake<'a>(&self, query: &'a CallbackQuery) -> Result<&'a str, CallbackError> {
        self.verify(query)?;
        query.echostr.as_deref().ok_or(CallbackError::MissingParameter("echostr"))
    }

    /// Verifies, decrypts and parses a POST request.
    ///
    /// # Errors
    /// Any [`CallbackError`] except those of settings.
    pub fn open(&self, query: &CallbackQuery, body: &[u8]) -> Result<CallbackMessage, CallbackError> {
        if body.len() > MAX_BODY_BYTES {
            return Err(CallbackError::TooLarge { bytes: body.len(), limit: MAX_BODY_BYTES });
        }
        let Some(key) = &self.key else {
            self.verify(query)?;
            let root = Element::parse(utf8(body)?)?;
            let is_encrypted = root.child("Encrypt").is_some() && root.child("MsgType").is_none();
            return if is_encrypted { Err(CallbackError::NoKey) } else { CallbackMessage::from_element(&root) };
        };
        let (timestamp, nonce) = query.required()?;
        let root = Element::parse(utf8(body)?)?;
        let encrypted = root.text_of("Encrypt").ok_or(CallbackError::NotEncrypted)?;
        let given = query.msg_signature.as_deref().ok_or(CallbackError::MissingParameter("msg_signature"))?;
        check(&self.token.message_signature(timestamp, nonce, encrypted), given)?;
        let message = key.decrypt(encrypted)?;
        CallbackMessage::parse(utf8(&message)?)
    }

    fn verify(&self, query: &CallbackQuery) -> Result<(), CallbackError> {
        let (timestamp, nonce) = query.required()?;
        let given = query.signature.as_deref().ok_or(CallbackError::MissingParameter("signature"))?;
        check(&self.token.signature(timestamp, nonce), given)
    }
}

fn check(computed: &str, given: &str) -> Result<(), CallbackError> {
    if equal_in_constant_time(computed, given) { Ok(()) } else { Err(CallbackError::WrongSignature) }
}

fn utf8(bytes: &[u8]) -> Result<&str, CallbackError> {
    std::str::from_utf8(bytes).map_err(|_| CallbackError::InvalidXml("the text is not UTF-8".to_owned()))
}
