//! Assembles the built tables into a snapshot without a model.

mod columns;
mod events;
mod items;
mod members;
mod openids;
mod propensities;
mod unattributed;
mod unions;

use zhihui_data::snapshot::Snapshot;

use super::vocabulary::Vocabulary;
use super::{BuildError, BuildOptions};
use crate::lake::Lake;
use columns::Rows;

pub(super) use events::seats;

/// Assembles the built tables into a snapshot as of `options.as_of`.
///
/// Members, items, unions, topics and districts are sorted by id, a member's events by time. `version`, `model`,
/// `sensitive_topics` and the segments of members are empty.
///
/// # Errors
/// [`BuildError::NotBuilt`] before the first build; [`BuildError::Lake`] if a table cannot be read.
pub async fn assemble(lake: &Lake, options: &BuildOptions) -> Result<Snapshot, BuildError> {
    let (inbox, inbox_sequence) = match &options.inbox {
        Some((inbox, _)) => (inbox.clone(), super::state::inbox_number(lake, inbox).await?),
        None => (String::new(), 0),
    };
    let members = members::load(lake).await?;
    let items = items::load(lake).await?;
    let unions = unions::load(lake).await?;

    let districts = Vocabulary::of(
        members.districts().chain(unions.districts()).chain(items.districts()).map(str::to_owned).collect(),
    );
    let topics = Vocabulary::of(items.topics().map(str::to_owned).collect());
    let union_ids = Vocabulary::of(unions.ids().map(str::to_owned).collect());
    let member_ids = Vocabulary::of(members.ids().map(str::to_owned).collect());
    let item_ids = Vocabulary::of(items.ids().map(str::to_owned).collect());

    let (switch_marks, undescribed) = (members.switch_marks(), items.undescribed());
    let members = members.into_columns(&member_ids, &union_ids, &districts, &options.age_bands);
    let openids = openids::load(lake, &member_ids, &members.openid).await?;
    let history = events::history(lake, &member_ids, &item_ids).await?;
    let propensities = propensities::load(lake, &member_ids, &item_ids).await?;
    let sign_ups = events::sign_ups(lake, &member_ids, &item_ids).await?;
    let (seats_taken, seats_by_union) = seats(&sign_ups, &members.union, item_ids.len());
    let mut items = items.into_columns(&item_ids, &union_ids, &districts, &topics);
    items.seats_taken = seats_taken;
    items.seats_by_union = seats_by_union;
    let mut snapshot = Snapshot {
        as_of: options.as_of.timestamp(),
        inbox,
        inbox_sequence,
        zone: options.zone,
        topics: topics.into_texts(),
        unions: unions.into_columns(&union_ids, &districts),
        districts: districts.into_texts(),
        age_bands: options.age_bands.clone(),
        members,
        items,
        history,
        sign_ups,
        openids,
        switch_marks,
        undescribed,
        propensities,
        ..Snapshot::default()
    };
    unattributed::split_unattributed(&mut snapshot, &options.consent.deleted_topics);
    Ok(snapshot)
}
