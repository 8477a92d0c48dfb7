//! Segments and the map never show a small group of members.

use zhihui_data::snapshot::{AgeBands, Lists, Members, NO_TIME, NONE, Segment, Snapshot};
use zhihui_engine::insight::{ModelInsight, segment_insights};
use zhihui_engine::{Engine, report::MIN_GROUP_SIZE};

use crate::fixture::{engine, snapshot};

/// Members alternate between two segments. `of` returns their age and position on the map.
fn insight(members: usize, of: impl Fn(usize) -> (u32, f32, f32)) -> (Snapshot, ModelInsight) {
    let bands = AgeBands::default();
    let mut snapshot = snapshot(1);
    let ages: Vec<u32> = (0..members).map(|member| of(member).0).collect();
    snapshot.members = Members {
        id: (0..members).map(|member| format!("P{member:05}")).collect(),
        openid: vec![String::new(); members],
        union: vec![NONE; members],
        memberships: Lists::from_rows(vec![Vec::<u32>::new(); members]),
        age_band: ages.iter().map(|&age| bands.band_of(age)).collect(),
        age: ages,
        gender: vec![0; members],
        home_district: vec![NONE; members],
        work_district: vec![NONE; members],
        joined_at: vec![NO_TIME; members],
        follows: vec![true; members],
        personalised: vec![true; members],
        team_match: vec![false; members],
        lifecycle: vec![0; members],
        segment: (0..members).map(|member| (member % 2) as u32).collect(),
    };
    snapshot.history = zhihui_data::snapshot::History::without_events(members);
    snapshot.sign_ups.starts = vec![0; members + 1];
    let segment = |name: &str| Segment { name: name.into(), size: (members / 2) as u32, ..Segment::default() };
    snapshot.model.segments = vec![segment("甲"), segment("乙")];
    snapshot.model.member_map = (0..members).flat_map(|member| [of(member).1, of(member).2]).collect();
    snapshot.model.factors = None;
    let none = zhihui_data::snapshot::SparseRows::from_rows(vec![Vec::new(); members]);
    snapshot.model.preferences.evidence = none;
    let engine = Engine::new(snapshot.clone());
    (snapshot, engine.model_insight())
}

#[test]
fn map_hides_small_cells_and_counts_all_members() {
    // Many members in one corner, few in the opposite one.
    let part = |member: usize, step: f32| ((member as f32 * step) % 1.0).powi(4);
    let (_, model) = insight(3_000, |member| (30, part(member, 0.618), part(member, 0.754_9)));
    let map = model.map.expect("a map");
    assert!(map.cells.len() > 5 && map.left_out > 0, "{} cells, {} left out", map.cells.len(), map.left_out);
    assert!(map.cells.iter().all(|cell| u64::from(cell.members) >= MIN_GROUP_SIZE));
    assert_eq!(map.cells.iter().map(|cell| cell.members).sum::<u32>() + map.left_out, 3_000);
    let mut places: Vec<(u32, u32)> = map.cells.iter().map(|cell| (cell.x.to_bits(), cell.y.to_bits())).collect();
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), map.cells.len(), "one cell per position");
}

#[test]
fn equal_members_share_one_cell_and_no_members_have_no_map() {
    let (_, model) = insight(50, |_| (30, 0.0, 0.0));
    let map = model.map.expect("a map");
    assert_eq!((map.cells.len(), map.cells[0].members, map.left_out), (1, 50, 0));
    let (_, few) = insight(8, |_| (30, 0.0, 0.0));
    assert!(few.map.is_some_and(|map| map.cells.is_empty() && map.left_out == 8));
    let mut empty = snapshot(1);
    empty.members.segment.fill(NONE);
    assert!(Engine::new(empty).model_insight().map.is_none());
}

#[test]
fn small_age_band_is_hidden_together_with_another() {
    // Segment 甲 has 5 members over 65, and 12 under 25, whose count is hidden with theirs.
    let (snapshot, _) = insight(400, |member| match member {
        m if m % 2 == 0 && m < 10 => (70, 0.0, 0.0),
        m if m % 2 == 0 && m < 34 => (20, 0.0, 0.0),
        _ => (40, 0.0, 0.0),
    });
    let segments = segment_insights(&snapshot);
    let ages = &segments.iter().find(|segment| segment.name == "甲").expect("there").ages;
    let shown: Vec<(&str, Option<u32>)> = ages.iter().map(|(band, members)| (band.as_str(), *members)).collect();
    assert_eq!(shown, [("18-24", None), ("35-44", Some(183)), ("65+", None)]);
}

#[test]
fn segments_are_sorted_by_size_and_hide_small_age_bands() {
    let segments = engine(4).model_insight().segments;
    assert!(segments.windows(2).all(|pair| pair[0].members >= pair[1].members));
    for segment in segments {
        assert!(segment.ages.iter().filter_map(|(_, members)| *members).all(|members| members >= 10));
    }
}
