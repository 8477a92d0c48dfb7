//! What made up a probability, on the command line: the parts sum to it, and nobody without a profile has any.

use crate::journey::{AS_OF, members, union};

#[test]
fn the_parts_of_a_probability_sum_to_the_one_in_the_list() {
    let program = union();
    let (member, _) = members(program);
    let list = program.json(&["recommend", "--member", &member, "--as-of", AS_OF]);
    let explain = |item: &str| {
        let arguments = ["recommend", "--member", &member, "--explain", item, "--as-of", AS_OF];
        program.json_and_code(&arguments)
    };
    let mut compared = 0;
    for item in list["items"].as_array().unwrap() {
        let Some(probability) = item["probability"].as_f64() else { continue };
        let (code, explained) = explain(item["item_id"].as_str().unwrap());
        assert_eq!(code, 0, "{explained}");
        let parts = explained["parts"].as_array().unwrap();
        let sum: f64 = parts.iter().map(|part| part["contribution"].as_f64().unwrap()).sum();
        let logit = explained["base"].as_f64().unwrap() + sum;
        let stated = (probability / (1.0 - probability)).ln();
        assert!((logit - stated).abs() < 0.01 * (1.0 + stated.abs()), "{item}: {logit} and {stated}");
        compared += 1;
    }
    assert!(compared > 3, "only {compared} items of {list} have a probability");
    let (code, message) =
        program.fails(&["recommend", "--member", &member, "--explain", "no-such-item", "--as-of", AS_OF]);
    assert!(code == 1 && message.contains("no-such-item"), "{code} {message}");
    let stranger = program.fails(&["recommend", "--member", "NOSUCH", "--explain", "A00001", "--as-of", AS_OF]);
    assert!(stranger.0 == 1 && stranger.1.contains("no profile"), "{stranger:?}");
}
