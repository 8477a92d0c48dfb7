//! `getuserreadhour` and `getusersharehour`: the older figures of a day by hour.

use serde_json::{Map, Value, json};

use super::super::{Answer, Call};
use super::articles_before_2025::{figures, readers_of_day, with};
use super::span::{Span, format};
use crate::simulator::state::State;
use crate::simulator::state::articles::Readers;

/// Share of the readers of a day in each hour, in percent: mornings, noon and evenings.
const HOURS: [u64; 24] = [1, 0, 0, 0, 0, 0, 2, 5, 9, 7, 6, 6, 9, 7, 4, 3, 3, 4, 5, 7, 8, 7, 5, 2];

pub(super) fn read(state: &mut State, call: &Call<'_>) -> Answer {
    rows(state, call, figures, "user_source", 99_999_999)
}

pub(super) fn share(state: &mut State, call: &Call<'_>) -> Answer {
    let shares = |readers: Readers, percent: u64| {
        let figures = figures(readers, percent).into_iter();
        figures.filter(|(name, _)| name.starts_with("share_")).collect()
    };
    rows(state, call, shares, "share_scene", 1)
}

fn rows(
    state: &State,
    call: &Call<'_>,
    figures_of: impl Fn(Readers, u64) -> Map<String, Value>,
    source: &str,
    number: u64,
) -> Answer {
    let mut list = Vec::new();
    for day in &Span::read(call, 1)? {
        let readers = readers_of_day(state, *day);
        for (hour, percent) in HOURS.into_iter().enumerate().filter(|(_, percent)| *percent > 0) {
            let keys = json!({ "ref_date": format(*day), "ref_hour": hour * 100, source: number });
            list.push(with(figures_of(readers, percent), &keys));
        }
    }
    Ok(json!({ "list": list }))
}
