//! Everything that is learnt at one instant: popularity, preferences, neighbours and factors.

use std::collections::HashMap;

use zhihui_data::snapshot::{ItemGroup, Popularity, Preferences, Snapshot, SparseRows};
use zhihui_engine::interaction_weight;
use zhihui_engine::overlay::DeletedTopic;
use zhihui_models::profile::popularity::{self, Sighting};
use zhihui_models::profile::preference::Shrinkage;
use zhihui_models::{ModelError, UserItems};

use super::weights::{decay, matrix};
use super::{TrainError, TrainOptions, factors, neighbours};

/// A band is as busy as its members are; so many members as busy as everybody are added to it.
const BAND_PRIOR_MEMBERS: f64 = 50.0;

/// Fills the snapshot's model, rankers and segments left out.
pub(super) fn learn(snapshot: &mut Snapshot, options: &TrainOptions) -> Result<(), TrainError> {
    let interactions = matrix(snapshot)?;
    relearn(snapshot, &interactions, None, options)
}

/// The same where the model was learnt by `known` settings before: what they have in common with `options` stays.
pub(super) fn relearn(
    snapshot: &mut Snapshot,
    interactions: &UserItems,
    known: Option<&TrainOptions>,
    options: &TrainOptions,
) -> Result<(), TrainError> {
    let stays = |same: &dyn Fn(&TrainOptions) -> bool| known.is_some_and(same);
    if !stays(&|known| known.popularity_half_life_days == options.popularity_half_life_days) {
        snapshot.model.popularity = popularity(snapshot, options)?;
    }
    if !stays(&|known| known.preference_half_life_days == options.preference_half_life_days) {
        snapshot.model.preferences = preferences(snapshot, options)?;
    }
    if !stays(&|known| (known.neighbour_model, known.neighbours) == (options.neighbour_model, options.neighbours)) {
        snapshot.model.neighbours = neighbours::learn(interactions, options)?;
    }
    if !stays(&|known| (&known.ials, known.seed) == (&options.ials, options.seed)) {
        snapshot.model.factors = factors::learn(snapshot, interactions, options)?;
    }
    "popular".clone_into(&mut snapshot.model.name);
    Ok(())
}

/// The group of items that share a ranker.
pub(super) fn group_of(snapshot: &Snapshot, item: usize) -> ItemGroup {
    if snapshot.items.kind[item] == zhihui_data::ItemKind::Article {
        ItemGroup::Articles
    } else {
        ItemGroup::Activities
    }
}

/// Popularity overall, and by age band as the share of the band's members that an item reached: the band's shares among items,
/// times how much a member of the band does. Both are drawn towards all members'.
pub(super) fn popularity(snapshot: &Snapshot, options: &TrainOptions) -> Result<Popularity, ModelError> {
    let half_life_days = options.popularity_half_life_days;
    let (n_items, n_bands) = (snapshot.items.id.len(), snapshot.age_bands.count());
    let mut sightings = Vec::with_capacity(snapshot.history.item.len());
    let (mut done, mut people) = (vec![0.0_f64; n_bands], vec![0.0_f64; n_bands]);
    for member in 0..snapshot.members.id.len() {
        let band = snapshot.members.age_band[member];
        people[usize::from(band)] += 1.0;
        for event in snapshot.history.of(member) {
            let item = snapshot.history.item[event];
            let weight = interaction_weight(snapshot.history.kind[event]).min(1.0);
            if weight > 0.0 {
                let articles = group_of(snapshot, item as usize) == ItemGroup::Articles;
                let days = f64::from(half_life_days[usize::from(!articles)]);
                let weight = weight * decay(snapshot.as_of - snapshot.history.at[event], days);
                done[usize::from(band)] += f64::from(weight);
                sightings.push(Sighting { item, weight, group: Some(u32::from(band)) });
            }
        }
    }
    let others = &snapshot.unattributed;
    for (at, &item) in others.item.iter().enumerate() {
        let weight = interaction_weight(others.kind[at]).min(1.0);
        if weight > 0.0 {
            let days = f64::from(half_life_days[usize::from(group_of(snapshot, item as usize) != ItemGroup::Articles)]);
            let weight = weight * decay(snapshot.as_of - others.at[at], days);
            done[usize::from(others.age_band[at])] += f64::from(weight);
            sightings.push(Sighting { item, weight, group: Some(u32::from(others.age_band[at])) });
        }
    }
    let Ok(fitted) = popularity::Popularity::fit(n_items, n_bands, sightings) else {
        return Ok(Popularity { half_life_days, overall: vec![0.0; n_items], by_band: vec![0.0; n_items * n_bands] });
    };
    let a_member = done.iter().sum::<f64>() / people.iter().sum::<f64>().max(1.0);
    let reach = |band: usize| {
        let each = (done[band] + BAND_PRIOR_MEMBERS * a_member) / (people[band] + BAND_PRIOR_MEMBERS);
        fitted.shares(Some(band)).iter().map(move |&share| (f64::from(share) * each).min(1.0) as f32)
    };
    let by_band = (0..n_bands).flat_map(reach).collect();
    Ok(Popularity { half_life_days, overall: fitted.weights().to_vec(), by_band })
}

/// Decayed evidence for topics by member, and how far it is shrunk towards the age band.
pub(super) fn preferences(snapshot: &Snapshot, options: &TrainOptions) -> Result<Preferences, ModelError> {
    let half_life_days = options.preference_half_life_days;
    let (n_members, n_topics, n_bands) = (snapshot.members.id.len(), snapshot.topics.len(), snapshot.age_bands.count());
    let deleted = deleted(snapshot, &options.deleted_topics);
    let mut triplets = Vec::new();
    for member in (0..n_members).filter(|&member| snapshot.members.personalised[member]) {
        for event in snapshot.history.of(member) {
            let topics = snapshot.items.topics.row(snapshot.history.item[event] as usize);
            let weight = interaction_weight(snapshot.history.kind[event]).min(1.0);
            if weight > 0.0 && !topics.is_empty() {
                let age = snapshot.as_of - snapshot.history.at[event];
                let share = weight * decay(age, f64::from(half_life_days)) / topics.len() as f32;
                let at = snapshot.history.at[event];
                let counts = |topic: &&u32| deleted.get(&(member as u32, **topic)).is_none_or(|&until| until < at);
                let named = topics.iter().filter(|topic| !snapshot.sensitive_topics.contains(topic)).filter(counts);
                triplets.extend(named.map(|&topic| (member as u32, topic, share)));
            }
        }
    }
    let weights = UserItems::from_triplets(n_members, n_topics, triplets)?;
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

/// When a member had a topic deleted, by their numbers in the snapshot.
fn deleted(snapshot: &Snapshot, deleted: &[DeletedTopic]) -> HashMap<(u32, u32), i64> {
    let mut known = HashMap::new();
    for wish in deleted {
        let member = snapshot.members.id.iter().position(|id| *id == wish.member_id);
        let topic = snapshot.topics.iter().position(|topic| *topic == wish.topic);
        if let (Some(member), Some(topic)) = (member, topic) {
            let until = known.entry((member as u32, topic as u32)).or_insert(wish.at);
            *until = wish.at.max(*until);
        }
    }
    known
}
