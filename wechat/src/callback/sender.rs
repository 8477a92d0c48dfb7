//! Seals callbacks as WeChat does: encrypts the XML and signs the query.

use super::encryption::MessageKey;
use super::error::CallbackError;
use super::signature::CallbackToken;
use super::xml::push_text;

/// Token and key of one account.
#[derive(Debug, Clone)]
pub struct CallbackSender {
    token: CallbackToken,
    key: Option<MessageKey>,
}

/// A request that is ready to be posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedCallback {
    /// Parameters of the query. All values consist of letters, digits and `_`.
    pub query: Vec<(&'static str, String)>,
    /// The XML.
    pub body: String,
}

impl SealedCallback {
    /// Returns the query as text, without `?`.
    #[must_use]
    pub fn query_text(&self) -> String {
        let pairs = self.query.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("&")
    }
}

impl CallbackSender {
    /// Checks the settings of an account. Without a key messages are sent as they are.
    ///
    /// # Errors
    /// [`CallbackError::InvalidToken`] or [`CallbackError::InvalidKey`].
    pub fn new(token: &str, encoding_aes_key: Option<&str>, app_id: &str) -> Result<Self, CallbackError> {
        let key = encoding_aes_key.map(|key| MessageKey::parse(key, app_id)).transpose()?;
        Ok(Self { token: CallbackToken::parse(token)?, key })
    }

    /// Seals a message. `random` must be new for every message.
    #[must_use]
    pub fn seal(&self, xml: &str, to_user_name: &str, timestamp: i64, random: [u8; 16]) -> SealedCallback {
        let timestamp = timestamp.to_string();
        let nonce = u64::from_be_bytes(std::array::from_fn(|at| random[at])).to_string();
        let signature = self.token.signature(&timestamp, &nonce);
        let mut query = vec![("signature", signature), ("timestamp", timestamp.clone()), ("nonce", nonce.clone())];
        let Some(key) = &self.key else { return SealedCallback { query, body: xml.to_owned() } };
        let encrypted = key.encrypt(xml.as_bytes(), random);
        query.push(("encrypt_type", "aes".to_owned()));
        query.push(("msg_signature", self.token.message_signature(&timestamp, &nonce, &encrypted)));
        let mut body = "<xml>".to_owned();
        push_text(&mut body, "ToUserName", to_user_name);
        push_text(&mut body, "Encrypt", &encrypted);
        body.push_str("</xml>");
        SealedCallback { query, body }
    }

    /// Returns the query of the handshake, which the server must answer with `echo`.
    #[must_use]
    pub fn handshake(&self, timestamp: i64, nonce: &str, echo: &str) -> Vec<(&'static str, String)> {
        let timestamp = timestamp.to_string();
        let signature = self.token.signature(&timestamp, nonce);
        let (nonce, echo) = (nonce.to_owned(), echo.to_owned());
        vec![("signature", signature), ("timestamp", timestamp), ("nonce", nonce), ("echostr", echo)]
    }
}
