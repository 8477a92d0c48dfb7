//! Finds a font for Chinese text on this machine. A PDF file embeds the glyphs that it uses.

use std::path::{Path, PathBuf};

use thiserror::Error;
use ttf_parser::{Face, name_id};

/// Folders in which systems keep their fonts.
pub const FONT_FOLDERS: &[&str] =
    &["/usr/share/fonts", "/usr/local/share/fonts", "/System/Library/Fonts", "/Library/Fonts"];
/// Beginnings of file names in lower case, the best first: plain sans serif fonts for simplified Chinese.
const PREFERRED: &[&str] = &[
    "notosanscjk-regular",
    "notosanscjksc-regular",
    "notosanssc-regular",
    "notosanssc",
    "notosanscjk",
    "sourcehansans",
    "misans-regular",
    "harmonyos_sans_sc_regular",
    "wqy-microhei",
    "wqy-zenhei",
    "droidsansfallback",
    "pingfang",
    "msyh",
    "simhei",
];
/// Smaller files cannot contain the Chinese glyphs.
const MIN_BYTES: u64 = 1 << 20;
/// Maximum depth of folders.
const MAX_DEPTH: usize = 8;
/// What a usable font must contain.
const REQUIRED: &str = "知会报告工会阅读人数占比，。：；（）%0123456789AZaz<";

/// Why no font can be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FontError {
    /// No font for Chinese text is installed.
    #[error(
        "no font for Chinese text was found in {folders}; install one (Debian, Ubuntu: apt-get install fonts-noto-cjk; Fedora: \
         dnf install google-noto-sans-cjk-fonts), or name a .ttf, .otf or .ttc file in report.font of zhihui.toml"
    )]
    Missing {
        /// The searched folders.
        folders: String,
    },
    /// The font cannot be read.
    #[error("the font {path} cannot be read: {source}; correct report.font in zhihui.toml")]
    Unreadable {
        /// The file.
        path: String,
        /// The error.
        source: std::io::Error,
    },
    /// The font has no Chinese glyphs, no outlines, or may not be embedded.
    #[error(
        "the font {path} cannot be used: {why}; name another .ttf, .otf or .ttc file in report.font of zhihui.toml, such as Noto \
         Sans CJK (package fonts-noto-cjk)"
    )]
    NotUsable {
        /// The file.
        path: String,
        /// What is missing.
        why: &'static str,
    },
}

/// A font with Chinese glyphs.
#[derive(Debug)]
pub struct FontFile {
    path: PathBuf,
    pub(super) data: Vec<u8>,
    /// Index of the face in a collection.
    pub(super) index: u32,
}

impl FontFile {
    /// Reads a font file.
    ///
    /// # Errors
    /// [`FontError::Unreadable`] and [`FontError::NotUsable`].
    pub fn open(path: &Path) -> Result<Self, FontError> {
        let name = || path.display().to_string();
        let data = std::fs::read(path).map_err(|source| FontError::Unreadable { path: name(), source })?;
        match best_face(&data) {
            Ok(index) => Ok(Self { path: path.to_owned(), data, index }),
            Err(why) => Err(FontError::NotUsable { path: name(), why }),
        }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Searches folders for the best font.
    ///
    /// # Errors
    /// [`FontError::Missing`] if none can be used.
    pub fn find(folders: &[PathBuf]) -> Result<Self, FontError> {
        let mut found = Vec::new();
        for folder in folders {
            collect(folder, 0, &mut found);
        }
        found.sort();
        found.dedup();
        let usable = found.iter().find_map(|(_, path)| Self::open(path).ok());
        usable.ok_or_else(|| {
            let folders: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
            FontError::Missing { folders: folders.join(", ") }
        })
    }
}

/// Collects font files with their rank.
fn collect(folder: &Path, depth: usize, found: &mut Vec<(usize, PathBuf)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().to_lowercase());
        let Ok(metadata) = path.metadata() else { continue };
        if metadata.is_dir() && depth < MAX_DEPTH {
            collect(&path, depth + 1, found);
        } else if [".ttf", ".otf", ".ttc", ".otc"].iter().any(|ending| name.ends_with(ending)) {
            let rank = PREFERRED.iter().position(|start| name.starts_with(start));
            if rank.is_some() || metadata.len() >= MIN_BYTES {
                found.push((rank.unwrap_or(PREFERRED.len()), path));
            }
        }
    }
}

/// Chooses the face for simplified Chinese of a file, or says why there is none.
fn best_face(data: &[u8]) -> Result<u32, &'static str> {
    let count = ttf_parser::fonts_in_collection(data).unwrap_or(1);
    let mut why = "it is not a TrueType or OpenType font";
    let mut best: Option<(i32, u32)> = None;
    for index in 0..count {
        let Ok(face) = Face::parse(data, index) else { continue };
        match check(&face) {
            Ok(()) if best.is_none_or(|(score, _)| score < preference(&face)) => {
                best = Some((preference(&face), index));
            }
            Ok(()) => {}
            Err(missing) => why = missing,
        }
    }
    best.map(|(_, index)| index).ok_or(why)
}

fn check(face: &Face<'_>) -> Result<(), &'static str> {
    let tables = face.tables();
    if tables.glyf.is_none() && tables.cff.is_none() {
        return Err("it has no outlines of the kinds TrueType or CFF");
    }
    if REQUIRED.chars().any(|letter| face.glyph_index(letter).is_none()) {
        return Err("it lacks Chinese characters");
    }
    if !face.is_subsetting_allowed() || !face.is_outline_embedding_allowed() {
        return Err("its licence does not allow embedding");
    }
    Ok(())
}

/// Higher for faces of simplified Chinese with proportional Latin letters.
fn preference(face: &Face<'_>) -> i32 {
    let names = face.names().into_iter();
    let family: Vec<String> =
        names.filter(|name| name.name_id == name_id::FAMILY).filter_map(|name| name.to_string()).collect();
    let is = |word: &str| family.iter().any(|name| name.split(' ').any(|part| part == word));
    2 * i32::from(is("SC") || is("CN")) - 3 * i32::from(is("Mono"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_font_names_the_package_and_the_setting() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = FontFile::find(&[folder.path().to_owned()]).expect_err("no font").to_string();
        assert!(error.contains("fonts-noto-cjk") && error.contains("report.font"), "{error}");
        let path = folder.path().join("a.ttf");
        let unreadable = FontFile::open(&path).expect_err("no file").to_string();
        assert!(unreadable.contains("a.ttf") && unreadable.contains("report.font"), "{unreadable}");
        std::fs::write(&path, b"not a font").expect("written");
        let not_usable = FontFile::open(&path).expect_err("no font").to_string();
        assert!(not_usable.contains("it is not a TrueType"), "{not_usable}");
        let latin = Path::new("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf");
        if latin.exists() {
            let error = FontFile::open(latin).expect_err("no Chinese").to_string();
            assert!(error.contains("lacks Chinese characters"), "{error}");
        }
    }
}
