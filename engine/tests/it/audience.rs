//! Audiences: order of steps, quotas, caps, limit and hold-out.

use std::collections::BTreeMap;

use proptest::prelude::*;
use zhihui_data::snapshot::{EventColumns, EventKind, NONE, SignUps};
use zhihui_engine::{
    Engine, FEATURES, Overlay,
    answer::Who,
    audience::{AudienceError, AudienceRequest, AudienceResult, AudienceRow, ExperimentArm, PushCaps, Target},
    overlay::{LiveEvent, LiveKind},
};

use crate::fixture::{AS_OF, DAY, MEMBERS, engine, engine_with};

fn item(id: &str) -> AudienceRequest {
    AudienceRequest { salt: "salt".into(), ..AudienceRequest::new(Target::Item(id.into()), AS_OF) }
}

fn made(engine: &Engine, request: &AudienceRequest) -> AudienceResult {
    engine.audience(&Overlay::default(), request, &|_| None).expect("an audience")
}

fn left(result: &AudienceResult) -> BTreeMap<&str, usize> {
    result.preview.funnel.iter().map(|step| (step.step.as_str(), step.left)).collect()
}

#[test]
fn steps_are_in_order_and_account_for_all_members() {
    let engine = engine(1);
    let result = made(&engine, &AudienceRequest { limit: Some(9), hold_out: 0.25, ..item("A04") });
    let preview = &result.preview;
    let steps: Vec<&str> = preview.funnel.iter().map(|step| step.step.as_str()).collect();
    let order = ["all", "reachable", "personalised", "eligible", "not_signed_up", "caps", "quota", "limit", "hold_out"];
    assert_eq!(steps, order);
    assert!(preview.funnel.windows(2).all(|pair| pair[0].left >= pair[1].left));
    assert_eq!(preview.excluded.values().sum::<usize>() + preview.selected, MEMBERS);
    assert_eq!(preview.selected, left(&result)["hold_out"]);
    assert_eq!(preview.selected + preview.held_out, result.rows.len());
    for reason in ["no_openid", "not_following", "opted_out", "limit"] {
        assert!(preview.excluded[reason] > 0, "{reason}");
    }
    for groups in preview.breakdowns.values() {
        assert_eq!(groups.iter().map(|group| group.members).sum::<usize>(), preview.selected);
    }
    assert!(preview.sample.iter().all(|member| !member.reasons.is_empty()));
    assert!(preview.sentence.zh.contains(&preview.selected.to_string()));
}

#[test]
fn active_members_rank_first_among_ties_of_popularity() {
    let engine = engine_with(2, |snapshot| snapshot.model.rankers.clear());
    let result = made(&engine, &item("A04"));
    let target = engine.item_row("A04").expect("known");
    let at = |name: &str| FEATURES.iter().position(|known| *known == name).expect("a feature");
    let activity = |member: usize| {
        let features = engine.features(member, target, AS_OF);
        features[at("reads")] + features[at("sign_ups")]
    };
    let equals = |pair: &&[AudienceRow]| pair[0].probability.total_cmp(&pair[1].probability).is_eq();
    let pairs: Vec<&[AudienceRow]> = result.rows.windows(2).filter(equals).collect();
    assert!(pairs.len() > 20, "{} pairs", pairs.len());
    assert!(pairs.iter().all(|pair| activity(pair[0].member) >= activity(pair[1].member)));
    assert!(pairs.iter().any(|pair| activity(pair[0].member) > activity(pair[1].member)));
}

#[test]
fn ranks_follow_probability_and_expectation_sums_over_pushed_members() {
    let engine = engine(2);
    let result = made(&engine, &AudienceRequest { hold_out: 0.3, ..item("A04") });
    assert!(result.rows.windows(2).all(|pair| pair[0].probability >= pair[1].probability));
    assert!(result.rows.iter().enumerate().all(|(place, row)| row.rank == place + 1));
    let pushed = result.rows.iter().filter(|row| row.arm == ExperimentArm::Push);
    let expected = &result.preview.expected_responses;
    assert!((expected.value - pushed.map(|row| row.probability).sum::<f64>()).abs() < 1e-9);
    assert!(expected.low < expected.value && expected.value < expected.high && expected.calibrated);
    assert!(result.preview.sample.iter().all(|member| {
        result.rows.iter().any(|row| {
            row.rank == member.rank && row.arm == ExperimentArm::Push && row.probability == member.probability
        })
    }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn limit_bounds_pushed_members_and_arms_are_stable(seed in 0_u64..8, limit in 0_usize..50, tenths in 0_u32..9) {
        let engine = engine(seed);
        let hold_out = f64::from(tenths) / 10.0;
        let whole = made(&engine, &AudienceRequest { hold_out, ..item("A04") });
        let cut = made(&engine, &AudienceRequest { hold_out, limit: Some(limit), ..item("A04") });
        prop_assert!(cut.preview.selected <= limit);
        prop_assert!(cut.rows.len() <= (limit as f64 / (1.0 - hold_out)).ceil() as usize);
        prop_assert_eq!(&whole.rows.iter().map(|row| (row.member, row.arm)).take(cut.rows.len()).collect::<Vec<_>>(),
            &cut.rows.iter().map(|row| (row.member, row.arm)).collect::<Vec<_>>());
    }

    #[test]
    fn expected_seats_of_a_union_do_not_exceed_its_seats_left(seed in 0_u64..40, cap in 1_u32..4, capacity in 1_u32..9) {
        let engine = engine_with(seed, |snapshot| {
            snapshot.model.rankers[1].bias = 4.0;
            snapshot.items.per_union_cap[4] = cap;
            snapshot.items.capacity[4] = snapshot.items.seats_taken[4] + capacity;
        });
        let result = made(&engine, &item("A04"));
        let mut by_union: BTreeMap<u32, f64> = BTreeMap::new();
        for row in &result.rows {
            *by_union.entry(engine.snapshot().members.union[row.member]).or_default() += row.probability;
        }
        for (&union, &seats) in &by_union {
            prop_assert!(union != NONE);
            let held = engine.snapshot().items.seats_by_union.pairs(4);
            let taken: f32 = held.filter(|&(other, _)| other == union).map(|(_, tickets)| tickets).sum();
            prop_assert!(seats <= f64::from((cap as f32 - taken).max(0.0)) + 1e-9);
        }
        prop_assert!(by_union.values().sum::<f64>() <= f64::from(capacity) + 1e-9);
        let refused = ["union_quota", "full"].map(|reason| result.preview.excluded.get(reason).copied().unwrap_or(0));
        prop_assert!(refused.iter().sum::<usize>() > 0);
    }
}

/// An engine in which every member received `times` pushes this month, and M000 one more on the last day of the
/// previous month.
fn pushed(times: usize, urgent: bool) -> Engine {
    engine_with(3, |snapshot| {
        let month = AS_OF - 12 * 3_600 - 20 * DAY;
        let mut history = EventColumns { starts: vec![0], ..EventColumns::default() };
        for member in 0..MEMBERS {
            let early = usize::from(member == 0);
            history.at.extend(vec![month - 1; early]);
            history.at.extend(vec![month; times]);
            history.starts.push(history.at.len() as u64);
        }
        history.item = vec![15; history.at.len()];
        history.kind = vec![EventKind::Push; history.at.len()];
        snapshot.history = history.into();
        snapshot.sign_ups = SignUps { starts: vec![0; MEMBERS + 1], ..SignUps::default() };
        snapshot.items.urgent[4] = urgent;
    })
}

#[test]
fn wechat_cap_of_four_pushes_a_month_applies_to_urgent_items() {
    assert!(made(&pushed(3, false), &item("A04")).preview.selected > 0);
    for urgent in [false, true] {
        let result = made(&pushed(4, urgent), &item("A04"));
        assert_eq!(left(&result)["caps"], 0);
        assert_eq!(result.preview.excluded["wechat_cap"], left(&result)["not_signed_up"]);
    }
}

#[test]
fn own_caps_exempt_urgent_items_and_count_live_pushes() {
    let caps = PushCaps { own_per_month: Some(2), ..PushCaps::default() };
    let capped = AudienceRequest { caps, ..item("A04") };
    assert_eq!(made(&pushed(2, false), &capped).preview.selected, 0);
    assert!(made(&pushed(2, true), &capped).preview.selected > 0);
    let engine = pushed(1, false);
    let before = made(&engine, &capped).preview.selected;
    let mut overlay = Overlay::default();
    let who = Who::Member("M001");
    overlay.apply(&engine, &LiveEvent { who, item_id: Some("N05"), at: AS_OF, what: LiveKind::Push });
    let after = engine.audience(&overlay, &capped, &|_| None).expect("an audience").preview;
    assert_eq!((after.selected, after.excluded["own_cap"]), (before - 1, 1));
    let week = PushCaps { own_per_7_days: Some(1), ..PushCaps::default() };
    let weekly = AudienceRequest { caps: week, ..item("A04") };
    assert_eq!(made(&pushed(1, false), &weekly).preview.excluded.get("own_cap"), None);
    let daily = PushCaps { own_per_day: Some(1), ..PushCaps::default() };
    let on = |now: i64| {
        let request = AudienceRequest { caps: daily, now, ..item("A04") };
        let preview = engine.audience(&overlay, &request, &|_| None).expect("an audience").preview;
        preview.excluded.get("own_cap").copied().unwrap_or(0)
    };
    assert_eq!((on(AS_OF), on(AS_OF + 86_400)), (1, 0), "the push was today, and yesterday");
}

#[test]
fn signed_up_members_and_readers_are_excluded() {
    let engine = engine(5);
    let result = made(&engine, &item("A04"));
    let signed = |row: usize| {
        let sign_ups = &engine.snapshot().sign_ups;
        sign_ups.of(row).any(|at| sign_ups.item[at] == 4 && sign_ups.status[at].is_signed_up())
    };
    assert!(result.preview.excluded["already_signed_up"] > 0);
    assert!(result.rows.iter().all(|row| !signed(row.member)));
    assert!(made(&engine, &item("N03")).preview.excluded["already_read"] > 0);
}

#[test]
fn topic_audience_is_ranked_by_probability_of_reading() {
    let engine = engine(6);
    let topic = |name: &str| AudienceRequest { target: Target::Topic(name.into()), ..item("") };
    let result = made(&engine, &topic("读书"));
    assert!(!result.preview.expected_responses.calibrated);
    assert!(result.rows.windows(2).all(|pair| pair[0].probability >= pair[1].probability));
    let evidence = |row: usize| engine.snapshot().model.preferences.evidence.pairs(row).map(|(_, w)| w).sum::<f32>();
    assert!(result.rows.iter().all(|row| (row.probability > 0.0) == (evidence(row.member) > 0.0)));
    assert!(evidence(result.rows[0].member) > 0.0 && result.rows[0].probability < 1.0);
    let refused = |name: &str| engine.audience(&Overlay::default(), &topic(name), &|_| None).expect_err("refused");
    assert_eq!(refused("医疗"), AudienceError::SensitiveTopic("医疗".into()));
    assert_eq!(refused("火星"), AudienceError::UnknownTopic("火星".into()));
}

#[test]
fn invalid_requests_are_rejected() {
    let engine = engine(1);
    let refused = |request: &AudienceRequest| engine.audience(&Overlay::default(), request, &|_| None).expect_err("no");
    assert_eq!(refused(&item("A99")), AudienceError::UnknownItem("A99".into()));
    for hold_out in [-0.1, 1.0, f64::NAN] {
        assert_eq!(refused(&AudienceRequest { hold_out, ..item("A04") }).code(), "bad_hold_out");
    }
}

#[test]
fn digest_depends_only_on_members_and_arms() {
    let engine = engine(1);
    let hash = |salt: &str| {
        let request = AudienceRequest { hold_out: 0.5, salt: salt.into(), ..item("A04") };
        made(&engine, &request).members_sha256(engine.snapshot())
    };
    assert_eq!(hash("a"), hash("a"));
    assert_ne!(hash("a"), hash("b"));
    assert_eq!(hash("a").len(), 64);
}

#[test]
fn all_reasons_adds_reasons_to_every_row() {
    let engine = engine(1);
    let request = AudienceRequest { all_reasons: true, sample: 2, hold_out: 0.2, ..item("A04") };
    let result = made(&engine, &request);
    assert_eq!(result.preview.sample.len(), 2);
    assert!(result.rows.iter().all(|row| !row.reasons.is_empty()));
}
