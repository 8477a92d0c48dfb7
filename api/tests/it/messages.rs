//! The message catalogue: every message has both languages, is used, and follows the punctuation of its language.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn files(folder: &Path, extensions: &[&str], found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, extensions, found);
        } else if path.extension().is_some_and(|extension| extensions.iter().any(|known| extension == *known)) {
            found.push(path);
        }
    }
}

/// The texts of each message by language.
fn catalogue() -> BTreeMap<String, BTreeMap<String, String>> {
    let mut messages: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut catalogues = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("locales"), &["toml"], &mut catalogues);
    for path in catalogues {
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let mut name = String::new();
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            if let Some(key) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                name = format!("{stem}_{key}");
                assert!(messages.insert(name.clone(), BTreeMap::new()).is_none(), "{name} is defined twice");
            } else if let Some((language, text)) = line.split_once(" = ") {
                messages.get_mut(&name).unwrap().insert(language.to_owned(), text.trim_matches('"').to_owned());
            }
        }
    }
    messages
}

#[test]
fn every_message_has_both_languages() {
    let messages = catalogue();
    assert!(messages.len() > 300, "the catalogue was not found");
    for (name, texts) in messages {
        let languages: Vec<&str> = texts.keys().map(String::as_str).collect();
        assert_eq!(languages, ["en", "zh"], "{name}");
        assert!(texts.values().all(|text| !text.trim().is_empty()), "{name} has an empty text");
    }
}

#[test]
fn every_message_is_used_and_every_used_message_exists() {
    let mut sources = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &["rs", "html"], &mut sources);
    let text: String = sources.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let mut used = std::collections::BTreeSet::new();
    for rest in text.split("t.").skip(1) {
        let name: String = rest.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
        used.insert(name);
    }
    let messages = catalogue();
    let unused: Vec<&String> = messages.keys().filter(|name| !used.contains(*name)).collect();
    assert!(unused.is_empty(), "nothing uses {unused:?}");
    let mut catalogues = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("locales"), &["toml"], &mut catalogues);
    let prefixes: Vec<String> =
        catalogues.iter().map(|path| format!("{}_", path.file_stem().unwrap().to_string_lossy())).collect();
    let is_message = |name: &str| prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()));
    for name in used.iter().filter(|name| is_message(name) && text.contains(&format!("t.{name}("))) {
        assert!(messages.contains_key(name), "the catalogue has no {name}");
    }
}

#[test]
fn chinese_messages_use_full_width_punctuation_and_pages_contain_no_other_chinese() {
    let is_chinese = |letter: char| ('\u{4e00}'..='\u{9fff}').contains(&letter);
    for (name, texts) in catalogue() {
        let letters: Vec<char> = texts["zh"].chars().collect();
        for pair in letters.windows(2) {
            assert!(!(is_chinese(pair[0]) && ",:;?!(".contains(pair[1])), "{name}: {}{}", pair[0], pair[1]);
        }
    }
    let mut templates = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &["html"], &mut templates);
    for path in templates {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.chars().any(is_chinese), "{} contains text that belongs into the catalogue", path.display());
    }
}
