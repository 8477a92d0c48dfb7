//! Plan: maps the columns of one kind of file to the columns of a table.

mod absent;
mod derived;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use zhihui_data::{Column, Table, Zone, nearest_name};

use super::error::FileError;
use super::shape::Shape;
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
    /// The paths that the source names, by the column that they begin with.
    paths: BTreeMap<String, Vec<String>>,
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
    /// The field of each slot. Slots are the text columns of a chunk. Slots of derived texts follow, with the first field that
    /// the text is made from.
    pub fields: Vec<usize>,
    /// Number of slots that are read from the file.
    pub read_slots: usize,
    pub columns: Vec<BoundColumn>,
    pub unknown: Vec<String>,
    /// How rows are made. `None` if they are those of the file.
    pub shape: Option<Shape>,
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

impl Binding {
    /// The slot with the text of the file that a slot was made from.
    pub(super) fn text_slot(&self, slot: usize) -> usize {
        self.shape.as_ref().map_or(slot, |shape| shape.text_slot(slot, self.read_slots))
    }
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
        let zone = source.as_ref().and_then(|source| source.zone).unwrap_or(zone);
        let mut paths: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for column in source.iter().flat_map(|source| source.file_columns()) {
            if let Some((root, _)) = column.name.split_once('.') {
                let paths = paths.entry(root.to_owned()).or_default();
                if !paths.iter().any(|path| path == column.name) {
                    paths.push(column.name.to_owned());
                }
            }
        }
        Ok(Self { table, source, zone, as_of, limits, fingerprint, lookups, paths })
    }

    /// The application transaction of a file with this content.
    pub(super) fn transaction(&self, sha256: &str) -> String {
        format!("file:{sha256}:{}", self.fingerprint)
    }

    /// Whether a header is a column of the table.
    pub(super) fn knows(&self, header: &str) -> bool {
        let header = header.trim();
        self.names(header) || self.table.column_of_header(header).is_some()
    }

    /// Whether the source names a column of the file.
    fn names(&self, header: &str) -> bool {
        self.source.as_ref().is_some_and(|source| source.names(header))
    }

    /// The paths that the source names and that begin with this column.
    pub(super) fn paths_in(&self, column: &str) -> &[String] {
        self.paths.get(column).map_or(&[], Vec::as_slice)
    }

    /// Whether a column of the file is expanded to rows.
    pub(super) fn expands(&self, column: &str) -> bool {
        self.source.as_ref().is_some_and(|source| source.expands(column))
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
        let source = self.source.as_deref();
        // A column that is only tested or looked up may be a column of the table as well.
        let (mut is_used, mut is_named) = (vec![false; names.len()], vec![false; names.len()]);
        for column in source.into_iter().flat_map(Source::file_columns) {
            if let Some(field) = place(column.name) {
                is_named[field] = true;
                is_used[field] |= column.is_stored();
            }
        }
        let mut origins: Vec<Option<Origin>> = Vec::new();
        for column in self.table.columns() {
            let origin = source.and_then(|source| {
                if let Some(lookup) = source.lookup.get(column.name) {
                    let (field, values) = (place(&lookup.by)?, self.lookups.get(column.name)?);
                    return Some(Origin::Lookup(slot(field), Arc::clone(&values.values)));
                }
                if let Some(text) = source.constant.get(column.name) {
                    return Some(Origin::Constant(text.clone()));
                }
                Some(Origin::Slot(slot(place(source.columns.get(column.name)?)?)))
            });
            origins.push(origin);
        }
        let mut shape = source.and_then(|source| Shape::of(source, |name| place(name).map(&mut slot)));
        let exact = |name: &str| self.table.column(&name.to_ascii_lowercase());
        for pass in 0..2 {
            for (field, name) in names.iter().enumerate() {
                let found = if pass == 0 { exact(name.trim()) } else { self.table.column_of_header(name) };
                let Some(at) = found.and_then(|found| self.table.columns().iter().position(|column| column == found))
                else {
                    continue;
                };
                let name = self.table.columns()[at].name;
                let is_mapped = source.is_some_and(|source| {
                    source.columns.contains_key(name)
                        || source.first_of.contains_key(name)
                        || source.cases.contains_key(name)
                        || source.row_number.contains_key(name)
                });
                let is_undated_age = name == "age" && source.is_none_or(|source| source.age_as_of.is_none());
                if !is_used[field] && origins[at].is_none() && !is_mapped && !is_undated_age {
                    is_used[field] = true;
                    origins[at] = Some(Origin::Slot(slot(field)));
                }
            }
        }
        let is_unknown = |field: &usize| {
            let name = &names[*field];
            !is_used[*field] && !is_named[*field] && !name.is_empty() && self.paths_in(name).is_empty()
        };
        let unknown = (0..names.len()).filter(is_unknown).map(|field| names[field].clone()).collect();
        if let (Some(shape), Some(source)) = (&mut shape, source) {
            self.bind_shape(shape, source, &mut origins, (names, &slots));
        }
        let found = self.table.columns().iter().zip(origins);
        let mut columns: Vec<BoundColumn> =
            found.filter_map(|(column, origin)| Some(self.bound(column, origin?))).collect();
        for bound in columns.iter_mut().filter(|bound| bound.column.name == CONSENT) {
            let own = if let Origin::Slot(slot) = bound.origin { Some(slot) } else { None };
            let others = shape.iter().flat_map(|shape| shape.first_of(CONSENT));
            let headers = own.iter().chain(others).filter_map(|slot| Some(&names[*slots.get(*slot)?]));
            bound.refusal = headers.into_iter().find(|header| Table::means_refusal(header)).cloned();
        }
        let read_slots = slots.len();
        for place in 0..shape.as_ref().map_or(0, |shape| shape.derived.len()) {
            let inputs = shape.iter().flat_map(|shape| shape.inputs(read_slots + place, read_slots));
            slots.push(inputs.map(|slot| slots[slot]).next().unwrap_or(0));
        }
        Binding { fields: slots, read_slots, columns, unknown, shape }
    }

    /// Refuses ages without the day for which they are valid, because dropping them would lose the members' age bands. A column
    /// of birth dates or years makes ages unnecessary, unless the source maps them.
    pub(super) fn check_age(&self, binding: &Binding) -> Result<(), FileError> {
        let source = self.source.as_deref();
        if source.is_some_and(|source| source.age_as_of.is_some()) {
            return Ok(());
        }
        let has = |name: &str| binding.columns.iter().any(|bound| bound.column.name == name);
        let is_omitted = source.is_some_and(|source| source.columns.contains_key("age"));
        let is_age = |name: &&String| self.table.column_of_header(name).is_some_and(|column| column.name == "age");
        let unused = binding.unknown.iter().find(is_age).filter(|_| !is_omitted);
        match unused {
            _ if has("age") => Err(FileError::UndatedAge("age".to_owned())),
            Some(header) if !["birth_date", "birth_year", "id_number"].into_iter().any(has) => {
                Err(FileError::UndatedAge(header.trim().to_owned()))
            }
            _ => Ok(()),
        }
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
            None => {
                source.constant.contains_key(CONSENT)
                    || source.lookup.contains_key(CONSENT)
                    || source.cases.contains_key(CONSENT)
                    || (source.first_of.contains_key(CONSENT) && bound.is_some())
            }
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
        let column = self.table.column_of_header(key)?;
        (!self.names(key)).then_some(column.name)
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
                let near = |name: &String| nearest_name(name, names.iter().map(String::as_str)).map(str::to_owned);
                let mapped_name = named.map(|name| {
                    let hint = near(name).map(|near| format!("; did you mean {near:?}?")).unwrap_or_default();
                    format!(" (mapped to {name}{hint})")
                });
                let mapped_name = mapped_name.unwrap_or_default();
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
