//! The factor model of a snapshot: learnt from interactions, from attributes for items without any.

use zhihui_data::snapshot::{Factors, NONE, Snapshot};
use zhihui_models::recommenders::attribute_factors::AttributeFactorsParams;
use zhihui_models::{ModelError, UserItems};

use super::{TrainError, TrainOptions};

/// A factor model needs at least so many entries; below it, neighbours and popularity say all there is to say.
const FEWEST_ENTRIES: usize = 200;

/// Learns vectors of members and items; `None` where there is too little to learn from.
pub(super) fn learn(
    snapshot: &Snapshot,
    interactions: &UserItems,
    options: &TrainOptions,
) -> Result<Option<Factors>, TrainError> {
    if interactions.n_entries() < FEWEST_ENTRIES {
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
    if attributes.n_entries() > 0 && item_is_warm.contains(&false) {
        let regression = AttributeFactorsParams::default().fit(&attributes, &items, &trust)?;
        for item in (0..item_is_warm.len()).filter(|&item| !item_is_warm[item]) {
            items[item * rank..(item + 1) * rank].copy_from_slice(&regression.predict(attributes.row(item)));
        }
    }
    Ok(Some(Factors {
        rank: u32::try_from(rank).map_err(|_| TrainError::TooMany("the number of factors"))?,
        members: (0..interactions.n_rows()).flat_map(|member| fitted.user_factors(member).to_vec()).collect(),
        items,
        item_is_warm,
        gram: fitted.folder().gram().to_vec(),
        unobserved_weight: options.ials.unobserved_weight,
        regularisation: options.ials.regularisation,
        frequency_exponent: options.ials.frequency_exponent,
    }))
}

/// Attributes of items, known before any interaction: one column for each topic, kind and district. The weights of an
/// item's topics have the norm of one column.
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
