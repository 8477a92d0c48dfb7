//! Formats the variants of a push list for its page: what each gets, and how they compare.

use super::record::PushList;
use super::responses::{ActualResponses, UpliftInterval};
use super::variant_responses::VariantResponses;
use super::variants::ListVariant;
use crate::web::locale::Locale;
use crate::web::numbers::grouped;
use crate::web::url::percent_encode;

/// The variants, formatted.
pub(crate) struct VariantsView {
    pub(crate) rows: Vec<VariantRow>,
    /// What the responses show; `None` until the list was sent.
    pub(crate) comparison: Option<Comparison>,
}

/// A variant, formatted.
pub(crate) struct VariantRow {
    pub(crate) name: String,
    pub(crate) title: String,
    /// The title of the item, if another title is sent.
    pub(crate) item_title: Option<String>,
    pub(crate) item_url: String,
    pub(crate) share: String,
    pub(crate) push: String,
    pub(crate) hold_out: String,
}

/// The responses to the variants, formatted.
pub(crate) struct Comparison {
    /// Name, pushed to, responded, rate and interval, difference to the variant's own hold-out.
    pub(crate) rows: Vec<[String; 6]>,
    /// The comparison of each variant with the first one, in words.
    pub(crate) differences: Vec<String>,
    /// Whether responses still count, so that the comparison is not final.
    pub(crate) is_counting: bool,
    /// Whether the variants push different items, so that their responses may be of different kinds.
    pub(crate) has_items: bool,
    /// Whether there are several comparisons.
    pub(crate) has_several: bool,
}

impl VariantsView {
    /// `None` for a list without variants.
    pub(crate) fn new(list: &PushList, t: Locale) -> Option<Self> {
        let rows: Vec<VariantRow> = list.variants.iter().map(row).collect();
        let has_items = list.variants.windows(2).any(|pair| pair[0].item_id != pair[1].item_id);
        let comparison = list.actual_responses.as_ref().map(|actual| comparison(actual, has_items, t));
        (!rows.is_empty()).then_some(Self { rows, comparison })
    }
}

fn row(variant: &ListVariant) -> VariantRow {
    VariantRow {
        name: variant.name.clone(),
        title: variant.shown_title().to_owned(),
        item_title: variant.title.as_ref().map(|_| variant.item_title.clone()),
        item_url: format!("/items/{}", percent_encode(&variant.item_id)),
        share: percent(100.0 * variant.share),
        push: grouped(variant.push as f64, 0),
        hold_out: grouped(variant.hold_out as f64, 0),
    }
}

fn comparison(actual: &ActualResponses, has_items: bool, t: Locale) -> Comparison {
    let row = |variant: &VariantResponses| {
        let members = variant.push.members;
        let rate = match members {
            0 => "–".to_owned(),
            members => percent(100.0 * variant.push.responded as f64 / members as f64),
        };
        let interval = variant.rate.map(|rate| format!("{}–{}", percent(rate.low), percent(rate.high)));
        [
            variant.name.clone(),
            grouped(members as f64, 0),
            grouped(variant.push.responded as f64, 0),
            rate,
            interval.unwrap_or_else(|| "–".to_owned()),
            effect(variant.uplift.as_ref(), t),
        ]
    };
    let first = actual.variants.first();
    let name_of_first = first.map(|first| first.name.as_str()).unwrap_or_default();
    let members_of_first = first.map_or(0, |first| first.push.members);
    let against = |variant: &VariantResponses| {
        let difference = difference(variant, members_of_first, t);
        t.push_lists_variant_against(difference, name_of_first, &variant.name)
    };
    Comparison {
        rows: actual.variants.iter().map(row).collect(),
        differences: actual.variants.iter().skip(1).map(against).collect(),
        is_counting: !actual.complete,
        has_items,
        has_several: actual.variants.len() > 2,
    }
}

/// The difference to the held-out members who would have got the variant.
fn effect(uplift: Option<&UpliftInterval>, t: Locale) -> String {
    let Some(&UpliftInterval { points, low, high, clear }) = uplift else {
        return t.push_lists_variant_effect_unknown().to_owned();
    };
    let [points, low, high] = [points, low, high].map(signed);
    if clear {
        t.push_lists_variant_effect(high, low, points)
    } else {
        t.push_lists_variant_effect_unclear(high, low, points)
    }
}

/// The difference to the first variant in words, which has so many members.
fn difference(variant: &VariantResponses, members_of_first: usize, t: Locale) -> String {
    let Some(UpliftInterval { points, low, high, clear }) = variant.against_first else {
        return t.push_lists_variant_too_few().to_owned();
    };
    let [points, low, high] = [points, low, high].map(signed);
    match (clear, variant.more_members) {
        (true, _) => t.push_lists_variant_clear(high, low, points),
        (false, Some(more)) if more <= (variant.push.members + members_of_first) as u64 => {
            t.push_lists_variant_almost_clear(high, low, points)
        }
        (false, Some(more)) => t.push_lists_variant_unclear(high, low, grouped(more as f64, 0), points),
        (false, None) => t.push_lists_variant_equal(high, low, points),
    }
}

fn percent(value: f64) -> String {
    format!("{}%", grouped(value, 1))
}

fn signed(points: f64) -> String {
    let text = grouped(points, 1);
    if points > 0.0 { format!("+{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use zhihui_engine::Language;

    use super::*;
    use crate::push_lists::responses::ArmResponses;
    use crate::push_lists::variant_responses::compare_variants;

    /// The difference of a second variant to a first one of the same size, in words.
    fn difference_of(responded: [usize; 2], members: usize) -> String {
        let arm = |responded| ArmResponses { members, responded, unfollowed: 0 };
        let none = ArmResponses { members: 0, responded: 0, unfollowed: 0 };
        let variants = responded.map(|responded| (responded.to_string(), arm(responded), none));
        difference(&compare_variants(&variants)[1], members, Locale::new(Language::Zh))
    }

    #[test]
    fn few_missing_members_are_another_push_and_many_are_counted() {
        assert!(difference_of([100, 140], 1_000).ends_with("差别明确"), "{}", difference_of([100, 140], 1_000));
        let almost = difference_of([0, 4], 35);
        assert!(almost.ends_with("再推送一次大概就能分清"), "{almost}");
        let many = difference_of([100, 110], 1_000);
        assert!(many.contains("两组合计还需约"), "{many}");
        assert!(difference_of([100, 100], 1_000).ends_with("看不出差别"));
    }
}
