//! `[[report.schedule]]` of `zhihui.toml`: reports that are made and sent by themselves.

use std::path::PathBuf;

use serde::Deserialize;

use crate::report::Compare;

/// Maximum length of a name in characters.
const MAX_NAME_CHARS: usize = 60;
/// The formats of scheduled reports.
const FORMATS: [&str; 5] = ["xlsx", "pdf", "csv", "html", "json"];

/// How often a report is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleInterval {
    /// From Monday to Sunday.
    Weekly,
    /// A calendar month.
    Monthly,
    /// Three calendar months from January, April, July or October.
    Quarterly,
}

/// Language of a scheduled report and of its mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleLanguage {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

/// A report that is made after each of its periods.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportSchedule {
    /// Begins file names and subjects. Each schedule has another one.
    pub name: String,
    /// Length of the periods.
    pub every: ScheduleInterval,
    /// `previous`, `last_year` or `none`.
    pub compare: Option<String>,
    /// Only this union subtree.
    pub union: Option<String>,
    /// Only members of this district.
    pub district: Option<String>,
    /// Only members of this age band.
    pub age_band: Option<String>,
    /// `xlsx`, `pdf`, `csv` (a zip archive), `html` or `json`.
    pub formats: Vec<String>,
    /// Existing folder for the files. Relative to the home.
    pub folder: Option<PathBuf>,
    /// Addresses that receive the files.
    #[serde(default)]
    pub to: Vec<String>,
    /// Address that is told when a report waits or fails.
    pub owner: Option<String>,
    /// Language of the files.
    #[serde(default)]
    pub language: ScheduleLanguage,
}

impl ReportSchedule {
    /// Checks a schedule. `has_mail` says whether mail can be sent.
    pub(super) fn check(&self, has_mail: bool) -> Result<(), (&'static str, String)> {
        let refuse = |key, why: String| Err((key, why));
        let is_bad = |letter: char| letter.is_control() || "/\\:*?\"<>|".contains(letter);
        let length = self.name.chars().count();
        if self.name.trim().is_empty()
            || self.name.starts_with('.')
            || length > MAX_NAME_CHARS
            || self.name.contains(is_bad)
        {
            return refuse("name", format!("must have up to {MAX_NAME_CHARS} characters that file names may have"));
        }
        if self.formats.is_empty() {
            return refuse("formats", format!("name at least one of {}", FORMATS.join(", ")));
        }
        if let Some(unknown) = self.formats.iter().find(|format| !FORMATS.contains(&format.as_str())) {
            return refuse("formats", format!("unknown format {unknown:?}; use {}", FORMATS.join(", ")));
        }
        if self.folder.is_none() && self.to.is_empty() {
            return refuse("folder", "name a folder, or addresses in `to`".to_owned());
        }
        if let Some(address) = self.to.iter().chain(&self.owner).find(|address| !address.contains('@')) {
            return refuse("to", format!("{address:?} is not a mail address"));
        }
        if !self.to.is_empty() && !has_mail {
            return refuse("to", "needs a mail server; set host and from in [mail]".to_owned());
        }
        if let Some(name) = self.compare.as_deref().filter(|name| Compare::named(name).is_none()) {
            return refuse("compare", format!("unknown period {name:?}; use previous, last_year or none"));
        }
        let filters = [&self.union, &self.district, &self.age_band].into_iter().flatten().count();
        if filters > 1 {
            return refuse("union", "use one of union, district and age_band".to_owned());
        }
        if filters == 1 && self.every != ScheduleInterval::Monthly {
            return refuse("every", "must be monthly with a filter: such reports cover calendar months".to_owned());
        }
        Ok(())
    }
}
