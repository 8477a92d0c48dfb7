//! Formats the responses to a push list for its page.

use zhihui_data::Zone;

use super::calibration::CalibrationGroup;
use super::record::PushList;
use super::responses::{ActualResponses, ArmResponses, UpliftInterval};
use crate::web::labels;
use crate::web::locale::Locale;
use crate::web::numbers::{grouped, minute_of};

/// The responses, formatted.
pub(crate) struct ResponsesView {
    pub(crate) sentence: String,
    /// Whether the actual number is within the expected interval. `None` while responses still count.
    pub(crate) against_interval: Option<&'static str>,
    pub(crate) seats: Option<String>,
    pub(crate) until: Option<String>,
    /// How many no longer follow the account, by arm.
    pub(crate) unfollowed: String,
    /// How many members of standing hold-outs are not part of the comparison.
    pub(crate) not_compared: Option<String>,
    pub(crate) rows: Vec<[String; 5]>,
    pub(crate) calibration: Vec<CalibrationRow>,
}

/// Members with similar probabilities, formatted.
pub(crate) struct CalibrationRow {
    pub(crate) label: String,
    pub(crate) members: String,
    pub(crate) expected: String,
    pub(crate) responded: String,
    /// Expected responses as a percentage of the largest number of the table.
    pub(crate) expected_length: String,
    /// Actual responses as a percentage of the largest number of the table.
    pub(crate) responded_length: String,
}

impl ResponsesView {
    pub(crate) fn new(list: &PushList, actual: &ActualResponses, zone: Zone, t: Locale) -> Self {
        let expected = &list.preview.expected_responses;
        let value = actual.value as f64;
        let against_interval = actual.complete.then(|| {
            if value < expected.low.floor() {
                t.push_lists_below_interval()
            } else if value > expected.high.ceil() {
                t.push_lists_above_interval()
            } else {
                t.push_lists_within_interval()
            }
        });
        let bands = actual.by_age_band.iter();
        let bands = bands.map(|band| row(labels::known(&band.age_band, t).to_owned(), band.push, band.hold_out));
        let all = row(t.push_lists_everybody().to_owned(), actual.push, actual.hold_out);
        let [push, hold_out] = [actual.push, actual.hold_out].map(|arm| grouped(arm.unfollowed as f64, 0));
        let effect = effect(actual.uplift.as_ref(), t);
        Self {
            sentence: t.push_lists_responses_sentence(effect, grouped(expected.value.round(), 0), grouped(value, 0)),
            against_interval,
            seats: actual.seats.map(|seats| {
                let [capacity, taken] = [seats.capacity, seats.taken].map(|seats| grouped(f64::from(seats), 0));
                t.push_lists_seats(capacity, taken)
            }),
            unfollowed: t.push_lists_unfollowed(hold_out, push),
            not_compared: {
                let members = actual.standing_hold_out.members;
                (members > 0).then(|| t.push_lists_not_compared(grouped(members as f64, 0)))
            },
            until: actual.until.as_deref().filter(|_| !actual.complete).map(|until| minute_of(until, zone)),
            rows: std::iter::once(all).chain(bands).collect(),
            calibration: calibration(&actual.calibration, t),
        }
    }
}

fn effect(uplift: Option<&UpliftInterval>, t: Locale) -> String {
    let Some(uplift) = uplift else { return t.push_lists_effect_unknown().to_owned() };
    let [points, low, high] = [uplift.points, uplift.low, uplift.high].map(|value| grouped(value, 1));
    if uplift.clear { t.push_lists_effect(high, low, points) } else { t.push_lists_effect_unclear(high, low, points) }
}

fn row(label: String, push: ArmResponses, hold_out: ArmResponses) -> [String; 5] {
    [label, grouped(push.members as f64, 0), grouped(push.responded as f64, 0), share(push), share(hold_out)]
}

fn share(arm: ArmResponses) -> String {
    match arm.members {
        0 => "–".to_owned(),
        members => format!("{}%", grouped(100.0 * arm.responded as f64 / members as f64, 1)),
    }
}

fn calibration(groups: &[CalibrationGroup], t: Locale) -> Vec<CalibrationRow> {
    let most = groups.iter().map(|group| group.expected.max(group.responded as f64)).fold(1.0, f64::max);
    let length = |value: f64| format!("{:.2}", 100.0 * value / most);
    let mut last = 0;
    let row = |group: &CalibrationGroup| {
        let first = last + 1;
        last += group.members;
        CalibrationRow {
            label: t.push_lists_ranks(grouped(first as f64, 0), grouped(last as f64, 0)),
            members: grouped(group.members as f64, 0),
            expected: grouped(group.expected, 1),
            responded: grouped(group.responded as f64, 0),
            expected_length: length(group.expected),
            responded_length: length(group.responded as f64),
        }
    };
    groups.iter().map(row).collect()
}
