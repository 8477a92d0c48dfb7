//! Signatures of callbacks: SHA-1 over the sorted parts, as lower-case hexadecimal digits.

use sha1::{Digest, Sha1};

use super::error::CallbackError;

/// Length of the token in characters.
const TOKEN_LENGTH: std::ops::RangeInclusive<usize> = 3..=32;

/// The secret that an account and its server share for signatures.
#[derive(Clone)]
pub struct CallbackToken(String);

impl CallbackToken {
    /// Checks the form of a token: 3 to 32 letters and digits.
    ///
    /// # Errors
    /// [`CallbackError::InvalidToken`].
    pub fn parse(token: &str) -> Result<Self, CallbackError> {
        let has_length = TOKEN_LENGTH.contains(&token.len());
        if has_length && token.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            Ok(Self(token.to_owned()))
        } else {
            Err(CallbackError::InvalidToken)
        }
    }

    /// Returns the parameter `signature` of a request.
    #[must_use]
    pub fn signature(&self, timestamp: &str, nonce: &str) -> String {
        sha1_of_sorted(&mut [&self.0, timestamp, nonce])
    }

    /// Returns the parameter `msg_signature` of a request with an encrypted part.
    #[must_use]
    pub fn message_signature(&self, timestamp: &str, nonce: &str, encrypted: &str) -> String {
        sha1_of_sorted(&mut [&self.0, timestamp, nonce, encrypted])
    }
}

impl std::fmt::Debug for CallbackToken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("CallbackToken(…)")
    }
}

fn sha1_of_sorted(parts: &mut [&str]) -> String {
    parts.sort_unstable();
    let mut hasher = Sha1::new();
    for part in parts {
        hasher.update(part.as_bytes());
    }
    hex::encode(hasher.finalize())
}

/// Compares two signatures in a time that depends on their lengths only.
pub(crate) fn equal_in_constant_time(computed: &str, given: &str) -> bool {
    let (computed, given) = (computed.as_bytes(), given.as_bytes());
    let difference = computed.iter().zip(given).fold(0, |difference, (a, b)| difference | (a ^ b));
    std::hint::black_box(difference) == 0 && computed.len() == given.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signature_matches_the_published_example() {
        let token = CallbackToken::parse("test").expect("valid");
        assert_eq!(token.signature("1410685589", "test"), "f21891de399b4e33a1a93c9a7b8a8fffb5a443ff");
    }

    #[test]
    fn token_has_3_to_32_letters_and_digits() {
        for valid in ["abc", "A1b2C3", &"x".repeat(32)] {
            assert!(CallbackToken::parse(valid).is_ok(), "{valid}");
        }
        for invalid in ["", "ab", "a b c", "令牌令牌", "abc-d", &"x".repeat(33)] {
            assert_eq!(CallbackToken::parse(invalid).err(), Some(CallbackError::InvalidToken), "{invalid}");
        }
    }

    #[test]
    fn signatures_of_different_length_or_content_differ() {
        assert!(equal_in_constant_time("abc", "abc"));
        for (computed, given) in [("abc", "abd"), ("abc", "ab"), ("abc", "abcd"), ("abc", ""), ("abc", "ABC")] {
            assert!(!equal_in_constant_time(computed, given), "{computed} {given}");
        }
    }

    #[test]
    fn token_is_not_printed() {
        let token = CallbackToken::parse("secret1").expect("valid");
        assert!(!format!("{token:?}").contains("secret1"));
    }
}
