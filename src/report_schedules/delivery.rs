//! Delivers a scheduled report: files into a folder, and one mail with the files.

use std::path::Path;

use anyhow::{Context as _, bail};
use zhihui_api::ReportFormat;
use zhihui_engine::Language;
use zhihui_engine::report::Report;
use zhihui_pipeline::config::{ReportSchedule, ScheduleLanguage};
use zhihui_pipeline::lake::{SystemDisk, replace_file};

use super::DuePeriod;
use crate::home::Home;
use crate::mail::{self, AttachedFile, Mail};
use crate::{clock, report_files};

/// Names of the targets in the run history.
pub(super) const FOLDER: &str = "folder";
pub(super) const MAIL: &str = "mail";

pub(super) fn language(schedule: &ReportSchedule) -> Language {
    match schedule.language {
        ScheduleLanguage::Zh => Language::Zh,
        ScheduleLanguage::En => Language::En,
    }
}

/// Writes the files of a report.
pub(super) async fn files(
    home: &Home,
    schedule: &ReportSchedule,
    report: &Report,
    period: &DuePeriod,
) -> anyhow::Result<Vec<AttachedFile>> {
    let mut made = Vec::new();
    for name in &schedule.formats {
        let format = ReportFormat::parse(name).with_context(|| format!("unknown format {name:?}"))?;
        let bytes = report_files::write(home, report.clone(), format, None, language(schedule)).await;
        let (ending, media_type) = match format {
            ReportFormat::Xlsx => ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ReportFormat::Pdf => ("pdf", "application/pdf"),
            ReportFormat::Csv => ("zip", "application/zip"),
            ReportFormat::Html => ("html", "text/html; charset=utf-8"),
            ReportFormat::Json => ("json", "application/json"),
        };
        made.push(AttachedFile {
            name: format!("{}-{}-{}.{ending}", schedule.name, period.first, period.last()),
            media_type,
            bytes: bytes.with_context(|| format!("the {name} file"))?,
        });
    }
    Ok(made)
}

/// Stores the files in an existing folder, each atomically, with the rights of the folder.
pub(super) fn store(home: &Home, folder: &Path, files: &[AttachedFile]) -> anyhow::Result<()> {
    let folder = home.folder.join(folder);
    let named = || format!("report.schedule: folder {}", folder.display());
    let metadata = match folder.metadata() {
        Ok(metadata) if metadata.is_dir() => metadata,
        Ok(_) => bail!("{}: is not a folder", named()),
        Err(error) => return Err(error).with_context(|| format!("{}; create it or mount it", named())),
    };
    for file in files {
        let path = folder.join(&file.name);
        replace_file(&SystemDisk, &path, &file.bytes).with_context(|| path.display().to_string())?;
        share(&path, &metadata).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// Lets whoever may use the folder read the file. New files of this program are private.
fn share(path: &Path, folder: &std::fs::Metadata) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = folder.permissions().mode() & 0o644 | 0o600;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

/// Sends the files to the addresses of a schedule.
pub(super) async fn send(
    home: &Home,
    schedule: &ReportSchedule,
    report: &Report,
    period: &DuePeriod,
    files: Vec<AttachedFile>,
) -> anyhow::Result<()> {
    let (first, last) = (period.first, period.last());
    let names = files.iter().map(|file| file.name.clone()).collect::<Vec<_>>();
    let (subject, text) = match language(schedule) {
        Language::Zh => (
            format!("{}：{first} 至 {last}", schedule.name),
            format!(
                "{}\n\n报告时间：{first} 至 {last}\n附件：{}\n\n本邮件由知会自动发送。不足 {} 人的数字不显示。\n",
                report.summary.zh,
                names.join("、"),
                report.fewest_people.people()
            ),
        ),
        Language::En => (
            format!("{}: {first} to {last}", schedule.name),
            format!(
                "{}\n\nPeriod: {first} to {last}\nFiles: {}\n\nSent by Zhihui. Figures about fewer than {} people are not \
                 shown.\n",
                report.summary.en,
                names.join(", "),
                report.fewest_people.people()
            ),
        ),
    };
    let mail = Mail { to: &schedule.to, subject, text, files, id: period.message_id(schedule, "report") };
    mail::send(home, mail, clock::now().into()).await
}
