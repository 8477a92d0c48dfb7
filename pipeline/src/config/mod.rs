//! Parses and validates `zhihui.toml`. Takes the text of the file and returns checked settings; does not read the file.

mod checks;
mod cluster;
mod database;
mod hold_out;
mod inbox;
mod ingest;
mod lake;
mod mail;
mod maintain;
mod problems;
mod publish;
mod push;
mod recommend;
mod report;
mod report_schedule;
mod serve;
mod source;
mod spill;
mod teams;
mod wechat;

use serde::Deserialize;
use zhihui_data::Zone;
use zhihui_data::snapshot::AgeBands;

use crate::train::TrainOptions;

pub use checks::ChecksConfig;
pub use cluster::{ClusterConfig, ClusterTlsConfig};
pub use database::{DATABASE_PASSWORD_ENV, DatabaseConfig};
pub use hold_out::{HoldOutConfig, LastDay, TopicHoldOutConfig};
pub use inbox::{AfterIngest, InboxConfig};
pub use ingest::IngestLimits;
pub use lake::{LakeConfig, LeaseSeconds};
pub use mail::{MailConfig, MailSecurity};
pub use maintain::MaintainConfig;
pub use problems::{SettingsProblem, settings_problems};
pub use publish::PublishConfig;
pub use push::{PushConfig, QuietHours};
pub use recommend::RecommendConfig;
pub use report::ReportConfig;
pub use report_schedule::{ReportSchedule, ScheduleInterval, ScheduleLanguage};
pub use serve::ServeConfig;
pub(crate) use source::Bound;
pub use source::{
    Case, Condition, Expand, FileFormat, Lookup, MAPPING_KEYS, MappingExample, MappingKey, RowNumber, Source,
};
pub use spill::SpillConfig;
pub use teams::TeamsConfig;
pub use wechat::{WechatAccount, WechatConfig};

/// The settings of a home. Every key is optional; unknown keys are errors.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// IANA name of the time zone for naive times, days, months and quotas. Asia/Shanghai by default.
    pub zone: Zone,
    /// Lower bounds of the age bands in years, ascending. Empty for the seven default bands.
    pub age_bands: Vec<u32>,
    /// Words of topics that never become preferences, segments or reasons; see [`is_sensitive`].
    pub sensitive_topics: Vec<String>,
    /// Location and history of the lake.
    pub lake: LakeConfig,
    /// The machines that build together.
    pub cluster: ClusterConfig,
    /// How far services may be behind the published snapshot.
    pub publish: PublishConfig,
    /// Where accounts, consent, audit log, lists and the event inbox are kept.
    pub database: DatabaseConfig,
    /// Limits of pushes per member.
    pub push: PushConfig,
    /// The official account that sends push lists.
    pub wechat: WechatConfig,
    /// Limits of teams.
    pub teams: TeamsConfig,
    /// Address, proxies and limits of the service.
    pub serve: ServeConfig,
    /// Exploration and exposure floor of lists.
    pub recommend: RecommendConfig,
    /// Suppression of small groups in reports, targets of metrics, and files of reports.
    #[serde(alias = "reports")]
    pub report: ReportConfig,
    /// The mail server of scheduled reports.
    pub mail: MailConfig,
    /// Training.
    pub train: TrainOptions,
    /// Thresholds of the data checks.
    pub checks: ChecksConfig,
    /// Limits of ingest.
    pub ingest: IngestLimits,
    /// Handling of ingested files.
    pub inbox: InboxConfig,
    /// Schedule of maintenance.
    pub maintain: MaintainConfig,
    /// Temporary files of queries.
    pub spill: SpillConfig,
    /// Mappings of files of other systems, `[[source]]`.
    #[serde(rename = "source")]
    pub sources: Vec<Source>,
}

/// Default words of sensitive topics: health, religion, hardship and related words.
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

/// Whether a topic contains one of these words, ignoring case: 心理健康讲座 contains 健康.
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
            cluster: ClusterConfig::default(),
            publish: PublishConfig::default(),
            database: DatabaseConfig::default(),
            push: PushConfig::default(),
            wechat: WechatConfig::default(),
            teams: TeamsConfig::default(),
            serve: ServeConfig::default(),
            recommend: RecommendConfig::default(),
            report: ReportConfig::default(),
            mail: MailConfig::default(),
            train: TrainOptions::default(),
            checks: ChecksConfig::default(),
            ingest: IngestLimits::default(),
            inbox: InboxConfig::default(),
            maintain: MaintainConfig::default(),
            spill: SpillConfig::default(),
            sources: Vec::new(),
        }
    }
}

/// Error in a configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The text is not TOML, or a key or type is unknown.
    #[error("{file}: {source}{}; correct the file: `zhihui config check` names all unknown keys", did_you_mean(.source))]
    Syntax {
        /// The file that was read.
        file: String,
        /// The parser's error with line and column.
        source: Box<toml::de::Error>,
    },
    /// A value has the right type but is invalid.
    #[error("{file}: {key}: {why}")]
    Value {
        /// The file that was read.
        file: String,
        /// The key.
        key: String,
        /// What is wrong, and which values are valid.
        why: String,
    },
}

/// Parses a file that contains mappings only.
///
/// # Errors
/// Those of [`Config::parse`], and [`ConfigError::Value`] if there are other settings.
pub fn parse_sources(file: &str, text: &str) -> Result<Vec<Source>, ConfigError> {
    let mut config = Config::parse(file, text)?;
    let sources = std::mem::take(&mut config.sources);
    if config != Config::default() {
        let why = "only [[source]] sections are read from this file; other settings belong to zhihui.toml".to_owned();
        return Err(ConfigError::Value { file: file.to_owned(), key: "settings".to_owned(), why });
    }
    Ok(sources)
}

fn did_you_mean(error: &toml::de::Error) -> String {
    problems::nearest_expected(error.message()).map(|name| format!("did you mean {name:?}?")).unwrap_or_default()
}

impl Config {
    /// Parses and checks the settings. `file` is used in error messages only.
    ///
    /// # Errors
    /// [`ConfigError::Syntax`] with the line, or [`ConfigError::Value`] with the key.
    pub fn parse(file: &str, text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text)
            .map_err(|source| ConfigError::Syntax { file: file.to_owned(), source: Box::new(source) })?;
        let invalid = |key: String, why: String| ConfigError::Value { file: file.to_owned(), key, why };
        if AgeBands::from_lower_bounds(&config.age_bands).is_none() {
            return Err(invalid("age_bands".to_owned(), "lower bounds must ascend, as in [0, 18, 25, 35]".to_owned()));
        }
        config.database.check().map_err(|(key, why)| invalid(format!("database.{key}"), why))?;
        config.push.check().map_err(|(key, why)| invalid(format!("push.{key}"), why))?;
        config.serve.check().map_err(|(key, why)| invalid(format!("serve.{key}"), why))?;
        config.wechat.check().map_err(|(key, why)| invalid(format!("wechat.{key}"), why))?;
        config.recommend.check().map_err(|(key, why)| invalid(format!("recommend.{key}"), why))?;
        config.cluster.check().map_err(|(key, why)| invalid(format!("cluster.{key}"), why))?;
        config.checks.check().map_err(|(key, why)| invalid(format!("checks.{key}"), why))?;
        config.ingest.check().map_err(|(key, why)| invalid(format!("ingest.{key}"), why))?;
        config.spill.check().map_err(|(key, why)| invalid(format!("spill.{key}"), why))?;
        config.train.check().map_err(|(key, why)| invalid(format!("train.{key}"), why))?;
        config.mail.check().map_err(|(key, why)| invalid(format!("mail.{key}"), why))?;
        let has_mail = config.mail.is_set();
        config.report.check(has_mail).map_err(|(key, why)| invalid(format!("report.{key}"), why))?;
        for source in &config.sources {
            source.check().map_err(|(key, why)| invalid(format!("source {}: {key}", source.name), why))?;
        }
        Ok(config)
    }

    /// The configured age bands, or the default ones.
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

    #[test]
    fn a_target_of_an_unknown_metric_names_the_nearest_one_and_the_line() {
        let error = error_of("[report.targets]\nactive_shares = 0.3\n");
        assert!(error.contains("active_shares") && error.contains("did you mean \"active_share\"?"), "{error}");
        assert!(error.contains("line"), "{error}");
        let config =
            Config::parse("zhihui.toml", "[report.targets]\nactive_share = 0.3\nsilent_unions = 20\n").expect("valid");
        assert_eq!(config.report.targets.of("silent_unions"), Some(20.0));
    }

    fn error_of(text: &str) -> String {
        Config::parse("zhihui.toml", text).expect_err("an invalid configuration").to_string()
    }

    #[test]
    fn an_empty_file_yields_the_defaults() {
        let config = Config::parse("zhihui.toml", "").expect("defaults");
        assert_eq!((config.zone.name(), config.bands()), ("Asia/Shanghai", AgeBands::default()));
    }

    #[test]
    fn a_source_is_parsed() {
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
    fn settings_of_inbox_and_maintenance_are_parsed() {
        let text = "[inbox]\nafter_ingest = \"delete\"\n[maintain]\nevery = \"7d\"";
        let config = Config::parse("zhihui.toml", text).expect("valid");
        assert_eq!((config.inbox.after_ingest, config.inbox.keep_identifying), (AfterIngest::Delete, false));
        assert_eq!((config.maintain.every.as_secs(), config.maintain.keep_hours), (7 * 86_400, 24));
        assert!(error_of("[maintain]\nevery = \"weekly\"").contains("7d"));
        assert!(error_of("[inbox]\nafter_ingest = \"burn\"").contains("burn"));
    }

    #[test]
    fn errors_name_the_key() {
        assert!(error_of("zoom = 1").contains("zoom"));
        assert!(error_of("[checks]\nvolume_fail = 2").contains("checks.volume_fail"));
        assert!(error_of("[checks]\nfresh_days = { read = 3 }").contains("sign_ups"));
        assert!(error_of("[spill]\nmax_gb = 0").contains("spill.max_gb: must be above 0"));
        assert!(error_of("[train]\nmax_events = 0").contains("train.max_events: must be 100000 or more"));
        assert!(error_of("[serve]\nburst = 0").contains("serve.burst: must be above 0"));
        assert!(error_of("[serve]\npublic_url = \"zhihui.example.org\"").contains("https://"));
        assert!(
            error_of("[recommend]\nexplore_share = 1.5").contains("recommend.explore_share: must be between 0 and 1")
        );
        assert!(error_of("[recommend]\nexposure_floor = nan").contains("recommend.exposure_floor"));
        assert!(error_of("age_bands = [30, 20]").contains("ascend"));
        assert!(error_of("[mail]\npassword = \"secret\"").contains("password_env"), "a password is no setting");
        let clear =
            "[mail]\nhost=\"mail.example.org\"\nfrom=\"a@b\"\nuser=\"a\"\npassword_env=\"P\"\nsecurity=\"none\"";
        assert!(error_of(clear).contains("mail.security: must be tls or starttls"));
        let schedule = |rest: &str| format!("[[report.schedule]]\nname=\"月报\"\nevery=\"monthly\"\n{rest}");
        let unknown = error_of(&schedule("formats=[\"docx\"]\nfolder=\"out\""));
        assert!(unknown.contains("report.schedule 月报: formats: unknown format \"docx\"; use xlsx, pdf"), "{unknown}");
        assert!(error_of(&schedule("formats=[\"pdf\"]")).contains("name a folder"));
        assert!(error_of(&schedule("formats=[\"pdf\"]\nto=[\"a@b\"]")).contains("[mail]"));
        let twice = format!("{0}\n{0}", schedule("formats=[\"pdf\"]\nfolder=\"out\""));
        assert!(error_of(&twice).contains("another schedule has the same name"));
        let weekly = schedule("formats=[\"pdf\"]\nfolder=\"out\"\ndistrict=\"朝阳\"").replace("monthly", "weekly");
        assert!(error_of(&weekly).contains("must be monthly with a filter"));
        let source = |rest: &str| format!("[[source]]\nname=\"s\"\nmatch=\"*.csv\"\ntable=\"reads\"\n{rest}");
        assert!(error_of(&source("columns = { reader = \"x\" }")).contains("reads has no column reader"));
        assert!(error_of(&source("time = { channel = \"unix_s\" }")).contains("channel is not a time"));
        assert!(error_of(&source("time = { read_at = \"%Q\" }")).contains("%Q"));
        assert!(error_of(&source("add = { channel = 1 }")).contains("whole number"));
        assert!(error_of(&source("colums = {}")).contains("colums"));
    }

    #[test]
    fn contradictions_in_a_source_are_errors_with_a_remedy() {
        let source = |rest: &str| format!("[[source]]\nname=\"s\"\nmatch=\"*.csv\"\ntable=\"sign_ups\"\n{rest}");
        for (rest, parts) in [
            ("columns = { actvity_id = \"x\" }", ["columns.actvity_id", "did you mean \"activity_id\"?"]),
            ("optional = [\"openid\"]", ["optional.openid", "is not mapped"]),
            ("columns = { status = \"x\" }\noptional = [\"status\"]", ["optional.status", "cannot be optional"]),
            ("columns = { openid = \"x\" }\nconstant = { openid = 1 }", ["constant.openid", "columns; keep one"]),
            ("columns = { openid = \"x\" }\nfirst_of = { openid = [\"a\", \"b\"] }", ["first_of.openid", "keep one"]),
            ("first_of = { openid = [\"a\"] }", ["first_of.openid", "use columns"]),
            ("cases.status = []", ["cases.status", "must have a case"]),
            ("cases.status = [{ then = \"registered\" }, { then = \"attended\" }]", ["cases.status", "only the last"]),
            ("cases.status = [{ then = \"registerd\" }]", ["cases.status", "did you mean \"registered\"?"]),
            (
                "cases.status = [{ when = { column = \"a\" }, then = \"attended\" }]",
                ["cases.status: a", "needs a test"],
            ),
            ("where = { column = \"a\", is = \"\" }", ["where: a", "write empty = true"]),
            ("where = { column = \"a\", empty = true, is = \"x\" }", ["where: a", "leave one of them out"]),
            ("where = { column = \"a\", above = \"soon\" }", ["where: a", "above must be a number or a time"]),
            ("where = { column = \"a\", equals = \"x\" }", ["equals", "is_not"]),
            ("expand = \"items\"", ["expand", "no column takes the elements of items"]),
            ("expand = 3", ["must be a column", "{ columns"]),
            ("row_number = { status = \"name\" }", ["row_number.status", "sign_up_id only"]),
            ("row_number = { tickets = \"element\" }", ["row_number.tickets", "with expand only"]),
            ("middle = [\"status\"]", ["middle.status", "is not a number"]),
            ("decimal = { tickets = \";\" }", ["decimal.tickets", "must be"]),
            ("scale = { tickets = 0 }", ["scale.tickets", "other than 0"]),
            ("constant = { tickets = 1 }\nscale = { tickets = 2 }", ["scale.tickets", "is a constant"]),
            ("split = { status = \"|\" }", ["split.status", "expand = { columns"]),
            ("time = { signed_up_at = \"unix_min\" }", ["time.signed_up_at", "unix_us"]),
            ("zone = \"Europe/Kopenhagen\"", ["zone", "Europe/Kopenhagen"]),
        ] {
            let error = error_of(&source(rest));
            assert!(parts.iter().all(|part| error.contains(part)), "{rest}: {error}");
        }
        let factor = Config::parse("zhihui.toml", &source("factor = { tickets = 2 }")).expect("another name of scale");
        assert_eq!(factor.sources[0].scale["tickets"], 2.0);
    }
}
