//! Learns popularity, preferences, neighbours and factors from the state at one instant.

use std::collections::HashMap;

use rayon::prelude::*;
use zhihui_data::snapshot::{EventKind, EventWeight, ItemGroup, Popularity, Preferences, Snapshot, SparseRows};
use zhihui_engine::attention_weight;
use zhihui_engine::overlay::DeletedTopic;
use zhihui_models::profile::popularity::{GroupEvent, GroupPopularity};
use zhihui_models::profile::preference::Shrinkage;
use zhihui_models::{ModelError, UserItems};

use super::item_group::group_of;
use super::weights::{decay, matrix, sensitive_items};
use super::{TrainError, TrainOptions, factors, neighbours};

/// Weight of the mean activity of all members in the activity of an age band, in members.
const BAND_PRIOR_MEMBERS: f64 = 50.0;
/// Rows that are processed in parallel before their results are combined in order.
const ROWS_AT_A_TIME: usize = 16_384;

/// Learns the model of the snapshot, except rankers and segments.
pub(super) fn learn(snapshot: &mut Snapshot, options: &TrainOptions) -> Result<(), TrainError> {
    let interactions = matrix(snapshot)?;
    relearn(snapshot, &interactions, None, options)
}

/// Learns the model like [`learn`], but vectors of items and neighbours from a sample of the members, so that the matrix of all
/// members is never in memory.
pub(super) fn learn_from_sample(
    snapshot: &mut Snapshot,
    sample: Snapshot,
    options: &TrainOptions,
) -> Result<(), TrainError> {
    let interactions = matrix(&sample)?;
    snapshot.model.neighbours = neighbours::learn(&interactions, options)?;
    let learnt = factors::learn(&sample, &interactions, options)?;
    drop((sample, interactions));
    snapshot.model.factors = learnt.map(|learnt| factors::of_all_members(learnt, snapshot, options)).transpose()?;
    refresh(snapshot, options)?;
    "popular".clone_into(&mut snapshot.model.name);
    Ok(())
}

/// Updates popularity and preferences, which change every day.
pub(super) fn refresh(snapshot: &mut Snapshot, options: &TrainOptions) -> Result<(), TrainError> {
    snapshot.model.popularity = popularity(snapshot, options)?;
    snapshot.model.preferences = preferences(snapshot, options)?;
    Ok(())
}

/// Learns the parts of the model whose settings differ between `learnt_with`, the settings of the present model, and
/// `options`.
pub(super) fn relearn(
    snapshot: &mut Snapshot,
    interactions: &UserItems,
    learnt_with: Option<&TrainOptions>,
    options: &TrainOptions,
) -> Result<(), TrainError> {
    let is_unchanged = |same: &dyn Fn(&TrainOptions) -> bool| learnt_with.is_some_and(same);
    if !is_unchanged(&|old| old.popularity_half_life_days == options.popularity_half_life_days) {
        snapshot.model.popularity = popularity(snapshot, options)?;
    }
    if !is_unchanged(&|old| old.preference_half_life_days == options.preference_half_life_days) {
        snapshot.model.preferences = preferences(snapshot, options)?;
    }
    if !is_unchanged(&|old| (old.neighbour_model, old.neighbours) == (options.neighbour_model, options.neighbours)) {
        snapshot.model.neighbours = neighbours::learn(interactions, options)?;
    }
    let factor_settings = |options: &TrainOptions| (options.seed, options.item_prior, options.member_prior);
    if !is_unchanged(&|old| old.ials == options.ials && factor_settings(old) == factor_settings(options)) {
        snapshot.model.factors = factors::learn(snapshot, interactions, options)?;
    }
    "popular".clone_into(&mut snapshot.model.name);
    Ok(())
}

/// Computes popularity overall and by age band. The popularity in a band is the estimated share of its members that the
/// item reaches: the share of the item in the band times the activity of a member. Both are shrunk towards all members. The overall
/// weight of a sample is that of all members.
pub(super) fn popularity(snapshot: &Snapshot, options: &TrainOptions) -> Result<Popularity, ModelError> {
    let half_life_days = options.popularity_half_life_days;
    let (n_items, n_bands) = (snapshot.items.id.len(), snapshot.age_bands.count());
    let half_life =
        |item: u32| f64::from(half_life_days[usize::from(group_of(snapshot, item as usize) != ItemGroup::Articles)]);
    let sighting = |item: u32, (kind, weight): (EventKind, EventWeight), at: i64, band: u8| {
        let weight = attention_weight(kind, weight);
        let weight = if weight > 0.0 { weight * decay(snapshot.as_of - at, half_life(item)) } else { 0.0 };
        GroupEvent { item, weight, group: Some(u32::from(band)) }
    };
    let history = &snapshot.history;
    let members = in_blocks(snapshot.members.id.len(), |member, sightings| {
        let band = snapshot.members.age_band[member];
        let withdrawn = history.withdrawn(member, i64::MAX);
        let sighted = |event: usize| {
            sighting(history.item(event), (history.kind(event), history.weight_of(event)), history.at(event), band)
        };
        let is_current =
            |&event: &usize| history.kind(event) != EventKind::SignUp || !withdrawn.contains(&history.item(event));
        sightings.extend(history.of(member).filter(is_current).map(sighted).filter(|sighting| sighting.weight > 0.0));
    });
    let others = &snapshot.unattributed;
    let others = in_blocks(others.item.len(), |event, sightings| {
        let weighed = (others.kind[event], others.weight_of(event));
        let sighting = sighting(others.item[event], weighed, others.at[event], others.age_band[event]);
        sightings.extend((sighting.weight > 0.0).then_some(sighting));
    });
    let (mut activity, mut people) = (vec![0.0_f64; n_bands], vec![0.0_f64; n_bands]);
    snapshot.members.age_band.iter().for_each(|&band| people[usize::from(band)] += 1.0);
    let sightings = members.chain(others).inspect(|sighting| {
        sighting.group.into_iter().for_each(|band| activity[band as usize] += f64::from(sighting.weight));
    });
    let Ok(fitted) = GroupPopularity::fit(n_items, n_bands, sightings) else {
        return Ok(Popularity { half_life_days, overall: vec![0.0; n_items], by_band: vec![0.0; n_items * n_bands] });
    };
    let mean_activity = activity.iter().sum::<f64>() / people.iter().sum::<f64>().max(1.0);
    let reach = |band: usize| {
        let per_member = (activity[band] + BAND_PRIOR_MEMBERS * mean_activity) / (people[band] + BAND_PRIOR_MEMBERS);
        fitted.shares(Some(band)).iter().map(move |&share| (f64::from(share) * per_member).min(1.0) as f32)
    };
    let by_band = (0..n_bands).flat_map(reach).collect();
    let overall = fitted.weights().iter().map(|weight| weight * options.sample_scale).collect();
    Ok(Popularity { half_life_days, overall, by_band })
}

/// Computes the decayed evidence for topics by member, and the shrinkage towards the age band.
pub(super) fn preferences(snapshot: &Snapshot, options: &TrainOptions) -> Result<Preferences, ModelError> {
    let half_life_days = options.preference_half_life_days;
    let (n_members, n_topics, n_bands) = (snapshot.members.id.len(), snapshot.topics.len(), snapshot.age_bands.count());
    let deleted = deleted(snapshot, &options.deleted_topics);
    let history = &snapshot.history;
    // Items with a sensitive topic are no evidence for their other topics either. `did` leaves them out, and a
    // difference would reveal their readers.
    let is_sensitive = sensitive_items(snapshot);
    let weights = UserItems::from_rows(n_members, n_topics, |member, entries| {
        if !snapshot.members.personalised[member] {
            return;
        }
        let withdrawn = history.withdrawn(member, i64::MAX);
        for event in history.of(member) {
            let topics = snapshot.items.topics.row(history.item(event) as usize);
            let weight = attention_weight(history.kind(event), history.weight_of(event));
            let is_withdrawn = history.kind(event) == EventKind::SignUp && withdrawn.contains(&history.item(event));
            let is_open = !is_sensitive[history.item(event) as usize];
            if weight > 0.0 && !topics.is_empty() && !is_withdrawn && is_open {
                let at = history.at(event);
                let share = weight * decay(snapshot.as_of - at, f64::from(half_life_days)) / topics.len() as f32;
                let counts = |topic: &u32| deleted.get(&(member as u32, *topic)).is_none_or(|&until| until < at);
                let named = topics.iter().copied().filter(counts);
                entries.extend(named.map(|topic| (topic, share)));
            }
        }
    })?;
    let bands: Vec<Option<usize>> = snapshot.members.age_band.iter().map(|&band| Some(usize::from(band))).collect();
    let Ok(shrinkage) = Shrinkage::fit(&weights, &bands, n_bands) else {
        return Ok(Preferences {
            evidence: SparseRows::from_rows(vec![Vec::new(); n_members]),
            band_shares: vec![0.0; n_bands * n_topics],
            prior_weight: vec![0.0; n_bands],
            overall_shares: vec![0.0; n_topics],
            half_life_days,
        });
    };
    let rows = weights.rows().map(|row| row.iter().map(|(topic, weight)| (topic as u32, weight)).collect::<Vec<_>>());
    let shares_of = |group| shrinkage.prior(group).shares.iter().map(|&share| share as f32).collect::<Vec<f32>>();
    Ok(Preferences {
        evidence: SparseRows::from_rows(rows),
        band_shares: (0..n_bands).flat_map(|band| shares_of(Some(band))).collect(),
        prior_weight: (0..n_bands).map(|band| shrinkage.prior(Some(band)).strength as f32).collect(),
        overall_shares: shares_of(None),
        half_life_days,
    })
}

/// Returns the elements that `write` adds for each of `n` rows, in order. Rows are processed in parallel blocks, so
/// that memory does not grow with the number of events.
fn in_blocks<T: Send>(n: usize, write: impl Fn(usize, &mut Vec<T>) + Sync) -> impl Iterator<Item = T> {
    (0..n).step_by(ROWS_AT_A_TIME).flat_map(move |from| {
        let rows: Vec<usize> = (from..(from + ROWS_AT_A_TIME).min(n)).collect();
        let parts: Vec<Vec<T>> = rows
            .par_chunks(ROWS_AT_A_TIME / 64)
            .map(|rows| {
                let mut written = Vec::new();
                rows.iter().for_each(|&row| write(row, &mut written));
                written
            })
            .collect();
        parts.into_iter().flatten()
    })
}

/// Returns the time of deletion by member and topic index.
fn deleted(snapshot: &Snapshot, deleted: &[DeletedTopic]) -> HashMap<(u32, u32), i64> {
    let mut deleted_at = HashMap::new();
    for deletion in deleted {
        let member = snapshot.members.id.iter().position(|id| *id == deletion.member_id);
        let topic = snapshot.topics.iter().position(|topic| *topic == deletion.topic);
        if let (Some(member), Some(topic)) = (member, topic) {
            let until = deleted_at.entry((member as u32, topic as u32)).or_insert(deletion.at);
            *until = deletion.at.max(*until);
        }
    }
    deleted_at
}

#[cfg(test)]
mod tests {
    use super::*;
    use zhihui_engine::interaction_weight;

    use crate::train::weights::tests::{is_withdrawn, random};

    #[test]
    fn blocks_keep_the_order_of_rows() {
        let n = 2 * ROWS_AT_A_TIME + 77;
        let write = |row: usize, into: &mut Vec<usize>| into.extend(std::iter::repeat_n(row, row % 3));
        let mut expected = Vec::new();
        (0..n).for_each(|row| write(row, &mut expected));
        assert_eq!(in_blocks(n, write).collect::<Vec<usize>>(), expected);
    }

    #[test]
    fn popularity_equals_the_sum_over_single_events() {
        let (snapshot, options) = (random(), TrainOptions::default());
        let mut sightings = Vec::new();
        let history = &snapshot.history;
        let days = |item: u32| {
            let articles = group_of(&snapshot, item as usize) == ItemGroup::Articles;
            f64::from(options.popularity_half_life_days[usize::from(!articles)])
        };
        for member in 0..snapshot.members.id.len() {
            for event in history.of(member).filter(|&event| !is_withdrawn(&snapshot, member, event)) {
                let (item, weight) = (history.item(event), interaction_weight(history.kind(event)).min(1.0));
                let weight = weight * decay(snapshot.as_of - history.at(event), days(item));
                sightings.push(GroupEvent { item, weight, group: Some(u32::from(snapshot.members.age_band[member])) });
            }
        }
        let others = &snapshot.unattributed;
        for (at, &item) in others.item.iter().enumerate() {
            let weight = interaction_weight(others.kind[at]).min(1.0);
            let weight = weight * decay(snapshot.as_of - others.at[at], days(item));
            sightings.push(GroupEvent { item, weight, group: Some(u32::from(others.age_band[at])) });
        }
        let (n_items, n_bands) = (snapshot.items.id.len(), snapshot.age_bands.count());
        let fitted = GroupPopularity::fit(n_items, n_bands, sightings).expect("sightings within the shape");
        let learnt = popularity(&snapshot, &options).expect("a popularity");
        assert_eq!(learnt.overall, fitted.weights());
        for band in 0..n_bands {
            let (reach, shares) = (&learnt.by_band[band * n_items..(band + 1) * n_items], fitted.shares(Some(band)));
            let each = f64::from(reach[0]) / f64::from(shares[0]);
            for (&reach, &share) in reach.iter().zip(shares) {
                assert!((f64::from(reach) - f64::from(share) * each).abs() < 1e-6, "band {band}: {reach} and {share}");
            }
        }
    }

    #[test]
    fn a_sample_of_all_members_gives_the_model_of_all() {
        let options = TrainOptions::default();
        let (mut whole, mut sampled) = (random(), random());
        learn(&mut whole, &options).expect("learnt");
        learn_from_sample(&mut sampled, random(), &options).expect("learnt");
        let (whole, sampled) = (whole.model, sampled.model);
        assert_eq!(
            (&sampled.popularity, &sampled.preferences, &sampled.neighbours),
            (&whole.popularity, &whole.preferences, &whole.neighbours)
        );
        let [whole, sampled] = [whole, sampled].map(|model| model.factors.expect("factors"));
        let largest = whole.members.iter().map(|value| value.abs()).fold(0.0, f32::max);
        assert!(largest > 0.0 && whole.members.len() == sampled.members.len());
        for (own, other) in sampled.members.iter().zip(&whole.members) {
            assert!((own - other).abs() <= 1e-4 * largest, "{own} is not {other}");
        }
    }

    #[test]
    fn popularity_of_a_sample_is_scaled_to_all_members() {
        let (snapshot, options) = (random(), TrainOptions::default());
        let learnt = popularity(&snapshot, &options).expect("a popularity");
        let scaled = popularity(&snapshot, &TrainOptions { sample_scale: 4.0, ..options }).expect("a popularity");
        assert_eq!(scaled.overall, learnt.overall.iter().map(|weight| 4.0 * weight).collect::<Vec<f32>>());
        assert_eq!(scaled.by_band, learnt.by_band);
    }

    #[test]
    fn preferences_sum_the_decayed_weights_of_all_events() {
        let (snapshot, options) = (random(), TrainOptions::default());
        let mut triplets = Vec::new();
        for member in (0..snapshot.members.id.len()).filter(|&member| snapshot.members.personalised[member]) {
            for event in snapshot.history.of(member).filter(|&event| !is_withdrawn(&snapshot, member, event)) {
                let topics = snapshot.items.topics.row(snapshot.history.item(event) as usize);
                let age = snapshot.as_of - snapshot.history.at(event);
                let weight = interaction_weight(snapshot.history.kind(event)).min(1.0);
                let weight = weight * decay(age, f64::from(options.preference_half_life_days)) / topics.len() as f32;
                let named = topics.iter().filter(|_| !topics.contains(&2) && weight > 0.0);
                triplets.extend(named.map(|&topic| (member as u32, topic, weight)));
            }
        }
        let expected = UserItems::from_triplets(snapshot.members.id.len(), snapshot.topics.len(), triplets)
            .expect("triplets within the shape");
        let learnt = preferences(&snapshot, &options).expect("preferences");
        for (member, row) in expected.rows().enumerate() {
            assert_eq!(learnt.evidence.row(member), (row.columns, row.weights), "member {member}");
        }
    }
}
