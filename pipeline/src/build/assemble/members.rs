//! Loads members into the snapshot's columns.

use zhihui_data::Gender;
use zhihui_data::snapshot::{AgeBands, Lists, Members, NONE};

use super::columns::{count_of, text_of, texts_of};
use super::{Rows, Vocabulary};
use crate::build::BuildError;
use crate::lake::Lake;

struct MemberRow {
    id: String,
    openid: Option<String>,
    union: Option<String>,
    further_unions: Vec<String>,
    age: u32,
    gender: u8,
    home_district: Option<String>,
    work_district: Option<String>,
    joined_at: i64,
    follows: bool,
    personalised: bool,
    team_match: bool,
    lifecycle: u8,
    switch_mark: Option<String>,
}

/// All members, sorted by id.
pub(super) struct LoadedMembers(Vec<MemberRow>);

const COLUMNS: &[&str] = &[
    "member_id",
    "openid",
    "union_id",
    "further_unions",
    "age",
    "gender",
    "home_district",
    "work_district",
    "joined_at",
    "follows",
    "personalised",
    "team_match",
    "lifecycle",
    "switch_mark",
];

pub(super) async fn load(lake: &Lake) -> Result<LoadedMembers, BuildError> {
    let mut members = Vec::new();
    Rows::each(lake, "member_states", COLUMNS, |rows| {
        let (ids, openids, unions) = (rows.text("member_id")?, rows.text("openid")?, rows.text("union_id")?);
        let (further, ages, genders) = (rows.list("further_unions")?, rows.number("age")?, rows.text("gender")?);
        let (homes, works) = (rows.text("home_district")?, rows.text("work_district")?);
        let (follows, personalised) = (rows.flag("follows")?, rows.flag("personalised")?);
        let (team_match, lifecycles) = (rows.flag("team_match")?, rows.text("lifecycle")?);
        let switch_marks = rows.text("switch_mark")?;
        for (row, joined_at) in rows.seconds("joined_at")?.enumerate() {
            members.push(MemberRow {
                id: ids.value(row).to_owned(),
                openid: text_of(openids, row),
                union: text_of(unions, row),
                further_unions: texts_of(further, row).unwrap_or_default(),
                age: count_of(ages, row),
                gender: gender_code(text_of(genders, row).as_deref()),
                home_district: text_of(homes, row),
                work_district: text_of(works, row),
                joined_at,
                follows: follows.value(row),
                personalised: personalised.value(row),
                team_match: team_match.value(row),
                lifecycle: lifecycle_code(lifecycles.value(row))?,
                switch_mark: text_of(switch_marks, row),
            });
        }
        Ok(())
    })
    .await?;
    members.sort_unstable_by(|one, other| one.id.cmp(&other.id));
    Ok(LoadedMembers(members))
}

/// 0 unknown or any, 1 male, 2 female.
pub(super) fn gender_code(text: Option<&str>) -> u8 {
    match text.and_then(Gender::parse) {
        None => 0,
        Some(Gender::Male) => 1,
        Some(Gender::Female) => 2,
    }
}

fn lifecycle_code(text: &str) -> Result<u8, BuildError> {
    let at = Members::LIFECYCLE.iter().position(|&stage| stage == text);
    at.and_then(|at| u8::try_from(at).ok())
        .ok_or_else(|| BuildError::Damaged { table: "built/member_states".to_owned(), column: "lifecycle".to_owned() })
}

impl LoadedMembers {
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|member| member.id.as_str())
    }

    /// The marks of the consent switches that the build considered, by row.
    pub(super) fn switch_marks(&self) -> Vec<(u32, String)> {
        (0_u32..).zip(&self.0).filter_map(|(row, member)| Some((row, member.switch_mark.clone()?))).collect()
    }

    pub(super) fn districts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|member| member.home_district.iter().chain(&member.work_district)).map(String::as_str)
    }

    pub(super) fn into_columns(
        self,
        ids: &Vocabulary,
        unions: &Vocabulary,
        districts: &Vocabulary,
        bands: &AgeBands,
    ) -> Members {
        let mut columns = Members::default();
        let mut memberships = Vec::with_capacity(ids.len());
        for member in self.0 {
            columns.id.push(member.id);
            columns.openid.push(member.openid.unwrap_or_default());
            columns.union.push(unions.optional_index_of(member.union.as_ref()));
            memberships.push(unions.indices_of(&member.further_unions));
            columns.age.push(member.age);
            columns.age_band.push(bands.band_of(member.age));
            columns.gender.push(member.gender);
            columns.home_district.push(districts.optional_index_of(member.home_district.as_ref()));
            columns.work_district.push(districts.optional_index_of(member.work_district.as_ref()));
            columns.joined_at.push(member.joined_at);
            columns.follows.push(member.follows);
            columns.personalised.push(member.personalised);
            columns.team_match.push(member.team_match);
            columns.lifecycle.push(member.lifecycle);
            columns.segment.push(NONE);
        }
        columns.memberships = Lists::from_rows(memberships);
        columns
    }
}
