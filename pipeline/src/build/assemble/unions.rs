//! Loads unions into the snapshot's columns.

use zhihui_data::snapshot::Unions;

use super::{Rows, Vocabulary};
use crate::build::BuildError;
use crate::lake::Lake;

struct UnionRow {
    id: String,
    name: Option<String>,
    district: Option<String>,
    parent: Option<String>,
}

/// All unions of the roster or of a member's row, sorted by id.
pub(super) struct LoadedUnions(Vec<UnionRow>);

pub(super) async fn load(lake: &Lake) -> Result<LoadedUnions, BuildError> {
    let mut unions = Vec::new();
    let columns = ["union_id", "name", "district", "parent_union_id"];
    Rows::each(lake, "union_activity", &columns, |rows| {
        let [ids, names, districts, parents] = columns.map(|name| rows.text(name));
        let (ids, names, districts, parents) = (ids?, names?, districts?, parents?);
        for row in 0..rows.len() {
            let text = |column| super::columns::text_of(column, row);
            unions.push(UnionRow {
                id: ids.value(row).to_owned(),
                name: text(names),
                district: text(districts),
                parent: text(parents),
            });
        }
        Ok(())
    })
    .await?;
    unions.sort_unstable_by(|one, other| one.id.cmp(&other.id));
    Ok(LoadedUnions(unions))
}

impl LoadedUnions {
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|union| union.id.as_str())
    }

    pub(super) fn districts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|union| union.district.as_deref())
    }

    pub(super) fn into_columns(self, ids: &Vocabulary, districts: &Vocabulary) -> Unions {
        let mut unions = Unions::default();
        for union in self.0 {
            unions.name.push(union.name.unwrap_or_else(|| union.id.clone()));
            unions.district.push(districts.optional_index_of(union.district.as_ref()));
            unions.parent.push(ids.optional_index_of(union.parent.as_ref()));
            unions.id.push(union.id);
        }
        unions
    }
}
