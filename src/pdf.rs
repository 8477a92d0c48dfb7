//! Prints reports as PDF files: with a font of this machine, in this process for commands, and in a child process with limits for
//! the service.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use tokio::io::AsyncWriteExt as _;
use zhihui_data::Zone;
use zhihui_engine::Language;
use zhihui_engine::report::Report;
use zhihui_pipeline::export::{FONT_FOLDERS, FontFile, report_pdf};
use zhihui_pipeline::process_limits::limit_process;

use crate::home::Home;
use crate::outcome::{Outcome, refuse};

/// Address space of the child in bytes. Fonts of 20 MB and thousands of rows need a tenth of it.
const MEMORY_BYTES: u64 = 2 << 30;
/// Processor time of the child, and how long the service waits for it.
const SECONDS: u64 = 30;
const TIMEOUT: Duration = Duration::from_secs(60);
/// Exit code of the child if the machine or the settings have no usable font.
const REFUSED: i32 = 1;

/// Why a report was not printed.
#[derive(Debug)]
pub(crate) enum PrintError {
    /// There is no usable font; the text says what to do.
    Font(String),
    /// Anything else.
    Other(anyhow::Error),
}

impl From<anyhow::Error> for PrintError {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

/// Prints a report in this process.
///
/// # Errors
/// If there is no usable font.
pub(crate) fn print(home: &Home, report: &Report, language: Language) -> anyhow::Result<Vec<u8>> {
    Ok(report_pdf(report, language, home.zone(), &font(home)?)?)
}

/// Returns the font of PDF files.
///
/// # Errors
/// If there is no usable font.
pub(crate) fn font(home: &Home) -> anyhow::Result<FontFile> {
    find_font(font_setting(home).as_deref())
}

/// Prints a report in a child process, which ends if the returned future is dropped.
///
/// # Errors
/// [`PrintError`].
pub(crate) async fn print_in_child(home: &Home, report: &Report, language: Language) -> Result<Vec<u8>, PrintError> {
    let job = serde_json::to_vec(report).context("the report as JSON")?;
    let program = std::env::current_exe().context("cannot find the path of the running executable")?;
    let mut command = tokio::process::Command::new(program);
    command.args(["--lang", if language == Language::En { "en" } else { "zh" }, "print-report"]);
    command.args(["--zone", home.zone().name()]);
    command.args(["--memory", &MEMORY_BYTES.to_string(), "--seconds", &SECONDS.to_string()]);
    if let Some(font) = font_setting(home) {
        command.arg("--font").arg(font);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().context("cannot start the process that prints reports")?;
    let mut input = child.stdin.take().context("the process that prints reports has no input")?;
    let ended = tokio::time::timeout(TIMEOUT, async {
        // A child that failed does not read. Its message says why.
        let _ = input.write_all(&job).await;
        drop(input);
        child.wait_with_output().await
    });
    let output = match ended.await {
        Ok(output) => output.context("the process that prints reports")?,
        Err(_elapsed) => return Err(anyhow!("printing took longer than {} s", TIMEOUT.as_secs()).into()),
    };
    if output.status.success() && output.stdout.starts_with(b"%PDF-") {
        return Ok(output.stdout);
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let why = stderr.trim().trim_start_matches("zhihui: ").to_owned();
    match output.status.code() {
        Some(REFUSED) => Err(PrintError::Font(why)),
        _ => Err(anyhow!("the process that prints reports ended with {}: {why}", output.status).into()),
    }
}

/// Main function of the child.
///
/// # Errors
/// A refusal if there is no usable font.
pub(crate) fn print_main(
    language: Language,
    zone: &str,
    font: Option<&Path>,
    limits: (u64, u64),
) -> anyhow::Result<Outcome> {
    limit_process(limits).map_err(|why| anyhow!("cannot limit the memory of the printing process: {why}"))?;
    let Some(zone) = Zone::named(zone) else { bail!("--zone {zone:?}: unknown time zone") };
    let mut job = Vec::new();
    std::io::stdin().lock().read_to_end(&mut job).context("stdin")?;
    let report: Report = serde_json::from_slice(&job).context("the report on stdin")?;
    let font = find_font(font).map_err(refuse)?;
    let pdf = report_pdf(&report, language, zone, &font)?;
    std::io::stdout().lock().write_all(&pdf).context("stdout")?;
    Ok(Outcome::Done)
}

/// The configured font. A relative path is one of the home.
fn font_setting(home: &Home) -> Option<PathBuf> {
    home.config.report.font.as_ref().map(|font| home.folder.join(font))
}

fn find_font(configured: Option<&Path>) -> anyhow::Result<FontFile> {
    if let Some(path) = configured {
        return Ok(FontFile::open(path)?);
    }
    let mut folders: Vec<PathBuf> = FONT_FOLDERS.iter().map(PathBuf::from).collect();
    if let Some(user) = std::env::var_os("HOME").map(PathBuf::from) {
        folders.extend([user.join(".fonts"), user.join(".local/share/fonts")]);
    }
    Ok(FontFile::find(&folders)?)
}
