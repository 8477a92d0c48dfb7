//! Numbers and days as words of a sentence, in both languages.

use chrono::NaiveDate;
use zhihui_engine::Language;
use zhihui_engine::report::{Sentence, unit_label};
use zhihui_engine::wording::grouped;

/// From this number on, Chinese sentences use the unit 万 (10,000).
const TEN_THOUSANDS_FROM: f64 = 100_000.0;

/// A sentence in both languages.
pub(super) fn sentence(zh: impl Into<String>, en: impl Into<String>) -> Sentence {
    Sentence { zh: zh.into(), en: en.into() }
}

/// A value with its unit.
pub(super) fn amount(value: f64, unit: &str) -> Sentence {
    match unit {
        "share" => {
            let percent = format!("{:.1}", 100.0 * value);
            let percent = percent.strip_suffix(".0").unwrap_or(&percent);
            sentence(format!("{percent}%"), format!("{percent}%"))
        }
        "percentage_points" => points(value),
        _ => {
            let zh = if value >= TEN_THOUSANDS_FROM {
                format!("{:.1} 万{}", value / 10_000.0, unit_label(unit, Language::Zh))
            } else {
                format!("{} {}", grouped(value, 0), unit_label(unit, Language::Zh))
            };
            sentence(zh.trim_end(), grouped(value, 0))
        }
    }
}

/// A difference of shares in percentage points, without a sign.
pub(super) fn points(value: f64) -> Sentence {
    let points = format!("{:.1}", value.abs());
    sentence(format!("{points} 个百分点"), format!("{points} percentage points"))
}

/// A signed number with one decimal.
pub(super) fn signed(value: f64) -> String {
    // A typographic minus sign, and no sign for a number that rounds to zero.
    if value <= -0.05 { format!("−{:.1}", -value) } else { format!("{:.1}", value.abs()) }
}

/// The month of a day. Chinese names the year as well.
pub(super) fn month(first: NaiveDate) -> Sentence {
    sentence(first.format("%Y年%-m月").to_string(), first.format("%B %Y").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated_and_chinese_counts_large_numbers_in_ten_thousands() {
        assert_eq!(amount(123_456.0, "person_times"), sentence("12.3 万人次", "123,456"));
        assert_eq!(amount(11_820.0, "people"), sentence("11,820 人", "11,820"));
        assert_eq!(amount(0.2749, "share"), sentence("27.5%", "27.5%"));
        assert_eq!(amount(0.6, "share").zh, "60%");
        assert_eq!([signed(-1.25), signed(0.01), signed(-0.01), signed(3.0)], ["−1.2", "0.0", "0.0", "3.0"]);
    }
}
