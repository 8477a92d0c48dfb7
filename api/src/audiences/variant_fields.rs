//! The variants of a list as fields of the audience form: up to four, named `variant-0.name` and so on.

use zhihui_engine::audience::{MAX_VARIANTS, MIN_VARIANTS};

use super::builder::describe::Names;
use super::builder::picker::{Picker, ShownSearch};
use super::builder::share::share_of_percent;
use super::builder::view::chosen;
use super::drafts::FormPairs;
use crate::live::variant_query::{MAX_NAME, MAX_TITLE, VariantError, VariantQuery, check_variants};
use crate::web::locale::Locale;

/// Start of the names of the fields.
const PREFIX: &str = "variant-";
/// Names of variants without one.
const LETTERS: [&str; MAX_VARIANTS] = ["A", "B", "C", "D"];

/// The fields of one variant, as they were filled in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct VariantFields {
    name: String,
    title: String,
    item_id: String,
    /// Percentage.
    share: String,
}

/// The fields of all variants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct VariantForm([VariantFields; MAX_VARIANTS]);

impl VariantFields {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl VariantForm {
    /// Adds a field. Returns whether its name belongs to a variant.
    pub(crate) fn add(&mut self, name: &str, value: &str) -> bool {
        let field = self.field(name);
        let is_field = field.is_some();
        if let Some(field) = field {
            value.clone_into(field);
        }
        is_field
    }

    fn field(&mut self, name: &str) -> Option<&mut String> {
        let (place, field) = name.strip_prefix(PREFIX)?.split_once('.')?;
        let fields = self.0.get_mut(place.parse::<usize>().ok()?)?;
        Some(match field {
            "name" => &mut fields.name,
            "title" => &mut fields.title,
            "item_id" => &mut fields.item_id,
            "share" => &mut fields.share,
            _ => return None,
        })
    }

    /// The fields that are filled in.
    pub(crate) fn pairs(&self) -> FormPairs {
        let of_variant = |(place, fields): (usize, &VariantFields)| {
            let all = [
                ("name", &fields.name),
                ("title", &fields.title),
                ("item_id", &fields.item_id),
                ("share", &fields.share),
            ];
            let pair = |(name, value): (&str, &String)| (format!("{PREFIX}{place}.{name}"), value.clone());
            all.into_iter().filter(|(_, value)| !value.is_empty()).map(pair).collect::<FormPairs>()
        };
        self.0.iter().enumerate().flat_map(of_variant).collect()
    }

    /// The items of the variants.
    pub(crate) fn items(&self) -> Vec<String> {
        self.0.iter().map(|fields| fields.item_id.clone()).filter(|id| !id.is_empty()).collect()
    }

    /// The variants that are filled in. A variant without a name has a letter. `Err` says what is invalid.
    pub(crate) fn queries(&self, item_id: Option<&str>, t: Locale) -> Result<Vec<VariantQuery>, String> {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let mut variants = Vec::new();
        for (fields, letter) in self.0.iter().zip(LETTERS).filter(|(fields, _)| !fields.is_empty()) {
            let name = given(&fields.name).unwrap_or_else(|| letter.to_owned());
            let share = given(&fields.share).map(|share| share_of_percent(&share).parse::<f64>()).transpose();
            let share = share.map_err(|_| t.audiences_variant_share_invalid(&name))?;
            variants.push(VariantQuery { name, item_id: given(&fields.item_id), title: given(&fields.title), share });
        }
        check_variants(&variants, item_id).map_err(|error| error_text(error, t))?;
        Ok(variants)
    }

    /// The fields for the page.
    pub(crate) fn views(&self, names: &Names, search: Option<&ShownSearch>, t: Locale) -> VariantFieldsView {
        let view = |(place, fields): (usize, &VariantFields)| {
            let field = format!("{PREFIX}{place}.item_id");
            let label = t.audiences_variant_item();
            VariantView {
                key: format!("{PREFIX}{place}"),
                letter: LETTERS[place],
                name: fields.name.clone(),
                title: fields.title.clone(),
                share: fields.share.clone(),
                item: Picker::new((field, label), chosen(&fields.item_id, names.item(&fields.item_id)), search, t),
            }
        };
        let is_searched = search.is_some_and(|search| search.name.starts_with(PREFIX));
        VariantFieldsView {
            is_open: is_searched || self.0.iter().any(|fields| !fields.is_empty()),
            variants: self.0.iter().enumerate().map(view).collect(),
        }
    }
}

/// The fields of all variants, formatted.
pub(crate) struct VariantFieldsView {
    /// Whether any field is filled in or searched.
    pub(crate) is_open: bool,
    pub(crate) variants: Vec<VariantView>,
}

/// The fields of one variant, formatted.
pub(crate) struct VariantView {
    /// Start of the names of its fields.
    pub(crate) key: String,
    pub(crate) letter: &'static str,
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) share: String,
    pub(crate) item: Picker,
}

/// Why the variants of a form are invalid.
fn error_text(error: VariantError, t: Locale) -> String {
    match error {
        VariantError::Count(_) => t.audiences_variants_count(MAX_VARIANTS, MIN_VARIANTS),
        VariantError::Name(place) => t.audiences_variant_name_invalid(MAX_NAME, place),
        VariantError::SameName(name) => t.audiences_variant_name_twice(name),
        VariantError::Title(name) | VariantError::Item(name) => t.audiences_variant_title_invalid(MAX_TITLE, name),
        VariantError::Share(name) => t.audiences_variant_share_invalid(name),
        VariantError::Sum => t.audiences_variant_shares_sum().to_owned(),
        VariantError::NoTarget => t.audiences_variants_no_target().to_owned(),
        VariantError::NoItem => t.audiences_variants_no_item().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use zhihui_engine::Language;

    use super::*;

    const ZH: Locale = Locale::new(Language::Zh);

    fn form(fields: &[(&str, &str)]) -> VariantForm {
        let mut form = VariantForm::default();
        for (name, value) in fields {
            assert!(form.add(name, value), "{name}");
        }
        form
    }

    #[test]
    fn filled_in_variants_become_a_query_and_fields_again() {
        let fields = [
            ("variant-0.title", "标题甲"),
            ("variant-0.share", "60%"),
            ("variant-2.name", "乙"),
            ("variant-2.item_id", "a2"),
            ("variant-2.share", "40"),
        ];
        let variants = form(&fields).queries(Some("a1"), ZH).expect("valid");
        let shown: Vec<_> = variants.iter().map(|of| (of.name.as_str(), of.item_id.as_deref(), of.share)).collect();
        assert_eq!(shown, [("A", None, Some(0.6)), ("乙", Some("a2"), Some(0.4))]);
        let pairs = form(&fields).pairs();
        assert_eq!(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>(), fields);
        assert_eq!(VariantForm::default().queries(None, ZH), Ok(Vec::new()));
    }

    #[test]
    fn invalid_fields_are_refused_in_words() {
        let error = |fields: &[(&str, &str)]| form(fields).queries(Some("a1"), ZH).expect_err("invalid");
        assert!(error(&[("variant-1.title", "标题乙")]).contains("2 到 4"));
        let halves = [("variant-0.share", "50"), ("variant-1.share", "x")];
        assert!(error(&halves).contains("B"), "{}", error(&halves));
        assert!(error(&[("variant-0.share", "50"), ("variant-1.share", "40")]).contains("100%"));
        assert!(!VariantForm::default().add("variant-4.name", "E"), "there are four");
        assert!(!VariantForm::default().add("variant-0.color", "red"));
    }
}
