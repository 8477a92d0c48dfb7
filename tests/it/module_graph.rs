//! Dependencies between the modules of a crate: which folders may use which, and no cycles of more than two files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Crates without cycles of more than two files.
const CRATES: &[&str] = &["api", "data", "engine", "models", "pipeline", "wechat"];

/// Folders of `api` that must not use modules of nouns.
const FOUNDATIONS: &[&str] = &["web", "auth", "middleware", "store"];
const NOUNS: &[&str] = &[
    "allocations",
    "audiences",
    "data",
    "events",
    "exclusions",
    "home",
    "items",
    "members",
    "models",
    "push_lists",
    "recommendations",
    "reports",
    "teams",
    "wechat",
];

type Module = Vec<String>;

/// Returns the modules of a crate with the modules they use. Tests in a file do not count.
fn dependencies(source: &Path) -> BTreeMap<Module, BTreeSet<Module>> {
    let mut files = Vec::new();
    collect(source, &mut Vec::new(), &mut files);
    let modules: BTreeSet<Module> = files.iter().map(|(module, _)| module.clone()).collect();
    let named = |(module, path): &(Module, PathBuf)| {
        let text = std::fs::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code: String = lines.flat_map(|line| [line, "\n"]).collect();
        let mut found = BTreeSet::new();
        for (start, base) in [("crate::", Vec::new()), ("super::", module[..module.len().saturating_sub(1)].to_vec())] {
            for rest in code.split(start).skip(1) {
                for path in paths(rest) {
                    let mut path: Module = base.iter().cloned().chain(path).collect();
                    while !path.is_empty() && !modules.contains(&path) {
                        path.pop();
                    }
                    found.insert(path);
                }
            }
        }
        found.remove(module);
        found.remove(&Vec::new());
        (module.clone(), found)
    };
    files.iter().map(named).collect()
}

fn collect(folder: &Path, module: &mut Module, files: &mut Vec<(Module, PathBuf)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            module.push(stem);
            collect(&path, module, files);
            module.pop();
        } else if stem == "mod" {
            files.push((module.clone(), path));
        } else if path.extension().is_some_and(|extension| extension == "rs") && stem != "lib" {
            files.push((module.iter().cloned().chain([stem]).collect(), path));
        }
    }
}

/// Returns the paths at the start of a text: `a::b`, or all of `a::{b, c::d}`.
fn paths(text: &str) -> Vec<Module> {
    let end = text.find(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == ':'));
    let (head, rest) = text.split_at(end.unwrap_or(text.len()));
    let path: Module = head.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let Some(group) = rest.strip_prefix('{').filter(|_| head.ends_with("::") || head.is_empty()) else {
        return vec![path];
    };
    let mut depth = 1;
    let mut parts = vec![String::new()];
    for letter in group.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if letter == ',' && depth == 1 {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
    }
    let inner = parts.iter().flat_map(|part| paths(part.trim()));
    inner.map(|inner| path.iter().cloned().chain(inner).collect()).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn foundations_of_the_api_use_no_noun() {
    let dependencies = dependencies(&root().join("api/src"));
    assert!(dependencies.len() > 80, "the sources were not found");
    for (module, named) in &dependencies {
        if !FOUNDATIONS.contains(&module[0].as_str()) {
            continue;
        }
        for other in named {
            assert!(!NOUNS.contains(&other[0].as_str()), "{} names {}", module.join("::"), other.join("::"));
        }
    }
}

#[test]
fn no_cycle_has_more_than_two_files() {
    for name in CRATES {
        let dependencies = dependencies(&root().join(name).join("src"));
        let reached: BTreeMap<&Module, BTreeSet<&Module>> =
            dependencies.keys().map(|module| (module, reachable(module, &dependencies))).collect();
        for module in dependencies.keys() {
            let circle: Vec<String> = reached[module]
                .iter()
                .filter(|other| reached[**other].contains(module))
                .map(|other| other.join("::"))
                .collect();
            assert!(circle.len() <= 2, "{name}: these files need each other: {}", circle.join(", "));
        }
    }
}

fn reachable<'a>(from: &Module, dependencies: &'a BTreeMap<Module, BTreeSet<Module>>) -> BTreeSet<&'a Module> {
    let mut found = BTreeSet::new();
    let mut pending: Vec<&Module> = dependencies[from].iter().collect();
    while let Some(module) = pending.pop() {
        if let (true, Some(next)) = (found.insert(module), dependencies.get(module)) {
            pending.extend(next);
        }
    }
    found
}
