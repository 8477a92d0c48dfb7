//! Resident identity numbers: GB 11643-1999 (18 characters) and the older form with 15 digits.

use chrono::NaiveDate;
use thiserror::Error;

use crate::Gender;

/// The facts encoded in an identity number. The number itself is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdNumberFacts {
    /// Date of birth.
    pub birth_date: NaiveDate,
    /// Sex: an odd sequence digit is male.
    pub gender: Gender,
}

/// Why a text is not an identity number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IdNumberError {
    /// Neither 18 characters (17 digits and a digit or X) nor 15 digits.
    #[error("an identity number has 18 characters or 15 digits")]
    Form,
    /// The birth date in it does not exist.
    #[error("the birth date in the identity number does not exist")]
    BirthDate,
    /// The check character is wrong.
    #[error("the check character of the identity number is wrong")]
    Check,
}

/// Weights of the first 17 digits, GB 11643-1999 (ISO 7064 MOD 11-2).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// Check characters by remainder.
const CHECKS: &[u8; 11] = b"10X98765432";

/// Parses the birth date and sex of an identity number. A lower-case `x` counts as `X`.
///
/// The function does not check whether the age is plausible, because it does not know the current date.
///
/// # Errors
/// [`IdNumberError`] with the invalid part.
pub fn parse(text: &str) -> Result<IdNumberFacts, IdNumberError> {
    let bytes = text.as_bytes();
    let digits =
        |range: std::ops::Range<usize>| bytes.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
    let (birth, sequence) = match bytes.len() {
        18 if digits(0..17) => {
            if check_character(bytes) != bytes[17].to_ascii_uppercase() {
                return Err(IdNumberError::Check);
            }
            (text[6..14].to_owned(), bytes[16])
        }
        15 if digits(0..15) => (format!("19{}", &text[6..12]), bytes[14]),
        _ => return Err(IdNumberError::Form),
    };
    let birth_date = NaiveDate::parse_from_str(&birth, "%Y%m%d").map_err(|_| IdNumberError::BirthDate)?;
    let gender = if (sequence - b'0') % 2 == 1 { Gender::Male } else { Gender::Female };
    Ok(IdNumberFacts { birth_date, gender })
}

/// The check character of the first 17 digits.
pub(crate) fn check_character(digits: &[u8]) -> u8 {
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    CHECKS[(sum % 11) as usize]
}

/// Scans a byte stream for identity numbers of 18 characters that are not part of a longer number.
///
/// About one in fifty thousand other numbers of 18 digits is mistaken for one.
#[derive(Debug, Clone, Default)]
pub struct Finder {
    run: [u8; 18],
    length: usize,
}

impl Finder {
    /// Scans the next part of the stream. Returns whether an identity number has been found.
    pub fn take(&mut self, part: &[u8]) -> bool {
        part.iter().any(|&byte| {
            if byte.is_ascii_digit() {
                if let Some(place) = self.run.get_mut(self.length) {
                    *place = byte;
                }
                self.length = (self.length + 1).min(19);
                return false;
            }
            if self.length == 17 && byte.eq_ignore_ascii_case(&b'x') {
                self.run[17] = byte;
                self.length = 18;
            }
            self.end()
        })
    }

    /// Ends the stream. Returns whether it ends with an identity number.
    pub fn end(&mut self) -> bool {
        std::mem::take(&mut self.length) == 18 && is_plausible(&self.run)
    }
}

/// Whether a text contains an identity number of 18 characters.
#[must_use]
pub fn is_in(text: &str) -> bool {
    let mut finder = Finder::default();
    text.len() >= 18 && (finder.take(text.as_bytes()) || finder.end())
}

/// Whether a number has an existing province, a birth year from 1900 to 2099 and a valid check character.
fn is_plausible(run: &[u8; 18]) -> bool {
    let province = run[..2].iter().fold(0, |number, digit| number * 10 + u32::from(digit.wrapping_sub(b'0')));
    matches!(province, 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83 | 91)
        && matches!(&run[6..8], b"19" | b"20")
        && std::str::from_utf8(run).is_ok_and(|number| parse(number).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_examples_are_parsed() {
        let facts = parse("11010519491231002x").expect("valid");
        assert_eq!((facts.birth_date.to_string().as_str(), facts.gender), ("1949-12-31", Gender::Female));
        assert_eq!(parse("370101190102039973").expect("valid").gender, Gender::Male);
        assert_eq!(parse("110105491231002").expect("valid").gender, Gender::Female);
    }

    #[test]
    fn each_invalid_part_has_its_own_error() {
        assert_eq!(parse("110105194912310021"), Err(IdNumberError::Check));
        assert_eq!(parse("4.40524E+17"), Err(IdNumberError::Form));
        assert_eq!(parse("110105491331002"), Err(IdNumberError::BirthDate));
        assert_eq!(parse("一一〇一〇五"), Err(IdNumberError::Form));
    }

    #[test]
    fn numbers_are_found_within_texts() {
        for text in
            ["11010519491231002X", "身份证11010519491231002x号", "a 370101190102039973", "1,11010519491231002X2"]
        {
            assert!(is_in(text), "{text}");
        }
        for text in [
            "",
            "110105194912310021",
            "1110105194912310020X",
            "3701011901020399731",
            "370101190102039973".split_at(17).0,
        ] {
            assert!(!is_in(text), "{text}");
        }
        let mut finder = Finder::default();
        assert!(!finder.take(b"m1,1101051949") && !finder.take(b"1231002") && finder.take(b"X\n"));
        assert!(!finder.take(b"370101190102039973") && finder.end() && !finder.end());
    }
}
