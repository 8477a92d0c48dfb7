//! Makes and sends scheduled reports (`[[report.schedule]]`), each period once. A report waits while the data are stale or a data
//! check failed; its owner is told, and it is sent by a later run.

mod delivery;
mod freshness;
mod period;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::json;
use zhihui_api::AuditAction;
use zhihui_engine::Language;
use zhihui_pipeline::config::ReportSchedule;
use zhihui_pipeline::report::{Compare, ReportQuery};
use zhihui_pipeline::run_history::ReportSending;

use crate::commands::audit;
use crate::home::Home;
use crate::mail::{self, Mail};
use crate::output::{format_error, print_message};
use crate::{clock, reports};

/// What became of a scheduled report, in its JSON form.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ScheduledReport {
    /// Name of the schedule.
    pub(crate) name: String,
    /// First day of the period.
    pub(crate) from: String,
    /// The day after its last one.
    pub(crate) to: String,
    /// `sent` now, `already` sent earlier, `waiting` or `failed`.
    pub(crate) status: &'static str,
    /// What was done, or why not.
    pub(crate) message: String,
}

/// The period of a report that is due.
#[derive(Debug, Clone, Copy)]
struct DuePeriod {
    first: NaiveDate,
    /// The day after the last one.
    end: NaiveDate,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl DuePeriod {
    fn last(&self) -> NaiveDate {
        self.end.pred_opt().unwrap_or(self.end)
    }

    /// Id of a mail about this period; not of the name, which may be in Chinese.
    fn message_id(&self, schedule: &ReportSchedule, about: &str) -> String {
        let name: String = schedule.name.bytes().map(|byte| format!("{byte:02x}")).collect();
        format!("zhihui.{about}.{name}.{}.{}", self.first, self.end)
    }
}

/// Makes and sends all reports that are due. With `accept_checks` none waits.
///
/// # Errors
/// If another process is sending, or the run history cannot be used. A report that fails does not stop the others.
pub(crate) async fn send_due(
    home: &Home,
    as_of: DateTime<Utc>,
    accept_checks: bool,
) -> anyhow::Result<Vec<ScheduledReport>> {
    if home.config.report.schedules.is_empty() {
        return Ok(Vec::new());
    }
    let _lock = home.report_lock()?;
    let mut results = Vec::new();
    for schedule in &home.config.report.schedules {
        results.push(send_one(home, schedule, as_of, accept_checks).await?);
    }
    Ok(results)
}

async fn send_one(
    home: &Home,
    schedule: &ReportSchedule,
    as_of: DateTime<Utc>,
    accept_checks: bool,
) -> anyhow::Result<ScheduledReport> {
    let zone = home.zone();
    let (first, end) = period::last_period(schedule.every, as_of, zone);
    let period = DuePeriod { first, end, from: zone.midnight(first), to: zone.midnight(end) };
    let journal = home.journal().await?;
    let (from, to) = (period.from.timestamp(), period.to.timestamp());
    let known = journal.report_sending(&schedule.name, from, to).await?;
    let mut sending =
        known.unwrap_or_else(|| ReportSending { name: schedule.name.clone(), from, to, ..ReportSending::default() });
    let result = |status, message: &str| ScheduledReport {
        name: schedule.name.clone(),
        from: first.to_string(),
        to: end.to_string(),
        status,
        message: message.to_owned(),
    };
    if sending.status == "sent" {
        return Ok(result("already", &sending.message));
    }
    sending.attempted_at = clock::now().timestamp();
    let waits = match accept_checks {
        true => None,
        false => freshness::reason_to_wait(home, period.to).await?,
    };
    let mut why_zh = None;
    let status = match waits {
        Some(why) => {
            (sending.message, why_zh) = (why.en, Some(why.zh));
            "waiting"
        }
        None => match deliver(home, schedule, &period, as_of, &mut sending).await {
            Ok(done) => {
                sending.message = done;
                "sent"
            }
            Err(error) => {
                sending.message = format_error(&error);
                "failed"
            }
        },
    };
    status.clone_into(&mut sending.status);
    if status != "sent" && sending.told != sending.message {
        tell_owner(home, schedule, &period, &sending, why_zh.as_deref()).await;
        sending.told = sending.message.clone();
    }
    journal.record_report_sending(&sending).await?;
    Ok(result(status, &sending.message))
}

/// Makes a report and delivers it to the targets that do not have it yet. Records each target that has it.
async fn deliver(
    home: &Home,
    schedule: &ReportSchedule,
    period: &DuePeriod,
    as_of: DateTime<Utc>,
    sending: &mut ReportSending,
) -> anyhow::Result<String> {
    let compare = schedule.compare.as_deref().and_then(Compare::named).unwrap_or_default();
    let query = ReportQuery {
        from: period.from,
        to: period.to,
        compare,
        union: schedule.union.clone(),
        district: schedule.district.clone(),
        age_band: schedule.age_band.clone(),
    };
    let report = reports::make(home, &query, as_of).await?;
    let files = delivery::files(home, schedule, &report, period).await?;
    let detail = json!({
        "report": "engagement", "schedule": schedule.name, "format": schedule.formats, "from": report.from, "to": report.to,
        "filters": report.filters, "folder": schedule.folder, "recipients": schedule.to.len(),
    });
    audit::record(home, AuditAction::ReportExported, detail).await?;
    let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    let mut done = Vec::new();
    if let Some(folder) = &schedule.folder {
        if !sending.done.iter().any(|target| target == delivery::FOLDER) {
            delivery::store(home, folder, &files)?;
            note_done(home, sending, delivery::FOLDER).await?;
        }
        done.push(format!("{} in {}", names.join(", "), home.folder.join(folder).display()));
    }
    if !schedule.to.is_empty() {
        if !sending.done.iter().any(|target| target == delivery::MAIL) {
            delivery::send(home, schedule, &report, period, files).await?;
            note_done(home, sending, delivery::MAIL).await?;
        }
        done.push(format!("mail to {} addresses", schedule.to.len()));
    }
    Ok(done.join("; "))
}

/// Records a target at once, so that a process that ends now does not send the report again.
async fn note_done(home: &Home, sending: &mut ReportSending, target: &str) -> anyhow::Result<()> {
    sending.done.push(target.to_owned());
    "failed".clone_into(&mut sending.status);
    "the process ended before all targets had the report".clone_into(&mut sending.message);
    Ok(home.journal().await?.record_report_sending(sending).await?)
}

/// Tells the owner of a schedule why a report was not sent. Without mail, `doctor` and the run say so.
async fn tell_owner(
    home: &Home,
    schedule: &ReportSchedule,
    period: &DuePeriod,
    sending: &ReportSending,
    why_zh: Option<&str>,
) {
    let Some(owner) = schedule.owner.clone().filter(|_| home.config.mail.is_set()) else { return };
    let (name, first, last, why) = (&schedule.name, period.first, period.last(), &sending.message);
    // Errors of the program are in English.
    let why_zh = why_zh.unwrap_or(why);
    let waits = sending.status == "waiting";
    let (subject, text) = match delivery::language(schedule) {
        Language::Zh => {
            let what = if waits { "还在等数据" } else { "没有发出" };
            let next = "条件满足后，下一次夜间运行或 zhihui report --scheduled 会自动补发，不会重复发送。";
            (format!("知会：「{name}」{what}"), format!("报告时间：{first} 至 {last}\n原因：{why_zh}\n\n{next}\n"))
        }
        Language::En => {
            let what = if waits { "waits for data" } else { "was not sent" };
            let next =
                "The next nightly run or `zhihui report --scheduled` sends it once the cause is gone, and only once.";
            (format!("Zhihui: {name} {what}"), format!("Period: {first} to {last}\nCause: {why}\n\n{next}\n"))
        }
    };
    let id = period.message_id(schedule, &format!("{}.{}", sending.status, sending.attempted_at));
    let mail = Mail { to: &[owner], subject, text, files: Vec::new(), id };
    if let Err(error) = mail::send(home, mail, clock::now().into()).await {
        print_message(&format!("report {name}: the owner could not be told: {}", format_error(&error)));
    }
}
