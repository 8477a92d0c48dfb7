//! Resident identity numbers: GB 11643-1999 (18 characters) and the older 15 digits.

use chrono::NaiveDate;
use thiserror::Error;

use crate::Gender;

/// What an identity number says about its holder; the number itself is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdNumberFacts {
    /// Date of birth.
    pub birth_date: NaiveDate,
    /// Sex: an odd sequence digit is male.
    pub gender: Gender,
}

/// Why a text is no identity number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IdNumberError {
    /// Neither 18 characters (17 digits and a digit or X) nor 15 digits.
    #[error("an identity number has 18 characters or 15 digits")]
    Form,
    /// The birth date in it does not exist.
    #[error("the birth date in the identity number does not exist")]
    BirthDate,
    /// The last character does not fit the others.
    #[error("the check character of the identity number does not fit")]
    Check,
}

/// Weights of the first 17 digits, GB 11643-1999 (ISO 7064 MOD 11-2).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// Check characters by remainder.
const CHECKS: &[u8; 11] = b"10X98765432";

/// Reads birth date and sex out of an identity number; a lower-case `x` counts as `X`.
///
/// Whether the age is plausible today is the caller's question: this function knows no date.
///
/// # Errors
/// [`IdNumberError`] says which part is wrong.
pub fn read(text: &str) -> Result<IdNumberFacts, IdNumberError> {
    let bytes = text.as_bytes();
    let digits =
        |range: std::ops::Range<usize>| bytes.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
    let (birth, sequence) = match bytes.len() {
        18 if digits(0..17) => {
            let sum: u32 = bytes.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
            if CHECKS[(sum % 11) as usize] != bytes[17].to_ascii_uppercase() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_examples_are_read() {
        let facts = read("11010519491231002x").expect("valid");
        assert_eq!((facts.birth_date.to_string().as_str(), facts.gender), ("1949-12-31", Gender::Female));
        assert_eq!(read("370101190102039973").expect("valid").gender, Gender::Male);
        assert_eq!(read("110105491231002").expect("valid").gender, Gender::Female);
    }

    #[test]
    fn each_kind_of_damage_is_named() {
        assert_eq!(read("110105194912310021"), Err(IdNumberError::Check));
        assert_eq!(read("4.40524E+17"), Err(IdNumberError::Form));
        assert_eq!(read("110105491331002"), Err(IdNumberError::BirthDate));
        assert_eq!(read("一一〇一〇五"), Err(IdNumberError::Form));
    }
}
