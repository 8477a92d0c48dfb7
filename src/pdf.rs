//! A page as PDF, printed by a browser of this machine: it has the fonts, and the page says how it wants to be printed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::home::Home;
use crate::outcome::refuse;

const BROWSERS: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge"];
/// How long a browser may print.
const PATIENCE: Duration = Duration::from_secs(90);

/// Prints a whole HTML file to `out`.
///
/// # Errors
/// When there is no browser on the PATH, or it does not print in time.
pub(crate) fn print(home: &Home, html: &str, out: &Path) -> anyhow::Result<()> {
    let Some(browser) = BROWSERS.into_iter().find(|name| knows(name)) else {
        let remedy = "install one (chromium), or write .html and print that";
        return Err(refuse(anyhow::anyhow!("{}: a PDF is printed by Chromium or Chrome: {remedy}", out.display())));
    };
    let scratch = home.folder.join("scratch").join(format!("print-{}", std::process::id()));
    std::fs::create_dir_all(&scratch).with_context(|| scratch.display().to_string())?;
    let printed = print_in(browser, &scratch, html)
        .and_then(|pdf| std::fs::copy(&pdf, out).map(drop).with_context(|| out.display().to_string()));
    let _ = std::fs::remove_dir_all(&scratch);
    printed
}

fn knows(browser: &str) -> bool {
    let quiet = || Stdio::null();
    Command::new(browser).arg("--version").stdout(quiet()).stderr(quiet()).status().is_ok_and(|status| status.success())
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
    // The page is our own and has no script; a browser of root does not start with its sandbox.
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
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if began.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            bail!("{browser} did not print the report within {} s; write .html and print that", PATIENCE.as_secs());
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    if !status.success() || !pdf.exists() {
        bail!("{browser} did not print the report ({status}); write .html and print that");
    }
    Ok(pdf)
}
