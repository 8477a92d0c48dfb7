//! Queries of the audience form over the small state: every condition leaves half of the members, and two unions are known.

use zhihui_api::{
    AudienceQuery, FormNames, FormQueries, FoundName, NameSearch, PageQueries as _, QueryError, SearchKind,
};
use zhihui_engine::audience::{ConditionCount, Rule};

use crate::support::Small;

/// Ids and names of the unions.
const UNIONS: [(&str, &str); 2] = [("u1", "一厂工会"), ("u2", "二厂工会")];

impl FormQueries for Small {
    fn condition_counts(&self, query: &AudienceQuery, _now: i64) -> Result<Vec<ConditionCount>, QueryError> {
        let rule = Rule::parse(query.rule.as_ref().unwrap_or(&serde_json::json!({})))?;
        let mut paths = Vec::new();
        add_paths(&rule, "", &mut paths);
        let mut left = 100;
        let count = |path| {
            let before = left;
            left /= 2;
            ConditionCount { path, before, left }
        };
        Ok(paths.into_iter().map(count).collect())
    }

    fn search(&self, search: &NameSearch) -> Vec<FoundName> {
        let all: Vec<FoundName> = match search.kind {
            SearchKind::Offered | SearchKind::Items => self
                .item_list(0, search.now)
                .into_iter()
                .map(|item| FoundName { id: item.item_id, name: item.title, kind: Some(item.kind) })
                .collect(),
            SearchKind::Topics => vec![FoundName { id: "亲子".into(), name: "亲子".into(), kind: None }],
            SearchKind::Unions => {
                UNIONS.map(|(id, name)| FoundName { id: id.into(), name: name.into(), kind: None }).into()
            }
        };
        all.into_iter().filter(|found| found.name.contains(&search.text)).take(search.n).collect()
    }

    fn names(&self, items: &[&str], unions: &[&str], _within: Option<&str>) -> FormNames {
        let item = |id: &&str| Some(((*id).to_owned(), self.item_view(id, 0)?.title));
        let union =
            |id: &&str| UNIONS.iter().find(|(known, _)| known == id).map(|&(id, name)| (id.into(), name.into()));
        FormNames { items: items.iter().filter_map(item).collect(), unions: unions.iter().filter_map(union).collect() }
    }
}

fn add_paths(rule: &Rule, at: &str, paths: &mut Vec<String>) {
    paths.push(at.to_owned());
    match rule {
        Rule::All { all } => {
            all.iter().enumerate().for_each(|(place, inner)| add_paths(inner, &format!("{at}/all/{place}"), paths));
        }
        Rule::Any { any } => {
            any.iter().enumerate().for_each(|(place, inner)| add_paths(inner, &format!("{at}/any/{place}"), paths));
        }
        Rule::Not { not } => add_paths(not, &format!("{at}/not"), paths),
        _ => {}
    }
}
