//! Unified social credit codes, GB 32100-2015: 18 characters with a check character.

/// The 31 characters of a code in the order of their values (no I, O, S, V, Z).
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Whether `text` is a well-formed unified social credit code with a valid check character.
#[must_use]
pub fn is_valid(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 18 && check_character(&bytes[..17]) == Some(bytes[17])
}

/// The check character of the first 17 characters; `None` if one of them is not in the alphabet.
pub(crate) fn check_character(characters: &[u8]) -> Option<u8> {
    let (mut sum, mut weight) = (0, 1);
    for byte in characters {
        sum += ALPHABET.iter().position(|known| known == byte)? * weight;
        weight = weight * 3 % 31;
    }
    Some(ALPHABET[(31 - sum % 31) % 31])
}

#[cfg(test)]
mod tests {
    use super::is_valid;

    #[test]
    fn published_example_is_valid_and_damaged_ones_are_not() {
        assert!(is_valid("91350100M000100Y43"));
        assert!(!is_valid("91350100M000100Y44"));
        assert!(!is_valid("91350100M000100Y4Z"));
        assert!(!is_valid("91350100I000100Y43"));
        assert!(!is_valid("9135"));
    }
}
