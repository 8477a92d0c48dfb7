//! Encryption of callbacks: AES-256 in CBC mode over random bytes, length, message and appid.
//!
//! The mode protects no integrity. `msg_signature` does, and must be checked before a message is decrypted.

use aes::Aes256;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};

use super::error::CallbackError;

/// Length of the key, and the multiple to which messages are padded. The padding is that of PKCS#7 for blocks of 32
/// bytes, although a block of AES has 16.
const KEY_BYTES: usize = 32;
const BLOCK_BYTES: usize = 16;
/// Random bytes before a message.
const RANDOM_BYTES: usize = 16;
/// Length of the big-endian number before the message.
const LENGTH_BYTES: usize = 4;
/// Length of an `EncodingAESKey` in characters.
const ENCODED_KEY_LENGTH: usize = 43;

/// Standard base64. 43 characters hold two bits more than a key, which WeChat's generator does not clear.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The key of an account's encrypted messages.
#[derive(Clone)]
pub struct MessageKey {
    key: [u8; KEY_BYTES],
    app_id: String,
}

impl MessageKey {
    /// Decodes an `EncodingAESKey`. Messages are accepted for the account `app_id` only.
    ///
    /// # Errors
    /// [`CallbackError::InvalidKey`] unless the key has 43 characters of base64.
    pub fn parse(encoding_aes_key: &str, app_id: &str) -> Result<Self, CallbackError> {
        if encoding_aes_key.len() != ENCODED_KEY_LENGTH {
            return Err(CallbackError::InvalidKey);
        }
        let decoded = BASE64.decode(encoding_aes_key).map_err(|_| CallbackError::InvalidKey)?;
        let key = decoded.try_into().map_err(|_| CallbackError::InvalidKey)?;
        Ok(Self { key, app_id: app_id.to_owned() })
    }

    /// Encrypts a message. `random` must be new for every message.
    #[must_use]
    pub fn encrypt(&self, message: &[u8], random: [u8; RANDOM_BYTES]) -> String {
        let mut plain = random.to_vec();
        plain.extend_from_slice(&u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes());
        plain.extend_from_slice(message);
        plain.extend_from_slice(self.app_id.as_bytes());
        let padding = KEY_BYTES - plain.len() % KEY_BYTES;
        plain.resize(plain.len() + padding, padding as u8);
        let mut cipher = cbc::Encryptor::<Aes256>::new(&self.key.into(), &self.initialisation_vector().into());
        for block in plain.chunks_exact_mut(BLOCK_BYTES) {
            if let Ok(block) = block.try_into() {
                cipher.encrypt_block(block);
            }
        }
        BASE64.encode(plain)
    }

    /// Decrypts the text of an element `Encrypt`.
    ///
    /// # Errors
    /// [`CallbackError::Undecryptable`] for a wrong key or a damaged text, [`CallbackError::OtherAccount`] for another
    /// account's message.
    pub fn decrypt(&self, encrypted: &str) -> Result<Vec<u8>, CallbackError> {
        let mut bytes = BASE64.decode(encrypted).map_err(|_| CallbackError::Undecryptable)?;
        if bytes.is_empty() || !bytes.len().is_multiple_of(KEY_BYTES) {
            return Err(CallbackError::Undecryptable);
        }
        let mut cipher = cbc::Decryptor::<Aes256>::new(&self.key.into(), &self.initialisation_vector().into());
        for block in bytes.chunks_exact_mut(BLOCK_BYTES) {
            if let Ok(block) = block.try_into() {
                cipher.decrypt_block(block);
            }
        }
        let content = without_padding(&bytes).and_then(|plain| plain.get(RANDOM_BYTES..));
        let (length, rest) =
            content.and_then(<[u8]>::split_first_chunk::<LENGTH_BYTES>).ok_or(CallbackError::Undecryptable)?;
        let length = u32::from_be_bytes(*length) as usize;
        let (message, app_id) = rest.split_at_checked(length).ok_or(CallbackError::Undecryptable)?;
        if app_id != self.app_id.as_bytes() {
            return Err(CallbackError::OtherAccount(self.app_id.clone()));
        }
        Ok(message.to_vec())
    }

    /// WeChat uses the first half of the key.
    fn initialisation_vector(&self) -> [u8; BLOCK_BYTES] {
        let mut vector = [0; BLOCK_BYTES];
        vector.copy_from_slice(&self.key[..BLOCK_BYTES]);
        vector
    }
}

impl std::fmt::Debug for MessageKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("MessageKey").field("app_id", &self.app_id).finish_non_exhaustive()
    }
}

fn without_padding(plain: &[u8]) -> Option<&[u8]> {
    let padding = usize::from(*plain.last()?);
    if !(1..=KEY_BYTES).contains(&padding) {
        return None;
    }
    let (content, filler) = plain.split_at_checked(plain.len().checked_sub(padding)?)?;
    filler.iter().all(|byte| usize::from(*byte) == padding).then_some(content)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

    fn key() -> MessageKey {
        MessageKey::parse(KEY, "wx1234567890abcdef").expect("valid")
    }

    #[test]
    fn key_has_43_characters_of_base64() {
        assert!(MessageKey::parse(&"a".repeat(42), "wx").is_err());
        assert!(MessageKey::parse(&"a".repeat(44), "wx").is_err());
        assert!(MessageKey::parse(&format!("{}-", "a".repeat(42)), "wx").is_err());
        assert!(MessageKey::parse(&format!("{}键", "a".repeat(40)), "wx").is_err());
    }

    #[test]
    fn message_of_another_account_or_key_is_refused() {
        let sealed = key().encrypt(b"<xml/>", [7; 16]);
        let other_account = MessageKey::parse(KEY, "wx_other").expect("valid");
        assert_eq!(other_account.decrypt(&sealed), Err(CallbackError::OtherAccount("wx_other".to_owned())));
        let other_key = MessageKey::parse(&"b".repeat(43), "wx1234567890abcdef").expect("valid");
        assert!(other_key.decrypt(&sealed).is_err());
    }

    #[test]
    fn texts_that_are_no_messages_are_refused() {
        for text in ["", "AAAA", "not base64!", "=", &BASE64.encode([0; 32]), &BASE64.encode([255; 64])] {
            assert!(key().decrypt(text).is_err(), "{text}");
        }
    }

    #[test]
    fn debug_output_hides_the_key() {
        assert_eq!(format!("{:?}", key()), r#"MessageKey { app_id: "wx1234567890abcdef", .. }"#);
    }

    proptest! {
        #[test]
        fn encrypted_message_decrypts_to_itself(message: Vec<u8>, random: [u8; 16]) {
            prop_assert_eq!(key().decrypt(&key().encrypt(&message, random)), Ok(message));
        }

        #[test]
        fn any_text_is_decrypted_or_refused_without_a_panic(text in "[A-Za-z0-9+/=]{0,200}") {
            let _ = key().decrypt(&text);
        }

        #[test]
        fn any_bytes_are_decrypted_or_refused_without_a_panic(bytes: Vec<u8>) {
            let _ = key().decrypt(&BASE64.encode(bytes));
        }
    }
}
