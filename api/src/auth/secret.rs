//! Secrets of API keys and sessions: 256 random bits, stored only as a hash.

use rand::RngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};

/// Prefix of every key, so that secret scanners find leaked keys.
const PREFIX: &str = "zh_";
/// Length of a key's id in bytes. The id is not secret.
const ID_BYTES: usize = 8;
const SECRET_BYTES: usize = 32;

/// A secret. Its debug output is masked.
pub(crate) struct Secret(String);

impl Secret {
    /// Generates a secret of 64 hexadecimal digits. `None` if the random generator of the system fails.
    pub(crate) fn generate() -> Option<Self> {
        random_hex::<SECRET_BYTES>().map(Self)
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// An API key as sent by its holder: `zh_ID_SECRET`.
#[derive(Clone, Copy)]
pub(crate) struct KeyText<'a> {
    pub(crate) id: &'a str,
    secret: &'a str,
}

impl<'a> KeyText<'a> {
    /// Generates an id. `None` if the random generator of the system fails.
    pub(crate) fn new_id() -> Option<String> {
        random_hex::<ID_BYTES>()
    }

    pub(crate) fn compose(id: &str, secret: &Secret) -> String {
        format!("{PREFIX}{id}_{}", secret.reveal())
    }

    /// Parses a well-formed key.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        (id.len() == 2 * ID_BYTES && secret.len() == 2 * SECRET_BYTES).then_some(Self { id, secret })
    }

    pub(crate) fn digest(self) -> Digest32 {
        digest(self.secret)
    }
}

/// A SHA-256 digest that can only be compared in constant time.
#[derive(Clone, Copy)]
pub(crate) struct Digest32([u8; 32]);

impl Digest32 {
    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Compares in constant time.
    pub(crate) fn matches(&self, other: &Self) -> bool {
        let difference = self.0.iter().zip(&other.0).fold(0, |found, (a, b)| found | (a ^ b));
        std::hint::black_box(difference) == 0
    }
}

/// The hash that is stored instead of a secret.
pub(crate) fn digest(secret: &str) -> Digest32 {
    Digest32(Sha256::digest(secret.as_bytes()).into())
}

fn random_hex<const N: usize>() -> Option<String> {
    let mut bytes = [0; N];
    OsRng.try_fill_bytes(&mut bytes).ok()?;
    Some(hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_parses_into_its_id_and_secret() {
        let (id, secret) = (KeyText::new_id().expect("random"), Secret::generate().expect("random"));
        let text = KeyText::compose(&id, &secret);
        let parsed = KeyText::parse(&text).expect("well-formed");
        assert_eq!(parsed.id, id);
        assert!(parsed.digest().matches(&digest(secret.reveal())));
        assert!(!parsed.digest().matches(&digest("another")));
        assert!(KeyText::parse(&text[..text.len() - 1]).is_none());
        assert!(KeyText::parse("zh__").is_none());
    }

    #[test]
    fn debug_output_hides_a_secret() {
        let secret = Secret::generate().expect("random");
        assert!(!format!("{secret:?}").contains(secret.reveal()));
    }
}
