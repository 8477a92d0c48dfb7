//! Prints reports as PDF files with a font of this machine.

use std::path::{Path, PathBuf};

use zhihui_engine::Language;
use zhihui_engine::report::Report;
use zhihui_pipeline::export::{FONT_FOLDERS, FontFile, report_pdf};

use crate::home::Home;

/// Prints a report.
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
