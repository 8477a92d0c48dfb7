//! Ids of the sample data. None of them can belong to a real person or organisation.

use chrono::NaiveDate;
use xxhash_rust::xxh3::xxh3_128_with_seed;

use crate::id_number::check_character;
use crate::{Gender, credit_code};

/// A member id, numbered from 1.
pub(super) fn member(number: u32) -> String {
    numbered('M', number + 1, 6)
}

/// A union id, numbered from 1.
pub(super) fn union(number: u32) -> String {
    numbered('U', number + 1, 4)
}

/// An article id, numbered from 1.
pub(super) fn article(number: u32) -> String {
    numbered('A', number + 1, 5)
}

/// An activity id, numbered from 1. Services, products and venues share the numbers.
pub(super) fn activity(number: u32) -> String {
    numbered('E', number + 1, 5)
}

/// A letter and a number of at least `width` digits. There are hundreds of millions of ids, and this is faster than `format!`.
fn numbered(letter: char, number: u32, width: u32) -> String {
    let digits = number.checked_ilog10().map_or(1, |power| power + 1);
    let mut id = String::with_capacity(11);
    id.push(letter);
    super::time::digits(&mut id, number, digits.max(width));
    id
}

/// A `WeChat` id: 28 characters of the usual alphabet, starting with `oSMPL-`.
pub(super) fn openid(number: u32, seed: u64) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    let mut rest = xxh3_128_with_seed(&number.to_le_bytes(), seed);
    let mut openid = String::from("oSMPL-");
    for _ in 0..22 {
        openid.push(char::from(ALPHABET[(rest % 64) as usize]));
        rest /= 64;
    }
    openid
}

/// A resident identity number (GB 11643) with an area code that was never assigned: all codes start with 99.
pub(super) fn id_number(number: u32, birth: NaiveDate, gender: Gender) -> String {
    let sex = if gender == Gender::Male { 1 } else { 0 };
    let digits = format!(
        "99{:04}{}{:02}{}",
        number % 10_000,
        birth.format("%Y%m%d"),
        number / 10_000 % 100,
        number % 5 * 2 + sex
    );
    format!("{digits}{}", char::from(check_character(digits.as_bytes())))
}

/// A unified social credit code (GB 32100) with an area code that was never assigned.
pub(super) fn credit_code(number: u32) -> String {
    let digits = format!("81999999{number:09}");
    let check = credit_code::check_character(digits.as_bytes()).map(char::from);
    digits + &check.map_or_else(String::new, String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_numbers_are_valid() {
        let birth = NaiveDate::from_ymd_opt(1988, 2, 29).expect("a day");
        for number in [0, 7, 9_999, 10_000, 123_456] {
            for gender in [Gender::Male, Gender::Female] {
                let facts = crate::id_number::parse(&id_number(number, birth, gender)).expect("valid");
                assert_eq!((facts.birth_date, facts.gender), (birth, gender));
            }
            assert!(credit_code::is_valid(&credit_code(number)), "{}", credit_code(number));
        }
    }

    #[test]
    fn ids_have_leading_zeros() {
        assert_eq!([member(0), member(999_999), member(9_999_999)], ["M000001", "M1000000", "M10000000"]);
        assert_eq!([union(8), article(99_999), activity(12)], ["U0009", "A100000", "E00013"]);
    }

    #[test]
    fn openids_have_the_usual_form() {
        let openid = openid(17, 3);
        assert_eq!(openid.len(), 28);
        assert_ne!(openid, super::openid(18, 3));
    }
}
