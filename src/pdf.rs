//! Prints a page to PDF with an installed browser, which has fonts and supports print styles.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::home::Home;
use crate::outcome::refuse;

const BROWSERS: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge"];
/// Time limit of printing.
const PRINT_TIMEOUT: Duration = Duration::from_secs(90);

/// Prints an HTML page to `out`.
///
/// # Errors
/// If no browser is on the PATH, or printing fails or takes too long.
pub(crate) fn print(home: &Home, html: &str, out: &Path) -> anyhow::Result<()> {
    let Some(browser) = BROWSERS.into_iter().find(|name| is_installed(name)) else {
        let remedy = "install one (chromium), or write .html and print that";
        return Err(refuse(anyhow::anyhow!("{}: PDF output needs Chromium or Chrome: {remedy}", out.display())));
    };
    let scratch = home.folder.join("scratch").join(format!("print-{}", std::process::id()));
    std::fs::create_dir_all(&scratch).with_context(|| scratch.display().to_string())?;
    let printed = print_in(browser, &scratch, html)
        .and_then(|pdf| std::fs::copy(&pdf, out).map(drop).with_context(|| out.display().to_string()));
    let _ = std::fs::remove_dir_all(&scratch);
    printed
}

fn is_installed(browser: &str) -> bool {
    let null = Stdio::null;
    Command::new(browser).arg("--version").stdout(null()).stderr(null()).status().is_ok_and(|status| status.success())
}

fn print_in(browser: &str, scratch: &Path, html: &str) -> anyhow::Result<std::path::PathBuf> {
    let scratch = scratch.canonicalize()?;
    let (page, pdf) = (scratch.join("report.html"), scratch.join("report.pdf"));
    std::fs::write(&page, html).with_context(|| page.display().to_string())?;
    let mut command = Command::new(browser);
    command
        .args(["--headless", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer", "--disable-sync"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-extensions"])
        .arg(format!("--user-data-dir={}", scratch.join("profile").display()))
        .arg(format!("--print-to-pdf={}", pdf.display()));
    // The page is generated here and has no script. Browsers do not start as root with their sandbox.
    if rustix::process::geteuid().is_root() {
        command.arg("--no-sandbox");
    }
    let mut child = command
        .arg(format!("file://{}", page.display()))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| browser.to_owned())?;
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if started.elapsed() > PRINT_TIMEOUT {
            let _ = child.kill();
            let _ = child.wait();
            bail!(
                "{browser} did not print the report within {} s; write .html and print that",
                PRINT_TIMEOUT.as_secs()
            );
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    if !status.success() || !pdf.exists() {
        bail!("{browser} did not print the report ({status}); write .html and print that");
    }
    Ok(pdf)
}
