//! The menu of conditions, and what each entry adds.

use zhihui_engine::audience::LookAlikeWidth;

use super::describe::field_label;
use super::field::{FIELDS, Field, Values};
use super::node::{Comparison, Condition, CountKind, Did, GroupKind, Node, Period};
use crate::web::locale::Locale;

/// Days, share and width of a new condition.
const DAYS: &str = "30";
const SHARE: &str = "0.2";
const WIDTH: LookAlikeWidth = LookAlikeWidth::Medium;

/// A part of the menu.
pub(crate) struct MenuPart {
    pub(crate) label: &'static str,
    /// What an entry adds, and its label.
    pub(crate) entries: Vec<(&'static str, &'static str)>,
}

/// The menu. Saved audiences are offered if there are any.
pub(crate) fn menu(has_saved: bool, t: Locale) -> Vec<MenuPart> {
    let fields = FIELDS.iter().map(|field| (field.name, field_label(field, t))).collect();
    let mut interests = vec![("preference", t.builder_preference()), ("in_segment", t.builder_in_segment())];
    if has_saved {
        interests.push(("audience", t.builder_saved_audience()));
        interests.push(("similar_to", t.builder_similar_to()));
    }
    vec![
        MenuPart { label: t.builder_menu_member(), entries: fields },
        MenuPart {
            label: t.builder_menu_activity(),
            entries: vec![("did", t.builder_did()), ("did_not", t.builder_did_not())],
        },
        MenuPart { label: t.builder_menu_interest(), entries: interests },
        MenuPart {
            label: t.builder_menu_group(),
            entries: vec![
                ("all", t.builder_group_all()),
                ("any", t.builder_group_any()),
                ("not", t.builder_group_not()),
            ],
        },
    ]
}

/// The node that an entry of the menu adds.
pub(crate) fn new_node(what: &str) -> Option<Node> {
    if let Some(kind) = GroupKind::parse(what) {
        return Some(Node::Group(kind, Vec::new()));
    }
    let did = |count, times: &str| {
        let period = Period::Within(DAYS.to_owned());
        Condition::Did(Did { event: "read".to_owned(), period, count, times: times.to_owned(), ..Did::default() })
    };
    Some(Node::Condition(match what {
        "did" => did(CountKind::AtLeast, "1"),
        "did_not" => did(CountKind::Exactly, "0"),
        "preference" => Condition::Preference { topic: String::new(), share: SHARE.to_owned() },
        "in_segment" => Condition::Segment(String::new()),
        "audience" => Condition::Audience(String::new()),
        "similar_to" => Condition::SimilarTo { audience: String::new(), width: WIDTH.as_str().to_owned() },
        name => {
            let field = Field::named(name)?;
            let values = if field.values == Values::Flags { vec!["true".to_owned()] } else { Vec::new() };
            Condition::Field(Comparison { field, operator: field.first_operator(), values })
        }
    }))
}
