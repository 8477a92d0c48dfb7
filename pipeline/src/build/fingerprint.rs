//! Fingerprints of everything that a table depends on. If they are equal, building the table again would give the same rows.

use xxhash_rust::xxh3::Xxh3;

use super::BuildOptions;
use crate::lake::DataFile;

/// A hash over parts. The length of each part is hashed too, so that `ab` `c` differs from `a` `bc`.
#[derive(Clone, Default)]
pub(super) struct Fingerprint(Xxh3);

impl Fingerprint {
    pub(super) fn with(mut self, part: impl AsRef<[u8]>) -> Self {
        self.add(part.as_ref());
        self
    }

    pub(super) fn add(&mut self, part: &[u8]) {
        self.0.update(part);
        self.0.update(&(part.len() as u64).to_le_bytes());
    }

    /// Adds files by path and number of rows; their order does not matter.
    pub(super) fn with_files(mut self, files: &[DataFile]) -> Self {
        let mut paths: Vec<(&str, usize)> = files.iter().map(|file| (file.path.as_str(), file.rows)).collect();
        paths.sort_unstable();
        for (path, rows) in paths {
            self.add(path.as_bytes());
            self.add(&rows.to_le_bytes());
        }
        self
    }

    pub(super) fn hex(&self) -> String {
        format!("{:032x}", self.0.digest128())
    }
}

/// Returns the fingerprint of the options that every table depends on. Of `as_of` only the day counts here, because inputs add
/// their number of rows before it.
pub(super) fn of_options(options: &BuildOptions) -> Fingerprint {
    let day = options.zone.day(options.as_of).to_string();
    let bands: Vec<String> = (0..options.age_bands.count()).map(|band| options.age_bands.label(band)).collect();
    let mut fingerprint = of_weights(options).with(day).with(options.zone.name()).with(bands.join(" "));
    let half_lives = options.half_lives;
    for number in [half_lives.topic_days, half_lives.article_days, half_lives.activity_days, options.reach_prior] {
        fingerprint.add(&number.to_le_bytes());
    }
    options.sensitive_topics.iter().for_each(|word| fingerprint.add(word.as_bytes()));
    fingerprint
}

/// Returns the fingerprint of the weights, the only options that interactions depend on.
pub(super) fn of_weights(options: &BuildOptions) -> Fingerprint {
    let weights = options.weights;
    let mut fingerprint = Fingerprint::default().with(FORMAT.to_le_bytes());
    for number in [weights.read, weights.share, weights.sign_up, weights.attended] {
        fingerprint.add(&number.to_le_bytes());
    }
    fingerprint
}

/// Must be increased when code outside the SQL changes the content of tables.
const FORMAT: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boundaries_of_parts_matter() {
        let hex = |parts: &[&str]| parts.iter().fold(Fingerprint::default(), Fingerprint::with).hex();
        assert_ne!(hex(&["ab", "c"]), hex(&["a", "bc"]));
        assert_ne!(hex(&["ab"]), hex(&["ab", ""]));
        assert_eq!(hex(&["ab", "c"]), hex(&["ab", "c"]));
    }
}
