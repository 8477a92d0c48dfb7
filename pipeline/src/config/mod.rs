//! The part of `zhihui.toml` that the batch jobs obey: the zone, the age bands, limits of ingest and the mappings of
//! foreign files. Text in, checked values out; the file itself is read by the binary.

mod checks;
mod inbox;
mod ingest;
mod lake;
mod maintain;
mod push;
mod recommend;
mod report;
mod serve;
mod source;

use serde::Deserialize;
use zhihui_data::Zone;
use zhihui_data::snapshot::AgeBands;

use crate::train::TrainOptions;

pub use checks::ChecksConfig;
pub use inbox::{AfterIngest, InboxConfig};
pub use ingest::IngestLimits;
pub use lake::LakeConfig;
pub use maintain::MaintainConfig;
pub use push::PushConfig;
pub use recommend::RecommendConfig;
pub use report::ReportConfig;
pub use serve::ServeConfig;
pub use source::{FileFormat, Lookup, Source};

/// The settings of a home. Every key may be missing; a key that is not known is an error.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// IANA name of the zone in which naive times, days, months and quotas are read; Asia/Shanghai by default.
    pub zone: Zone,
    /// Lower bounds of the age bands in years, ascending; empty means the usual seven bands.
    pub age_bands: Vec<u32>,
    /// Words of topics that never become preferences, segments or reasons; see [`is_sensitive`].
    pub sensitive_topics: Vec<String>,
    /// Where the lake lies.
    pub lake: LakeConfig,
    /// How often a member may be pushed something.
    pub push: PushConfig,
    /// Address, proxies and limits of the service.
    pub serve: ServeConfig,
    /// Exploration and the floor on exposure in members' lists.
    pub recommend: RecommendConfig,
    /// What reports may show.
    pub report: ReportConfig,
    /// What is learnt, and how.
    pub train: TrainOptions,
    /// Thresholds of the data checks.
    pub checks: ChecksConfig,
    /// Limits of ingest.
    pub ingest: IngestLimits,
    /// What becomes of ingested files.
    pub inbox: InboxConfig,
    /// When nightly runs maintain the lake.
    pub maintain: MaintainConfig,
    /// Mappings of foreign files, `[[source]]`.
    #[serde(rename = "source")]
    pub sources: Vec<Source>,
}

/// Topics that the law and good manners keep out of profiles: health, religion, hardship and what goes with them.
const SENSITIVE_TOPICS: [&str; 24] = [
    "健康",
    "体检",
    "疾病",
    "重疾",
    "医疗",
    "心理",
    "残疾",
    "怀孕",
    "孕产",
    "宗教",
    "佛教",
    "基督",
    "伊斯兰",
    "困难帮扶",
    "帮扶",
    "救助",
    "低保",
    "困难职工",
    "法律援助",
    "health",
    "disease",
    "pregnan",
    "religio",
    "hardship",
];

/// Whether a topic holds one of these words, whatever the case of its letters: 心理健康讲座 holds 健康.
#[must_use]
pub fn is_sensitive(words: &[String], topic: &str) -> bool {
    let topic = topic.to_lowercase();
    words.iter().any(|word| !word.trim().is_empty() && topic.contains(&word.trim().to_lowercase()))
}

impl Default for Config {
    fn default() -> Self {
        Self {
            zone: Zone::default(),
            age_bands: Vec::new(),
            sensitive_topics: SENSITIVE_TOPICS.map(str::to_owned).to_vec(),
            lake: LakeConfig::default(),
            push: PushConfig::default(),
            serve: ServeConfig::default(),
            recommend: RecommendConfig::default(),
            report: ReportConfig::default(),
            train: TrainOptions::default(),
            checks: ChecksConfig::default(),
            ingest: IngestLimits::default(),
            inbox: InboxConfig::default(),
            maintain: MaintainConfig::default(),
            sources: Vec::new(),
        }
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The text is no TOML, or holds a key or a type that is not known.
    #[error("{file}: {source}; correct the file, `zhihui init` writes a commented example")]
    Syntax {
        /// The file that was read.
        file: String,
        /// The parser's reason with line and column.
        source: Box<toml::de::Error>,
    },
    /// A value is understood but cannot be meant.
    #[error("{file}: {key}: {why}")]
    Value {
        /// The file that was read.
        file: String,
        /// The key.
        key: String,
        /// What is wrong and what would be right.
        why: String,
    },
}

impl Config {
    /// Reads and checks the settings. `file` only names the text in messages.
    ///
    /// # Errors
    /// [`ConfigError`] with the key, and the line where the text is no TOML.
    pub fn parse(file: &str, text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text)
            .map_err(|source| ConfigError::Syntax { file: file.to_owned(), source: Box::new(source) })?;
        let wrong = |key: String, why: String| ConfigError::Value { file: file.to_owned(), key, why };
        if AgeBands::from_lower_bounds(&config.age_bands).is_none() {
            return Err(wrong("age_bands".to_owned(), "lower bounds must ascend, as in [0, 18, 25, 35]".to_owned()));
        }
        config.serve.check().map_err(|(key, why)| wrong(format!("serve.{key}"), why))?;
        config.recommend.check().map_err(|(key, why)| wrong(format!("recommend.{key}"), why))?;
        config.checks.check().map_err(|(key, why)| wrong(format!("checks.{key}"), why))?;
        config.ingest.check().map_err(|(key, why)| wrong(format!("ingest.{key}"), why))?;
        for source in &config.sources {
            source.check().map_err(|(key, why)| wrong(format!("source {}: {key}", source.name), why))?;
        }
        Ok(config)
    }

    /// The age bands: those configured, else the usual ones.
    #[must_use]
    pub fn bands(&self) -> AgeBands {
        if self.age_bands.is_empty() {
            return AgeBands::default();
        }
        AgeBands::from_lower_bounds(&self.age_bands).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(text: &str) -> String {
        Config::parse("zhihui.toml", text).expect_err("must be refused").to_string()
    }

    #[test]
    fn an_empty_file_means_the_defaults() {
        let config = Config::parse("zhihui.toml", "").expect("defaults");
        assert_eq!((config.zone.name(), config.bands()), ("Asia/Shanghai", AgeBands::default()));
    }

    #[test]
    fn a_source_of_the_contract_is_read() {
        let text = r#"
            zone = "America/Sao_Paulo"
            age_bands = [16, 30, 45]
            [[source]]
            name = "news-clicks"
            match = "clicks_hour_*.csv"
            table = "reads"
            columns = { member_id = "user_id", article_id = "click_article_id", read_at = "click_timestamp" }
            time = { read_at = "unix_ms" }
            constant = { channel = 7 }
        "#;
        let config = Config::parse("zhihui.toml", text).expect("valid");
        let source = &config.sources[0];
        assert_eq!((source.table.name(), source.constant["channel"].as_str()), ("reads", "7"));
        assert_eq!(config.bands().label(0), "0-15");
    }

    #[test]
    fn nights_and_the_inbox_have_settings() {
        let text = "[inbox]\nafter_ingest = \"delete\"\n[maintain]\nevery = \"7d\"";
        let config = Config::parse("zhihui.toml", text).expect("valid");
        assert_eq!((config.inbox.after_ingest, config.inbox.keep_identifying), (AfterIngest::Delete, false));
        assert_eq!((config.maintain.every.as_secs(), config.maintain.keep_hours), (7 * 86_400, 24));
        assert!(error_of("[maintain]\nevery = \"weekly\"").contains("7d"));
        assert!(error_of("[inbox]\nafter_ingest = \"burn\"").contains("burn"));
    }

    #[test]
    fn mistakes_name_the_key() {
        assert!(error_of("zoom = 1").contains("zoom"));
        assert!(error_of("[checks]\nvolume_fail = 2").contains("checks.volume_fail"));
        assert!(error_of("[checks]\nfresh_days = { read = 3 }").contains("sign_ups"));
        assert!(error_of("[serve]\nburst = 0").contains("serve.burst: must be above 0"));
        assert!(error_of("[serve]\npublic_url = \"zhihui.example.org\"").contains("https://"));
        assert!(
            error_of("[recommend]\nexplore_share = 1.5").contains("recommend.explore_share: must be between 0 and 1")
        );
        assert!(error_of("[recommend]\nexposure_floor = nan").contains("recommend.exposure_floor"));
        assert!(error_of("age_bands = [30, 20]").contains("ascend"));
        let source = |rest: &str| format!("[[source]]\nname=\"s\"\nmatch=\"*.csv\"\ntable=\"reads\"\n{rest}");
        assert!(error_of(&source("columns = { reader = \"x\" }")).contains("reads has no column reader"));
        assert!(error_of(&source("time = { channel = \"unix_s\" }")).contains("channel holds no time"));
        assert!(error_of(&source("time = { read_at = \"%Q\" }")).contains("%Q"));
        assert!(error_of(&source("add = { channel = 1 }")).contains("whole number"));
        assert!(error_of(&source("colums = {}")).contains("colums"));
    }
}
