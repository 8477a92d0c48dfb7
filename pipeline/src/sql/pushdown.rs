//! Restricts filter pushdown to plans in which it is safe.
//!
//! datafusion 55 looks up the columns of a pushed filter by name when the filter passes nodes such as a repartitioning. If two
//! columns have the same name, as both sides of a join often do, the filter may apply to the wrong one and lose rows. Such plans
//! are not changed.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::config::ConfigOptions;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::physical_plan::ExecutionPlan;

type Rule = Arc<dyn PhysicalOptimizerRule + Send + Sync>;

/// The default rules, with filter pushdown restricted to safe plans.
pub(crate) fn safe_pushdown_rules() -> Vec<Rule> {
    let restricted = |rule: Rule| -> Rule {
        if rule.name().starts_with("FilterPushdown") { Arc::new(SafePushdown(rule)) } else { rule }
    };
    PhysicalOptimizer::new().rules.into_iter().map(restricted).collect()
}

#[derive(Debug)]
struct SafePushdown(Rule);

impl PhysicalOptimizerRule for SafePushdown {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        if has_duplicate_names(&plan) { Ok(plan) } else { self.0.optimize(plan, config) }
    }

    fn name(&self) -> &str {
        self.0.name()
    }

    fn schema_check(&self) -> bool {
        self.0.schema_check()
    }
}

fn has_duplicate_names(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let schema = plan.schema();
    let mut names = HashSet::new();
    schema.fields().iter().any(|field| !names.insert(field.name().as_str()))
        || plan.children().into_iter().any(has_duplicate_names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::execution::SessionStateBuilder;
    use datafusion::prelude::{SessionConfig, SessionContext};

    #[tokio::test]
    async fn a_filter_on_both_sides_of_an_outer_join_loses_no_rows() {
        let state = SessionStateBuilder::new()
            .with_config(SessionConfig::new().with_target_partitions(2))
            .with_default_features()
            .with_physical_optimizer_rules(safe_pushdown_rules())
            .build();
        let session = SessionContext::new_with_state(state);
        for table in [
            "create table reads as values ('o1', null, 1), ('o1', 'm1', 2), ('o9', null, 3)",
            "create table actors as values ('o1', 'm1')",
        ] {
            session.sql(table).await.expect("planned").collect().await.expect("made");
        }
        let sql = "with reported as (
                select coalesce(r.member_id, a.member_id) as member_id, r.at
                from (select column1 as openid, column2 as member_id, column3 as at from reads) as r
                left join (select column1 as openid, column2 as member_id from actors) as a
                    on r.openid = a.openid and r.member_id is null
            )
            select member_id, at from reported where at > 0 and member_id is not null group by member_id, at";
        let rows = session.sql(sql).await.expect("planned").count().await.expect("counted");
        assert_eq!(rows, 2, "the openid of the first read has an owner, that of the last has none");
    }
}
