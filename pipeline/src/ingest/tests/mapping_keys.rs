//! Tests that the examples in the reference of `[[source]]` give the rows that it names.

use super::*;
use crate::config::{MAPPING_KEYS, MappingExample, MappingKey};

fn read(example: &MappingExample) -> Result<Found, FileError> {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write(example.file, example.lines);
    if let Some((name, text)) = example.other {
        write(name, text);
    }
    let text = format!("[[source]]\n{}", example.source);
    let source = Config::parse("zhihui.toml", &text).expect("valid").sources.remove(0);
    assert!(super::super::pattern::matches_path(&source.pattern, Path::new(example.file)), "{text}");
    read_path(&folder.path().join(example.file), source.table, Some(source))
}

#[test]
fn every_example_gives_its_rows() {
    for key in MAPPING_KEYS.iter().copied().flatten() {
        let found = read(&key.example).expect(key.names[0]);
        assert_eq!(found.rows, key.example.rows, "{:?}", key.names);
        let filtered = (found.filtered > 0).then(|| format!("filtered: {}", found.filtered));
        let rejected = found.rejects.iter().map(|reject| format!("rejected: {reject}"));
        assert_eq!(filtered.into_iter().chain(rejected).collect::<Vec<_>>(), key.example.said, "{:?}", key.names);
    }
}

#[test]
fn every_example_stays_the_same_when_it_is_written_again() {
    #[derive(serde::Serialize)]
    struct Sources<'a> {
        source: &'a [Source],
    }
    for key in MAPPING_KEYS.iter().copied().flatten() {
        let sources =
            Config::parse("zhihui.toml", &format!("[[source]]\n{}", key.example.source)).expect("valid").sources;
        let written = toml::to_string(&Sources { source: &sources }).expect("TOML");
        assert_eq!(Config::parse("zhihui.toml", &written).expect(&written).sources, sources, "{written}");
    }
}

#[test]
fn every_key_has_an_example_that_uses_it() {
    let error = Config::parse("test.toml", "[[source]]\nname = \"s\"\nmatch = \"*\"\ntable = \"reads\"\nno_key = 1\n");
    let error = error.expect_err("an unknown key").to_string();
    let known = error.split("expected one of ").nth(1).and_then(|rest| rest.split(';').next()).expect("the keys");
    let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    assert!(known.len() > 20, "{known:?}");
    for key in known {
        let is_described = |described: &&MappingKey| {
            described.names.contains(&key)
                && described.example.source.lines().any(|line| line.split([' ', '.']).next() == Some(key))
        };
        // Another name of `scale`.
        assert!(key == "factor" || MAPPING_KEYS.iter().copied().flatten().any(|key| is_described(&key)), "{key}");
    }
}
