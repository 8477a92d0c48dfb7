//! The variants of a list, as programs and pages ask for them.

use std::collections::BTreeSet;

use serde::Deserialize;
use thiserror::Error;
use zhihui_engine::audience::{MAX_VARIANTS, MIN_VARIANTS, Variant};

/// Maximum length of a name, in characters.
pub(crate) const MAX_NAME: usize = 20;
/// Maximum length of a title, in characters.
pub(crate) const MAX_TITLE: usize = 100;
/// Smallest share of a variant.
const MIN_SHARE: f64 = 0.01;
/// The sum of the shares may differ from 1 by this much.
const ROUNDING: f64 = 1e-6;

/// A variant in a request.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariantQuery {
    /// Name, such as `A`.
    pub name: String,
    /// The item to push; that of the list if missing.
    #[serde(default)]
    pub item_id: Option<String>,
    /// The title to send, or the name of the material; that of the item if missing.
    #[serde(default)]
    pub title: Option<String>,
    /// Share of the members; equal shares if all are missing.
    #[serde(default)]
    pub share: Option<f64>,
}

/// Why the variants of a request are invalid.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum VariantError {
    #[error("give {MIN_VARIANTS} to {MAX_VARIANTS} variants, or none; there are {0}")]
    Count(usize),
    #[error("variant {0}: give a name of 1 to {MAX_NAME} characters without line breaks, \"=\" and \":\"")]
    Name(usize),
    #[error("two variants are named {0:?}; give each its own name")]
    SameName(String),
    #[error("variant {0:?}: use a title of at most {MAX_TITLE} characters without line breaks")]
    Title(String),
    #[error("variant {0:?}: use an item id, or leave it out for the item of the list")]
    Item(String),
    #[error("variant {0:?}: use a share of at least 0.01; give all variants a share, or none")]
    Share(String),
    #[error("the shares of the variants must add up to 1, for example 0.5 and 0.5")]
    Sum,
    #[error("no variant pushes the item of the list; use the item of one of the variants as item_id")]
    NoTarget,
    #[error("variants are for a list of one item; give item_id")]
    NoItem,
}

/// Checks the variants of a request for an item. No variants are valid.
pub(crate) fn check_variants(variants: &[VariantQuery], item_id: Option<&str>) -> Result<(), VariantError> {
    if variants.is_empty() {
        return Ok(());
    }
    let item_id = item_id.ok_or(VariantError::NoItem)?;
    if !(MIN_VARIANTS..=MAX_VARIANTS).contains(&variants.len()) {
        return Err(VariantError::Count(variants.len()));
    }
    let mut names = BTreeSet::new();
    for (place, variant) in (1..).zip(variants) {
        let name = variant.name.trim();
        let is_plain = |text: &str, max: usize| text.chars().count() <= max && !text.chars().any(char::is_control);
        if name.is_empty() || !is_plain(name, MAX_NAME) || name.contains(['=', ':']) {
            return Err(VariantError::Name(place));
        }
        let invalid = |of: fn(String) -> VariantError| Err(of(name.to_owned()));
        if !names.insert(name) {
            return invalid(VariantError::SameName);
        }
        if variant.title.as_deref().is_some_and(|title| title.trim().is_empty() || !is_plain(title, MAX_TITLE)) {
            return invalid(VariantError::Title);
        }
        if variant.item_id.as_deref().is_some_and(str::is_empty) {
            return invalid(VariantError::Item);
        }
        if variant.share.is_some_and(|share| !(MIN_SHARE..=1.0).contains(&share))
            || variant.share.is_some() != variants[0].share.is_some()
        {
            return invalid(VariantError::Share);
        }
    }
    let given: f64 = variants.iter().filter_map(|variant| variant.share).sum();
    if variants[0].share.is_some() && (given - 1.0).abs() > ROUNDING {
        return Err(VariantError::Sum);
    }
    let is_target = |variant: &VariantQuery| variant.item_id.as_deref().is_none_or(|id| id == item_id);
    if variants.iter().any(is_target) { Ok(()) } else { Err(VariantError::NoTarget) }
}

/// The variants with all shares, for the engine.
pub(crate) fn variants_of(variants: &[VariantQuery]) -> Vec<Variant> {
    let equal = 1.0 / variants.len().max(1) as f64;
    let variant = |variant: &VariantQuery| Variant {
        name: variant.name.trim().to_owned(),
        item_id: variant.item_id.clone(),
        title: variant.title.as_deref().map(|title| title.trim().to_owned()),
        share: variant.share.unwrap_or(equal),
    };
    variants.iter().map(variant).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variant(name: &str) -> VariantQuery {
        VariantQuery { name: name.to_owned(), ..VariantQuery::default() }
    }

    fn with_shares(shares: &[f64]) -> Vec<VariantQuery> {
        let name = |place: usize| char::from(b'A' + place as u8).to_string();
        let named = |(place, &share)| VariantQuery { share: Some(share), ..variant(&name(place)) };
        shares.iter().enumerate().map(named).collect()
    }

    #[test]
    fn invalid_variants_are_refused_with_their_reason() {
        let refused = |variants: &[VariantQuery]| check_variants(variants, Some("a1")).expect_err("invalid");
        let named = |names: &[&str]| names.iter().map(|name| variant(name)).collect::<Vec<_>>();
        assert_eq!(refused(&named(&["A"])), VariantError::Count(1));
        assert_eq!(refused(&named(&["A", "B", "C", "D", "E"])), VariantError::Count(5));
        assert_eq!(refused(&named(&["A", " A "])), VariantError::SameName("A".into()));
        for name in ["", "  ", "a\nb", "a=b", "a:b", &"长".repeat(21)] {
            assert_eq!(refused(&named(&["A", name])), VariantError::Name(2), "{name:?}");
        }
        for title in ["", "标题\n甲", &"长".repeat(10_000)] {
            let with_title = VariantQuery { title: Some(title.into()), ..variant("B") };
            assert_eq!(refused(&[variant("A"), with_title]), VariantError::Title("B".into()));
        }
        assert_eq!(refused(&with_shares(&[0.5, 0.4])), VariantError::Sum);
        assert_eq!(refused(&with_shares(&[0.33, 0.33, 0.33])), VariantError::Sum);
        for share in [0.0, -0.5, 0.001, 1.5, f64::NAN, f64::INFINITY] {
            assert_eq!(refused(&with_shares(&[0.5, share])), VariantError::Share("B".into()), "{share}");
        }
        assert_eq!(refused(&[variant("A"), with_shares(&[0.5, 0.5]).remove(1)]), VariantError::Share("B".into()));
        let of = |name: &str, item: &str| VariantQuery { item_id: Some(item.into()), ..variant(name) };
        assert_eq!(refused(&[of("A", "a2"), of("B", "a3")]), VariantError::NoTarget);
        assert_eq!(refused(&[of("A", ""), of("B", "a1")]), VariantError::Item("A".into()));
        assert_eq!(check_variants(&named(&["A", "B"]), None), Err(VariantError::NoItem));
        assert_eq!(check_variants(&[of("A", "a1"), of("B", "a3")], Some("a1")), Ok(()));
        assert_eq!(check_variants(&[], None), Ok(()));
    }

    #[test]
    fn missing_shares_are_equal_and_add_up() {
        let shares = |variants: &[VariantQuery]| variants_of(variants).iter().map(|of| of.share).collect::<Vec<_>>();
        let third = 1.0 / 3.0;
        assert_eq!(shares(&[variant("A"), variant("B"), variant("C")]), [third; 3]);
        assert_eq!(shares(&with_shares(&[0.7, 0.3])), [0.7, 0.3]);
        assert_eq!(check_variants(&with_shares(&[third; 3]), Some("a1")), Ok(()));
    }
}
