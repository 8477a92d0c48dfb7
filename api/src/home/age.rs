//! Formats an age.

use crate::web::locale::Locale;

/// The age in the largest unit that fits.
pub(crate) fn age(seconds: i64, t: Locale) -> String {
    match seconds {
        0..60 => t.home_just_now().to_owned(),
        60..7_200 => t.home_minutes_ago(seconds / 60),
        7_200..172_800 => t.home_hours_ago(seconds / 3_600),
        _ => t.home_days_ago(seconds / 86_400),
    }
}
