//! Finds where a range of times ends its first time, as in `2026年3月5日 9:00-11:00`.

/// Marks between the two times of a range.
const MARKS: [char; 6] = ['~', '\u{ff5e}', '至', '到', '—', '–'];

/// The first time of a range, or the whole text.
pub(super) fn first_time(text: &str) -> &str {
    if let Some((first, second)) = text.split_once(MARKS) {
        return if second.trim().is_empty() { text } else { first.trim_end() };
    }
    // A hyphen also separates year, month and day. Between two times it follows a time of day or a day.
    let is_range = |at: &usize| {
        let (before, after) = (text[..*at].trim_end(), text[at + 1..].trim_start());
        let follows_time = before.contains([':', '\u{ff1a}', '点', '时', '日', '号']);
        follows_time && is_second_time(after) && !is_offset(before, after)
    };
    text.match_indices('-').map(|(at, _)| at).find(is_range).map_or(text, |at| text[..at].trim_end())
}

/// Whether a text looks like a time of day or a date without a year.
fn is_second_time(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit()) && text.contains([':', '\u{ff1a}', '点', '时', '日', '号'])
}

/// Whether `-05:00` is an offset from UTC: after a time with seconds, or after `T`.
fn is_offset(before: &str, after: &str) -> bool {
    let is_clock = after.len() == 5 && after.as_bytes()[2] == b':';
    is_clock && (before.contains('T') || before.matches(':').count() == 2)
}

/// Whether a text is a month and a day without a year.
pub(super) fn is_without_year(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = &text[digits..];
    let Some(mark) = rest.chars().next().filter(|mark| matches!(mark, '月' | '/' | '.' | '-')) else { return false };
    let rest = rest[mark.len_utf8()..].trim_start();
    let days = rest.bytes().take_while(u8::is_ascii_digit).count();
    let after = rest[days..].chars().next();
    (1..=2).contains(&digits) && (1..=2).contains(&days) && (mark == '月' || after.is_none_or(char::is_whitespace))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_and_single_times_are_kept() {
        for (text, first) in [
            ("2026-03-05 9:00-11:00", "2026-03-05 9:00"),
            ("2026-03-05 09:00 - 11:00", "2026-03-05 09:00"),
            ("2026年3月5日 下午3点-5点", "2026年3月5日 下午3点"),
            ("2026年3月5日-8日", "2026年3月5日"),
            ("2026.3.5至2026.3.8", "2026.3.5"),
            ("2026-03-05 09:00~11:00", "2026-03-05 09:00"),
        ] {
            assert_eq!(first_time(text), first);
        }
        for text in
            ["2026-03-05", "2026-3-5 9:00", "2026-03-05T09:00-05:00", "2026-03-05 09:00:00-05:00", "2026年3月5日"]
        {
            assert_eq!(first_time(text), text);
        }
    }

    #[test]
    fn days_without_a_year_are_recognised() {
        for text in ["3月5日", "3月5日 15:00", "12/31", "3.5", "3-5 9:00"] {
            assert!(is_without_year(text), "{text}");
        }
        for text in ["2026-03-05", "05/01/2024", "yesterday", "3月", "12", "15:00", "3.14.2026"] {
            assert!(!is_without_year(text), "{text}");
        }
    }
}
