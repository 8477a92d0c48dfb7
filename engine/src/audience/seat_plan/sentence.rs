//! The seat plan in one sentence.

use super::{PlanSeats, PlannedList, SeatShortage};
use crate::audience::{Selection, Sentence};

/// Returns the sentence of a plan with `candidates` members who can be pushed.
pub(super) fn sentence(name: &str, seats: PlanSeats, lists: &[PlannedList], candidates: usize) -> Sentence {
    let list = |wanted| lists.iter().find(|list| list.selection == wanted);
    let (Some(likeliest), Some(even)) = (list(Selection::Likeliest), list(Selection::Even)) else {
        return Sentence::default();
    };
    let left = seats.left;
    if left == 0 {
        return Sentence {
            zh: format!("「{name}」的 {} 个名额已满，无需推送。", seats.capacity),
            en: format!("All {} seats of “{name}” are taken; nothing needs to be pushed.", seats.capacity),
        };
    }
    if likeliest.shortage == Some(SeatShortage::Candidates) {
        let expected = likeliest.expected_seats.round();
        return Sentence {
            zh: format!(
                "「{name}」还剩 {left} 个名额，可推送的会员有 {candidates} 人，全部推送预计也只报出 {expected} 个。"
            ),
            en: format!(
                "“{name}” has {left} seats left; pushing to all {candidates} members who can be reached is expected to take \
                 only {expected}."
            ),
        };
    }
    Sentence {
        zh: format!(
            "「{name}」还剩 {left} 个名额，可推送的会员有 {candidates} 人：选最可能报名的，推送 {} 人，覆盖 {} 家工会；\
             各工会均衡，推送 {} 人，覆盖 {} 家工会。{}",
            likeliest.selected,
            likeliest.unions,
            even.selected,
            even.unions,
            seats_taken(likeliest, even).0
        ),
        en: format!(
            "“{name}” has {left} seats left and {candidates} members who can be reached: the likeliest {} members are of {} \
             unions; spread evenly, {} members are of {} unions. {}",
            likeliest.selected,
            likeliest.unions,
            even.selected,
            even.unions,
            seats_taken(likeliest, even).1
        ),
    }
}

/// How many seats the lists are expected to take.
fn seats_taken(likeliest: &PlannedList, even: &PlannedList) -> (String, String) {
    let (first, second) = (likeliest.expected_seats.round(), even.expected_seats.round());
    if likeliest.fills_seats && even.fills_seats {
        ("两份名单预计都能报满。".to_owned(), "Both are expected to fill the seats.".to_owned())
    } else if first == second {
        (format!("两份名单预计都报出 {first} 个。"), format!("Both are expected to take {first} seats."))
    } else {
        (
            format!("预计分别报出 {first} 个和 {second} 个。"),
            format!("They are expected to take {first} and {second} seats."),
        )
    }
}
