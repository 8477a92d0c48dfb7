//! Plans one read-only statement and rejects everything else.

use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::{DFParser, Statement};
use datafusion::sql::sqlparser::ast::Statement as Ast;

use super::SqlError;

/// A statement that may be run.
pub(super) enum ReadOnly {
    /// SELECT, WITH, or EXPLAIN of these.
    Query(LogicalPlan),
    /// SHOW TABLES.
    ShowTables,
    /// DESCRIBE of a table.
    Describe(String),
}

/// Plans a statement. Rejects everything except one SELECT, WITH, EXPLAIN of these, DESCRIBE or SHOW TABLES.
pub(super) async fn plan(session: &SessionContext, sql: &str) -> Result<ReadOnly, SqlError> {
    let mut statements = DFParser::parse_sql(sql)?;
    let statement = match (statements.pop_front(), statements.is_empty()) {
        (Some(statement), true) => statement,
        (None, _) => return Err(SqlError::Refused("there is no statement".to_owned())),
        (Some(_), false) => return Err(SqlError::Refused("there is more than one statement".to_owned())),
    };
    if let Statement::Statement(statement) = &statement {
        match statement.as_ref() {
            Ast::ShowTables { .. } => return Ok(ReadOnly::ShowTables),
            Ast::ExplainTable { table_name, .. } => return Ok(ReadOnly::Describe(table_name.to_string())),
            _ => {}
        }
    }
    if !is_query(&statement) {
        let text = statement.to_string();
        let first = text.split_whitespace().next().unwrap_or_default().to_uppercase();
        return Err(SqlError::Refused(format!("{first} is not a query")));
    }
    let plan = session.state().statement_to_plan(statement).await?;
    let read_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    read_only.verify_plan(&plan).map_err(|error| match error {
        DataFusionError::Plan(why) => SqlError::Refused(why),
        other => other.into(),
    })?;
    Ok(ReadOnly::Query(plan))
}

fn is_query(statement: &Statement) -> bool {
    match statement {
        Statement::Statement(statement) => matches!(statement.as_ref(), Ast::Query(_)),
        Statement::Explain(explain) => is_query(&explain.statement),
        _ => false,
    }
}
