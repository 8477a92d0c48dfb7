//! Converts numbers of other notations to one that cleaning reads: decimal commas, ranges, and other units.

use std::borrow::Cow;

use polars::prelude::StringChunked;

use super::super::super::shape::{Middle, NumberText};
use super::super::numbers::parse_real;
use super::super::text::{trimmed, value};

/// A text that is not a number. It replaces texts with digits that are not in the column's notation, because cleaning might read
/// them with another meaning.
const NO_NUMBER: &str = "\u{fffd}";

/// Converts the numbers of a column. A text that cannot be read stays, so that cleaning rejects it.
pub(super) fn canonical(texts: &StringChunked, number: &NumberText) -> StringChunked {
    let converted = |text: Option<&'_ str>| -> Option<Cow<'_, str>> {
        let text = text?;
        if value(text).is_none() || number.words.iter().any(|word| word == text.trim()) {
            return Some(Cow::Owned(text.to_owned()));
        }
        Some(match read(text, number) {
            Some(found) => Cow::Owned(scaled(found, number.scale).to_string()),
            None if number.decimal.is_some() && text.contains(|letter: char| letter.is_ascii_digit()) => {
                Cow::Borrowed(NO_NUMBER)
            }
            None => Cow::Owned(text.to_owned()),
        })
    };
    texts.iter().map(converted).collect()
}

fn read(text: &str, number: &NumberText) -> Option<f64> {
    let real = |text: &str| parse_real(&with_point(text, number.decimal)?).ok().flatten();
    let between = number.middle.and_then(|middle| Some((middle, range(&value(text)?, &real)?)));
    match between {
        Some((Middle::Whole, middle)) => Some((middle + 0.5).floor()),
        Some((Middle::Exact, middle)) => Some(middle),
        None => real(text),
    }
}

/// The middle of a range such as `25-34` or `25至34岁`.
fn range(text: &str, real: &dyn Fn(&str) -> Option<f64>) -> Option<f64> {
    let marks = ["至", "到", "~", "–", "—", "..", " to ", "-"];
    let (low, high) = marks.iter().find_map(|mark| text.split_once(mark))?;
    let (low, high) = (real(low)?, real(high)?);
    (low <= high).then_some((low + high) / 2.0)
}

/// Multiplies by a factor. Divides by its inverse if that is a whole number, so that 57 × 0.01 is 0.57.
fn scaled(number: f64, factor: Option<f64>) -> f64 {
    let Some(factor) = factor else { return number };
    let inverse = (1.0 / factor).round();
    if inverse.abs() > 1.0 && (inverse * factor - 1.0).abs() < 1e-12 { number / inverse } else { number * factor }
}

/// Rewrites a number with a decimal point and without separators of thousands. `None` if it is not written with this mark.
fn with_point(text: &str, decimal: Option<char>) -> Option<Cow<'_, str>> {
    let Some(mark) = decimal else { return Some(Cow::Borrowed(text)) };
    let is_separator = |letter: char| {
        letter == if mark == ',' { '.' } else { ',' }
            || matches!(letter, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' | '\u{2019}')
    };
    let text = trimmed(text);
    let is_digit = |letter: char| letter.is_ascii_digit();
    let (Some(from), Some(last)) = (text.find(is_digit), text.rfind(is_digit)) else {
        return Some(Cow::Borrowed(text));
    };
    let (before, number, after) = (&text[..from], &text[from..=last], &text[last + 1..]);
    let (whole, fraction) = number.split_once(mark).map_or((number, None), |(whole, rest)| (whole, Some(rest)));
    let mut groups = whole.split(is_separator);
    let first = groups.next()?;
    let are_digits = |text: &str| !text.is_empty() && text.chars().all(is_digit);
    let is_grouped = groups.clone().count() > 0;
    if !are_digits(first)
        || (is_grouped && first.len() > 3)
        || groups.any(|group| group.len() != 3 || !are_digits(group))
    {
        return None;
    }
    if fraction.is_some_and(|fraction| !are_digits(fraction)) {
        return None;
    }
    let whole: String = whole.chars().filter(|&letter| !is_separator(letter)).collect();
    let fraction = fraction.map(|fraction| format!(".{fraction}")).unwrap_or_default();
    Some(Cow::Owned(format!("{before}{whole}{fraction}{after}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(decimal: Option<char>, middle: Option<Middle>, scale: Option<f64>) -> NumberText {
        NumberText { input: 0, words: vec!["65+".to_owned()], decimal, middle, scale }
    }

    fn converted(text: &str, number: &NumberText) -> String {
        canonical(&[text].into_iter().map(Some).collect::<StringChunked>(), number).get(0).unwrap_or("-").to_owned()
    }

    #[test]
    fn a_decimal_comma_excludes_the_other_notation() {
        let comma = number(Some(','), None, None);
        for (text, expected) in [
            ("3,50", "3.5"),
            ("1.234,5", "1234.5"),
            ("1 234,5", "1234.5"),
            ("12'000", "12000"),
            ("-0,25", "-0.25"),
            ("85,5 %", "0.855"),
            ("1.5", NO_NUMBER),
            ("1,234,567", NO_NUMBER),
            ("", ""),
            ("不限", "不限"),
        ] {
            assert_eq!(converted(text, &comma), expected, "{text}");
        }
        assert_eq!(converted("1 234.5", &number(Some('.'), None, None)), "1234.5");
    }

    #[test]
    fn a_range_means_its_middle() {
        let whole = number(None, Some(Middle::Whole), None);
        for (text, expected) in [
            ("25-34", "30"),
            ("25–34岁", "30"),
            ("25至34", "30"),
            ("1985-1989", "1987"),
            ("41", "41"),
            ("65+", "65+"),
            ("34-25", "34-25"),
            ("<18", "<18"),
        ] {
            assert_eq!(converted(text, &whole), expected, "{text}");
        }
        assert_eq!(converted("1,5-2,0", &number(Some(','), Some(Middle::Exact), None)), "1.75");
    }

    #[test]
    fn a_factor_adds_no_rounding_error() {
        let percent = number(None, None, Some(0.01));
        let scaled: Vec<String> = ["57", "100", "0", "33.3"].map(|text| converted(text, &percent)).to_vec();
        assert_eq!(scaled, ["0.57", "1", "0", "0.33299999999999996"].map(str::to_owned));
        assert_eq!(converted("1.5", &number(None, None, Some(60.0))), "90");
        assert_eq!(converted("x", &percent), "x");
    }
}
