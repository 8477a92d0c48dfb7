//! Counts of every condition of a rule, as the form of the audience page shows them.

use serde_json::{Value, json};
use zhihui_engine::{Overlay, audience::Rule};

use crate::fixture::{AS_OF, engine};

fn counts(rule: &Value, within: Option<&str>) -> Vec<(String, usize, usize)> {
    let (engine, rule) = (engine(1), Rule::parse(rule).expect("a rule"));
    let counted = engine.condition_counts(&Overlay::default(), &rule, (within, AS_OF), &|_| None, &|| false);
    counted.expect("valid").into_iter().map(|count| (count.path, count.before, count.left)).collect()
}

fn size(rule: &Value) -> usize {
    let rule = Rule::parse(rule).expect("a rule");
    engine(1).count_rule(&Overlay::default(), &rule, None, AS_OF, &|_| None).expect("valid")
}

#[test]
fn conditions_of_an_all_narrow_one_another_and_those_of_an_any_do_not() {
    let (women, young) = (json!({"field": "gender", "eq": "female"}), json!({"field": "age", "at_most": 34}));
    let everybody = size(&json!({}));
    let any = json!({"any": [young.clone(), {"field": "home_district", "eq": "朝阳"}]});
    let rule = json!({"all": [women, any, {"not": young}]});
    let found = counts(&rule, None);
    let paths: Vec<&str> = found.iter().map(|(path, ..)| path.as_str()).collect();
    assert_eq!(paths, ["", "/all/0", "/all/1", "/all/1/any/0", "/all/1/any/1", "/all/2", "/all/2/not"]);
    assert_eq!((found[0].1, found[0].2), (everybody, size(&rule)));
    assert_eq!((found[1].1, found[1].2), (everybody, size(&women)));
    assert_eq!(found[2].1, found[1].2, "the group receives what the condition before it left");
    assert_eq!((found[3].1, found[4].1), (found[2].1, found[2].1), "both conditions of the group receive the same");
    assert_eq!(found[5].1 - found[5].2, found[6].2, "a not leaves out whom its condition finds");
    assert_eq!(found[5].2, found[0].2, "the last condition of the outermost group leaves the result");
}

#[test]
fn only_members_of_the_own_unions_count() {
    let rule = json!({"any": []});
    let (all, own) = (counts(&rule, None), counts(&rule, Some("U1")));
    assert!(own[0].1 < all[0].1 && own[0].1 > 0);
    assert_eq!((all[0].2, counts(&rule, Some("U77"))[0].1), (0, 0));
}
