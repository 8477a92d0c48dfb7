//! Exports of WeChat's console and of sign-up tools: their sources ship with the product and are found by the file's name.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use zhihui_data::{OFFICE_PROFILE, Zone};

use super::super::pattern::matches_path;
use super::super::plan::{Origin, Plan};
use super::Suggestion;
use crate::config::{Config, IngestLimits, Source};

/// The activity in the constants of the profile, which a person replaces.
const EXAMPLE_ACTIVITY: &str = "activity_id = \"A17\"";

/// The source of a known export, if the file's name and its columns are those of one.
pub(super) fn known_export(path: &Path, header: &[String], zone: Zone, limits: IngestLimits) -> Option<Suggestion> {
    let sources = Config::parse("offices.toml", OFFICE_PROFILE).ok()?.sources;
    let source = sources.into_iter().find(|source| matches_path(&source.pattern, path))?;
    let section = section(&source)?;
    // The plan only binds columns, so its instant does not matter.
    let (table, as_of) = (source.table, DateTime::<Utc>::UNIX_EPOCH);
    let plan = Plan::new(table, Some(Arc::new(source)), (zone, as_of, limits), BTreeMap::new()).ok()?;
    let binding = plan.bind(header);
    plan.check(&binding, header).and_then(|()| plan.check_absent(header, &[])).ok()?;
    let columns = header.iter().enumerate().filter(|(_, name)| !name.is_empty());
    let columns = columns
        .map(|(at, name)| {
            let bound = binding.columns.iter().find(|bound| match &bound.origin {
                Origin::Slot(slot) | Origin::Lookup(slot, _) => {
                    binding.fields.get(binding.text_slot(*slot)) == Some(&at)
                }
                Origin::Constant(_) => false,
            });
            (name.clone(), bound.map(|bound| bound.column.name.to_owned()))
        })
        .collect();
    Some(Suggestion {
        table,
        is_sure: !section.contains(EXAMPLE_ACTIVITY),
        toml: section,
        columns,
        unused: binding.unknown,
        missing: Vec::new(),
    })
}

/// The section of a source in the profile, with its comment.
fn section(source: &Source) -> Option<String> {
    let name = format!("\"{}\"", source.name);
    let found = OFFICE_PROFILE.split("\n\n").find(|part| part.contains("[[source]]") && part.contains(&name))?;
    let unsure = "  # unsure: write the id of this activity";
    let line = |line: &str| match line.contains(EXAMPLE_ACTIVITY) {
        true => format!("{line}{unsure}\n"),
        false => format!("{line}\n"),
    };
    Some(found.trim().lines().map(line).collect())
}
