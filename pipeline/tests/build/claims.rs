//! The live overlay and the next build agree about the owners of openids for random rosters and binds.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use zhihui_data::Table;
use zhihui_engine::answer::Who;
use zhihui_engine::audience::{AudienceRequest, Target};
use zhihui_engine::overlay::{LiveEvent, LiveKind};
use zhihui_engine::{Engine, Overlay};
use zhihui_pipeline::build::assemble;

use super::consent::without_model;
use super::home::{Home, options};

const NOW: &str = "2026-03-20T00:00:00Z";
const PEOPLE: usize = 4;

/// A bind of an openid to a member, on a day of January.
#[derive(Debug, Clone, Copy)]
struct Bind {
    member: usize,
    openid: usize,
    day: u32,
    in_lake: bool,
}

/// Member, openid (beyond the last: none) and the day of January when the roster changed the row (0: undated).
type RosterRow = (usize, usize, u32);

fn binds() -> impl Strategy<Value = Vec<Bind>> {
    let one = (0..PEOPLE, 0..PEOPLE, 1..6_u32, any::<bool>());
    prop::collection::vec(one.prop_map(|(member, openid, day, in_lake)| Bind { member, openid, day, in_lake }), 0..8)
}

fn instant(day: u32) -> String {
    format!("2026-01-{day:02}T00:00:00Z")
}

async fn roster(home: &Home, rows: &[RosterRow]) {
    let row = |&(member, openid, day): &RosterRow| {
        let mut row = json!({ "member_id": format!("m{member}") });
        if openid < PEOPLE {
            row["openid"] = json!(format!("o{openid}"));
        }
        if day > 0 {
            row["updated_at"] = json!(instant(day));
        }
        row
    };
    home.add(Table::Members, &rows.iter().map(row).collect::<Vec<Value>>()).await;
}

async fn engine_with(home: &Home, binds: &[Bind]) -> Engine {
    let row = |bind: &Bind| json!({ "event": "bind", "member_id": format!("m{}", bind.member), "openid": format!("o{}", bind.openid), "at": instant(bind.day) });
    if !binds.is_empty() {
        home.add(Table::MemberEvents, &binds.iter().map(row).collect::<Vec<Value>>()).await;
    }
    home.build(NOW).await.expect("built");
    without_model(assemble(&home.lake, &options(NOW)).await.expect("assembled"))
}

/// The owner of every openid, and the openid to which each member's pushes go.
fn owners(engine: &Engine, overlay: &Overlay) -> (Vec<Option<String>>, BTreeMap<String, String>) {
    let owner = |openid: usize| {
        let openid = format!("o{openid}");
        engine.member_profile(overlay, Who::OpenId(&openid)).map(|profile| profile.member_id)
    };
    let request = AudienceRequest {
        all_reasons: true,
        ..AudienceRequest::new(Target::Item("a1".into()), engine.snapshot().as_of)
    };
    let rows = engine.audience(overlay, &request, &|_| None).expect("an audience").rows;
    let pushed = rows.into_iter().map(|row| (engine.snapshot().members.id[row.member].clone(), row.openid));
    ((0..PEOPLE).map(owner).collect(), pushed.collect())
}

async fn agree(rosters: &[Vec<RosterRow>], binds: &[Bind]) -> Result<(), TestCaseError> {
    let home = Home::new().await;
    let everybody: Vec<RosterRow> = (0..PEOPLE).map(|member| (member, PEOPLE, 0)).collect();
    roster(&home, &everybody).await;
    for rows in rosters {
        roster(&home, rows).await;
    }
    let article =
        json!({ "article_id": "a1", "title": "x", "topics": ["films"], "published_at": "2026-01-01T00:00:00Z" });
    home.add(Table::Articles, &[article]).await;
    let read = json!({ "member_id": "m0", "article_id": "a2", "read_at": "2026-01-02T00:00:00Z" });
    home.add(Table::Reads, &[read]).await;
    let (known, live): (Vec<Bind>, Vec<Bind>) = binds.iter().partition(|bind| bind.in_lake);
    let engine = engine_with(&home, &known).await;
    let mut overlay = Overlay::default();
    for bind in &live {
        let (member, openid) = (format!("m{}", bind.member), format!("o{}", bind.openid));
        let at = super::home::time(&instant(bind.day)).timestamp();
        let what = LiveKind::Bind { openid: &openid };
        overlay.apply(&engine, &LiveEvent { who: Who::Member(&member), item_id: None, at, what });
    }
    let before = owners(&engine, &overlay);
    let next = engine_with(&home, &live).await;
    prop_assert_eq!(before, owners(&next, &Overlay::default()));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 20, ..ProptestConfig::default() })]

    #[test]
    fn live_owners_equal_the_owners_of_the_next_build(
        rosters in prop::collection::vec(prop::collection::vec((0..PEOPLE, 0..=PEOPLE, 0..6_u32), 1..5), 0..3),
        binds in binds(),
    ) {
        tokio::runtime::Runtime::new().expect("a runtime").block_on(agree(&rosters, &binds))?;
    }
}

#[tokio::test]
async fn a_bind_before_a_roster_row_changes_no_owner() {
    let bind = Bind { member: 1, openid: 0, day: 2, in_lake: false };
    agree(&[vec![(0, 0, 4)]], &[bind]).await.expect("the live owner is the roster's");
    agree(&[vec![(0, 0, 1)]], &[bind]).await.expect("the live owner is the bind's");
    agree(&[vec![(0, 0, 0)]], &[bind]).await.expect("a bind goes before an undated roster");
}
