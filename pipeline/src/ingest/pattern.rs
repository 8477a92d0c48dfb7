//! Patterns of file names: `*` stands for any text, `?` for one character.

use std::path::Path;

use super::discover::uncompressed;

/// Whether a file fits: its name, or as many last parts of its path as the pattern has, compressed or not.
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
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while seen < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(&letter) if letter == text[seen] || (letter == '?' && text[seen] != '/') => {
                at += 1;
                seen += 1;
            }
            _ => match star {
                Some((place, from)) if text[from] != '/' => {
                    star = Some((place, from + 1));
                    at = place + 1;
                    seen = from + 1;
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
    fn names_fit_patterns() {
        let fits = |pattern: &str, path: &str| matches_path(pattern, Path::new(path));
        assert!(fits("clicks_hour_*.csv", "/data/globo/clicks_hour_001.csv.gz"));
        assert!(fits("clicks_hour_*.csv.gz", "clicks_hour_001.csv.gz"));
        assert!(fits("meetup/members.csv", "in/meetup/members.csv"));
        assert!(!fits("meetup/members.csv", "in/other/members.csv"));
        assert!(!fits("clicks_hour_???.csv", "clicks_hour_01.csv"));
        assert!(fits("*", "anything.txt") && fits("*a*b", "xaybazb") && !fits("*a*b", "ba"));
    }
}
