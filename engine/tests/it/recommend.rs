//! Members' lists, eligibility, and lists of similar and popular items.

use std::collections::BTreeSet;

use zhihui_data::{
    ItemKind,
    snapshot::{Lists, NO_TIME},
};
use zhihui_engine::{
    Engine, Ineligible, Language, Overlay, Recommendations,
    answer::{RecommendRequest, Who},
    overlay::{LiveEvent, LiveKind},
};

use crate::fixture::{AS_OF, DAY, ITEMS, engine, engine_with};

pub(crate) fn request(who: Who<'_>) -> RecommendRequest<'_> {
    RecommendRequest {
        who,
        n: ITEMS,
        kind: None,
        topic: None,
        exclude: &[],
        general: false,
        now: AS_OF,
        language: Language::Zh,
    }
}

fn ids(list: &Recommendations) -> Vec<&str> {
    list.items.iter().map(|item| item.item_id.as_str()).collect()
}

fn event<'a>(member: &'a str, item: &'a str, what: LiveKind<'a>) -> LiveEvent<'a> {
    LiveEvent { who: Who::Member(member), item_id: Some(item), at: AS_OF + 1, what }
}

#[test]
fn listed_items_are_eligible_and_new_to_the_member() {
    let engine = engine(3);
    let overlay = Overlay::default();
    for member in &engine.snapshot().members.id {
        let list = engine.recommend(&overlay, &request(Who::Member(member)));
        let distinct: BTreeSet<&str> = ids(&list).into_iter().collect();
        assert_eq!(distinct.len(), list.items.len());
        for (place, item) in list.items.iter().enumerate().filter(|_| list.personalised) {
            assert_eq!(item.rank, place + 1);
            let verdict = engine.eligibility(&overlay, Who::Member(member), &item.item_id, AS_OF);
            assert_eq!(verdict, Some(Ok(item.seats_left)), "{member} {}", item.item_id);
            assert!((1..=2).contains(&item.reasons.len()));
        }
    }
}

#[test]
fn opted_out_members_unknown_members_and_general_requests_share_one_list() {
    let engine = engine(4);
    let overlay = Overlay::default();
    let lists = [
        engine.recommend(&overlay, &request(Who::Member("M007"))),
        engine.recommend(&overlay, &request(Who::Member("nobody"))),
        engine.recommend(&overlay, &request(Who::OpenId("nobody"))),
        engine.recommend(&overlay, &RecommendRequest { general: true, ..request(Who::Member("M001")) }),
    ];
    for list in &lists {
        assert!(!list.personalised);
        assert_eq!(list.items, lists[0].items);
        let reasons = list.items.iter().flat_map(|item| &item.reasons);
        assert!(reasons.clone().all(|reason| ["popular", "fresh", "free", "open"].contains(&reason.code.as_str())));
    }
    assert_eq!(lists[0].member_id.as_deref(), Some("M007"));
    assert_eq!(lists[2].member_id, None);
    let popularity = &engine.snapshot().model.popularity.overall;
    let weight = |id: &str| popularity[engine.item_row(id).expect("known")];
    assert!(ids(&lists[0]).windows(2).all(|pair| weight(pair[0]) >= weight(pair[1])));
}

#[test]
fn opt_out_and_opt_in_take_effect_immediately() {
    let engine = engine(4);
    let mut overlay = Overlay::default();
    let at = |what| LiveEvent { who: Who::OpenId("o001"), item_id: None, at: AS_OF, what };
    overlay.apply(&engine, &at(LiveKind::OptOut));
    assert!(!engine.recommend(&overlay, &request(Who::Member("M001"))).personalised);
    overlay.apply(&engine, &at(LiveKind::OptIn));
    assert!(engine.recommend(&overlay, &request(Who::Member("M001"))).personalised);
}

#[test]
fn request_filters_are_applied() {
    let engine = engine(5);
    let overlay = Overlay::default();
    for general in [false, true] {
        let base = RecommendRequest { general, ..request(Who::Member("M002")) };
        let articles = engine.recommend(&overlay, &RecommendRequest { kind: Some(ItemKind::Article), ..base });
        assert!(!articles.items.is_empty() && articles.items.iter().all(|item| item.kind == ItemKind::Article));
        let reading = engine.recommend(&overlay, &RecommendRequest { topic: Some("读书"), ..base });
        let has_topic = |id: &str| engine.snapshot().items.topics.row(engine.item_row(id).expect("known")).contains(&3);
        assert!(!reading.items.is_empty() && ids(&reading).into_iter().all(has_topic));
        let first = [articles.items[0].item_id.clone()];
        let rest = engine.recommend(&overlay, &RecommendRequest { exclude: &first, ..base });
        assert!(!rest.items.is_empty() && !ids(&rest).contains(&first[0].as_str()));
        assert_eq!(engine.recommend(&overlay, &RecommendRequest { n: 3, ..base }).items.len(), 3);
        assert!(engine.recommend(&overlay, &RecommendRequest { n: 0, ..base }).items.is_empty());
        assert!(engine.recommend(&overlay, &RecommendRequest { topic: Some("无"), ..base }).items.is_empty());
    }
}

fn why(engine: &Engine, member: &str, item: &str) -> Option<Ineligible> {
    engine.eligibility(&Overlay::default(), Who::Member(member), item, AS_OF).expect("known").err()
}

#[test]
fn each_limit_has_its_reason_and_unknown_values_fail() {
    let engine = engine_with(6, |snapshot| {
        snapshot.sign_ups = zhihui_data::snapshot::SignUps { starts: vec![0; 61], ..Default::default() };
        let items = &mut snapshot.items;
        items.opens_at[0] = AS_OF + 1;
        items.closes_at[1] = AS_OF;
        (items.closes_at[2], items.ends_at[2]) = (NO_TIME, AS_OF);
        (items.capacity[3], items.seats_taken[3]) = (10, 10);
        items.min_age[4] = 30;
        items.max_age[5] = 30;
        items.gender[6] = 2;
        items.limited_to_unions[7] = true;
        items.limited_to_districts[8] = true;
        items.per_union_cap[9] = 0;
        items.per_member_cap[10] = 0;
        let mut unions = vec![vec![]; ITEMS];
        unions[7] = vec![1, 4];
        items.open_to_unions = Lists::from_rows(unions);
        let mut districts = vec![vec![]; ITEMS];
        districts[8] = vec![0];
        items.open_to_districts = Lists::from_rows(districts);
    });
    assert_eq!(why(&engine, "M001", "A00"), Some(Ineligible::NotOpenYet));
    assert_eq!(why(&engine, "M001", "A01"), Some(Ineligible::Closed));
    assert_eq!(why(&engine, "M001", "A02"), Some(Ineligible::Ended));
    assert_eq!(why(&engine, "M001", "A03"), Some(Ineligible::Full));
    // M013 is 29, M014 is 30, the age of M010 is unknown.
    assert_eq!(why(&engine, "M013", "A04"), Some(Ineligible::MinAge));
    assert_eq!(why(&engine, "M014", "A04"), None);
    assert_eq!(why(&engine, "M010", "A04"), Some(Ineligible::MinAge));
    assert_eq!(why(&engine, "M014", "A05"), None);
    assert_eq!(why(&engine, "M015", "A05"), Some(Ineligible::MaxAge));
    assert_eq!(why(&engine, "M010", "A05"), Some(Ineligible::MaxAge));
    // Genders alternate: unknown, male, female.
    assert_eq!(why(&engine, "M000", "A06"), Some(Ineligible::Gender));
    assert_eq!(why(&engine, "M001", "A06"), Some(Ineligible::Gender));
    assert_eq!(why(&engine, "M002", "A06"), None);
    // U1 with U3 below it and the club of M010 are admitted. M001 is in U2, M012 in no union or club.
    assert_eq!(why(&engine, "M000", "A07"), None);
    assert_eq!(why(&engine, "M002", "A07"), None);
    assert_eq!(why(&engine, "M001", "A07"), Some(Ineligible::Union));
    assert_eq!(why(&engine, "M010", "A07"), None);
    assert_eq!(why(&engine, "M012", "A07"), Some(Ineligible::Union));
    // M000 lives in 朝阳; M001 lives in 海淀 and works in 朝阳; M003 does neither.
    assert_eq!(why(&engine, "M000", "A08"), None);
    assert_eq!(why(&engine, "M001", "A08"), None);
    assert_eq!(why(&engine, "M003", "A08"), Some(Ineligible::District));
    assert_eq!(why(&engine, "M001", "A09"), Some(Ineligible::UnionQuota));
    assert_eq!(why(&engine, "M012", "A09"), Some(Ineligible::Union));
    assert_eq!(why(&engine, "M001", "A10"), Some(Ineligible::MemberCap));
    assert_eq!(engine.eligibility(&Overlay::default(), Who::Member("M001"), "A99", AS_OF), None);
    let listed = engine.recommend(&Overlay::default(), &request(Who::Member("nobody")));
    assert!(
        ids(&listed).iter().all(|id| !["A00", "A01", "A02", "A03", "A04", "A05", "A06", "A07", "A08"].contains(id))
    );
}

#[test]
fn seats_left_is_the_minimum_of_all_limits() {
    let engine = engine_with(7, |snapshot| {
        snapshot.items.capacity[4] = snapshot.items.seats_taken[4] + 3;
        snapshot.items.per_union_cap[4] = 40;
        snapshot.items.per_member_cap[4] = 9;
    });
    let mut overlay = Overlay::default();
    let left = |overlay: &Overlay, member: &str| engine.eligibility(overlay, Who::Member(member), "A04", AS_OF);
    let free = |member: &&&String| left(&overlay, member) == Some(Ok(Some(3)));
    let ids: Vec<&String> = engine.snapshot().members.id.iter().collect();
    let mut open = ids.iter().filter(free);
    let (first, second) = (open.next().expect("open"), open.next().expect("open"));
    let sign_up = |tickets| LiveKind::SignUp { tickets, children: 0, waitlisted: false };
    overlay.apply(&engine, &event(first, "A04", sign_up(2)));
    assert_eq!(left(&overlay, first), Some(Err(Ineligible::AlreadySignedUp)));
    assert_eq!(left(&overlay, second), Some(Ok(Some(1))));
    overlay.apply(&engine, &event(first, "A04", sign_up(8)));
    assert_eq!(left(&overlay, second), Some(Err(Ineligible::Full)));
    overlay.apply(&engine, &event(first, "A04", LiveKind::Cancel));
    assert_eq!(left(&overlay, second), Some(Ok(Some(3))));
    assert_eq!(left(&overlay, first), Some(Ok(Some(3))));
}

#[test]
fn read_item_leaves_the_list_and_changes_probabilities() {
    let engine = engine(8);
    let mut overlay = Overlay::default();
    let articles = RecommendRequest { kind: Some(ItemKind::Article), ..request(Who::Member("M005")) };
    let before = engine.recommend(&overlay, &articles);
    assert_eq!(before.items.len(), 12);
    overlay.apply(&engine, &event("M005", &before.items[0].item_id, LiveKind::Read));
    let after = engine.recommend(&overlay, &articles);
    assert!(!ids(&after).contains(&before.items[0].item_id.as_str()));
    let probability = |list: &Recommendations, id: &str| {
        list.items.iter().find(|item| item.item_id == id).and_then(|item| item.probability)
    };
    assert!(ids(&after).iter().any(|id| probability(&before, id) != probability(&after, id)));
}

#[test]
fn reasons_never_name_sensitive_topics_or_titles() {
    for seed in 0..20 {
        let engine = engine_with(seed, |snapshot| {
            snapshot.model.preferences.evidence =
                zhihui_data::snapshot::SparseRows::from_rows(vec![vec![(2, 50.0), (3, 5.0)]; 60]);
            for item in (0..ITEMS).filter(|&item| snapshot.items.topics.row(item).contains(&2)) {
                snapshot.items.title[item] = "体检结果".into();
            }
        });
        for member in &engine.snapshot().members.id {
            let list = engine.recommend(&Overlay::default(), &request(Who::Member(member)));
            for reason in list.items.iter().flat_map(|item| &item.reasons) {
                assert!(!reason.text.contains("医疗") && !reason.text.contains("体检结果"), "{}", reason.text);
            }
        }
    }
}

#[test]
fn old_articles_are_recommended_and_future_ones_are_not() {
    let engine = engine_with(9, |snapshot| {
        for item in 12..ITEMS {
            snapshot.items.published_at[item] = if item % 2 == 0 { NO_TIME } else { AS_OF - 9_000 * DAY };
        }
        snapshot.items.published_at[13] = AS_OF + 60;
    });
    let articles = RecommendRequest { kind: Some(ItemKind::Article), ..request(Who::Member("M005")) };
    let list = engine.recommend(&Overlay::default(), &articles);
    assert_eq!(list.items.len(), 11);
    assert!(!ids(&list).contains(&"N01"));
    let later = engine.recommend(&Overlay::default(), &RecommendRequest { now: AS_OF + 60, ..articles });
    assert!(ids(&later).contains(&"N01"));
}

#[test]
fn similar_starts_with_neighbours_and_popular_uses_the_age_band() {
    let engine = engine(10);
    let overlay = Overlay::default();
    let list = engine.similar(&overlay, "N00", 5, AS_OF, Language::En).expect("known");
    assert!(list.items.iter().all(|item| item.item_id != "N00" && item.reasons[0].code == "similar_item"));
    let neighbours = &engine.snapshot().model.neighbours;
    let best = neighbours.pairs(12).max_by(|left, right| left.1.total_cmp(&right.1)).expect("has neighbours");
    assert_eq!(list.items[0].item_id, engine.snapshot().items.id[best.0 as usize]);
    assert!(engine.similar(&overlay, "N99", 5, AS_OF, Language::En).is_none());
    let popular = engine.popular(&overlay, Some("35-44"), ITEMS, AS_OF, Language::Zh);
    let band = usize::from(engine.snapshot().age_bands.named("35-44").expect("a band"));
    let reach =
        |id: &str| engine.snapshot().model.popularity.by_band[band * ITEMS + engine.item_row(id).expect("known")];
    assert!(popular.items.windows(2).all(|pair| reach(&pair[0].item_id) >= reach(&pair[1].item_id)));
}
