//! Team-mates: who may be matched, in which order, and what is said about them.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use zhihui_data::SignUpStatus;
use zhihui_data::snapshot::{NONE, Snapshot};
use zhihui_engine::answer::{Language, Who};
use zhihui_engine::overlay::{Consent, LiveEvent, LiveKind, ResolvedConsent};
use zhihui_engine::report::MinGroupSize;
use zhihui_engine::teams::{NoTeams, NotReady, TeamMate, TeamRequest};
use zhihui_engine::{Engine, Ineligible, Overlay};

use crate::fixture::{AS_OF, DAY, ITEMS, MEMBERS, engine_with};

/// An activity with teams of four.
const ACTIVITY: &str = "A00";

/// All members with a known openid who follow want team-mates; `A00` has teams.
fn with_teams(snapshot: &mut Snapshot) {
    snapshot.members.team_match = vec![true; MEMBERS];
    snapshot.items.team_size = vec![NONE; ITEMS];
    snapshot.items.team_size[0] = 4;
    snapshot.items.team_size[1] = 1;
}

fn town(seed: u64) -> Engine {
    engine_with(seed, with_teams)
}

fn suggest(engine: &Engine, overlay: &Overlay, asker: &str, excluded: &HashSet<String>) -> Vec<TeamMate> {
    let request = TeamRequest {
        member_id: asker,
        item_id: ACTIVITY,
        excluded,
        n: MEMBERS,
        min_group: MinGroupSize::try_from(5).expect("five"),
        now: AS_OF,
        language: Language::Zh,
    };
    engine.suggest_team_mates(overlay, &request).expect("an activity with teams")
}

fn everybody(engine: &Engine, overlay: &Overlay, asker: &str) -> Vec<TeamMate> {
    suggest(engine, overlay, asker, &HashSet::new())
}

fn row(engine: &Engine, id: &str) -> usize {
    engine.member_row(id).expect("known")
}

#[test]
fn exactly_the_members_who_may_be_matched_are_suggested() {
    for seed in 0..8 {
        let engine = town(seed);
        let overlay = Overlay::default();
        let ids = &engine.snapshot().members.id;
        let suggested: HashSet<String> =
            everybody(&engine, &overlay, "M000").into_iter().map(|mate| mate.member_id).collect();
        for id in ids {
            let ready = engine.team_readiness(&overlay, id, ACTIVITY, AS_OF).expect("teams");
            assert_eq!(suggested.contains(id), ready.is_ok() && id != "M000", "{id}: {ready:?}");
            if let Err(why) = ready {
                let at = row(&engine, id);
                let members = &engine.snapshot().members;
                match why {
                    NotReady::OptedOut => assert!(!members.personalised[at]),
                    NotReady::NotFollowing => assert!(!members.follows[at]),
                    other => panic!("{id}: {other:?}"),
                }
            }
        }
        let some: HashSet<String> = suggested.iter().take(3).cloned().collect();
        let rest = suggest(&engine, &overlay, "M000", &some);
        assert_eq!(rest.len(), suggested.len() - 3);
        assert!(rest.iter().all(|mate| !some.contains(&mate.member_id)));
    }
}

#[test]
fn members_of_other_unions_come_first_and_the_order_is_stable() {
    for seed in 0..8 {
        let engine = town(seed);
        let overlay = Overlay::default();
        for asker in ["M000", "M013", "M024"] {
            let list = everybody(&engine, &overlay, asker);
            assert_eq!(list, everybody(&engine, &overlay, asker));
            let unions = &engine.snapshot().members.union;
            let own = unions[row(&engine, asker)];
            let is_other = |mate: &TeamMate| {
                let union = unions[row(&engine, &mate.member_id)];
                own != NONE && union != NONE && union != own
            };
            let first_own = list.iter().position(|mate| !is_other(mate)).unwrap_or(list.len());
            assert!(list[first_own..].iter().all(|mate| !is_other(mate)), "{asker}");
        }
    }
}

#[test]
fn of_equal_interests_the_nearer_member_comes_first() {
    let engine = engine_with(3, |snapshot| {
        with_teams(snapshot);
        let members = &mut snapshot.members;
        members.personalised = vec![true; MEMBERS];
        members.union = (0..MEMBERS as u32).map(|member| u32::from(member == 0)).collect();
        members.home_district = vec![1; MEMBERS];
        members.work_district = vec![1; MEMBERS];
        (members.home_district[0], members.work_district[0]) = (0, 0);
        members.home_district[7] = 0;
        members.work_district[8] = NONE;
        members.age = vec![30; MEMBERS];
        members.age_band = vec![2; MEMBERS];
        snapshot.model.factors = None;
        snapshot.model.preferences.evidence =
            zhihui_data::snapshot::SparseRows::from_rows(vec![Vec::<(u32, f32)>::new(); MEMBERS]);
    });
    let list = everybody(&engine, &Overlay::default(), "M000");
    let first: Vec<&str> = list.iter().take(2).map(|mate| mate.member_id.as_str()).collect();
    assert_eq!(first, ["M007", "M008"], "a shared district, then a district that may be shared");
}

#[test]
fn every_named_trait_is_true_of_both_and_of_a_group() {
    let min_group = 5;
    for seed in 0..8 {
        let engine = town(seed);
        let overlay = Overlay::default();
        let members = &engine.snapshot().members;
        let mut named = 0;
        for mate in everybody(&engine, &overlay, "M000") {
            let (asker, other) = (row(&engine, "M000"), row(&engine, &mate.member_id));
            let mut group: Vec<usize> =
                everybody(&engine, &overlay, "M000").iter().map(|mate| row(&engine, &mate.member_id)).collect();
            for reason in &mate.shared {
                named += 1;
                let has = |at: usize| match reason.code.as_str() {
                    "same_home_district" => members.home_district[at] == members.home_district[asker],
                    "same_work_district" => members.work_district[at] == members.work_district[asker],
                    "same_age_band" => members.age_band[at] == members.age_band[asker],
                    _ => true,
                };
                assert!(has(asker) && has(other), "{reason:?}");
                if reason.code == "same_home_district" {
                    assert_ne!(members.home_district[asker], NONE);
                    let district = &engine.snapshot().districts[members.home_district[asker] as usize];
                    assert_eq!(reason.text, format!("同住{district}"));
                }
                group.retain(|&at| has(at));
                assert!(group.len() >= min_group, "{reason:?} describes {} members", group.len());
                assert!(!reason.text.contains("医疗"), "a sensitive topic");
            }
            let pair = engine.shared_traits(
                &overlay,
                ("M000", &mate.member_id),
                ACTIVITY,
                MinGroupSize::try_from(5).expect("five"),
                Language::Zh,
            );
            assert_eq!(pair, mate.shared);
        }
        assert!(named > 0);
        let large = MinGroupSize::try_from(1_000).expect("large");
        let nothing = engine.shared_traits(&overlay, ("M000", "M002"), ACTIVITY, large, Language::En);
        assert!(nothing.is_empty(), "too few members for any trait");
    }
}

#[test]
fn a_choice_applies_at_once_and_takes_precedence_over_the_roster() {
    let engine = town(1);
    let mut overlay = Overlay::default();
    let ready = |overlay: &Overlay| engine.team_readiness(overlay, "M002", ACTIVITY, AS_OF).expect("teams");
    assert_eq!(ready(&overlay), Ok(()));
    let choose = |overlay: &mut Overlay, wanted: bool| {
        let consent = Consent { team_match: BTreeMap::from([("M002".to_owned(), wanted)]), ..Consent::default() };
        overlay.set_consent(Arc::new(ResolvedConsent::new(&engine, &consent)));
    };
    choose(&mut overlay, false);
    assert_eq!(ready(&overlay), Err(NotReady::TeamMatchOff));
    assert!(everybody(&engine, &overlay, "M000").iter().all(|mate| mate.member_id != "M002"));
    choose(&mut overlay, true);
    assert_eq!(ready(&overlay), Ok(()));
    for (what, expected) in [
        (LiveKind::OptOut, Err(NotReady::OptedOut)),
        (LiveKind::OptIn, Ok(())),
        (LiveKind::Unfollow, Err(NotReady::NotFollowing)),
        (LiveKind::Forget, Err(NotReady::Unknown)),
    ] {
        overlay.apply(&engine, &LiveEvent { who: Who::Member("M002"), item_id: None, at: AS_OF, what });
        assert_eq!(ready(&overlay), expected);
    }
    assert_eq!(engine.team_openid(&overlay, "M002"), None);
}

#[test]
fn who_cannot_take_part_is_not_matched_unless_signed_up() {
    let engine = engine_with(2, |snapshot| {
        with_teams(snapshot);
        snapshot.items.min_age[0] = 200;
    });
    let mut overlay = Overlay::default();
    let ready = |overlay: &Overlay, id: &str| engine.team_readiness(overlay, id, ACTIVITY, AS_OF).expect("teams");
    let at = row(&engine, "M002");
    let sign_ups = &engine.snapshot().sign_ups;
    let is_signed_up =
        sign_ups.of(at).any(|at| sign_ups.item[at] == 0 && sign_ups.status[at] != SignUpStatus::Cancelled);
    assert!(!is_signed_up, "the seed");
    assert_eq!(ready(&overlay, "M002"), Err(NotReady::Ineligible(Ineligible::MinAge)));
    let what = LiveKind::SignUp { tickets: 1, children: 0, waitlisted: false };
    overlay.apply(&engine, &LiveEvent { who: Who::Member("M002"), item_id: Some(ACTIVITY), at: AS_OF, what });
    assert_eq!(ready(&overlay, "M002"), Ok(()));
}

#[test]
fn only_activities_with_a_team_size_that_are_not_over_have_teams() {
    let engine = town(0);
    assert_eq!(engine.team_size(ACTIVITY, AS_OF), Ok(4));
    assert_eq!(engine.team_size(ACTIVITY, AS_OF + 7 * DAY), Err(NoTeams::Over));
    assert_eq!(engine.team_size("A01", AS_OF), Err(NoTeams::NoTeamSize), "a team of one");
    assert_eq!(engine.team_size("A02", AS_OF), Err(NoTeams::NoTeamSize));
    assert_eq!(engine.team_size("N00", AS_OF), Err(NoTeams::NoTeamSize), "an article");
    assert_eq!(engine.team_size("Z99", AS_OF), Err(NoTeams::UnknownItem));
    assert!(everybody(&engine, &Overlay::default(), "nobody").is_empty());
}
