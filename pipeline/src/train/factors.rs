//! Learns the factor model of a snapshot from interactions, and from attributes for items without interactions.

use rayon::prelude::*;
use zhihui_data::snapshot::{Factors, NONE, Snapshot};
use zhihui_models::recommenders::attribute_factors::AttributeFactorsParams;
use zhihui_models::recommenders::ials::FoldIn;
use zhihui_models::{ModelError, Row, UserItems};

use super::weights::{sensitive_items, weighed_items};
use super::{TrainError, TrainOptions};

/// Minimum number of interactions for a factor model. With fewer, neighbours and popularity are as good.
const MIN_ENTRIES: usize = 200;

/// Minimum number of members whose vectors one thread computes at a time.
const MEMBERS_OF_TASK: usize = 256;

/// Weight of the overall mean vector in the mean of an age band, in members.
const MEAN_PRIOR_MEMBERS: f64 = 50.0;

/// Learns the vectors of members and items. Returns `None` if there are too few interactions.
pub(super) fn learn(
    snapshot: &Snapshot,
    interactions: &UserItems,
    options: &TrainOptions,
) -> Result<Option<Factors>, TrainError> {
    if interactions.n_entries() < MIN_ENTRIES {
        return Ok(None);
    }
    let fitted = options.ials.fit(interactions, options.seed)?;
    let rank = fitted.factors();
    let counts = interactions.column_counts();
    let item_is_warm: Vec<bool> = counts.iter().map(|&count| count > 0).collect();
    let mut items: Vec<f32> =
        (0..interactions.n_columns()).flat_map(|item| fitted.item_factors(item).to_vec()).collect();
    let attributes = attributes(snapshot)?;
    let trust: Vec<f32> = counts.iter().map(|&count| count as f32).collect();
    let fitted = if attributes.n_entries() > 0 && (item_is_warm.contains(&false) || options.item_prior > 0.0) {
        let regression = AttributeFactorsParams::default().fit(&attributes, &items, &trust)?;
        for (item, vector) in items.chunks_exact_mut(rank).enumerate() {
            shrink_item(vector, &regression.predict(attributes.row(item)), trust[item], options.item_prior);
        }
        options.ials.fit_members(interactions, &items)?
    } else {
        fitted
    };
    let mut factors = Factors {
        rank: u32::try_from(rank).map_err(|_| TrainError::TooMany("the number of factors"))?,
        members: (0..interactions.n_rows()).flat_map(|member| fitted.user_factors(member).to_vec()).collect(),
        items: (0..interactions.n_columns()).flat_map(|item| fitted.item_factors(item).to_vec()).collect(),
        item_is_warm,
        gram: fitted.fold_in_model().gram().to_vec(),
        unobserved_weight: options.ials.unobserved_weight,
        regularisation: options.ials.regularisation,
        frequency_exponent: options.ials.frequency_exponent,
        band_means: Vec::new(),
        prior_weight: options.member_prior,
    };
    shrink_members(&mut factors, snapshot, interactions);
    Ok(Some(factors))
}

/// Moves a learnt vector towards the prediction, which has the weight of `prior` entries. Without entries the result is
/// the prediction.
fn shrink_item(learnt: &mut [f32], predicted: &[f32], entries: f32, prior: f32) {
    let share = if entries > 0.0 { prior / (entries + prior) } else { 1.0 };
    learnt.iter_mut().zip(predicted).for_each(|(value, predicted)| *value += share * (predicted - *value));
}

/// Computes the vectors of all members of `snapshot` with the item vectors of `learnt`, a model of some of them.
///
/// # Errors
/// [`TrainError::Model`] if the model cannot fold in.
pub(super) fn of_all_members(
    learnt: Factors,
    snapshot: &Snapshot,
    options: &TrainOptions,
) -> Result<Factors, TrainError> {
    let model = FoldIn::new(&learnt.items, &learnt.gram, &options.ials)?;
    let (rank, is_sensitive) = (learnt.rank as usize, sensitive_items(snapshot));
    let mut factors = Factors { members: vec![0.0; snapshot.members.id.len() * rank], ..learnt };
    let mut vectors = std::mem::take(&mut factors.members);
    vectors.par_chunks_exact_mut(rank).enumerate().with_min_len(MEMBERS_OF_TASK).for_each_init(
        Vec::new,
        |entries, (member, vector)| {
            if !snapshot.members.personalised[member] {
                return;
            }
            entries.clear();
            weighed_items(snapshot, &is_sensitive, member, entries);
            let (columns, weights): (Vec<u32>, Vec<f32>) = entries.iter().copied().unzip();
            if !entries.is_empty() {
                vector.copy_from_slice(&model.fold_in(Row { columns: &columns, weights: &weights }));
            }
            let band = usize::from(snapshot.members.age_band[member]);
            factors.shrink_to_band(band, weights.iter().sum(), vector);
        },
    );
    if vectors.iter().any(|value| !value.is_finite()) {
        return Err(ModelError::Diverged("the vectors of members").into());
    }
    factors.members = vectors;
    Ok(factors)
}

/// Shrinks the vectors of members towards the mean of their age band. Members without a history get the mean. Members
/// without personalised lists keep zeros and are part of no mean.
fn shrink_members(factors: &mut Factors, snapshot: &Snapshot, interactions: &UserItems) {
    let (rank, bands) = (factors.rank as usize, snapshot.age_bands.count());
    let band_of = |member: usize| usize::from(snapshot.members.age_band[member]);
    let mut sums = vec![0.0_f64; (bands + 1) * rank];
    let mut counts = vec![0.0_f64; bands + 1];
    for member in (0..interactions.n_rows()).filter(|&member| !interactions.row(member).is_empty()) {
        for group in [band_of(member), bands] {
            counts[group] += 1.0;
            let vector = &factors.members[member * rank..(member + 1) * rank];
            sums[group * rank..(group + 1) * rank].iter_mut().zip(vector).for_each(|(sum, &v)| *sum += f64::from(v));
        }
    }
    let (sums, all) = sums.split_at(bands * rank);
    let mean = |(at, sum): (usize, &f64)| {
        let overall = all[at % rank] / counts[bands].max(1.0);
        ((sum + MEAN_PRIOR_MEMBERS * overall) / (counts[at / rank] + MEAN_PRIOR_MEMBERS)) as f32
    };
    factors.band_means = sums.iter().enumerate().map(mean).collect();
    let mut members = std::mem::take(&mut factors.members);
    for (member, vector) in members.chunks_exact_mut(rank).enumerate() {
        if snapshot.members.personalised[member] {
            let weight: f32 = interactions.row(member).iter().map(|(_, weight)| weight).sum();
            factors.shrink_to_band(band_of(member), weight, vector);
        }
    }
    factors.members = members;
}

/// Returns the attributes of items: one column for each topic, kind and district. The weights of the topics of an item
/// have a norm of one.
fn attributes(snapshot: &Snapshot) -> Result<UserItems, ModelError> {
    let items = &snapshot.items;
    let (n_items, n_topics, n_districts) = (items.id.len(), snapshot.topics.len(), snapshot.districts.len());
    let kinds = zhihui_data::ItemKind::ALL.len();
    let mut triplets = Vec::new();
    for item in 0..n_items {
        let row = item as u32;
        let topics = items.topics.row(item);
        triplets.extend(topics.iter().map(|&topic| (row, topic, 1.0 / (topics.len() as f32).sqrt())));
        triplets.push((row, (n_topics + items.kind[item] as usize) as u32, 1.0));
        if items.district[item] != NONE {
            triplets.push((row, (n_topics + kinds) as u32 + items.district[item], 1.0));
        }
    }
    UserItems::from_triplets(n_items, n_topics + kinds + n_districts, triplets)
}
