//! The known name that a misspelt name most likely means.

/// The lowest similarity of a suggestion, from 0 (nothing in common) to 1 (equal).
const MIN_SIMILARITY: f64 = 0.6;

/// The known name most like `name`, without regard to letter case. `None` if none is similar. Of equally similar names
/// the first wins.
///
/// Similarity is the normalised distance of Damerau and Levenshtein: 1 minus the least number of inserted, deleted, replaced
/// and swapped letters, divided by the length of the longer name.
#[must_use]
pub fn nearest_name<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let letters = name.chars().count();
    let mut best = None;
    for candidate in known {
        let candidate_letters = candidate.chars().count();
        let (shorter, longer) = (letters.min(candidate_letters), letters.max(candidate_letters));
        // The names differ by at least the difference of their lengths.
        if (shorter as f64) < MIN_SIMILARITY * longer as f64 {
            continue;
        }
        let similarity = strsim::normalized_damerau_levenshtein(&name, &candidate.to_lowercase());
        if similarity >= MIN_SIMILARITY && best.is_none_or(|(_, highest)| similarity > highest) {
            best = Some((candidate, similarity));
        }
    }
    best.map(|(candidate, _)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_finds_the_name_and_a_foreign_word_finds_none() {
        let known = ["member_id", "read_at", "read_fraction", "dwell_seconds"];
        assert_eq!(nearest_name("Dwell_Second", known), Some("dwell_seconds"));
        assert_eq!(nearest_name("raed_at", known), Some("read_at"));
        assert_eq!(nearest_name("favourite_colour", known), None);
        assert_eq!(nearest_name("阅读时长", ["阅读时间"]), Some("阅读时间"));
    }
}
