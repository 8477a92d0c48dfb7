//! The unions as nested groups.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, AsArray};
use futures::{StreamExt, pin_mut};
use zhihui_engine::report::Groups;

use super::ReportError;
use crate::lake::LakeTable;

/// All unions, sorted by id. Union `i` is at place `i + 1` of the groups.
#[derive(Debug)]
pub(super) struct Unions {
    ids: Vec<String>,
    names: Vec<String>,
    districts: Vec<Option<String>>,
    pub(super) groups: Arc<Groups>,
}

impl Unions {
    /// Reads the built table of unions. Cycles in the hierarchy are opened at their first union.
    pub(super) async fn read(table: &LakeTable) -> Result<Self, ReportError> {
        let mut rows: BTreeMap<String, (String, Option<String>, Option<String>)> = BTreeMap::new();
        let batches = table.read(&table.files(), &["union_id", "name", "parent_union_id", "district"]).await?;
        pin_mut!(batches);
        while let Some(batch) = batches.next().await {
            let batch = batch?;
            let column = |name: &str| batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
            let (Some(ids), Some(names), Some(parents), Some(districts)) =
                (column("union_id"), column("name"), column("parent_union_id"), column("district"))
            else {
                continue;
            };
            for row in 0..batch.num_rows() {
                let text =
                    |column: &arrow::array::StringArray| column.is_valid(row).then(|| column.value(row).to_owned());
                let Some(id) = text(ids) else { continue };
                let name = text(names).unwrap_or_else(|| id.clone());
                rows.insert(id, (name, text(parents), text(districts)));
            }
        }
        let ids: Vec<String> = rows.keys().cloned().collect();
        let at = |id: &String| ids.binary_search(id).ok();
        let hierarchy_of: Vec<Option<usize>> =
            rows.values().map(|(_, parent, _)| parent.as_ref().and_then(at)).collect();
        let (names, districts) = rows.into_values().map(|(name, _, district)| (name, district)).unzip();
        Ok(Self { groups: Arc::new(Groups::new(&hierarchy_of)), ids, names, districts })
    }

    /// The place of a union; 0, which is the place of members without a union, if it is unknown.
    pub(super) fn place(&self, id: Option<&str>) -> usize {
        id.and_then(|id| self.ids.binary_search_by(|known| known.as_str().cmp(id)).ok()).map_or(0, |at| at + 1)
    }

    /// Id and name of the union at a place greater than 0.
    pub(super) fn at(&self, place: usize) -> (&str, &str) {
        (&self.ids[place - 1], &self.names[place - 1])
    }

    /// The district of a union, if it is known.
    pub(super) fn district(&self, id: &str) -> Option<&str> {
        let place = self.place(Some(id)).checked_sub(1)?;
        self.districts.get(place).and_then(Option::as_deref)
    }

    /// Ids of the union and its subordinate unions.
    pub(super) fn below(&self, top: &str) -> Result<BTreeSet<String>, ReportError> {
        let place = self.place(Some(top));
        if place == 0 {
            return Err(ReportError::UnknownUnion(top.to_owned()));
        }
        let is_below = |at: &usize| self.groups.is_within(*at, place);
        Ok((1..self.groups.len()).filter(is_below).map(|at| self.ids[at - 1].clone()).collect())
    }
}
