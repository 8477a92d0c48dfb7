//! The members as columns, with their groups.

use std::collections::{BTreeSet, HashMap};

use arrow::array::Array;
use chrono::{DateTime, Datelike};
use zhihui_data::Zone;

use super::batches::{each_batch, text};
use super::ids::Ids;
use crate::lake::LakeTable;
use crate::report::ReportError;

/// A combination of union, age band and district, as numbers of texts.
pub(in crate::report) type GroupTexts = [u32; 3];

/// Every member. A member's row is the place in the columns. Members of a group follow each other, so that counts by group read
/// the groups in their order.
#[derive(Debug, Default)]
pub(in crate::report) struct MemberColumns {
    /// Number of the member's id.
    pub(in crate::report) ids: Vec<u32>,
    /// Place in `groups`.
    pub(in crate::report) group_of: Vec<u32>,
    pub(in crate::report) groups: Vec<GroupTexts>,
    /// Place in `bands`.
    pub(in crate::report) band_of: Vec<u16>,
    /// Numbers of the texts of age bands, and that of no text.
    pub(in crate::report) bands: Vec<u32>,
    /// Home and work district, as numbers of texts.
    pub(in crate::report) districts: Vec<[u32; 2]>,
    /// Texts of unions, age bands and districts.
    pub(in crate::report) texts: Ids,
    pub(in crate::report) follows: Vec<bool>,
    pub(in crate::report) personalised: Vec<Option<bool>>,
    /// Microseconds since 1970.
    pub(in crate::report) joined_at: Vec<Option<i64>>,
    /// First activity in microseconds since 1970.
    pub(in crate::report) first_active_at: Vec<Option<i64>>,
    /// Month of the first activity, 0 without one.
    pub(in crate::report) first_month: Vec<Month>,
    pub(in crate::report) by_openid: HashMap<String, u32>,
    /// The last of `joined_at`.
    pub(super) last_joined: Option<i64>,
    /// Memory of `by_openid` in bytes, about.
    openid_bytes: usize,
}

/// A calendar month as year * 12 + month - 1.
pub(in crate::report) type Month = u16;

/// The calendar month of an instant.
pub(in crate::report) fn month(zone: Zone, micros: i64) -> Month {
    let day = DateTime::from_timestamp_micros(micros).map(|at| zone.day(at)).unwrap_or_default();
    u16::try_from(day.year() * 12 + day.month0() as i32).unwrap_or_default()
}

/// The month as text, such as "2026-03".
pub(in crate::report) fn month_text(month: Month) -> String {
    format!("{:04}-{:02}", month / 12, month % 12 + 1)
}

impl MemberColumns {
    pub(super) async fn read(table: &LakeTable, ids: &mut Ids, zone: Zone) -> Result<Self, ReportError> {
        let mut members = Self::default();
        let mut known: HashMap<GroupTexts, u32> = HashMap::new();
        let (mut texts_of_ids, mut openids): (Vec<String>, Vec<Option<String>>) = (Vec::new(), Vec::new());
        let columns = [
            "member_id",
            "openid",
            "union_id",
            "age_band",
            "home_district",
            "work_district",
            "follows",
            "personalised",
            "joined_at",
            "first_active_at",
        ];
        each_batch(table, &table.files(), &columns, |batch| {
            let (id, openid) = (batch.texts("member_id")?, batch.texts("openid")?);
            let (union, band) = (batch.texts("union_id")?, batch.texts("age_band")?);
            let (home, work) = (batch.texts("home_district")?, batch.texts("work_district")?);
            let (follows, personalised) = (batch.flags("follows")?, batch.flags("personalised")?);
            let (joined_at, first_active_at) = (batch.instants("joined_at")?, batch.instants("first_active_at")?);
            for (row, &first_active_at) in first_active_at.iter().enumerate() {
                let Some(id) = text(&id, row) else { continue };
                texts_of_ids.push(id.to_owned());
                let texts = [text(&union, row), text(&band, row), text(&home, row).or_else(|| text(&work, row))];
                let group = texts.map(|text| members.texts.add_some(text));
                let districts = [&home, &work].map(|district| members.texts.add_some(text(district, row)));
                members.districts.push(districts);
                members.joined_at.push(joined_at[row]);
                let next = members.groups.len() as u32;
                let group_at = *known.entry(group).or_insert(next);
                if group_at == next {
                    members.groups.push(group);
                }
                members.group_of.push(group_at);
                let band = members.bands.iter().position(|band| *band == group[1]);
                members.band_of.push(band.unwrap_or(members.bands.len()) as u16);
                if band.is_none() {
                    members.bands.push(group[1]);
                }
                members.follows.push(follows.is_valid(row) && follows.value(row));
                members.personalised.push(personalised.is_valid(row).then(|| personalised.value(row)));
                members.first_active_at.push(first_active_at);
                members.first_month.push(first_active_at.map_or(0, |at| month(zone, at)));
                openids.push(text(&openid, row).map(str::to_owned));
            }
            Ok(())
        })
        .await?;
        let mut order: Vec<u32> = (0..texts_of_ids.len() as u32).collect();
        members.sort_groups();
        order.sort_by_key(|&row| members.group_of[row as usize]);
        let mut members = members.in_order(&order);
        for (at, &row) in order.iter().enumerate() {
            members.ids.push(ids.add(&texts_of_ids[row as usize]));
            if let Some(openid) = openids[row as usize].take() {
                members.openid_bytes += openid.len() + 40;
                members.by_openid.insert(openid, at as u32);
            }
        }
        members.last_joined = members.joined_at.iter().flatten().copied().max();
        Ok(members)
    }

    fn sort_groups(&mut self) {
        let mut sorted: Vec<u32> = (0..self.groups.len() as u32).collect();
        sorted.sort_by_key(|&group| self.groups[group as usize]);
        let mut place_of = vec![0; sorted.len()];
        sorted.iter().zip(0..).for_each(|(&group, place)| place_of[group as usize] = place);
        self.group_of.iter_mut().for_each(|group| *group = place_of[*group as usize]);
        self.groups.sort_unstable();
    }

    /// The columns with their rows in another order.
    fn in_order(self, order: &[u32]) -> Self {
        fn taken<T: Copy>(values: &[T], order: &[u32]) -> Vec<T> {
            order.iter().map(|&row| values[row as usize]).collect()
        }
        Self {
            group_of: taken(&self.group_of, order),
            band_of: taken(&self.band_of, order),
            districts: taken(&self.districts, order),
            follows: taken(&self.follows, order),
            personalised: taken(&self.personalised, order),
            joined_at: taken(&self.joined_at, order),
            first_active_at: taken(&self.first_active_at, order),
            first_month: taken(&self.first_month, order),
            ..self
        }
    }

    /// The age bands or districts of members, sorted.
    pub(in crate::report) fn known(&self, dimension: usize) -> BTreeSet<&str> {
        self.groups.iter().filter_map(|group| self.texts.text(group[dimension])).collect()
    }

    /// Memory in bytes, about.
    pub(super) fn bytes(&self) -> usize {
        self.ids.len() * 58 + self.groups.len() * 32 + self.texts.bytes() + self.openid_bytes
    }
}
