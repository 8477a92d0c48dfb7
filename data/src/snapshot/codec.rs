//! Writes and reads snapshots, with a manifest.

use std::io::{Read, Write};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::blocks::{BlockReader, BlockWriter};
use super::contents::Snapshot;
use super::missing::NONE;
use super::model::RankerWeights;
use super::snapshot_model::SnapshotModel;

/// First bytes of a snapshot file.
const MAGIC: &[u8; 6] = b"ZHSNAP";
/// Version of the layout. Readers reject all other versions. Any change of a type below [`Snapshot`] needs a new
/// number, because postcard stores no field names and would misread another layout.
const FORMAT: u16 = 7;

/// A human-readable description of a snapshot, stored beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Name of the snapshot.
    pub version: String,
    /// The time of the snapshot's state, RFC 3339.
    pub as_of: String,
    /// Id of the event inbox that `inbox_sequence` refers to.
    #[serde(default)]
    pub inbox: String,
    /// The snapshot contains the inbox rows up to this number.
    pub inbox_sequence: u64,
    /// Number of members.
    pub members: usize,
    /// Number of items.
    pub items: usize,
    /// Name of the personal model.
    pub model: String,
    /// SHA-256 of the bytes in hexadecimal.
    pub sha256: String,
}

/// Why a snapshot cannot be read or written.
#[derive(Debug, Error)]
pub enum SnapshotError {
    /// The bytes do not start like a snapshot.
    #[error("not a snapshot; run `zhihui run` to publish again")]
    NoSnapshot,
    /// The snapshot was written by an earlier version of the program.
    #[error(
        "snapshot has format {0} of an earlier version, this program reads format {FORMAT}; run `zhihui run` once, which \
         publishes it again"
    )]
    Earlier(u16),
    /// The snapshot was written by a later version of the program.
    #[error(
        "snapshot has format {0} of a later version, this program reads format {FORMAT}; use that version, or run `zhihui run` \
         to publish again with this one"
    )]
    Later(u16),
    /// The bytes differ from the published ones.
    #[error(
        "snapshot is damaged: its SHA-256 is {actual}, the manifest says {expected}; publish again or use an earlier one"
    )]
    Damaged {
        /// The checksum in the manifest.
        expected: String,
        /// The checksum of the bytes.
        actual: String,
    },
    /// Columns of the snapshot contradict each other.
    #[error("snapshot is inconsistent: {0}; publish again or use an earlier one")]
    Inconsistent(&'static str),
    /// The bytes do not decode to a snapshot.
    #[error("snapshot bytes: {0}")]
    Bytes(#[from] postcard::Error),
    /// The file could not be read or written.
    #[error(transparent)]
    File(#[from] std::io::Error),
}

/// Writes a snapshot to a file as a stream and creates its manifest.
///
/// # Errors
/// [`SnapshotError::Inconsistent`] if columns contradict each other, so that an inconsistent snapshot is never
/// published; [`SnapshotError::File`].
pub fn write(snapshot: &Snapshot, file: impl Write) -> Result<Manifest, SnapshotError> {
    check(snapshot)?;
    let mut bytes = BlockWriter::new(file);
    let mut written = bytes.put(MAGIC).and_then(|()| bytes.put(&FORMAT.to_le_bytes()));
    if written.is_ok() {
        written = snapshot.serialize(&mut postcard::Serializer { output: &mut bytes });
    }
    let sha256 = bytes.finish()?;
    written?;
    Ok(Manifest {
        version: snapshot.version.clone(),
        as_of: chrono::DateTime::from_timestamp(snapshot.as_of, 0).unwrap_or_default().to_rfc3339(),
        inbox: snapshot.inbox.clone(),
        inbox_sequence: snapshot.inbox_sequence,
        members: snapshot.members.id.len(),
        items: snapshot.items.id.len(),
        model: snapshot.model.name.clone(),
        sha256,
    })
}

/// Reads a snapshot as a stream, straight into its columns, and verifies it against its manifest.
///
/// # Errors
/// [`SnapshotError`] if the file is damaged, has another format, is inconsistent or cannot be read.
pub fn read(file: impl Read, manifest: &Manifest) -> Result<Snapshot, SnapshotError> {
    let mut bytes = BlockReader::new(file);
    let snapshot = read_format(&mut bytes)
        .and_then(|()| Ok(Snapshot::deserialize(&mut postcard::Deserializer::from_flavor(&mut bytes))?));
    // Damage is the reason of all other errors.
    compare(bytes.finish()?, manifest)?;
    let snapshot = snapshot?;
    check(&snapshot)?;
    Ok(snapshot)
}

/// Reads the model of a snapshot and verifies the file against its manifest. Of the rest, only one field is in memory at a time.
///
/// # Errors
/// As [`read()`], except that columns are not compared with each other.
pub fn read_model(file: impl Read, manifest: &Manifest) -> Result<SnapshotModel, SnapshotError> {
    let mut bytes = BlockReader::new(file);
    let model = read_format(&mut bytes)
        .and_then(|()| Ok(SnapshotModel::deserialize(&mut postcard::Deserializer::from_flavor(&mut bytes))?));
    compare(bytes.finish()?, manifest)?;
    model
}

/// Verifies a file against the manifest of its snapshot, block by block.
///
/// # Errors
/// [`SnapshotError`] if the file is damaged, has another format or cannot be read.
pub fn verify(file: impl Read, manifest: &Manifest) -> Result<(), SnapshotError> {
    copy(file, std::io::sink(), manifest)
}

/// Copies a file and verifies what was read against the manifest of its snapshot, block by block.
///
/// # Errors
/// [`SnapshotError`] as by [`verify`], or if the copy cannot be written.
pub fn copy(from: impl Read, mut to: impl Write, manifest: &Manifest) -> Result<(), SnapshotError> {
    let mut bytes = BlockReader::new(from);
    let format = read_format(&mut bytes);
    if format.is_ok() {
        to.write_all(MAGIC)?;
        to.write_all(&FORMAT.to_le_bytes())?;
        while let Ok(block) = bytes.next_block()
            && !block.is_empty()
        {
            to.write_all(block)?;
        }
    }
    compare(bytes.finish()?, manifest)?;
    format
}

/// Encodes a snapshot in memory and creates its manifest.
///
/// # Errors
/// As [`write()`].
pub fn encode(snapshot: &Snapshot) -> Result<(Vec<u8>, Manifest), SnapshotError> {
    let mut bytes = Vec::new();
    let manifest = write(snapshot, &mut bytes)?;
    Ok((bytes, manifest))
}

/// Decodes a snapshot and verifies it against its manifest.
///
/// # Errors
/// As [`read()`].
pub fn decode(bytes: &[u8], manifest: &Manifest) -> Result<Snapshot, SnapshotError> {
    read(bytes, manifest)
}

fn read_format(bytes: &mut BlockReader<impl Read>) -> Result<(), SnapshotError> {
    let magic = bytes.take(MAGIC.len()).ok().filter(|magic| magic == MAGIC);
    magic.ok_or(SnapshotError::NoSnapshot)?;
    let format = bytes.take(size_of::<u16>())?.try_into().map_or(0, u16::from_le_bytes);
    match format {
        FORMAT => Ok(()),
        earlier if earlier < FORMAT => Err(SnapshotError::Earlier(earlier)),
        later => Err(SnapshotError::Later(later)),
    }
}

fn compare(actual: String, manifest: &Manifest) -> Result<(), SnapshotError> {
    if actual == manifest.sha256 {
        return Ok(());
    }
    Err(SnapshotError::Damaged { expected: manifest.sha256.clone(), actual })
}

fn check(snapshot: &Snapshot) -> Result<(), SnapshotError> {
    let (members, items, unions) = (&snapshot.members, &snapshot.items, &snapshot.unions);
    let (n_members, n_items, n_unions) = (members.id.len(), items.id.len(), unions.id.len());
    let (n_topics, n_districts, n_bands) =
        (snapshot.topics.len(), snapshot.districts.len(), snapshot.age_bands.count());
    let ensure = |sound: bool, what| if sound { Ok(()) } else { Err(SnapshotError::Inconsistent(what)) };
    let index = |column: &[u32], bound: usize| column.iter().all(|&at| at == NONE || (at as usize) < bound);
    let sorted = |ids: &[String]| ids.windows(2).all(|pair| pair[0] < pair[1]);

    ensure(sorted(&members.id) && sorted(&items.id) && sorted(&unions.id), "ids are not sorted and unique")?;
    let lengths = [
        members.openid.len(),
        members.union.len(),
        members.age.len(),
        members.age_band.len(),
        members.gender.len(),
        members.home_district.len(),
        members.work_district.len(),
        members.joined_at.len(),
        members.follows.len(),
        members.personalised.len(),
        members.team_match.len(),
        members.lifecycle.len(),
        members.segment.len(),
    ];
    ensure(lengths.iter().all(|&length| length == n_members), "member columns differ in length")?;
    ensure(members.memberships.is_sound(n_members, n_unions), "memberships")?;
    ensure(index(&members.union, n_unions) && index(&unions.parent, n_unions), "union indices")?;
    ensure(
        [unions.name.len(), unions.district.len(), unions.parent.len()] == [n_unions; 3],
        "union columns differ in length",
    )?;
    let districts = [&members.home_district, &members.work_district, &unions.district, &items.district];
    ensure(districts.into_iter().all(|column| index(column, n_districts)), "district indices")?;
    ensure(members.age_band.iter().all(|&band| usize::from(band) < n_bands), "age bands")?;
    ensure(index(&members.segment, snapshot.model.segments.len()), "segments")?;
    let lengths = [
        items.kind.len(),
        items.title.len(),
        items.published_at.len(),
        items.starts_at.len(),
        items.ends_at.len(),
        items.opens_at.len(),
        items.closes_at.len(),
        items.union.len(),
        items.capacity.len(),
        items.per_union_cap.len(),
        items.per_member_cap.len(),
        items.child_tickets.len(),
        items.own_session_at.len(),
        items.team_size.len(),
        items.min_age.len(),
        items.max_age.len(),
        items.gender.len(),
        items.limited_to_unions.len(),
        items.limited_to_districts.len(),
        items.district.len(),
        items.price.len(),
        items.urgent.len(),
        items.announces.len(),
        items.seats_taken.len(),
    ];
    ensure(lengths.iter().all(|&length| length == n_items), "item columns differ in length")?;
    ensure(items.topics.is_sound(n_items, n_topics), "topics of items")?;
    ensure(
        items.open_to_unions.is_sound(n_items, n_unions) && items.seats_by_union.is_sound(n_items, n_unions),
        "unions of items",
    )?;
    ensure(items.open_to_districts.is_sound(n_items, n_districts), "districts of items")?;
    ensure(index(&items.union, n_unions) && index(&items.announces, n_items), "item indices")?;
    ensure(snapshot.history.is_sound(n_members, n_items), "history")?;
    ensure(snapshot.sign_ups.is_sound(n_members, n_items), "sign-ups")?;
    ensure(snapshot.unattributed.is_sound(n_items, n_bands), "events without members")?;
    ensure(index(&snapshot.undescribed, n_items) && snapshot.undescribed.is_sorted(), "items without description")?;
    ensure(snapshot.openids.is_sound(n_members), "openids")?;
    ensure(snapshot.propensities.is_sound(n_members, n_items), "propensities")?;
    ensure(snapshot.switch_marks.is_sorted_by_key(|(row, _)| *row), "consent switches")?;
    check_model(snapshot, n_members, n_items, n_topics, n_bands)
}

fn check_model(
    snapshot: &Snapshot,
    n_members: usize,
    n_items: usize,
    n_topics: usize,
    n_bands: usize,
) -> Result<(), SnapshotError> {
    let model = &snapshot.model;
    let ensure = |sound: bool, what| if sound { Ok(()) } else { Err(SnapshotError::Inconsistent(what)) };
    ensure(model.popularity.overall.len() == n_items, "popularity")?;
    ensure(model.popularity.by_band.len() == n_items * n_bands, "popularity by age band")?;
    ensure(model.preferences.evidence.is_sound(n_members, n_topics), "preferences")?;
    ensure(model.preferences.band_shares.len() == n_bands * n_topics, "shares of age bands")?;
    ensure(model.preferences.prior_weight.len() == n_bands, "prior weights")?;
    ensure(model.preferences.overall_shares.len() == n_topics, "overall shares")?;
    ensure(model.neighbours.is_sound(n_items, n_items), "neighbours")?;
    ensure(model.member_map.is_empty() || model.member_map.len() == 2 * n_members, "member map")?;
    if let Some(factors) = &model.factors {
        let rank = factors.rank as usize;
        ensure(factors.members.len() == n_members * rank && factors.items.len() == n_items * rank, "factors")?;
        ensure(factors.gram.len() == rank && factors.item_is_warm.len() == n_items, "factor columns")?;
        let means = factors.band_means.len();
        ensure(means == 0 || means == n_bands * rank, "means of age bands")?;
        let vectors = factors.members.iter().chain(&factors.items).chain(&factors.band_means);
        ensure(vectors.chain([&factors.prior_weight]).all(|value| value.is_finite()), "factors are not finite")?;
    }
    let ranker = |ranker: &RankerWeights| {
        let n = ranker.features.len();
        [ranker.weights.len(), ranker.means.len(), ranker.scales.len()] == [n; 3]
    };
    ensure(model.rankers.iter().all(ranker), "ranker columns differ in length")
}

#[cfg(test)]
mod tests {
    use super::super::model::{Model, Preferences};
    use super::*;

    #[test]
    fn snapshot_round_trips_and_damage_is_detected() {
        let empty = Snapshot {
            version: "v1".into(),
            model: Model {
                preferences: Preferences { prior_weight: vec![0.0; 8], ..Default::default() },
                ..Default::default()
            },
            ..Default::default()
        };
        let (mut bytes, manifest) = encode(&empty).expect("sound");
        assert_eq!(decode(&bytes, &manifest).expect("whole"), empty);
        let mut copied = Vec::new();
        copy(&bytes[..], &mut copied, &manifest).expect("whole");
        assert_eq!(copied, bytes);
        for at in 0..bytes.len() {
            bytes[at] ^= 1;
            assert!(matches!(decode(&bytes, &manifest), Err(SnapshotError::Damaged { .. })), "byte {at}");
            assert!(matches!(verify(&bytes[..], &manifest), Err(SnapshotError::Damaged { .. })), "byte {at}");
            assert!(matches!(read_model(&bytes[..], &manifest), Err(SnapshotError::Damaged { .. })), "byte {at}");
            bytes[at] ^= 1;
        }
        let short = &bytes[..bytes.len() - 1];
        assert!(matches!(decode(short, &manifest), Err(SnapshotError::Damaged { .. })));
    }

    #[test]
    fn inconsistent_columns_are_rejected() {
        let mut broken = Snapshot::default();
        broken.members.id.push("m1".into());
        assert!(matches!(encode(&broken), Err(SnapshotError::Inconsistent(_))));
    }
}
