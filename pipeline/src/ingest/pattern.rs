//! Patterns of file names: `*` matches any text, `?` one character.

use std::path::Path;

use super::discover::uncompressed;

/// Whether a pattern matches the end of a path, with or without `.gz` and `.zst`.
pub(super) fn matches_path(pattern: &str, path: &Path) -> bool {
    let parts = pattern.split('/').filter(|part| !part.is_empty()).count();
    let names: Vec<String> = path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    if parts == 0 || names.len() < parts {
        return false;
    }
    let tail = names[names.len() - parts..].join("/");
    let pattern = pattern.trim_start_matches('/');
    matches(pattern, &tail) || matches(pattern, uncompressed(&tail))
}

fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut matched) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while matched < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, matched));
                at += 1;
            }
            Some(&letter) if letter == text[matched] || (letter == '?' && text[matched] != '/') => {
                at += 1;
                matched += 1;
            }
            _ => match star {
                Some((place, from)) if text[from] != '/' => {
                    star = Some((place, from + 1));
                    at = place + 1;
                    matched = from + 1;
                }
                _ => return false,
            },
        }
    }
    pattern[at..].iter().all(|&letter| letter == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_the_ends_of_paths() {
        let matches = |pattern: &str, path: &str| matches_path(pattern, Path::new(path));
        assert!(matches("clicks_hour_*.csv", "/data/globo/clicks_hour_001.csv.gz"));
        assert!(matches("clicks_hour_*.csv.gz", "clicks_hour_001.csv.gz"));
        assert!(matches("meetup/members.csv", "in/meetup/members.csv"));
        assert!(!matches("meetup/members.csv", "in/other/members.csv"));
        assert!(!matches("clicks_hour_???.csv", "clicks_hour_01.csv"));
        assert!(matches("*", "anything.txt") && matches("*a*b", "xaybazb") && !matches("*a*b", "ba"));
    }
}
