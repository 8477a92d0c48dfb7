//! What members were shown, of one data file.

use super::batches::{each_batch, text};
use super::ids::Ids;
use crate::lake::{DataFile, LakeTable};
use crate::report::ReportError;

/// Items shown to members, 16 bytes each.
#[derive(Debug, Default)]
pub(in crate::report) struct ShownColumns {
    /// Number of the member's id, number of the item's id, and instant in microseconds since 1970.
    pub(in crate::report) rows: Vec<(u32, u32, i64)>,
    /// First and last instant.
    pub(in crate::report) times: (i64, i64),
}

impl ShownColumns {
    /// Whether a file of interactions has what members were shown.
    pub(super) fn are_in(file: &DataFile) -> bool {
        file.partition.get("source").is_some_and(|source| source == "shown")
    }

    pub(super) async fn read(
        table: &LakeTable,
        file: &DataFile,
        members: &mut Ids,
        items: &mut Ids,
    ) -> Result<Self, ReportError> {
        let mut rows = Vec::with_capacity(file.rows);
        each_batch(table, std::slice::from_ref(file), &["member_id", "item_id", "kind", "at"], |batch| {
            let (member, item, kind) = (batch.texts("member_id")?, batch.texts("item_id")?, batch.texts("kind")?);
            for (row, at) in batch.instants("at")?.into_iter().enumerate() {
                if let (Some(member), Some(item), Some("shown"), Some(at)) =
                    (text(&member, row), text(&item, row), text(&kind, row), at)
                {
                    rows.push((members.add(member), items.add(item), at));
                }
            }
            Ok(())
        })
        .await?;
        let instants = || rows.iter().map(|row| row.2);
        let times = (instants().min().unwrap_or(i64::MAX), instants().max().unwrap_or(i64::MIN));
        Ok(Self { times, rows })
    }

    /// Memory in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.rows.len() * 16
    }
}
