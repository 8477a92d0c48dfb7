//! Rules of the source code: allowed dependencies between crates, and the form of files. `module_graph` has the rules
//! between modules of a crate.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The crate without code that gives dependencies the same features everywhere.
const FEATURES: &str = "zhihui-features";

/// Allowed dependencies, as in ARCHITECTURE.md.
const ALLOWED: &[(&str, &[&str])] = &[
    ("zhihui", &["zhihui-api", "zhihui-pipeline", "zhihui-engine", "zhihui-data", "zhihui-models", "zhihui-wechat"]),
    ("zhihui-api", &["zhihui-engine", "zhihui-data", "zhihui-wechat", FEATURES]),
    ("zhihui-wechat", &[FEATURES]),
    ("zhihui-pipeline", &["zhihui-engine", "zhihui-data", "zhihui-models", FEATURES]),
    ("zhihui-engine", &["zhihui-data", "zhihui-models", FEATURES]),
    ("zhihui-models", &[FEATURES]),
    ("zhihui-data", &[FEATURES]),
    (FEATURES, &[]),
];

/// Crates that only `pipeline` may depend on, so that the rest checks in seconds.
const HEAVY: &[&str] = &[
    "polars",
    "deltalake",
    "datafusion",
    "parquet",
    "ballista-core",
    "ballista-scheduler",
    "ballista-executor",
    "datafusion-proto",
    "arrow-flight",
    "tonic",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn direct_dependencies() -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let names = |package: &Value| {
        let normal = |dependency: &&Value| dependency["kind"].is_null();
        let list = package["dependencies"].as_array().unwrap().iter().filter(normal);
        list.map(|dependency| dependency["name"].as_str().unwrap().to_owned()).collect()
    };
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages.map(|package| (package["name"].as_str().unwrap().to_owned(), names(package))).collect()
}

#[test]
fn crates_depend_only_on_allowed_crates() {
    let found = direct_dependencies();
    assert_eq!(found.len(), ALLOWED.len(), "every crate is listed: {:?}", found.keys());
    for (name, allowed) in ALLOWED {
        for dependency in found[*name].iter().filter(|dependency| dependency.starts_with("zhihui-")) {
            assert!(allowed.contains(&dependency.as_str()), "{name} must not depend on {dependency}");
        }
        for heavy in HEAVY.iter().filter(|_| *name != "zhihui-pipeline") {
            assert!(!found[*name].iter().any(|dependency| dependency == heavy), "{name} must not depend on {heavy}");
        }
    }
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !matches!(name.as_str(), "target" | ".git" | "node_modules" | ".venv") {
            sources(&path, found);
        } else if name.ends_with(".rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_file_has_a_description_and_at_most_400_lines() {
    let mut files = Vec::new();
    sources(&root(), &mut files);
    assert!(files.len() > 50, "the sources were not found");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.strip_prefix(root()).unwrap().display();
        assert!(text.starts_with("//!"), "{name} does not begin with a line that says what it is");
        assert!(text.lines().count() <= 400, "{name} has {} lines, more than 400", text.lines().count());
        assert!(!text.contains(concat!("#[", "ignore")), "{name} skips a test");
    }
}

#[test]
fn library_code_reads_no_clock_and_no_environment() {
    let banned = ["Utc::now", "Local::now", "SystemTime::now", "env::var", "thread_rng()", "from_entropy"];
    for folder in ["data/src", "models/src", "engine/src", "pipeline/src", "api/src", "wechat/src"] {
        let mut files = Vec::new();
        sources(&root().join(folder), &mut files);
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            for word in banned {
                assert!(!text.contains(word), "{} uses {word}: take it as an argument", file.display());
            }
        }
    }
}

/// Returns the dependencies of some crates, each with its features.
fn dependencies_with_features(of: &[&str]) -> std::collections::BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--edges", "normal,build", "--prefix", "none", "--format", "{p}|{f}"])
        .args(of)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(|line| line.replace(" (*)", "").replace(" (proc-macro)", ""));
    let of_others = lines.filter(|line| !line.is_empty() && !line.starts_with("zhihui"));
    of_others
        .map(|line| {
            let (package, features) = line.split_once('|').unwrap();
            let mut features: Vec<&str> = features.split(',').collect();
            features.sort_unstable();
            format!("{package} with {}", features.join(","))
        })
        .collect()
}

#[test]
fn a_crate_alone_uses_its_dependencies_with_the_features_of_the_workspace() {
    let of_workspace = dependencies_with_features(&["--workspace"]);
    assert!(of_workspace.len() > 300, "the dependencies were not found");
    for (name, _) in ALLOWED.iter().filter(|(name, _)| *name != FEATURES) {
        let alone = dependencies_with_features(&["--package", name]);
        let other: Vec<&String> = alone.difference(&of_workspace).collect();
        assert!(other.is_empty(), "{name} alone compiles these again; add features to features/Cargo.toml: {other:?}");
    }
}
