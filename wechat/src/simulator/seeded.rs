//! Numbers that look random and depend on seed, subject and place only.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Returns a number for a place of a subject.
pub(super) fn draw(seed: u64, subject: &str, place: u64) -> u64 {
    let mut bytes = subject.as_bytes().to_vec();
    bytes.extend_from_slice(&place.to_le_bytes());
    xxh3_64_with_seed(&bytes, seed)
}

/// Returns a share in [0, 1).
pub(super) fn share(seed: u64, subject: &str, place: u64) -> f64 {
    (draw(seed, subject, place) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Returns the 16 bytes before an encrypted message.
pub(super) fn bytes(seed: u64, subject: &str, place: u64) -> [u8; 16] {
    let halves = [draw(seed, subject, place), draw(seed, "second half", draw(seed, subject, place))];
    std::array::from_fn(|at| halves[at / 8].to_le_bytes()[at % 8])
}

/// Returns a text of letters and digits.
pub(super) fn text(seed: u64, subject: &str, place: u64, length: usize) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut number = draw(seed, subject, place);
    let mut text = String::with_capacity(length);
    for at in 0..length {
        if at % 10 == 0 {
            number = draw(number, subject, at as u64);
        }
        text.push(char::from(LETTERS[(number & 63) as usize]));
        number >>= 6;
    }
    text
}
