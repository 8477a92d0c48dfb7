//! `zhihui report`: makes the leaders' report as text, JSON, HTML, Excel, PDF or CSV, or sends scheduled reports.

use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use zhihui_engine::Language;
use zhihui_engine::report::{MetricValue, Report};
use zhihui_pipeline::export::{report_csv, report_csv_tables, report_csv_zip, report_xlsx};
use zhihui_pipeline::report::{Compare, ReportQuery};

use super::Context;
use crate::cli::Report as Args;
use crate::home::Home;
use crate::outcome::{Outcome, refuse};
use crate::progress::Meter;
use crate::report_schedules::{self, ScheduledReport};
use crate::{clock, output, pdf, reports};

pub(crate) async fn run(context: &Context<'_>, args: &Args) -> anyhow::Result<Outcome> {
    let home = Home::open(context.home)?;
    let zone = home.zone();
    let as_of = home.as_of(args.as_of.as_of.as_deref())?;
    if args.scheduled {
        let results = report_schedules::send_due(&home, as_of, args.accept_checks).await?;
        return print_scheduled(context, &results);
    }
    let moment = |text: &Option<String>| text.as_deref().map(|text| clock::parse_instant(text, zone)).transpose();
    let period = reports::period(zone, moment(&args.from)?, moment(&args.to)?, as_of);
    let (from, to) = period.map_err(|(name, what)| anyhow!("--{name}: {what}"))?;
    let compare = match args.compare.as_deref() {
        None => Compare::default(),
        Some(name) => {
            Compare::named(name).with_context(|| format!("--compare {name:?}: use previous, last_year or none"))?
        }
    };
    let (union, district, age_band) = (args.union.clone(), args.district.clone(), args.age_band.clone());
    let query = ReportQuery { from, to, compare, union, district, age_band };
    let meter = Meter::start();
    meter.tick("reading the lake");
    let report = reports::make(&home, &query, as_of).await.map_err(refuse)?;
    drop(meter);
    let language = context.language(args.out.is_some());
    if let Some(path) = &args.out {
        let table = args.table.as_deref();
        let bytes = file(&home, &report, language, (path, table))?;
        std::fs::write(path, bytes).with_context(|| path.display().to_string())?;
        output::print_message(&format!("wrote {}", path.display()));
    }
    if context.json {
        output::json(&report)?;
    } else if args.out.is_none() {
        print(&report, language)?;
    }
    Ok(Outcome::Done)
}

/// Prints what became of the scheduled reports. The exit code is 1 if one failed.
fn print_scheduled(context: &Context<'_>, results: &[ScheduledReport]) -> anyhow::Result<Outcome> {
    if context.json {
        output::json(&serde_json::json!({ "reports": results }))?;
    } else if results.is_empty() {
        output::print_message("no reports are scheduled; see [[report.schedule]] in zhihui.toml");
    } else {
        let row = |result: &ScheduledReport| {
            let period = format!("{} to {}", result.from, result.to);
            vec![result.name.clone(), period, result.status.to_owned(), result.message.clone()]
        };
        let rows: Vec<Vec<String>> = results.iter().map(row).collect();
        output::table(&["report", "period", "status", "why"], &rows, &[false; 4])?;
    }
    Ok(Outcome::refused_if(results.iter().any(|result| result.status == "failed")))
}

/// Makes the file of a report by the ending of its name.
fn file(
    home: &Home,
    report: &Report,
    language: Language,
    (path, table): (&Path, Option<&str>),
) -> anyhow::Result<Vec<u8>> {
    let zone = home.zone();
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("html") => Ok(zhihui_api::render_report(report, language, zone, true).into_bytes()),
        Some("json") => Ok(serde_json::to_vec_pretty(report)?),
        Some("xlsx") => Ok(report_xlsx(report, language, zone)?),
        Some("pdf") => pdf::print(home, report, language).map_err(refuse),
        Some("zip") => Ok(report_csv_zip(report, language, zone)?),
        Some("csv") => {
            let known = || report_csv_tables(report).collect::<Vec<_>>().join(", ");
            let table = table.with_context(|| format!("name a table with --table, or write .zip: {}", known()))?;
            report_csv(report, table, language, zone)
                .with_context(|| format!("--table {table:?}: no such table; use one of: {}", known()))
        }
        _ => bail!("{}: unknown file type; use .html, .xlsx, .pdf, .json, .csv or .zip", path.display()),
    }
}

fn print(report: &Report, language: Language) -> anyhow::Result<()> {
    let text = |sentence: &zhihui_engine::report::Sentence| match language {
        Language::Zh => sentence.zh.clone(),
        Language::En => sentence.en.clone(),
    };
    output::print_line(&text(&report.summary))?;
    output::print_line("")?;
    let (hidden, headers) = match language {
        Language::Zh => ("隐去", ["", "数值", "上期", "单位"]),
        Language::En => ("hidden", ["", "value", "before", "unit"]),
    };
    let row = |metric: &MetricValue| {
        let value = if metric.suppressed { hidden.to_owned() } else { figure(metric.value, &metric.unit) };
        vec![text(&metric.label), value, previous(metric), metric.unit.clone()]
    };
    let rows: Vec<Vec<String>> = report.metrics.iter().map(row).collect();
    output::table(&headers, &rows, &[false, true, true, false])?;
    for note in &report.notes {
        output::print_line(&format!("· {}", text(note)))?;
    }
    Ok(())
}

fn previous(metric: &MetricValue) -> String {
    figure(metric.previous, &metric.unit)
}

fn figure(value: Option<f64>, unit: &str) -> String {
    match (value, unit) {
        (None, _) => "–".to_owned(),
        (Some(value), "share") => format!("{:.1}%", value * 100.0),
        (Some(value), _) if value.fract() == 0.0 => format!("{value:.0}"),
        (Some(value), _) => format!("{value:.2}"),
    }
}
