//! Chinese texts have full-width punctuation, as a union's own account writes.

use std::path::{Path, PathBuf};

/// Files that people read texts of: code of the crates, texts of pages, templates and scripts.
const FOLDERS: [&str; 8] =
    ["src", "data/src", "engine/src", "pipeline/src", "api/src", "wechat/src", "api/locales", "api/assets"];
/// Half-width forms of 「，；：？！（）」.
const HALF_WIDTH: &str = ",;:?!()";
/// Texts that are compared with files of others, not shown.
const COMPARED: [&str; 1] = ["注:"];

fn is_chinese(letter: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&letter) || "「」『』《》，。；：？！（）".contains(letter)
}

/// Half-width punctuation marks beside a Chinese character, with their surroundings. In a text with placeholders also those
/// between two of them.
fn half_width(text: &str, has_placeholders: bool) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let letter_at = |at: Option<usize>| at.and_then(|at| letters.get(at)).copied().unwrap_or(' ');
    let is_wrong = |&at: &usize| {
        let (before, after) = (letter_at(at.checked_sub(1)), letter_at(Some(at + 1)));
        let is_between_placeholders = has_placeholders && before == '}' && after == '{';
        HALF_WIDTH.contains(letters[at]) && (is_chinese(before) || is_chinese(after) || is_between_placeholders)
    };
    let around = |at: usize| letters[at.saturating_sub(8)..(at + 9).min(letters.len())].iter().collect();
    (0..letters.len()).filter(is_wrong).map(around).collect()
}

/// The string literals of code before its tests.
fn literals(code: &str) -> Vec<String> {
    let code = code.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found = Vec::new();
    for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
        let mut rest = line.split('"');
        while let (Some(_), Some(literal)) = (rest.next(), rest.next()) {
            found.push(literal.to_owned());
        }
    }
    found
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("tests") {
            files(&path, found);
        } else if path
            .extension()
            .is_some_and(|ending| ["rs", "toml", "html", "js"].iter().any(|known| ending == *known))
            && !path.ends_with("tests.rs")
        {
            found.push(path);
        }
    }
}

#[test]
fn chinese_texts_have_full_width_punctuation() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    FOLDERS.iter().for_each(|folder| files(&root.join(folder), &mut paths));
    let (mut wrong, mut chinese) = (Vec::new(), 0);
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let ending = path.extension().and_then(|ending| ending.to_str());
        let texts = match ending {
            Some("rs") => literals(&text),
            _ => text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect(),
        };
        for text in texts.iter().filter(|text| text.chars().any(is_chinese)) {
            chinese += 1;
            if !COMPARED.contains(&text.as_str()) {
                let name = path.strip_prefix(root).unwrap().display();
                wrong.extend(half_width(text, ending != Some("js")).iter().map(|around| format!("{name}: {around}")));
            }
        }
    }
    assert!(chinese > 2_000, "{chinese} texts");
    assert!(wrong.is_empty(), "{} places:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn half_width_punctuation_is_found_beside_chinese_only() {
    assert_eq!(half_width("报名通知:亲子绘本日", true), ["报名通知:亲子绘本日"]);
    assert_eq!(half_width("满 10 人(含)", true).len(), 2);
    assert_eq!(half_width("{season}亲子{subject}:{n} 个", true).len(), 1);
    assert!(half_width("共 43,000 人，at 10:30 (UTC)", true).is_empty());
}
