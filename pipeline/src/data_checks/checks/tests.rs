//! Results of the data checks for constructed measures.

use super::*;

fn measures() -> Measures {
    let map = |pairs: &[(&str, u64)]| pairs.iter().map(|(name, rows)| ((*name).to_owned(), *rows)).collect();
    Measures {
        as_of: 1_700_000_000,
        volumes: map(&[("members", 1_000), ("items", 200), ("reads", 50_000), ("pushes", 40)]),
        known: map(&[("age", 900), ("union", 950), ("openid", 800)]),
        deliveries: map(&[("members/members", 1_000), ("members/new", 90)]),
        latest: [("reads".to_owned(), 1_700_000_000 - 3_600)].into(),
        ..Measures::default()
    }
}

fn status(now: &Measures, before: &Measures, name: &str) -> CheckStatus {
    let checks = run_checks(now, std::slice::from_ref(before), &ChecksConfig::default(), Zone::default());
    checks.iter().find(|check| check.name == name).expect("the check").status
}

#[test]
fn a_build_like_the_one_before_passes_every_check() {
    let checks = run_checks(&measures(), &[measures()], &ChecksConfig::default(), Zone::default());
    let found: Vec<&DataCheck> = checks.iter().filter(|check| check.status != CheckStatus::Ok).collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn less_than_half_of_the_rows_is_a_warning_and_less_than_a_tenth_a_failure() {
    for (left, expected) in [(600, CheckStatus::Ok), (499, CheckStatus::Warn), (99, CheckStatus::Fail)] {
        let mut now = measures();
        now.volumes.insert("members".into(), left);
        assert_eq!(status(&now, &measures(), "data_volume"), expected, "{left} members");
        let mut now = measures();
        now.deliveries.insert("members/members".into(), left);
        assert_eq!(status(&now, &measures(), "data_roster"), expected, "a roster of {left}");
    }
    let mut now = measures();
    now.known.insert("openid".into(), 10);
    assert_eq!(status(&now, &measures(), "data_values"), CheckStatus::Fail, "cleared openids");
}

#[test]
fn small_streams_partial_files_and_earlier_instants_are_not_compared() {
    let mut now = measures();
    now.volumes.insert("pushes".into(), 0);
    now.deliveries.insert("members/new".into(), 1);
    assert_eq!(status(&now, &measures(), "data_volume"), CheckStatus::Ok);
    assert_eq!(status(&now, &measures(), "data_roster"), CheckStatus::Ok);
    let earlier = Measures { as_of: 1_600_000_000, ..Measures::default() };
    let checks = run_checks(&earlier, &[measures()], &ChecksConfig::default(), Zone::default());
    assert!(checks.iter().all(|check| check.status != CheckStatus::Fail), "{checks:?}");
}

#[test]
fn late_streams_missing_values_and_quiet_days_are_warnings() {
    let mut now = measures();
    now.latest.insert("reads".into(), now.as_of - 5 * 86_400);
    now.known.insert("age".into(), 300);
    now.undescribed = 50;
    now.unresolved = 40_000;
    for name in ["data_freshness", "data_age", "data_items", "data_unresolved"] {
        assert_eq!(status(&now, &measures(), name), CheckStatus::Warn, "{name}");
    }
    let mut now = measures();
    let day = |text: &str, rows: u64| (text.to_owned(), BTreeMap::from([("reads".to_owned(), rows)]));
    // The instant is 15 November 2023 in Shanghai.
    now.days =
        [day("2023-11-14", 100), day("2023-11-07", 900), day("2023-10-31", 1_000), day("2023-10-24", 950)].into();
    assert_eq!(status(&now, &measures(), "data_days"), CheckStatus::Warn);
    let mut before = now.clone();
    before.days = [day("2023-11-14", 900), day("2023-11-07", 900), day("2023-10-31", 1_000)].into();
    now.days.insert("2023-11-14".into(), BTreeMap::from([("reads".to_owned(), 900)]));
    assert_eq!(status(&now, &before, "data_days"), CheckStatus::Ok);
    now.days.insert("2023-10-31".into(), BTreeMap::from([("reads".to_owned(), 3)]));
    assert_eq!(status(&now, &before, "data_days"), CheckStatus::Warn, "a day has lost its rows");
    now.days = [day("2023-11-14", 900)].into();
    assert_eq!(status(&now, &before, "data_days"), CheckStatus::Warn, "the oldest days are missing");
}

#[test]
fn a_short_roster_does_not_lower_the_standard_for_the_next_one() {
    let with = |rows: u64| {
        let mut build = measures();
        build.deliveries.insert("members/members".into(), rows);
        build
    };
    let roster = |now: &Measures, published: &[Measures]| {
        let checks = run_checks(now, published, &ChecksConfig::default(), Zone::default());
        checks.into_iter().find(|check| check.name == "data_roster").expect("the check").status
    };
    assert_eq!(roster(&with(400), &[with(400), with(1_000)]), CheckStatus::Warn, "the same short roster again");
    assert_eq!(roster(&with(360), &[with(600), with(1_000)]), CheckStatus::Warn, "gradually shorter rosters");
    assert_eq!(roster(&with(600), &[with(400), with(1_000)]), CheckStatus::Ok);
    // 4,000 members are known from reads only, so that a roster of the other 1,000 is a full one.
    let (mut now, mut before) = (with(400), with(1_000));
    before.volumes.insert("members".into(), 5_000);
    before.rostered.insert("members".into(), 1_000);
    now.volumes.clone_from(&before.volumes);
    assert_eq!(roster(&now, &[before]), CheckStatus::Warn);
}

#[test]
fn a_roster_that_is_no_longer_delivered_is_a_warning() {
    let day = 86_400;
    let delivered = |north: i64, south: i64, once: i64| {
        let mut build = measures();
        let at = |ago: i64| build.as_of - ago * day;
        build.delivered = [("members/north", north), ("members/south", south), ("members/new", once)]
            .map(|(name, ago)| (name.to_owned(), at(ago)))
            .into();
        build.latest.insert("members".into(), at(north.min(south).min(once)));
        build
    };
    let fresh = |now: &Measures, published: &[Measures]| {
        let checks = run_checks(now, published, &ChecksConfig::default(), Zone::default());
        checks.into_iter().find(|check| check.name == "data_freshness").expect("the check")
    };
    let before = delivered(100, 100, 90);
    assert_eq!(fresh(&delivered(10, 20, 90), std::slice::from_ref(&before)).status, CheckStatus::Ok);
    let late = fresh(&delivered(10, 60, 90), std::slice::from_ref(&before));
    assert_eq!(late.status, CheckStatus::Warn);
    assert!(
        late.message.en.ends_with("members/south 60 days") && late.message.zh.contains("会员（south） 60 天"),
        "{late:?}"
    );
    let late = fresh(&delivered(50, 60, 90), &[before]);
    assert!(late.message.en.ends_with("streams: members 50 days"), "{late:?}");
}
