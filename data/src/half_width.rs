//! Conversion of full-width characters.

/// The half-width form of a full-width character, and a plain space for ideographic and no-break spaces. All other characters
/// are unchanged.
pub(crate) fn half_width(letter: char) -> char {
    match letter {
        '\u{3000}' | '\u{a0}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        _ => letter,
    }
}
