//! Secrets that the service hands out: 256 bits from the system's generator, kept only as a hash.

use rand::RngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};

/// Letters before every key, by which scanners find leaked ones.
const PREFIX: &str = "zh_";
/// Bytes of a key's id: enough to tell keys apart, no secret.
const ID_BYTES: usize = 8;
const SECRET_BYTES: usize = 32;

/// A secret before it is given away; its debug form is masked.
pub(crate) struct Secret(String);

impl Secret {
    /// A new secret of 256 bits as 64 hexadecimal digits, `None` when the system's generator fails.
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

/// A key as its holder sends it: `zh_ID_SECRET`.
#[derive(Clone, Copy)]
pub(crate) struct KeyText<'a> {
    pub(crate) id: &'a str,
    secret: &'a str,
}

impl<'a> KeyText<'a> {
    /// A new id, `None` when the system's generator fails.
    pub(crate) fn new_id() -> Option<String> {
        random_hex::<ID_BYTES>()
    }

    pub(crate) fn compose(id: &str, secret: &Secret) -> String {
        format!("{PREFIX}{id}_{}", secret.reveal())
    }

    /// The parts of a well-formed key, `None` for any other text.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        (id.len() == 2 * ID_BYTES && secret.len() == 2 * SECRET_BYTES).then_some(Self { id, secret })
    }

    pub(crate) fn digest(self) -> Digest32 {
        digest(self.secret)
    }
}

/// A SHA-256 that can be compared in constant time only.
#[derive(Clone, Copy)]
pub(crate) struct Digest32([u8; 32]);

impl Digest32 {
    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether both are the same, in a time that does not depend on where they differ.
    pub(crate) fn matches(&self, other: &Self) -> bool {
        let difference = self.0.iter().zip(&other.0).fold(0, |found, (a, b)| found | (a ^ b));
        std::hint::black_box(difference) == 0
    }
}

/// The hash under which a secret is kept.
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
    fn a_key_parses_back_into_its_id_and_the_hash_of_its_secret() {
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
    fn a_secret_is_never_shown_by_debug() {
        let secret = Secret::generate().expect("random");
        assert!(!format!("{secret:?}").contains(secret.reveal()));
    }
}
