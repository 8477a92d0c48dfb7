//! Loads items into the snapshot's columns.

use arrow::array::Array;
use zhihui_data::snapshot::{Items, Lists, NO_TIME, NONE};
use zhihui_data::{ItemKind, district};

use super::columns::{count_of, text_of, texts_of};
use super::members::gender_code;
use super::{Rows, Vocabulary};
use crate::build::BuildError;
use crate::lake::Lake;

struct ItemRow {
    id: String,
    kind: ItemKind,
    title: Option<String>,
    topics: Vec<String>,
    /// In the order of [`TIMES`].
    times: [i64; 5],
    union: Option<String>,
    /// In the order of [`COUNTS`].
    counts: [u32; 8],
    gender: u8,
    open_to_unions: Option<Vec<String>>,
    open_to_districts: Option<Vec<String>>,
    district: Option<String>,
    price: f32,
    urgent: bool,
    announces: Option<String>,
}

const TIMES: [&str; 5] = ["published_at", "starts_at", "ends_at", "sign_up_opens_at", "sign_up_closes_at"];
const COUNTS: [&str; 8] = [
    "capacity",
    "per_union_cap",
    "per_member_cap",
    "child_tickets",
    "own_session_at",
    "team_size",
    "min_age",
    "max_age",
];

impl ItemRow {
    /// Whether it has a title and at least one attribute.
    fn is_described(&self) -> bool {
        let has_attribute = !self.topics.is_empty()
            || self.times.iter().any(|&time| time != NO_TIME)
            || self.counts.iter().any(|&count| count != NONE)
            || self.union.is_some()
            || self.gender != 0
            || self.open_to_unions.is_some()
            || self.open_to_districts.is_some()
            || self.district.is_some()
            || self.price >= 0.0
            || self.urgent
            || self.announces.is_some();
        has_attribute && self.title.as_deref().is_some_and(|title| !title.trim().is_empty())
    }
}

/// All items, sorted by id.
pub(super) struct LoadedItems(Vec<ItemRow>);

pub(super) async fn load(lake: &Lake) -> Result<LoadedItems, BuildError> {
    let mut items = Vec::new();
    Rows::each(lake, "items", &[], |rows| {
        let (ids, kinds, titles) = (rows.text("item_id")?, rows.text("kind")?, rows.text("title")?);
        let (topics, unions, genders) = (rows.list("topics")?, rows.text("union_id")?, rows.text("gender")?);
        let (to_unions, to_districts) = (rows.list("open_to_unions")?, rows.list("open_to_districts")?);
        let (districts, prices) = (rows.text("district")?, rows.real("price")?);
        let (urgent, announces) = (rows.flag("urgent")?, rows.text("announces")?);
        let seconds = |name| rows.seconds(name).map(Iterator::collect::<Vec<i64>>);
        let times = TIMES.map(seconds);
        let counts: Vec<_> = COUNTS.into_iter().map(|name| rows.number(name)).collect::<Result<_, _>>()?;
        let [published_at, starts_at, ends_at, opens_at, closes_at] = times;
        let (published_at, starts_at, ends_at) = (published_at?, starts_at?, ends_at?);
        let (opens_at, closes_at) = (opens_at?, closes_at?);
        for row in 0..rows.len() {
            let kind = ItemKind::parse(kinds.value(row));
            let price = prices.is_valid(row).then(|| prices.value(row));
            items.push(ItemRow {
                id: ids.value(row).to_owned(),
                kind: kind.ok_or_else(|| BuildError::Damaged { table: "built/items".into(), column: "kind".into() })?,
                title: text_of(titles, row),
                topics: texts_of(topics, row).unwrap_or_default(),
                times: [published_at[row], starts_at[row], ends_at[row], opens_at[row], closes_at[row]],
                union: text_of(unions, row),
                counts: std::array::from_fn(|at| count_of(counts[at], row)),
                gender: gender_code(text_of(genders, row).as_deref()),
                open_to_unions: texts_of(to_unions, row),
                open_to_districts: texts_of(to_districts, row)
                    .map(|names| names.iter().map(|name| district::normalised(name)).collect()),
                district: text_of(districts, row),
                price: price.map_or(-1.0, |price| price as f32),
                urgent: urgent.value(row),
                announces: text_of(announces, row),
            });
        }
        Ok(())
    })
    .await?;
    items.sort_unstable_by(|one, other| one.id.cmp(&other.id));
    Ok(LoadedItems(items))
}

impl LoadedItems {
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|item| item.id.as_str())
    }

    pub(super) fn topics(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|item| &item.topics).map(String::as_str)
    }

    pub(super) fn districts(&self) -> impl Iterator<Item = &str> {
        let open_to = self.0.iter().flat_map(|item| item.open_to_districts.iter().flatten());
        self.0.iter().filter_map(|item| item.district.as_ref()).chain(open_to).map(String::as_str)
    }

    /// Returns the rows of items without a title or without any attribute, ascending. If no article is described, the account has
    /// no list of articles, and the result contains no articles; likewise activities.
    pub(super) fn undescribed(&self) -> Vec<u32> {
        let is_article = |item: &ItemRow| item.kind == ItemKind::Article;
        let has_described =
            [false, true].map(|articles| self.0.iter().any(|item| is_article(item) == articles && item.is_described()));
        let is_undescribed = |item: &ItemRow| !item.is_described() && has_described[usize::from(is_article(item))];
        (0_u32..).zip(&self.0).filter(|(_, item)| is_undescribed(item)).map(|(row, _)| row).collect()
    }

    /// Converts the rows to columns. Taken seats are left empty.
    pub(super) fn into_columns(
        self,
        ids: &Vocabulary,
        unions: &Vocabulary,
        districts: &Vocabulary,
        topics: &Vocabulary,
    ) -> Items {
        let mut columns = Items::default();
        let (mut of_topics, mut to_unions, mut to_districts) = (Vec::new(), Vec::new(), Vec::new());
        for item in self.0 {
            let [published_at, starts_at, ends_at, opens_at, closes_at] = item.times;
            let [capacity, per_union, per_member, child_tickets, own_session_at, team_size, min_age, max_age] =
                item.counts;
            columns.title.push(item.title.unwrap_or_else(|| item.id.clone()));
            columns.kind.push(item.kind);
            of_topics.push(topics.indices_of(&item.topics));
            columns.published_at.push(published_at);
            columns.starts_at.push(starts_at);
            columns.ends_at.push(ends_at);
            columns.opens_at.push(opens_at);
            columns.closes_at.push(closes_at);
            columns.union.push(unions.optional_index_of(item.union.as_ref()));
            columns.capacity.push(capacity);
            columns.per_union_cap.push(per_union);
            columns.per_member_cap.push(per_member);
            columns.child_tickets.push(child_tickets);
            columns.own_session_at.push(own_session_at);
            columns.team_size.push(team_size);
            columns.min_age.push(min_age);
            columns.max_age.push(max_age);
            columns.gender.push(item.gender);
            columns.limited_to_unions.push(is_limit(item.open_to_unions.as_deref()));
            to_unions.push(unions.indices_of(&item.open_to_unions.unwrap_or_default()));
            columns.limited_to_districts.push(is_limit(item.open_to_districts.as_deref()));
            to_districts.push(districts.indices_of(&item.open_to_districts.unwrap_or_default()));
            columns.district.push(districts.optional_index_of(item.district.as_ref()));
            columns.price.push(item.price);
            columns.urgent.push(item.urgent);
            columns.announces.push(ids.optional_index_of(item.announces.as_ref()));
            columns.id.push(item.id);
        }
        columns.topics = Lists::from_rows(of_topics);
        columns.open_to_unions = Lists::from_rows(to_unions);
        columns.open_to_districts = Lists::from_rows(to_districts);
        columns
    }
}

/// An empty list sets no limit, like a missing one.
fn is_limit(list: Option<&[String]>) -> bool {
    list.is_some_and(|list| !list.is_empty())
}
