//! The seat plan in one sentence.

use super::{PlanSeats, PlannedList, SeatShortage};
use crate::{
    audience::{Selection, Sentence},
    wording::{counted, grouped, whole},
};

/// Returns the sentence of a plan with `candidates` members who can be pushed.
pub(super) fn sentence(name: &str, seats: PlanSeats, lists: &[PlannedList], candidates: usize) -> Sentence {
    let list = |wanted| lists.iter().find(|list| list.selection == wanted);
    let (Some(likeliest), Some(even)) = (list(Selection::Likeliest), list(Selection::Even)) else {
        return Sentence::default();
    };
    let [capacity, left] = [seats.capacity, seats.left].map(|seats| grouped(f64::from(seats), 0));
    if seats.left == 0 {
        return Sentence {
            zh: format!("「{name}」的 {capacity} 个名额已满，无需推送。"),
            en: format!("No seat of “{name}” is left of {capacity}; nothing needs to be pushed."),
        };
    }
    let left_en = counted(&left, "seat", "seats");
    let candidates = whole(candidates);
    let candidates_en = counted(&candidates, "member", "members");
    if likeliest.shortage == Some(SeatShortage::Candidates) {
        let expected = grouped(likeliest.expected_seats.round(), 0);
        return Sentence {
            zh: format!(
                "「{name}」还剩 {left} 个名额，可推送的会员有 {candidates} 人，全部推送预计也只报出 {expected} 个。"
            ),
            en: format!(
                "“{name}” has {left_en} left; pushing to everybody who can be reached ({candidates_en}) is expected to take \
                 only {expected}."
            ),
        };
    }
    let [first, second] = [likeliest, even].map(|list| (whole(list.selected), whole(list.unions)));
    let list = |(members, unions): &(String, String)| {
        format!("{} of {}", counted(members, "member", "members"), counted(unions, "union", "unions"))
    };
    Sentence {
        zh: format!(
            "「{name}」还剩 {left} 个名额，可推送的会员有 {candidates} 人：选最可能报名的，推送 {} 人，覆盖 {} 家工会；\
             各工会均衡，推送 {} 人，覆盖 {} 家工会。{}",
            first.0,
            first.1,
            second.0,
            second.1,
            seats_taken(likeliest, even).0
        ),
        en: format!(
            "“{name}” has {left_en} left and {candidates_en} who can be reached: the likeliest are {}; spread evenly, they are \
             {}. {}",
            list(&first),
            list(&second),
            seats_taken(likeliest, even).1
        ),
    }
}

/// How many seats the lists are expected to take.
fn seats_taken(likeliest: &PlannedList, even: &PlannedList) -> (String, String) {
    let [first, second] = [likeliest, even].map(|list| grouped(list.expected_seats.round(), 0));
    if likeliest.fills_seats && even.fills_seats {
        ("两份名单预计都能报满。".to_owned(), "Both are expected to fill the seats.".to_owned())
    } else if first == second {
        let seats = counted(&first, "seat", "seats");
        (format!("两份名单预计都报出 {first} 个。"), format!("Both are expected to take {seats}."))
    } else {
        (
            format!("预计分别报出 {first} 个和 {second} 个。"),
            format!("They are expected to take {first} and {}.", counted(&second, "seat", "seats")),
        )
    }
}
