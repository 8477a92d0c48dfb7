//! Seat plans: both selections, the show-up rate, and the demand of every union.

use std::collections::BTreeMap;

use proptest::prelude::*;
use zhihui_data::SignUpStatus;
use zhihui_data::snapshot::{NONE, Snapshot};
use zhihui_engine::{
    Engine, Overlay,
    answer::Who,
    audience::{
        AudienceError, AudienceRequest, AudienceResult, ExperimentArm, Rule, SeatPlan, SeatShortage, Selection,
        StandingHoldOut, Target,
    },
    overlay::{LiveEvent, LiveKind},
};

use crate::fixture::{AS_OF, DAY, MEMBERS, engine, engine_with};

const ITEM: usize = 4;

fn item(id: &str) -> AudienceRequest {
    AudienceRequest { salt: "salt".into(), ..AudienceRequest::new(Target::Item(id.into()), AS_OF) }
}

fn planned(engine: &Engine, overlay: &Overlay, request: &AudienceRequest) -> (AudienceResult, SeatPlan) {
    let made = engine.audience_with_seat_plan(overlay, request, &|_| None, &|| false);
    let (audience, plan) = made.expect("an audience");
    (audience, plan.expect("an item with seats"))
}

/// An engine whose item `A04` has this many seats left and members who are likely to respond.
fn with_seats(seed: u64, left: u32, change: impl FnOnce(&mut Snapshot)) -> Engine {
    engine_with(seed, |snapshot| {
        snapshot.model.rankers[1].bias = 2.0;
        snapshot.items.capacity[ITEM] = snapshot.items.seats_taken[ITEM] + left;
        change(snapshot);
    })
}

/// The rows of the arm `push`.
fn pushed(audience: &AudienceResult) -> Vec<usize> {
    let rows = audience.rows.iter().filter(|row| row.arm == ExperimentArm::Push);
    rows.map(|row| row.member).collect()
}

#[test]
fn both_lists_of_a_plan_are_those_that_the_selection_gives() {
    let engine = with_seats(1, 6, |_| {});
    for (hold_out, limit) in [(0.0, None), (0.3, None), (0.2, Some(5))] {
        for selection in Selection::ALL {
            let request = AudienceRequest { hold_out, limit, selection, ..item("A04") };
            let (audience, plan) = planned(&engine, &Overlay::default(), &request);
            let plain = engine.audience(&Overlay::default(), &request, &|_| None).expect("an audience");
            assert_eq!(audience, plain, "the plan does not change the audience");
            let list = plan.lists.iter().find(|list| list.selection == selection).expect("a list");
            let members = pushed(&audience);
            assert_eq!((list.selected, list.held_out), (members.len(), audience.preview.held_out));
            assert_eq!(list.expected_responses, audience.preview.expected_responses);
            assert!(limit.is_none_or(|limit| members.len() <= limit));
            let unions: std::collections::BTreeSet<u32> =
                members.iter().map(|&row| engine.snapshot().members.union[row]).filter(|&u| u != NONE).collect();
            assert_eq!(list.unions, unions.len());
            let ranks: Vec<usize> = audience.rows.iter().map(|row| row.rank).collect();
            assert_eq!(ranks, (1..=ranks.len()).collect::<Vec<_>>());
            assert!(audience.rows.windows(2).all(|pair| pair[0].probability >= pair[1].probability));
            let preview = &audience.preview;
            assert_eq!(preview.excluded.values().sum::<usize>() + preview.selected, MEMBERS);
        }
    }
}

#[test]
fn a_plan_says_why_seats_stay_free() {
    let shortage = |left: u32, cap: Option<u32>, limit: Option<usize>, hold_out: f64| {
        let engine = with_seats(1, left, |snapshot| {
            if let Some(cap) = cap {
                snapshot.items.per_union_cap[ITEM] = cap;
                snapshot.items.seats_by_union =
                    zhihui_data::snapshot::SparseRows::from_rows(vec![Vec::new(); snapshot.items.id.len()]);
            }
        });
        let plan = planned(&engine, &Overlay::default(), &AudienceRequest { limit, hold_out, ..item("A04") }).1;
        let list = plan.lists[0].clone();
        assert_eq!(list.fills_seats, list.shortage.is_none());
        assert_eq!(plan.seats.left, left);
        (list.shortage, plan.sentence.zh)
    };
    assert_eq!(shortage(5, None, None, 0.0).0, None);
    assert_eq!(shortage(5, None, None, 0.4).0, None, "others are pushed to instead of the hold-out");
    let everybody =
        planned(&with_seats(1, 10_000, |_| {}), &Overlay::default(), &item("A04")).1.lists[0].expected_seats;
    assert_eq!(shortage(everybody as u32, None, None, 0.0).0, None);
    assert_eq!(shortage(everybody as u32, None, None, 0.4).0, Some(SeatShortage::HoldOut));
    assert_eq!(shortage(5, None, Some(2), 0.0).0, Some(SeatShortage::Limit));
    assert_eq!(shortage(20, Some(2), None, 0.0).0, Some(SeatShortage::UnionCaps));
    let (none, sentence) = shortage(10_000, None, None, 0.0);
    assert_eq!(none, Some(SeatShortage::Candidates));
    assert!(sentence.contains("还剩 10,000 个名额") && sentence.contains("全部推送预计也只报出"), "{sentence}");
    let (full, sentence) = shortage(0, None, None, 0.0);
    assert!(full.is_none() && sentence.contains("已满"), "{sentence}");
}

#[test]
fn the_members_to_push_to_fill_the_seats_beside_any_hold_out() {
    let engine = with_seats(1, 6, |_| {});
    let until = chrono::NaiveDate::from_ymd_opt(2099, 1, 1).expect("a day");
    let standing = StandingHoldOut { topic: None, share: 0.2, until };
    for selection in Selection::ALL {
        for (hold_out, standing_hold_outs) in
            [(0.0, vec![]), (0.1, vec![]), (0.3, vec![]), (0.1, vec![standing.clone()])]
        {
            let request = AudienceRequest { hold_out, selection, standing_hold_outs, ..item("A04") };
            let (_, plan) = planned(&engine, &Overlay::default(), &request);
            let list = plan.lists.iter().find(|list| list.selection == selection).expect("a list");
            assert!(list.fills_seats && (5.0..=6.0 + 1e-9).contains(&list.expected_seats), "{hold_out}: {list:?}");
            assert!(list.held_out > 0 || hold_out < 0.3, "{list:?}");
        }
    }
}

#[test]
fn plans_and_even_lists_need_an_item_with_seats() {
    let engine = engine(1);
    for target in [Target::Item("A04".into()), Target::Item("N02".into()), Target::Topic("亲子".into())] {
        let request = AudienceRequest { target, ..item("") };
        let (audience, plan) =
            engine.audience_with_seat_plan(&Overlay::default(), &request, &|_| None, &|| false).expect("an audience");
        assert!(plan.is_none() && audience.preview.selected > 0);
        let even = AudienceRequest { selection: Selection::Even, ..request };
        let refused = engine.audience(&Overlay::default(), &even, &|_| None).expect_err("no seats");
        assert_eq!(refused.code(), "no_seats");
        assert!(matches!(refused, AudienceError::NoSeats(_)), "{refused}");
    }
    let unknown = engine.audience_with_seat_plan(&Overlay::default(), &item("Z"), &|_| None, &|| false);
    assert_eq!(unknown.expect_err("unknown").code(), "unknown_item");
    let stopped = engine.audience_with_seat_plan(&Overlay::default(), &item("A04"), &|_| None, &|| true);
    assert_eq!(stopped.expect_err("stopped").code(), "stopped");
}

#[test]
fn demand_counts_candidates_and_phones_those_who_cannot_be_reached() {
    let engine = with_seats(1, 6, |snapshot| snapshot.items.own_session_at[ITEM] = 8);
    let (audience, plan) = planned(&engine, &Overlay::default(), &item("A04"));
    let members = &engine.snapshot().members;
    assert_eq!(plan.demand.iter().map(|union| union.members).sum::<usize>(), MEMBERS);
    let left = |step: &str| audience.preview.funnel.iter().find(|row| row.step == step).expect("a step").left;
    assert_eq!(plan.demand.iter().map(|union| union.candidates).sum::<usize>(), left("caps"));
    assert!(plan.demand.windows(2).all(|pair| pair[0].expected_takers >= pair[1].expected_takers));
    for union in &plan.demand {
        let Some(id) = &union.union_id else {
            assert_eq!((union.own_session, union.signed_up), (None, None));
            continue;
        };
        let row = engine.union_row(id).expect("known") as u32;
        assert_eq!(union.members, members.union.iter().filter(|&&other| other == row).count());
        let signed_up = f64::from(union.signed_up.expect("known"));
        assert_eq!(union.own_session, Some(signed_up + union.expected_takers >= 8.0), "{union:?}");
        assert_eq!(union.seats_left, None, "the item has no cap by union");
    }
    // The item admits everybody, so only consent and sign-ups decide.
    let sign_ups = &engine.snapshot().sign_ups;
    let is_signed_up =
        |row: usize| sign_ups.of(row).any(|at| sign_ups.item[at] == ITEM as u32 && sign_ups.status[at].is_signed_up());
    let mut wanted: BTreeMap<&str, usize> = BTreeMap::new();
    for row in (0..MEMBERS).filter(|&row| members.union[row] != NONE) {
        let is_reachable = !members.openid[row].is_empty() && members.follows[row];
        if !is_reachable && members.personalised[row] && !is_signed_up(row) {
            *wanted.entry(&engine.snapshot().unions.id[members.union[row] as usize]).or_default() += 1;
        }
    }
    let found: BTreeMap<&str, usize> =
        plan.to_phone.iter().map(|union| (union.union_id.as_str(), union.members)).collect();
    assert_eq!(found, wanted);
    assert!(plan.to_phone.windows(2).all(|pair| pair[0].expected_takers >= pair[1].expected_takers));
    assert!(plan.to_phone.iter().all(|union| union.expected_takers > 0.0));
}

#[test]
fn members_who_opted_out_do_not_change_a_plan() {
    // M007, M015, … opted out. Their history must have no influence.
    let plan = |change: fn(&mut Snapshot)| {
        let engine = with_seats(1, 6, change);
        planned(&engine, &Overlay::default(), &item("A04")).1
    };
    let one = plan(|_| {});
    let other = plan(|snapshot| {
        for row in (7..MEMBERS).step_by(8) {
            let own = snapshot.history.of(row);
            snapshot.history.edit(|events| events.item[own].fill(12));
            snapshot.members.follows[row] = false;
        }
    });
    assert_eq!((&one.lists, &one.to_phone), (&other.lists, &other.to_phone));
}

#[test]
fn a_rule_and_the_union_of_the_caller_restrict_the_demand() {
    let engine = with_seats(1, 6, |_| {});
    let rule = Rule::parse(&serde_json::json!({ "field": "gender", "eq": "male" })).expect("a rule");
    let plan = planned(&engine, &Overlay::default(), &AudienceRequest { rule: Some(rule), ..item("A04") }).1;
    let men = engine.snapshot().members.gender.iter().filter(|&&gender| gender == 1).count();
    assert_eq!(plan.demand.iter().map(|union| union.members).sum::<usize>(), men);
    // U1 and its branch U3 are visible. Further members of the society U9 would not be named.
    let own = AudienceRequest { within: Some("U1".into()), ..item("A04") };
    let plan = planned(&engine, &Overlay::default(), &own).1;
    let named: Vec<&str> = plan.demand.iter().filter_map(|union| union.union_id.as_deref()).collect();
    assert!(named.iter().all(|id| ["U1", "U3"].contains(id)) && !named.is_empty(), "{named:?}");
    let society = AudienceRequest { within: Some("U9".into()), ..item("A04") };
    let plan = planned(&engine, &Overlay::default(), &society).1;
    assert_eq!(plan.demand.len(), 1, "the members' own unions are outside");
    assert_eq!((&plan.demand[0].union_id, plan.demand[0].signed_up, plan.to_phone.len()), (&None, None, 0));
}

#[test]
fn sign_ups_since_the_snapshot_take_seats() {
    let engine = with_seats(1, 6, |_| {});
    let before = planned(&engine, &Overlay::default(), &item("A04")).1;
    let mut overlay = Overlay::default();
    let sign_up = LiveKind::SignUp { tickets: 2, children: 0, waitlisted: false };
    let (who, item_id) = (Who::Member("M002"), Some("A04"));
    overlay.apply(&engine, &LiveEvent { who, item_id, at: AS_OF + 1, what: sign_up });
    let after = planned(&engine, &overlay, &AudienceRequest { now: AS_OF + 2, ..item("A04") }).1;
    assert_eq!((before.seats.left, after.seats.left), (6, 4));
    assert_eq!(after.seats.taken, before.seats.taken + 2);
}

/// Replaces all sign-ups: members 0, 1, … are signed up for items with these statuses.
fn sign_ups(snapshot: &mut Snapshot, rows: &[(usize, SignUpStatus, usize)]) {
    let all: Vec<(u32, SignUpStatus)> =
        rows.iter().flat_map(|&(item, status, count)| std::iter::repeat_n((item as u32, status), count)).collect();
    let store = &mut snapshot.sign_ups;
    (store.item, store.status) = all.iter().copied().unzip();
    store.tickets = vec![1; all.len()];
    store.children = vec![0; all.len()];
    store.starts = (0..=MEMBERS).map(|member| member.min(all.len()) as u64).collect();
    snapshot.items.seats_taken = vec![0; snapshot.items.id.len()];
}

#[test]
fn show_up_rate_is_learnt_by_kind_and_unknown_without_attendance() {
    use SignUpStatus::{Attended, Cancelled, NoShow, Registered, Waitlisted};
    let show_up = |rows: &'static [(usize, SignUpStatus, usize)]| {
        let engine = with_seats(1, 6, |snapshot| {
            sign_ups(snapshot, rows);
            // Activities 0 to 3 have ended, one of each kind; A04 is of the kind of A00.
            for item in 0..4 {
                (snapshot.items.starts_at[item], snapshot.items.ends_at[item]) = (AS_OF - 2 * DAY, AS_OF - DAY);
            }
            snapshot.items.capacity[ITEM] = 6;
        });
        planned(&engine, &Overlay::default(), &item("A04")).1
    };
    for nothing in [&[][..], &[(0, Registered, 20)], &[(5, Attended, 20)], &[(0, Registered, 3), (0, NoShow, 2)]] {
        let plan = show_up(nothing);
        assert_eq!(plan.show_up, None, "{nothing:?}");
        assert!(plan.lists.iter().all(|list| list.expected_attendance.is_none()));
    }
    let plan = show_up(&[
        (0, Attended, 6),
        (0, NoShow, 2),
        (0, Registered, 2),
        (0, Cancelled, 5),
        (0, Waitlisted, 5),
        (1, Attended, 18),
        (1, NoShow, 2),
        (2, Registered, 9),
    ]);
    let known = plan.show_up.expect("known");
    // 24 of 30 attended at all; 6 of 10 of this kind, shrunk by 20 sign-ups at 0.8.
    assert_eq!((known.sign_ups, known.sign_ups_of_all_kinds), (10, 30));
    assert!((known.rate - (6.0 + 16.0) / 30.0).abs() < 1e-12, "{known:?}");
    for list in &plan.lists {
        let expected = list.expected_attendance.expect("known");
        assert!((expected - known.rate * list.expected_seats).abs() < 1e-12);
    }
    let other = show_up(&[(1, Attended, 9), (1, NoShow, 1)]).show_up.expect("known");
    assert_eq!((other.sign_ups, other.sign_ups_of_all_kinds), (0, 10));
    assert!((other.rate - 0.9).abs() < 1e-12, "the rate of all kinds: {other:?}");
    let always = show_up(&[(0, Attended, 9)]).show_up.expect("known");
    assert_eq!((always.rate, always.sign_ups), (1.0, 9));
}

proptest! {
    #[test]
    fn even_list_takes_as_many_seats_up_to_one_member(
        seed in 0_u64..40, left in 1_u32..15, cap in prop::option::of(1_u32..6),
    ) {
        let engine = with_seats(seed, left, |snapshot| {
            if let Some(cap) = cap {
                snapshot.items.per_union_cap[ITEM] = cap;
            }
        });
        let even = AudienceRequest { selection: Selection::Even, ..item("A04") };
        let (_, plan) = planned(&engine, &Overlay::default(), &even);
        let [likeliest, even] = [&plan.lists[0], &plan.lists[1]];
        prop_assert!(even.expected_seats <= likeliest.expected_seats + 1e-6);
        prop_assert!(even.expected_seats > likeliest.expected_seats - 2.0, "{:?}", plan.lists);
        prop_assert!(even.expected_seats <= f64::from(left) + 1e-6);
        prop_assert!(even.unions <= plan.demand.len());
    }
}
