//! The variants of a frozen list: what each member of it gets.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zhihui_engine::audience::{ExperimentArm, Variant};

use super::members::ListMember;
use crate::live::variant_query::VariantQuery;

/// A variant of a frozen list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListVariant {
    /// Name, such as `A`.
    pub name: String,
    /// The item that is pushed.
    pub item_id: String,
    /// Title of the item when the list was frozen.
    pub item_title: String,
    /// The title that is sent, or the name of the material; null for that of the item.
    pub title: Option<String>,
    /// Share of the members that it was meant to get.
    pub share: f64,
    /// Members to push to.
    pub push: usize,
    /// Held-out members who would have got it.
    pub hold_out: usize,
}

impl ListVariant {
    /// Freezes a variant, and counts its members.
    pub(crate) fn freeze(variant: &Variant, item: (&str, &str), members: &[ListMember]) -> Self {
        let of_variant = members.iter().filter(|member| member.variant.as_ref() == Some(&variant.name));
        let push = of_variant.clone().filter(|member| member.arm == ExperimentArm::Push).count();
        Self {
            name: variant.name.clone(),
            item_id: item.0.to_owned(),
            item_title: item.1.to_owned(),
            title: variant.title.clone(),
            share: variant.share,
            push,
            hold_out: of_variant.count() - push,
        }
    }

    /// What the members are shown: the title, or that of the item.
    #[must_use]
    pub fn shown_title(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.item_title)
    }

    /// The variant as it is asked for.
    pub(crate) fn to_query(&self) -> VariantQuery {
        VariantQuery {
            name: self.name.clone(),
            item_id: Some(self.item_id.clone()),
            title: self.title.clone(),
            share: Some(self.share),
        }
    }

    pub(crate) fn for_engine(&self) -> Variant {
        Variant {
            name: self.name.clone(),
            item_id: Some(self.item_id.clone()),
            title: self.title.clone(),
            share: self.share,
        }
    }
}

/// The item that a member gets: that of the variant, or that of the list.
pub(crate) fn item_of<'a>(member: &ListMember, item_id: &'a str, variants: &'a [ListVariant]) -> &'a str {
    let name = member.variant.as_deref();
    variants.iter().find(|variant| Some(variant.name.as_str()) == name).map_or(item_id, |variant| &variant.item_id)
}

/// SHA-256 in hexadecimal over the sorted lines `member_id\tarm\tvariant\titem_id\ttitle\n`, with an empty title for that
/// of the item. It identifies what every member of a frozen list gets.
pub(crate) fn variants_sha256(members: &[ListMember], variants: &[ListVariant]) -> String {
    let line = |member: &ListMember| {
        let variant = variants.iter().find(|variant| Some(&variant.name) == member.variant.as_ref())?;
        let title = variant.title.as_deref().unwrap_or_default();
        let (arm, ListVariant { name, item_id, .. }) = (member.arm.as_str(), variant);
        Some(format!("{}\t{arm}\t{name}\t{item_id}\t{title}\n", member.member_id))
    };
    let mut lines: Vec<String> = members.iter().filter_map(line).collect();
    lines.sort_unstable();
    let mut hash = Sha256::new();
    lines.iter().for_each(|line| hash.update(line.as_bytes()));
    hex::encode(hash.finalize())
}
