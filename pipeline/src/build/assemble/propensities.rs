//! Loads the probabilities with which shown items got their positions.

use arrow::array::Array;
use zhihui_data::Table;
use zhihui_data::snapshot::{LoggedPlace, NONE, Propensities};

use super::{Rows, Vocabulary};
use crate::build::BuildError;
use crate::lake::{DataFile, Lake};

/// Loads the shown events that have a probability, from the files of shown events only.
pub(super) async fn load(lake: &Lake, members: &Vocabulary, items: &Vocabulary) -> Result<Propensities, BuildError> {
    let mut places = Vec::new();
    let columns = ["member_id", "item_id", "at", "propensity", "explored"];
    let is_shown = |file: &DataFile| file.partition.get("source").is_some_and(|source| source == Table::Shown.name());
    Rows::each_of(lake, "interactions", &columns, is_shown, |rows| {
        let (propensities, explored) = (rows.real("propensity")?, rows.flag("explored")?);
        if propensities.null_count() == rows.len() {
            return Ok(());
        }
        let (member_ids, item_ids) = (rows.text("member_id")?, rows.text("item_id")?);
        for (row, at) in rows.seconds("at")?.enumerate().filter(|&(row, _)| propensities.is_valid(row)) {
            let (member, item) = (members.index_of(member_ids.value(row)), items.index_of(item_ids.value(row)));
            if member != NONE && item != NONE {
                places.push(LoggedPlace {
                    member,
                    item,
                    at,
                    propensity: propensities.value(row) as f32,
                    explored: explored.is_valid(row) && explored.value(row),
                });
            }
        }
        Ok(())
    })
    .await?;
    Ok(Propensities::from_rows(places))
}
