//! Files that lie in a folder and name people: texts lose the lines that do, other formats are named to the caller.

use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::Person;
use super::matching::text_of;

/// Bytes by which a file's format is told.
const BEGIN: u64 = 8 << 10;

/// What became of one file that named somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scrubbed {
    /// It is a text, and lost so many lines.
    Lines(u64),
    /// It is of another format and still names them.
    Whole,
}

/// Rewrites a text file without the lines that name these people; a Parquet file and UTF-16 text are only looked at. `None` where nobody is
/// named, and for files of other formats.
///
/// # Errors
/// When the file cannot be read or its new form cannot be written; the old one is then as it was.
pub fn scrub_file(path: &Path, people: &[Person]) -> std::io::Result<Option<Scrubbed>> {
    let ids: Vec<&str> = people
        .iter()
        .flat_map(|person| std::iter::once(&person.member_id).chain(&person.openids))
        .map(String::as_str)
        .collect();
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let mut begin = Vec::new();
    std::fs::File::open(path)?.take(BEGIN).read_to_end(&mut begin)?;
    // Ingest goes by the content of files too, whatever their names.
    if begin.starts_with(b"PAR1") {
        return Ok(parquet_names(path, &ids)?.then_some(Scrubbed::Whole));
    }
    if let Some((encoding, _)) =
        encoding_rs::Encoding::for_bom(&begin).filter(|(found, _)| *found != encoding_rs::UTF_8)
    {
        let text = std::fs::read(path)?;
        return Ok(names_any(encoding.decode(&text).0.as_bytes(), &ids).then_some(Scrubbed::Whole));
    }
    let (is_gz, is_zst) = (begin.starts_with(&[0x1f, 0x8b]), begin.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]));
    let is_text = !begin.contains(&0) && !name.ends_with(".xlsx") && !name.ends_with(".xls");
    if !is_gz && !is_zst && !is_text {
        return Ok(None);
    }
    let beside = PathBuf::from(format!("{}.scrub", path.display()));
    let file = std::fs::File::open(path)?;
    let out = BufWriter::new(std::fs::File::create(&beside)?);
    let lines = if is_gz {
        let mut out = GzEncoder::new(out, Compression::default());
        let lines = copy(MultiGzDecoder::new(BufReader::new(file)), &mut out, &ids);
        lines.and_then(|lines| out.finish()?.into_inner()?.sync_all().map(|()| lines))
    } else if is_zst {
        let mut out = zstd::Encoder::new(out, 0)?;
        let lines = copy(zstd::Decoder::new(file)?, &mut out, &ids);
        lines.and_then(|lines| out.finish()?.into_inner()?.sync_all().map(|()| lines))
    } else {
        let mut out = out;
        let lines = copy(file, &mut out, &ids);
        lines.and_then(|lines| out.into_inner()?.sync_all().map(|()| lines))
    };
    match lines {
        Ok(lines) if lines > 0 => std::fs::rename(&beside, path).map(|()| Some(Scrubbed::Lines(lines))),
        other => {
            std::fs::remove_file(&beside)?;
            other.map(|_| None)
        }
    }
}

/// Whether a text names one of these ids as a word of its own.
#[must_use]
pub fn names_any(text: &[u8], ids: &[&str]) -> bool {
    ids.iter().any(|id| names(text, id.as_bytes()))
}

fn names(text: &[u8], id: &[u8]) -> bool {
    let is_part =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|rest| rest.windows(id.len()).position(|window| window == id)) {
        let (start, end) = (from + found, from + found + id.len());
        let before = start.checked_sub(1).and_then(|at| text.get(at));
        if !is_part(before) && !is_part(text.get(end)) {
            return true;
        }
        from = start + 1;
    }
    false
}

/// Copies all lines but those that name somebody, and counts these.
fn copy(from: impl Read, to: &mut impl Write, ids: &[&str]) -> std::io::Result<u64> {
    let (mut from, mut line, mut dropped) = (BufReader::new(from), Vec::new(), 0);
    loop {
        line.clear();
        if from.read_until(b'\n', &mut line)? == 0 {
            return Ok(dropped);
        }
        if names_any(&line, ids) {
            dropped += 1;
        } else {
            to.write_all(&line)?;
        }
    }
}

fn parquet_names(path: &Path, ids: &[&str]) -> std::io::Result<bool> {
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(path)?).and_then(|builder| builder.build());
    for batch in reader.map_err(std::io::Error::other)? {
        let batch = batch.map_err(std::io::Error::other)?;
        for column in batch.columns().iter().filter_map(text_of) {
            let texts = column.as_string::<i32>();
            if (0..texts.len()).any(|row| texts.is_valid(row) && ids.contains(&texts.value(row))) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_named_as_a_word_of_its_own() {
        assert!(names_any(b"m12,a1,2026-11-01", &["m12"]) && names_any(b"{\"member_id\":\"m12\"}", &["m12"]));
        assert!(!names_any(b"m123,a1", &["m12"]) && !names_any(b"xm12,a1", &["m12"]) && !names_any(b"", &["m12"]));
        assert!(names_any(b"m123 m12", &["m12"]));
    }

    #[test]
    fn a_text_loses_the_lines_that_name_somebody_and_no_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let person = Person { member_id: "m2".to_owned(), openids: vec!["o2".to_owned()] };
        let text = "member_id,article_id\nm1,a1\nm2,a1\no2,a3\nm22,a2\n";
        let plain = folder.path().join("reads.csv");
        std::fs::write(&plain, text).expect("written");
        let packed = folder.path().join("reads.csv.zst");
        std::fs::write(&packed, zstd::encode_all(text.as_bytes(), 0).expect("packed")).expect("written");
        let unnamed = folder.path().join("reads.export");
        std::fs::write(&unnamed, zstd::encode_all(text.as_bytes(), 0).expect("packed")).expect("written");
        for path in [&plain, &packed, &unnamed] {
            assert_eq!(scrub_file(path, std::slice::from_ref(&person)).expect("scrubbed"), Some(Scrubbed::Lines(2)));
            assert_eq!(scrub_file(path, std::slice::from_ref(&person)).expect("scrubbed"), None);
        }
        let wide: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        let path = folder.path().join("wide.csv");
        std::fs::write(&path, wide).expect("written");
        assert_eq!(scrub_file(&path, std::slice::from_ref(&person)).expect("looked at"), Some(Scrubbed::Whole));
        let left = "member_id,article_id\nm1,a1\nm22,a2\n";
        assert_eq!(std::fs::read_to_string(&plain).expect("read"), left);
        let unpacked = zstd::decode_all(&std::fs::read(&packed).expect("read")[..]).expect("unpacked");
        assert_eq!(unpacked, left.as_bytes());
        assert_eq!(folder.path().read_dir().expect("listed").count(), 4, "nothing lies beside");
    }
}
