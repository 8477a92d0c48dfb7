//! Tests of interest segments and the member map.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use zhihui_models::{
    ModelError,
    profile::{map::MemberMap, segments::SegmentParams},
};

const TOPICS: usize = 6;

fn params() -> SegmentParams {
    SegmentParams { max_segments: 6, sample: 450, ..SegmentParams::default() }
}

/// Members of three kinds, in turn, who mostly read topics 0 and 1, 2 and 3, or 4 and 5.
fn three_kinds(members: usize, seed: u64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut shares = Vec::new();
    for member in 0..members {
        let kind = member % 3;
        let raw: [f32; TOPICS] = std::array::from_fn(|topic| {
            let liked = if topic / 2 == kind { 1.0 } else { 0.1 };
            liked * rng.gen_range(0.5..1.5)
        });
        let total: f32 = raw.iter().sum();
        shares.extend(raw.map(|value| value / total));
    }
    shares
}

#[test]
fn number_and_topics_of_segments_are_found() {
    let shares = three_kinds(900, 1);
    let (segments, labels) = params().fit(&shares, TOPICS, None, 7).unwrap();
    assert_eq!(segments.segments().len(), 3);
    assert!(segments.silhouette() > 0.5);
    for segment in segments.segments() {
        assert_eq!(segment.members, 300);
        let mut topics = segment.topics.clone();
        topics.sort_unstable();
        assert!(topics.len() == 2 && topics[0] % 2 == 0 && topics[1] == topics[0] + 1, "named by {topics:?}");
    }
    for (member, &label) in labels.iter().enumerate() {
        assert_eq!(label, labels[member % 3], "members of one kind are in one segment");
        assert_eq!(segments.assign(&shares[member * TOPICS..(member + 1) * TOPICS]), Some(label));
    }
}

#[test]
fn labels_are_stable_between_runs() {
    let first = three_kinds(900, 1);
    let (before, old_labels) = params().fit(&first, TOPICS, None, 7).unwrap();
    // New preferences of the same kinds of members, in reverse order, with another seed.
    let mut rows: Vec<Vec<f32>> = three_kinds(1200, 2).chunks_exact(TOPICS).map(<[f32]>::to_vec).collect();
    rows.reverse();
    let (after, labels) = params().fit(&rows.concat(), TOPICS, Some(&before), 8).unwrap();
    let known = |segments: &zhihui_models::profile::segments::Segments| {
        segments.segments().iter().map(|segment| (segment.label, segment.topics[0] / 2)).collect::<Vec<_>>()
    };
    assert_eq!(known(&before), known(&after));
    assert_eq!(labels[0], old_labels[2]);
}

#[test]
fn new_topic_does_not_change_labels() {
    let first = three_kinds(900, 1);
    let (before, old_labels) = params().fit(&first, TOPICS, None, 7).unwrap();
    // A new topic at index 2 that all members read a little shifts the later topics.
    let wider: Vec<f32> = three_kinds(900, 2)
        .chunks_exact(TOPICS)
        .flat_map(|row| {
            let mut row: Vec<f32> = row.iter().map(|share| share * 0.95).collect();
            row.insert(2, 0.05);
            row
        })
        .collect();
    let place = [Some(0), Some(1), Some(3), Some(4), Some(5), Some(6)];
    let moved = before.reindex_topics(&place, TOPICS + 1);
    let (after, labels) = params().fit(&wider, TOPICS + 1, Some(&moved), 8).unwrap();
    assert_eq!(labels[..3], old_labels[..3]);
    for (old, new) in before.segments().iter().zip(after.segments()) {
        let renamed: Vec<usize> = old.topics.iter().filter_map(|&topic| place[topic]).collect();
        assert_eq!((old.label, renamed), (new.label, new.topics.clone()));
    }
    let gone = before.reindex_topics(&[None; TOPICS], 2);
    assert!(gone.segments().iter().all(|segment| segment.topics.is_empty() && segment.shares == [0.0, 0.0]));
}

#[test]
fn small_change_of_lift_does_not_rename_a_segment() {
    let kinds = |first: f32, second: f32| -> Vec<f32> {
        (0..600).flat_map(|at| if at % 2 == 0 { [first, second, 0.1, 0.1] } else { [0.1, 0.1, 0.4, 0.4] }).collect()
    };
    let (before, _) = params().fit(&kinds(0.42, 0.38), 4, None, 1).unwrap();
    let (after, _) = params().fit(&kinds(0.38, 0.42), 4, Some(&before), 2).unwrap();
    let names = |run: &zhihui_models::profile::segments::Segments| {
        run.segments().iter().map(|segment| segment.topics.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&before), names(&after));
    let (fresh, _) = params().fit(&kinds(0.38, 0.42), 4, None, 2).unwrap();
    assert_ne!(names(&before), names(&fresh), "without a run before, the higher lift comes first");
}

#[test]
fn segments_have_a_minimum_size() {
    let mut shares = three_kinds(120, 6);
    shares.extend([0.0, 0.0, 0.0, 1.0, 0.0, 0.0].repeat(8));
    let (segments, _) = params().fit(&shares, TOPICS, None, 1).unwrap();
    assert!(segments.segments().len() >= 2 && segments.segments().iter().all(|segment| segment.members >= 10));
}

#[test]
fn removed_label_is_not_reused() {
    let (before, _) = params().fit(&three_kinds(900, 1), TOPICS, None, 7).unwrap();
    let swapped: Vec<f32> = three_kinds(900, 3)
        .chunks_exact(TOPICS)
        .enumerate()
        .flat_map(|(member, row)| if member % 3 == 0 { vec![0.49, 0.01, 0.01, 0.01, 0.47, 0.01] } else { row.to_vec() })
        .collect();
    let (after, _) = params().fit(&swapped, TOPICS, Some(&before), 7).unwrap();
    let labels: Vec<u32> = after.segments().iter().map(|segment| segment.label).collect();
    assert_eq!(labels.len(), 3);
    assert!(labels.contains(&3), "the new segment is number 3, not one of the old: {labels:?}");
}

#[test]
fn segments_do_not_depend_on_threads() {
    let shares = three_kinds(3000, 5);
    let params = params();
    let fit = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| params.fit(&shares, TOPICS, None, 3).unwrap())
    };
    assert_eq!(fit(1), fit(3));
}

#[test]
fn small_segments_are_dissolved_and_sizes_add_up() {
    let mut shares = three_kinds(900, 6);
    shares.extend([0.0, 0.0, 0.0, 1.0, 0.0, 0.0].repeat(4));
    let params = SegmentParams { min_share: 0.05, ..params() };
    let (segments, labels) = params.fit(&shares, TOPICS, None, 1).unwrap();
    assert!(segments.segments().iter().all(|segment| segment.members >= 45));
    assert_eq!(segments.segments().iter().map(|segment| segment.members).sum::<usize>(), labels.len());
}

#[test]
fn identical_members_form_one_segment_at_one_point() {
    let shares = [0.25_f32; 4].repeat(50);
    let (segments, labels) = params().fit(&shares, 4, None, 1).unwrap();
    assert_eq!(segments.segments().len(), 1);
    assert!(segments.segments()[0].topics.is_empty());
    assert_eq!(labels, vec![0; 50]);
    let map = MemberMap::fit(&shares, 4, 1).unwrap();
    assert_eq!(map.project_all(&shares), vec![[0.0, 0.0]; 50]);
}

#[test]
fn one_member_or_one_topic_is_sufficient() {
    let (segments, _) = params().fit(&[0.5, 0.5], 2, None, 1).unwrap();
    assert_eq!(segments.segments()[0].members, 1);
    assert!(params().fit(&[1.0, 1.0], 1, None, 1).is_ok());
    assert!(MemberMap::fit(&[1.0, 1.0], 1, 1).is_ok());
    assert!(MemberMap::fit(&[0.2, 0.8, 0.9, 0.1, 0.6, 0.4], 2, 1).unwrap().project(&[0.9, 0.1])[1].abs() < 0.2);
}

#[test]
fn invalid_shares_are_rejected() {
    let fit = |shares: &[f32], topics| params().fit(shares, topics, None, 1);
    assert!(matches!(fit(&[], 3), Err(ModelError::NotEnoughData(_))));
    assert!(matches!(fit(&[0.5, 0.5, 1.0], 2), Err(ModelError::BadParameter { .. })));
    assert!(matches!(fit(&[0.5, f32::NAN], 2), Err(ModelError::BadParameter { .. })));
    assert!(matches!(MemberMap::fit(&[0.5, -0.5], 2, 1), Err(ModelError::BadParameter { .. })));
    for params in [
        SegmentParams { max_segments: 0, ..params() },
        SegmentParams { sample: 1, ..params() },
        SegmentParams { min_share: 0.6, ..params() },
    ] {
        assert!(matches!(params.check(), Err(ModelError::BadParameter { .. })));
    }
}

#[test]
fn map_separates_kinds_of_members() {
    let mut members: Vec<usize> = (0..600).collect();
    members.shuffle(&mut ChaCha8Rng::seed_from_u64(1));
    let shares = three_kinds(600, 4);
    let map = MemberMap::fit(&shares, TOPICS, 1).unwrap();
    let places = map.project_all(&shares);
    let apart = |a: usize, b: usize| (places[a][0] - places[b][0]).hypot(places[a][1] - places[b][1]);
    for pair in members.chunks_exact(2) {
        let (other, next) = (pair[0] / 3 * 3 + (pair[0] + 1) % 3, pair[1] / 3 * 3 + pair[0] % 3);
        assert!(apart(pair[0], next) < apart(pair[0], other), "{pair:?}");
    }
    assert_eq!(MemberMap::fit(&shares, TOPICS, 1).unwrap(), map);
}
