//! The model of a snapshot, read without keeping members and events.

use std::marker::PhantomData;

use serde::{Deserialize, Deserializer};

use super::history::History;
use super::items::Items;
use super::members::{AgeBands, Members, Unions};
use super::model::Model;
use super::sign_ups::SignUps;
use crate::calendar::Zone;

/// The model of a snapshot, with what it refers to. Vectors of members and their map are left out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SnapshotModel {
    /// Time of the state that was learnt from.
    pub as_of: i64,
    /// Topics by index, sorted.
    pub topics: Vec<String>,
    /// The model.
    pub model: Model,
}

/// A field that is read and not kept.
struct Dropped<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Dropped<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(|_| Self(PhantomData))
    }
}

/// The fields of [`Snapshot`](super::Snapshot) before its topics, those between topics and model, and those two.
type Fields = (String, i64, String, u64, Zone, Vec<String>, (Vec<u32>, Vec<String>, AgeBands), LargeFields, Model);
type LargeFields = (Dropped<Unions>, Dropped<Members>, Dropped<Items>, Dropped<History>, Dropped<SignUps>);

impl<'de> Deserialize<'de> for SnapshotModel {
    /// Reads the bytes of a whole snapshot up to the model. The format stores fields one after the other without names or lengths,
    /// so that tuples and structs have the same bytes.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (_, as_of, _, _, _, topics, _, _, model) = Fields::deserialize(deserializer)?;
        let model = Model { factors: None, member_map: Vec::new(), ..model };
        Ok(Self { as_of, topics, model })
    }
}
