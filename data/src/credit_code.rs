//! Unified social credit codes, GB 32100-2015: 18 characters with a check character.

/// The 31 characters of a code in the order of their values (no I, O, S, V, Z).
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Whether `text` is a well-formed unified social credit code with a valid check character.
#[must_use]
pub fn is_valid(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() != 18 {
        return false;
    }
    let mut sum = 0;
    let mut weight = 1;
    for &byte in &bytes[..17] {
        let Some(value) = ALPHABET.iter().position(|&known| known == byte) else { return false };
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    ALPHABET[(31 - sum % 31) % 31] == bytes[17]
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
