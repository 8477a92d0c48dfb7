//! Text of `recommend`: explanations sum to the probability and need a profile; the language can be chosen.

use crate::journey::{AS_OF, members, union};

#[test]
fn contributions_sum_to_the_probability_in_the_list() {
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

#[test]
fn text_follows_the_language_and_json_does_not_depend_on_the_environment() {
    let program = union();
    let (member, _) = members(program);
    let words = ["recommend", "--member", &member, "--as-of", AS_OF];
    let with_lang = |lang: &str, words: &[&str]| {
        let output = program.command(words).env("LANG", lang).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let (chinese, english) = (program.ok(&words), program.ok(&[&words[..], &["--lang", "en"]].concat()));
    assert!(chinese.contains("概率") && !chinese.contains("probability"), "{chinese}");
    assert!(english.contains("probability") && !english.contains("概率"), "{english}");
    assert_eq!(with_lang("en_US.UTF-8", &words), english);
    assert_eq!(with_lang("zh_CN.UTF-8", &words), chinese);
    let json = [&["--json"], &words[..]].concat();
    assert_eq!(with_lang("en_US.UTF-8", &json), program.ok(&json));
}
