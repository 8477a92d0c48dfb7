//! Comparing recommenders on plain files: definitions, ties, and answers that can be worked out by hand.

use crate::program::Program;

/// Two tastes: even users read even items, odd users odd ones; each misses one item of its taste.
fn files(program: &Program) -> (String, String) {
    let (mut train, mut test) = ("user_id,item_id\n".to_owned(), "user_id,item_id\n".to_owned());
    for user in 0..40 {
        for item in (0..20).filter(|item| item % 2 == user % 2) {
            let held_out = item / 2 == user / 2 % 10;
            let file = if held_out { &mut test } else { &mut train };
            file.push_str(&format!("{user},{item}\n"));
        }
    }
    (program.file("train.csv", train), program.file("test.csv", test))
}

#[test]
fn personal_models_find_the_missing_item_and_popularity_cannot() {
    let program = Program::without_home();
    let (train, test) = files(&program);
    let result = program.json(&[
        "evaluate",
        "--train",
        &train,
        "--test",
        &test,
        "--models",
        "popular,item_knn,ials,ease",
        "--k",
        "1,5",
    ]);
    assert_eq!(
        (result["users"].as_u64(), result["items"].as_u64(), result["test"].as_u64()),
        (Some(40), Some(20), Some(40))
    );
    for model in result["models"].as_array().unwrap() {
        let recall = model["metrics"]["recall@1"].as_f64().unwrap();
        match model["model"].as_str().unwrap() {
            "popular" => assert!(recall < 0.3, "{model}"),
            _ => assert!(recall > 0.99, "{model}"),
        }
        assert_eq!(model["metrics"]["recall@1"], model["metrics"]["hit_rate@1"]);
        for key in ["validation", "fit_seconds", "recommend_seconds", "params"] {
            assert!(!model[key].is_null(), "{key} is missing: {model}");
        }
    }
}

#[test]
fn ties_go_to_the_smaller_number() {
    let program = Program::without_home();
    let train = program.file("train.csv", "user_id,item_id\n1,10\n2,9\n3,100\n");
    let test = program.file("test.csv", "user_id,item_id\n3,9\n");
    let result = program.json(&["evaluate", "--train", &train, "--test", &test, "--models", "popular", "--k", "1"]);
    assert_eq!(result["models"][0]["metrics"]["recall@1"], 1.0, "9 comes before 10 and 100");
}

#[test]
fn the_same_seed_tries_the_same_settings() {
    let program = Program::without_home();
    let (train, test) = files(&program);
    let tune = |budget: &str| {
        let words = [
            "evaluate",
            "--train",
            &train,
            "--test",
            &test,
            "--models",
            "popular,item_knn,rp3beta",
            "--tune",
            "--budget",
            budget,
        ];
        program.json(&words)
    };
    let (short, long) = (tune("0s"), tune("2s"));
    let (short, long) = (short["trials"].as_array().unwrap(), long["trials"].as_array().unwrap());
    assert!(!short.is_empty() && short.len() <= long.len());
    assert_eq!(short[..], long[..short.len()]);
}

#[test]
fn what_cannot_be_evaluated_is_said_clearly() {
    let program = Program::without_home();
    let (train, test) = files(&program);
    let cases = [
        (vec!["--models", "magic"], "magic", 2),
        (vec!["--models", "ials", "--set", "ials.wings=2"], "wings", 2),
        (vec!["--models", "ials", "--set", "ials.factors=0"], "factors", 2),
        (vec!["--models", "content"], "content", 1),
    ];
    for (words, expected, ended_with) in cases {
        let mut all = vec!["evaluate", "--train", &train, "--test", &test];
        all.extend(words);
        let (code, message) = program.fails(&all);
        assert!(code == ended_with && message.contains(expected), "{all:?}: {code} {message}");
    }
    let empty = program.file("empty.csv", "user_id,item_id\n");
    let result = program.json(&["evaluate", "--train", &train, "--test", &empty, "--models", "popular"]);
    assert_eq!(result["models"][0]["metrics"]["recall@20"], 0.0);
    let nan = program.file("nan.csv", "user_id,item_id,weight\n1,2,NaN\n");
    assert!(program.fails(&["evaluate", "--train", &nan, "--test", &test]).1.contains("row 2"));
}
