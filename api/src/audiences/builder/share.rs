//! Shares as percentages and back, digit by digit, so that no rounding changes a rule.

/// `0.2` becomes `20`. Texts that are not plain decimal numbers stay unchanged.
pub(crate) fn percent_of_share(share: &str) -> String {
    move_point(share, 2).unwrap_or_else(|| share.to_owned())
}

/// `20` or `20%` becomes `0.2`.
pub(crate) fn share_of_percent(percent: &str) -> String {
    let percent = percent.trim().trim_end_matches(['%', '％']).trim_end();
    move_point(percent, -2).unwrap_or_else(|| percent.to_owned())
}

/// Moves the decimal point to the right. `None` if the text is not made of digits and at most one point.
fn move_point(text: &str, by: i32) -> Option<String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !is_digits(whole) || !is_digits(fraction) || text.len() > 40 {
        return None;
    }
    let zeros = "0".repeat(by.unsigned_abs() as usize);
    let digits = if by > 0 { format!("{whole}{fraction}{zeros}") } else { format!("{zeros}{whole}{fraction}") };
    let point = if by > 0 { whole.len() + zeros.len() } else { whole.len() };
    let (whole, fraction) = digits.split_at(point);
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_become_percentages_and_back_without_rounding() {
        for (share, percent) in [("0.2", "20"), ("0.07", "7"), ("1", "100"), ("0", "0"), ("0.123456", "12.3456")] {
            assert_eq!((percent_of_share(share).as_str(), share_of_percent(percent).as_str()), (percent, share));
        }
        assert_eq!(share_of_percent("5 %"), "0.05");
        assert_eq!((percent_of_share("much").as_str(), share_of_percent("").as_str()), ("much", ""));
    }
}
