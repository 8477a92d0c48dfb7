//! The analysts' notebooks run from top to bottom on a real home.

use std::path::Path;
use std::process::Command;

use crate::journey::union;

/// Runs a notebook and returns what it prints.
fn printed_by(notebook: &str) -> String {
    let program = union();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("notebooks");
    let output = Command::new("python3")
        .arg(folder.join("run.py"))
        .arg(folder.join(notebook))
        .env("ZHIHUI_HOME", program.home())
        .env("MPLBACKEND", "Agg")
        .current_dir(program.path(""))
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}\n(`make test` puts the notebooks' packages on the PATH)");
    out.into_owned()
}

#[test]
fn the_tour_runs_from_top_to_bottom() {
    printed_by("01-tour.ipynb");
}

#[test]
fn the_notebook_of_preferences_finds_that_retirement_is_a_topic_of_the_old() {
    let printed = printed_by("02-preferences-by-age.ipynb");
    let clear = printed.rsplit("percent_of_others").next().unwrap();
    assert!(clear.lines().any(|line| line.contains("退休生活") && line.contains("55-64")), "{printed}");
}

#[test]
fn the_notebook_of_recommenders_has_a_verdict_for_both_sides_of_both_kinds() {
    let printed = printed_by("03-recommenders.ipynb");
    for side in ["articles, lists: ", "articles, audiences: ", "activities, lists: ", "activities, audiences: "] {
        assert!(printed.contains(side), "no verdict on {side}: {printed}");
    }
}

#[test]
fn the_notebook_of_a_push_says_what_it_added() {
    let printed = printed_by("04-one-push.ipynb");
    assert!(printed.contains("percentage points, 95 % interval"), "{printed}");
}

#[test]
fn notebooks_are_committed_without_outputs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("notebooks");
    let mut notebooks = 0;
    for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_some_and(|extension| extension == "ipynb") {
            notebooks += 1;
            let notebook: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
            for cell in notebook["cells"].as_array().unwrap() {
                let is_empty =
                    cell["outputs"].as_array().is_none_or(Vec::is_empty) && cell["execution_count"].is_null();
                assert!(is_empty, "{} has outputs", file.display());
            }
        }
    }
    assert_eq!(notebooks, 4);
}
