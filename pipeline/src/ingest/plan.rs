//! Plan: maps the columns of one kind of file to the columns of a table.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use zhihui_data::{Column, Table, Zone};

use super::error::FileError;
use super::time_format::TimeFormat;
use crate::config::{IngestLimits, Source};

/// Version of the interpretation of files. With a new version, files are ingested again.
const PLAN_VERSION: &str = "1";
/// The contract column of members' consent.
const CONSENT: &str = "personalised";

/// The common part for all files with the same table and source.
#[derive(Debug)]
pub(super) struct Plan {
    pub table: Table,
    pub source: Option<Arc<Source>>,
    pub zone: Zone,
    pub as_of: DateTime<Utc>,
    pub limits: IngestLimits,
    /// Hash of everything besides the file's content that determines its rows.
    pub fingerprint: String,
    lookups: BTreeMap<String, LookupValues>,
}

/// The values of a look-up by key.
#[derive(Debug)]
pub(super) struct LookupValues {
    pub values: Arc<HashMap<String, String>>,
    /// SHA-256 of the look-up file.
    pub sha256: String,
}

/// Maps the fields of a header to columns.
#[derive(Debug)]
pub(super) struct Binding {
    /// The field of each slot. Slots are the text columns of a chunk.
    pub fields: Vec<usize>,
    pub columns: Vec<BoundColumn>,
    pub unknown: Vec<String>,
}

/// A contract column and how its values are parsed.
#[derive(Debug)]
pub(super) struct BoundColumn {
    pub column: &'static Column,
    pub origin: Origin,
    pub time: TimeFormat,
    pub split: Option<String>,
    pub add: i64,
    pub values: Option<BTreeMap<String, String>>,
    /// The header of a consent column in which yes means refusal.
    pub refusal: Option<String>,
}

/// Source of a column's values.
#[derive(Debug)]
pub(super) enum Origin {
    Slot(usize),
    Constant(String),
    Lookup(usize, Arc<HashMap<String, String>>),
}

impl Plan {
    /// Creates a plan. `lookups` holds the values of the look-ups of the source, by column.
    pub(super) fn new(
        table: Table,
        source: Option<Arc<Source>>,
        (zone, as_of, limits): (Zone, DateTime<Utc>, IngestLimits),
        lookups: BTreeMap<String, LookupValues>,
    ) -> Result<Self, FileError> {
        let mut hash = Sha256::new();
        hash.update([PLAN_VERSION, table.name(), zone.name()].join("\n"));
        if let Some(source) = &source {
            let mapping = Source { name: String::new(), pattern: String::new(), ..source.as_ref().clone() };
            hash.update(serde_json::to_vec(&mapping).map_err(|error| FileError::Conversion(error.to_string()))?);
            lookups.values().for_each(|values| hash.update(&values.sha256));
        }
        let fingerprint = hex::encode(&hash.finalize()[..8]);
        Ok(Self { table, source, zone, as_of, limits, fingerprint, lookups })
    }

    /// The application transaction of a file with this content.
    pub(super) fn transaction(&self, sha256: &str) -> String {
        format!("file:{sha256}:{}", self.fingerprint)
    }

    /// Whether a header is a column of the table.
    pub(super) fn knows(&self, header: &str) -> bool {
        let header = header.trim();
        let mapped = |source: &Arc<Source>| source.columns.values().any(|name| !name.is_empty() && name == header);
        self.source.as_ref().is_some_and(mapped) || self.table.column_of_header(header).is_some()
    }

    /// Whether a column of the file is used, for the table or a look-up.
    pub(super) fn uses(&self, header: &str) -> bool {
        let is_lookup_key = |source: &Arc<Source>| source.lookup.values().any(|lookup| lookup.by == header);
        self.knows(header) || self.source.as_ref().is_some_and(is_lookup_key)
    }

    /// Whether the source maps one of `names` that is not one of `others`.
    pub(super) fn maps_any(&self, names: &[String], others: &[String]) -> bool {
        let is_meant = |name: &String| !name.is_empty() && names.contains(name) && !others.contains(name);
        self.source.as_ref().is_some_and(|source| source.columns.values().any(is_meant))
    }

    /// Finds the table's columns in a header: first by names of the source, then by contract names, then by synonyms.
    pub(super) fn bind(&self, names: &[String]) -> Binding {
        let mut slots: Vec<usize> = Vec::new();
        let mut slot = |field: usize| {
            slots.iter().position(|known| *known == field).unwrap_or_else(|| {
                slots.push(field);
                slots.len() - 1
            })
        };
        let place = |name: &str| names.iter().position(|known| known.trim() == name);
        let mut is_used = vec![false; names.len()];
        let mut origins: Vec<Option<Origin>> = Vec::new();
        let source = self.source.as_deref();
        for column in self.table.columns() {
            let origin = source.and_then(|source| {
                if let Some(lookup) = source.lookup.get(column.name) {
                    let (field, values) = (place(&lookup.by)?, self.lookups.get(column.name)?);
                    is_used[field] = true;
                    return Some(Origin::Lookup(slot(field), Arc::clone(&values.values)));
                }
                if let Some(text) = source.constant.get(column.name) {
                    return Some(Origin::Constant(text.clone()));
                }
                let field = place(source.columns.get(column.name)?)?;
                is_used[field] = true;
                Some(Origin::Slot(slot(field)))
            });
            origins.push(origin);
        }
        let exact = |name: &str| self.table.column(&name.to_ascii_lowercase());
        for pass in 0..2 {
            for (field, name) in names.iter().enumerate() {
                let found = if pass == 0 { exact(name.trim()) } else { self.table.column_of_header(name) };
                let Some(at) = found.and_then(|found| self.table.columns().iter().position(|column| column == found))
                else {
                    continue;
                };
                let is_mapped = source.is_some_and(|source| source.columns.contains_key(self.table.columns()[at].name));
                let is_undated_age =
                    self.table.columns()[at].name == "age" && source.is_none_or(|source| source.age_as_of.is_none());
                if !is_used[field] && origins[at].is_none() && !is_mapped && !is_undated_age {
                    is_used[field] = true;
                    origins[at] = Some(Origin::Slot(slot(field)));
                }
            }
        }
        let unknown = names.iter().zip(&is_used).filter(|(name, is_used)| !**is_used && !name.is_empty());
        let unknown = unknown.map(|(name, _)| name.clone()).collect();
        let found = self.table.columns().iter().zip(origins);
        let mut columns: Vec<BoundColumn> =
            found.filter_map(|(column, origin)| Some(self.bound(column, origin?))).collect();
        for bound in columns.iter_mut().filter(|bound| bound.column.name == CONSENT) {
            if let Origin::Slot(slot) = bound.origin {
                bound.refusal = Some(names[slots[slot]].clone()).filter(|header| Table::means_refusal(header));
            }
        }
        Binding { fields: slots, columns, unknown }
    }

    /// Refuses a file whose column `unused` looks like consent, because ignoring it would count as consent. The column may be
    /// ignored if the source defines consent for this file.
    pub(super) fn check_consent(&self, binding: &Binding, unused: Option<&str>) -> Result<(), FileError> {
        let bound = binding.columns.iter().find(|bound| bound.column.name == CONSENT);
        if let Some(BoundColumn { values: None, refusal: Some(header), .. }) = bound {
            return Err(FileError::RefusalAsConsent(header.clone()));
        }
        let source = self.source.as_deref();
        let is_defined = source.is_some_and(|source| match source.columns.get(CONSENT) {
            Some(header) => header.is_empty() || bound.is_some(),
            None => source.constant.contains_key(CONSENT) || source.lookup.contains_key(CONSENT),
        });
        match unused.filter(|_| !is_defined) {
            Some(header) => Err(FileError::UnknownConsent(header.to_owned())),
            None => Ok(()),
        }
    }

    fn bound(&self, column: &'static Column, origin: Origin) -> BoundColumn {
        let source = self.source.as_deref();
        let constant = matches!(origin, Origin::Constant(_));
        let time = source.filter(|_| !constant).and_then(|source| source.time.get(column.name));
        BoundColumn {
            column,
            origin,
            time: time.map_or(TimeFormat::Auto, |format| TimeFormat::named(format)),
            split: source.and_then(|source| source.split.get(column.name).cloned()),
            add: source.and_then(|source| source.add.get(column.name).copied()).unwrap_or(0),
            values: source.and_then(|source| source.values.get(column.name).cloned()),
            refusal: None,
        }
    }

    /// Whether a header has all required columns.
    pub(super) fn suffices(&self, names: &[String]) -> bool {
        self.check(&self.bind(names), names).is_ok()
    }

    /// The contract column that a key names, so that several keys may name one column. `None` for unknown keys and keys that the
    /// source maps.
    pub(super) fn meaning(&self, key: &str) -> Option<&'static str> {
        let mapped = |source: &Arc<Source>| {
            source.columns.values().any(|name| name == key) || source.lookup.values().any(|lookup| lookup.by == key)
        };
        let column = self.table.column_of_header(key)?;
        (!self.source.as_ref().is_some_and(mapped)).then_some(column.name)
    }

    /// Refuses a header without a required column.
    pub(super) fn check(&self, binding: &Binding, names: &[String]) -> Result<(), FileError> {
        let has = |name: &str| binding.columns.iter().any(|bound| bound.column.name == name);
        let missing = |why: String| {
            let found: Vec<&str> = names.iter().map(String::as_str).filter(|name| !name.is_empty()).take(30).collect();
            Err(FileError::MissingColumn { why, found: found.join(", ") })
        };
        for column in self.table.columns().iter().filter(|column| column.required) {
            if !has(column.name) {
                let named = self.source.as_ref().and_then(|source| source.columns.get(column.name));
                let mapped_name = named.map(|name| format!(" (mapped to {name})")).unwrap_or_default();
                return missing(format!(
                    "column {}{mapped_name} is missing, which every row of {} needs: {}; add it, or map it with a [[source]]",
                    column.name, self.table, column.meaning
                ));
            }
        }
        if self.table.needs_actor() && !has("member_id") && !has("openid") {
            return missing(format!(
                "column member_id or openid is missing; every row of {} needs one of them",
                self.table
            ));
        }
        Ok(())
    }
}
