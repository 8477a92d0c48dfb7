//! How sentences write numbers: with thousands separators, and in English with the singular or plural of what is counted.

/// A number with thousands separators and this many decimals.
#[must_use]
pub fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut out = String::new();
    // No sign if the number rounds to zero.
    if value < 0.0 && text.bytes().any(|digit| (b'1'..=b'9').contains(&digit)) {
        out.push('−');
    }
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// A whole number with thousands separators.
#[must_use]
pub fn whole(count: usize) -> String {
    grouped(count as f64, 0)
}

/// The word for a number that is written as `number`: `one` for 1, otherwise `many`.
#[must_use]
pub fn plural<'a>(number: &str, one: &'a str, many: &'a str) -> &'a str {
    if number == "1" { one } else { many }
}

/// A number that is written as `number`, with the word for it: `1 member`, `1,234 members`.
#[must_use]
pub fn counted(number: &str, one: &str, many: &str) -> String {
    format!("{number} {}", plural(number, one, many))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated_and_nothing_is_negative_zero() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(whole), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([grouped(-0.001, 1), grouped(-1_000.0, 0), grouped(1_234.56, 1)], ["0.0", "−1,000", "1,234.6"]);
    }

    #[test]
    fn one_is_singular_and_all_other_numbers_are_plural() {
        let members = |count| counted(&whole(count), "member", "members");
        assert_eq!([0, 1, 2, 1_001].map(members), ["0 members", "1 member", "2 members", "1,001 members"]);
        assert_eq!(plural("1.0", "is", "are"), "are");
    }
}
