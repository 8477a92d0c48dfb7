//! Finds interest segments and the member map from shrunk preferences.

use zhihui_data::snapshot::{NONE, Segment, Snapshot};
use zhihui_models::ModelError;
use zhihui_models::profile::map::MemberMap;
use zhihui_models::profile::segments::{SegmentParams, Segments};

use super::TrainError;

/// Minimum decayed evidence of a member in a segment. Below it the preference is that of the age band.
const MIN_EVIDENCE: f32 = 1.0;
const MIN_MEMBERS: usize = 100;

/// Assigns members with enough evidence to segments. Labels follow the previous snapshot. Topics are matched by name,
/// so that a new topic does not change old segments.
pub(super) fn find(snapshot: &mut Snapshot, previous: Option<&Snapshot>, seed: u64) -> Result<(), TrainError> {
    snapshot.members.segment = vec![NONE; snapshot.members.id.len()];
    let members: Vec<usize> =
        (0..snapshot.members.id.len()).filter(|&member| evidence(snapshot, member) >= MIN_EVIDENCE).collect();
    let n_topics = snapshot.topics.len();
    if members.len() < MIN_MEMBERS || n_topics < 2 {
        return Ok(());
    }
    let shares: Vec<f32> = members.iter().flat_map(|&member| preference(snapshot, member)).collect();
    let earlier: Option<Segments> = previous.and_then(|previous| segments_of(previous, &snapshot.topics));
    let (segments, labels) = SegmentParams::default().fit(&shares, n_topics, earlier.as_ref(), seed)?;
    let index = |label: u32| segments.segments().iter().position(|segment| segment.label == label);
    for (&member, &label) in members.iter().zip(&labels) {
        snapshot.members.segment[member] = index(label).map_or(NONE, |index| index as u32);
    }
    let segment = |segment: &zhihui_models::profile::segments::Segment| Segment {
        name: name(snapshot, &segment.topics, segment.label),
        topics: segment.topics.iter().map(|&topic| topic as u32).collect(),
        centre: segment.shares.clone(),
        size: segment.members as u32,
    };
    let mut named: Vec<Segment> = segments.segments().iter().map(segment).collect();
    make_names_distinct(&mut named);
    snapshot.model.segment_state = serde_json::to_string(&segments)?;
    snapshot.model.member_map = map(snapshot, &members, &shares, seed)?;
    snapshot.model.segments = named;
    Ok(())
}

/// Returns the segments of an earlier snapshot in terms of these topics. Both lists are sorted.
fn segments_of(previous: &Snapshot, topics: &[String]) -> Option<Segments> {
    let segments: Segments = serde_json::from_str(&previous.model.segment_state).ok()?;
    let indices: Vec<Option<usize>> = previous.topics.iter().map(|topic| topics.binary_search(topic).ok()).collect();
    Some(segments.reindex_topics(&indices, topics.len()))
}

fn evidence(snapshot: &Snapshot, member: usize) -> f32 {
    snapshot.model.preferences.evidence.row(member).1.iter().sum()
}

/// Returns the preference of a member: own evidence combined with the mean of the age band by the learnt weight.
fn preference(snapshot: &Snapshot, member: usize) -> Vec<f32> {
    let preferences = &snapshot.model.preferences;
    let (n_topics, band) = (snapshot.topics.len(), usize::from(snapshot.members.age_band[member]));
    let prior = preferences.prior_weight[band];
    let mut shares: Vec<f32> =
        preferences.band_shares[band * n_topics..(band + 1) * n_topics].iter().map(|share| share * prior).collect();
    for (topic, weight) in preferences.evidence.pairs(member) {
        shares[topic as usize] += weight;
    }
    let total: f32 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= total);
    shares
}

fn name(snapshot: &Snapshot, topics: &[usize], label: u32) -> String {
    let names: Vec<&str> = topics.iter().take(2).map(|&topic| snapshot.topics[topic].as_str()).collect();
    if names.is_empty() { format!("兴趣广泛 {}", label + 1) } else { format!("{}爱好者", names.join("·")) }
}

/// Numbers segments that have the same name.
fn make_names_distinct(segments: &mut [Segment]) {
    for at in 1..segments.len() {
        let earlier = segments[..at]
            .iter()
            .filter(|other| other.name.split(' ').next() == segments[at].name.split(' ').next())
            .count();
        if earlier > 0 && !segments[at].name.contains(' ') {
            segments[at].name = format!("{} {}", segments[at].name, earlier + 1);
        }
    }
}

/// Returns the coordinates of all members. Members without a segment have zeros and are not drawn.
fn map(snapshot: &Snapshot, members: &[usize], shares: &[f32], seed: u64) -> Result<Vec<f32>, ModelError> {
    let fitted = MemberMap::fit(shares, snapshot.topics.len(), seed)?;
    let mut coordinates = vec![0.0; 2 * snapshot.members.id.len()];
    for (&member, point) in members.iter().zip(fitted.project_all(shares)) {
        coordinates[2 * member..2 * member + 2].copy_from_slice(&point);
    }
    Ok(coordinates)
}
