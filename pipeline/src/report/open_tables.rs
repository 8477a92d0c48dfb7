//! The tables that reports read, each at one version.

use futures::future::try_join_all;
use zhihui_data::Table;

use super::ReportError;
use crate::build::BuildError;
use crate::lake::raw::raw_name;
use crate::lake::{Lake, LakeTable, OpenedTables};

/// The built tables of reports.
const TABLES: [&str; 8] = [
    "member_states",
    "items",
    "item_topics",
    "sign_up_states",
    "interactions",
    "member_days",
    "union_activity",
    "openid_owners",
];

/// The tables at the versions at which they were opened.
#[derive(Debug, Clone)]
pub(super) struct OpenTables {
    built: Vec<LakeTable>,
    /// The raw table, because the built one has no feedback about the account as a whole. `None` if there was no feedback yet.
    pub(super) feedback: Option<LakeTable>,
    /// WeChat's statistics of the account. `None` if there were none yet.
    pub(super) account_statistics: Option<LakeTable>,
}

impl OpenTables {
    /// Opens the newest version of each table.
    pub(super) async fn open(lake: &Lake, opened: &OpenedTables) -> Result<Self, ReportError> {
        let built = async |name: &&str| {
            let name = format!("built/{name}");
            let table = opened.table(lake, &name).await?;
            table.ok_or_else(|| ReportError::from(BuildError::NotBuilt(name)))
        };
        let built = try_join_all(TABLES.iter().map(built)).await?;
        let feedback = opened.table(lake, &raw_name(Table::Feedback)).await?;
        let account_statistics = opened.table(lake, &raw_name(Table::AccountStatistics)).await?;
        Ok(Self { built, feedback, account_statistics })
    }

    /// A built table by its name in SQL.
    pub(super) fn built(&self, name: &str) -> Result<&LakeTable, ReportError> {
        let at = TABLES.iter().position(|known| *known == name);
        let table = at.and_then(|at| self.built.get(at));
        table.ok_or_else(|| BuildError::NotBuilt(format!("built/{name}")).into())
    }

    /// The versions in a fixed order, -1 for a table that does not exist yet.
    pub(super) fn versions(&self) -> Vec<i64> {
        let built = self.built.iter().map(LakeTable::version);
        let raw = [&self.feedback, &self.account_statistics];
        built.chain(raw.map(|table| table.as_ref().map_or(-1, LakeTable::version))).collect()
    }
}
