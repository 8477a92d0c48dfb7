//! `getusersummary` and `getusercumulate`: growth and number of followers.

use serde_json::{Value, json};

use super::super::{Answer, Call};
use super::span::{Span, format};
use crate::simulator::state::State;

/// Maximum number of days in a request.
const DAYS: i64 = 7;
/// Sources of new followers and their shares in percent: QR code, search, name card, and the rest.
const SOURCES: [(u32, u64); 4] = [(30, 50), (1, 25), (17, 15), (0, 10)];

pub(super) fn summary(state: &mut State, call: &Call<'_>) -> Answer {
    let days = Span::read(call, DAYS)?;
    let mut list: Vec<Value> = Vec::new();
    for day in &days {
        let (new, left) = state.followers.growth(*day);
        let mut rest = new;
        for (source, percent) in SOURCES {
            let new_user = if source == 0 { rest } else { new * percent / 100 };
            rest -= new_user;
            let cancel_user = if source == 0 { left } else { 0 };
            if new_user + cancel_user > 0 {
                list.push(json!({
                    "ref_date": format(*day),
                    "user_source": source,
                    "new_user": new_user,
                    "cancel_user": cancel_user,
                }));
            }
        }
    }
    Ok(json!({ "list": list }))
}

pub(super) fn cumulate(state: &mut State, call: &Call<'_>) -> Answer {
    let days = Span::read(call, DAYS)?;
    let rows = days.iter().map(
        |day| json!({ "ref_date": format(*day), "user_source": 0, "cumulate_user": state.followers.at_end_of(*day) }),
    );
    Ok(json!({ "list": rows.collect::<Vec<_>>() }))
}
