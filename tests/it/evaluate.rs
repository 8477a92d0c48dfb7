//! Evaluation on files: definitions, ties, and results that can be computed by hand.

use crate::program::Program;

/// Two interests: even users read even items, odd users odd ones. Each lacks one item of the interest.
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
fn invalid_input_is_named_in_the_error() {
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
    for (name, content, expected) in [
        ("nan.csv", "user_id,item_id,weight\n1,2,NaN\n", "row 2: weight"),
        ("negative.csv", "user_id,item_id,weight\n1,2,1\n1,3,-1\n", "row 3: weight"),
        ("infinite.csv", "user_id,item_id,weight\n1,2,inf\n", "row 2: weight"),
        ("when.csv", "user_id,item_id,timestamp\n1,2,yesterday\n", "row 2: timestamp"),
        ("no-time.csv", "user_id,item_id,timestamp\n1,2,NaN\n", "row 2: timestamp"),
        ("nobody.csv", "user_id,item_id\n,2\n", "row 2: user_id is empty"),
        ("columns.csv", "user,item\n1,2\n", "column user_id is missing"),
        ("ragged.csv", "user_id,item_id\n1,2,3\n", "ragged.csv"),
        ("empty-train.csv", "user_id,item_id\n", "item"),
        ("nothing.csv", "", "column user_id is missing"),
        ("not.parquet", "user_id,item_id\n1,2\n", "not.parquet"),
        ("sheet.xlsx", "", "only .csv and .parquet"),
    ] {
        let file = program.file(name, content);
        let (code, message) = program.fails(&["evaluate", "--train", &file, "--test", &test]);
        assert!(code == 1 && message.contains(expected), "{name}: {code} {message}");
    }
    let missing = program.fails(&["evaluate", "--train", "/not/there.csv", "--test", &test]);
    assert!(missing.0 == 2 && missing.1.contains("/not/there.csv"), "{missing:?}");
    for k in ["0", "ten"] {
        let (code, message) = program.fails(&["evaluate", "--train", &train, "--test", &test, "--k", k]);
        assert!(code == 2 && message.contains('k'), "{k}: {code} {message}");
    }
}

/// Every model on every unusual file gives finite numbers and never panics.
#[test]
fn unusual_files_can_be_evaluated() {
    let program = Program::without_home();
    for (name, train, test) in [
        ("one user", "1,1\n1,2\n1,3\n", "1,4\n"),
        ("one item", "1,7\n2,7\n3,7\n", "4,7\n"),
        ("one interaction", "1,1\n", "1,1\n"),
        ("words", "ann,tea\nbob,tea\nbob,cake\nann,scones\neve,cake\n", "ann,cake\neve,tea\n"),
        ("the same in both", "1,1\n1,2\n2,1\n2,3\n", "1,1\n1,3\n2,3\n"),
        ("only strangers", "1,1\n1,2\n2,1\n", "8,1\n9,5\n"),
        ("repeated", "1,1\n1,1\n1,2\n2,2\n2,2\n2,1\n", "1,3\n1,3\n"),
    ] {
        let train = program.file("odd/train.csv", format!("user_id,item_id\n{train}"));
        let test = program.file("odd/test.csv", format!("user_id,item_id\n{test}"));
        for tune in [&["--tune", "--budget", "1s"][..], &[]] {
            let mut words = vec!["evaluate", "--train", &train, "--test", &test, "--k", "5,1000"];
            words.extend(tune);
            let output = program.run(&[&["--json"], &words[..]].concat());
            let message = String::from_utf8_lossy(&output.stderr);
            assert!(!message.contains("panicked"), "{name}: {message}");
            if !output.status.success() {
                // Only tuning may refuse, if there is nothing to hold out.
                assert!(
                    output.status.code() == Some(1) && message.contains("hold out") && !tune.is_empty(),
                    "{name}: {message}"
                );
                continue;
            }
            let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            for model in result["models"].as_array().unwrap() {
                for (metric, value) in model["metrics"].as_object().unwrap() {
                    assert!(value.as_f64().is_some_and(f64::is_finite), "{name}: {} {metric} {value}", model["model"]);
                }
                let recall = &model["metrics"];
                assert!(recall["recall@1000"].as_f64() >= recall["recall@5"].as_f64(), "{name}: {model}");
            }
        }
    }
}

#[test]
fn items_of_the_training_are_never_recommended() {
    let program = Program::without_home();
    let train = program.file("train.csv", "user_id,item_id\n1,1\n1,2\n2,1\n2,3\n");
    let test = program.file("test.csv", "user_id,item_id\n1,1\n");
    let result = program.json(&["evaluate", "--train", &train, "--test", &test, "--models", "popular,item_knn"]);
    for model in result["models"].as_array().unwrap() {
        assert_eq!(model["metrics"]["recall@20"], 0.0, "{model}");
    }
}

#[test]
fn users_without_a_list_count_as_zero() {
    let program = Program::without_home();
    let (train, _) = files(&program);
    let test = program.file("strangers.csv", "user_id,item_id\n0,0\n900,2\n");
    let words = ["evaluate", "--train", &train, "--test", &test, "--models", "popular,item_knn,blend", "--k", "20"];
    let result = program.json(&words);
    let [popular, item_knn, blend] = result["models"].as_array().unwrap().as_slice() else { panic!("{result}") };
    let cold = |model: &serde_json::Value| model["slices"]["member"]["cold"].clone();
    assert_eq!((cold(popular)["users"].as_u64(), cold(item_knn)["ndcg"].as_f64()), (Some(1), Some(0.0)));
    assert_eq!(cold(blend)["ndcg"], cold(popular)["ndcg"], "a blend brings popularity with it");
    assert!(item_knn["metrics"]["recall@20"].as_f64().unwrap() <= 0.5);
}

/// Users respond to items of the last weeks before the cut.
#[test]
fn a_test_in_the_future_rewards_trends() {
    let program = Program::without_home();
    let (mut train, mut test) = ("user_id,item_id,timestamp\n".to_owned(), "user_id,item_id,timestamp\n".to_owned());
    const DAY: u32 = 86_400;
    for user in 0..60_u32 {
        for n in 0..8 {
            train.push_str(&format!("{user},{},{}\n", user % 2 * 20 + (user / 2 + n * 3) % 12, n * 10 * DAY));
        }
        if user < 30 {
            // The same users responded to both, to one long ago: only times distinguish the two.
            train.push_str(&format!("{user},{},{}\n", user % 2 * 20 + 13, 5 * DAY));
            train.push_str(&format!("{user},{},{}\n", user % 2 * 20 + 15, 78 * DAY));
        } else {
            test.push_str(&format!("{user},{},{}\n", user % 2 * 20 + 15, 80 * DAY));
        }
    }
    let (train, test) = (program.file("train.csv", train), program.file("test.csv", test));
    let files = ["evaluate", "--train", &train, "--test", &test, "--models", "popular,item_knn", "--k", "1"];
    let mrr = |settings: &[&'static str]| {
        let words: Vec<&str> = files.into_iter().chain(settings.iter().flat_map(|set| ["--set", set])).collect();
        let result = program.json(&words);
        let model = &result["models"][1];
        (model["metrics"]["mrr@1"].as_f64().unwrap(), model["gain_over_popular"][1].as_f64().unwrap())
    };
    let (with, above) = mrr(&["item_knn.trend_days=7"]);
    let (without, _) = mrr(&["item_knn.trend=0", "item_knn.trend_popularity=0"]);
    assert!(with > without && above > 0.0, "{with} {without} {above}");
}
