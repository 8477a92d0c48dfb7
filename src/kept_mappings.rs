//! Mappings that people kept on the pages: `mappings.toml` beside `zhihui.toml`, which every command reads with it.

use std::path::Path;

use anyhow::{Context as _, bail};
use zhihui_pipeline::config::{Config, Source, parse_sources};
use zhihui_pipeline::lake::{SystemDisk, replace_file};

const FILE: &str = "mappings.toml";
const HEAD: &str = "# Mappings that people kept on the page /data. The settings in zhihui.toml come first.\n";
const SECTION: &str = "[[source]]\n";

/// Reads the kept mappings of a home; none without the file.
pub(crate) fn load(home: &Path) -> anyhow::Result<Vec<Source>> {
    let path = home.join(FILE);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(parse_sources(&path.display().to_string(), &text)?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

/// Adds a section to the kept mappings. It replaces the one for the same files and table. The caller holds the lock of the
/// file; a power failure leaves the old or the new file.
///
/// # Errors
/// If `zhihui.toml` maps the same files to the same table, or the file cannot be written.
pub(crate) fn keep(home: &Path, settings: &Config, section: &str, remark: &str) -> anyhow::Result<()> {
    let path = home.join(FILE);
    let file = path.display().to_string();
    let added = parse_sources("the mapping", section)?;
    let is_same = |other: &Source| added.iter().any(|new| new.pattern == other.pattern && new.table == other.table);
    let kept = load(home)?;
    let is_kept = |source: &Source| kept.iter().any(|kept| kept == source);
    if let Some(source) = settings.sources.iter().find(|source| is_same(source) && !is_kept(source)) {
        bail!("zhihui.toml maps these files in the source {}; change it there", source.name);
    }
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let mut result = HEAD.to_owned();
    for old in text.split(SECTION).skip(1) {
        let old = format!("{SECTION}{}\n", old.trim_end());
        if !parse_sources(&file, &old)?.iter().any(is_same) {
            result.push_str(&format!("\n{old}"));
        }
    }
    let new = section.strip_prefix(SECTION).unwrap_or(section);
    result.push_str(&format!("\n{SECTION}# {}\n{}\n", remark.replace(['\n', '\r'], " "), new.trim_end()));
    parse_sources(&file, &result)?;
    replace_file(&SystemDisk, &path, result.as_bytes()).with_context(|| format!("cannot write {file}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(table: &str, column: &str) -> String {
        format!(
            "[[source]]\nname = \"clicks\"\nmatch = \"clicks_*.csv\"\ntable = \"{table}\"\ncolumns.member_id = \"{column}\"  # sure: chosen\n"
        )
    }

    #[test]
    fn a_mapping_replaces_the_one_for_the_same_files_and_yields_to_the_settings() {
        let home = std::env::temp_dir().join(format!("kept-mappings-{}", std::process::id()));
        std::fs::create_dir_all(&home).expect("a folder");
        let settings = |text: &str| Config::parse("zhihui.toml", text).expect("valid");
        assert_eq!(load(&home).expect("none"), Vec::new());
        for (table, column) in [("reads", "user"), ("shares", "user"), ("reads", "reader")] {
            keep(&home, &settings(""), &section(table, column), "kept by\nstaff").expect("kept");
        }
        let kept = load(&home).expect("readable");
        let columns: Vec<(&str, &str)> =
            kept.iter().map(|source| (source.table.name(), source.columns["member_id"].as_str())).collect();
        assert_eq!(columns, [("shares", "user"), ("reads", "reader")]);
        let error = keep(&home, &settings(&section("reads", "x")), &section("reads", "y"), "").expect_err("refused");
        assert!(error.to_string().contains("zhihui.toml maps these files"), "{error}");
        assert_eq!(load(&home).expect("readable"), kept);
        std::fs::remove_dir_all(&home).expect("removed");
    }
}
