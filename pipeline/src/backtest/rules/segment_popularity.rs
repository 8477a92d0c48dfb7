//! Rule "popularity in the age band": members of the band in which the item has most responses.

use zhihui_data::snapshot::Snapshot;

use super::Actions;

/// Returns the decayed actions on the item per member of the age band. All members of a band have the same score.
pub(super) fn scores(snapshot: &Snapshot, actions: &Actions, item: u32, members: &[u32]) -> Vec<f64> {
    let bands = &snapshot.members.age_band;
    let mut people = vec![0.0; snapshot.age_bands.count()];
    bands.iter().for_each(|&band| people[usize::from(band)] += 1.0);
    let mut reached = vec![0.0; people.len()];
    for &responder in &actions.members_of[item as usize] {
        let of_item = actions.of_member(responder).filter(|&(other, _)| other == item);
        reached[usize::from(bands[responder as usize])] += of_item.map(|(_, weight)| weight).sum::<f64>();
    }
    let reach = |&member: &u32| {
        let band = usize::from(bands[member as usize]);
        reached[band] / people[band]
    };
    members.iter().map(reach).collect()
}
