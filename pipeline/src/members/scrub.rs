//! Removes lines that mention people from text files, and reports other files that mention them.

use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::Person;
use super::member_matcher::text_of;

/// Number of bytes that are read to detect a file's format.
const DETECTED_BYTES: u64 = 8 << 10;

/// Result for a file that mentioned somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scrubbed {
    /// A text file; this many lines were removed.
    Lines(u64),
    /// A file of another format, which still mentions them.
    Unchanged,
}

/// Rewrites a text file without the lines that mention these people. Only searches Parquet files and UTF-16 text. `None` if
/// nobody is mentioned, and for other formats.
///
/// # Errors
/// If the file cannot be read or the new one cannot be written. The file is unchanged then.
pub fn scrub_file(path: &Path, people: &[Person]) -> std::io::Result<Option<Scrubbed>> {
    let ids: Vec<&str> = people
        .iter()
        .flat_map(|person| std::iter::once(&person.member_id).chain(&person.openids))
        .map(String::as_str)
        .collect();
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let mut start = Vec::new();
    std::fs::File::open(path)?.take(DETECTED_BYTES).read_to_end(&mut start)?;
    // Like ingest, detects the format by content.
    if start.starts_with(b"PAR1") {
        return Ok(parquet_contains(path, &ids)?.then_some(Scrubbed::Unchanged));
    }
    if let Some((encoding, _)) =
        encoding_rs::Encoding::for_bom(&start).filter(|(found, _)| *found != encoding_rs::UTF_8)
    {
        let text = std::fs::read(path)?;
        return Ok(contains_any_id(encoding.decode(&text).0.as_bytes(), &ids).then_some(Scrubbed::Unchanged));
    }
    let (is_gz, is_zst) = (start.starts_with(&[0x1f, 0x8b]), start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]));
    let is_text = !start.contains(&0) && !name.ends_with(".xlsx") && !name.ends_with(".xls");
    if !is_gz && !is_zst && !is_text {
        return Ok(None);
    }
    let temporary = PathBuf::from(format!("{}.scrub", path.display()));
    let file = std::fs::File::open(path)?;
    let out = BufWriter::new(std::fs::File::create(&temporary)?);
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
        Ok(lines) if lines > 0 => std::fs::rename(&temporary, path).map(|()| Some(Scrubbed::Lines(lines))),
        other => {
            std::fs::remove_file(&temporary)?;
            other.map(|_| None)
        }
    }
}

/// Whether a text contains one of these ids as a whole word.
#[must_use]
pub fn contains_any_id(text: &[u8], ids: &[&str]) -> bool {
    ids.iter().any(|id| contains_word(text, id.as_bytes()))
}

fn contains_word(text: &[u8], id: &[u8]) -> bool {
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

/// Copies the lines without any of these ids, and returns the number of omitted lines.
fn copy(from: impl Read, to: &mut impl Write, ids: &[&str]) -> std::io::Result<u64> {
    let (mut from, mut line, mut omitted) = (BufReader::new(from), Vec::new(), 0);
    loop {
        line.clear();
        if from.read_until(b'\n', &mut line)? == 0 {
            return Ok(omitted);
        }
        if contains_any_id(&line, ids) {
            omitted += 1;
        } else {
            to.write_all(&line)?;
        }
    }
}

fn parquet_contains(path: &Path, ids: &[&str]) -> std::io::Result<bool> {
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
    fn ids_are_found_as_whole_words() {
        assert!(
            contains_any_id(b"m12,a1,2026-11-01", &["m12"]) && contains_any_id(b"{\"member_id\":\"m12\"}", &["m12"])
        );
        assert!(
            !contains_any_id(b"m123,a1", &["m12"])
                && !contains_any_id(b"xm12,a1", &["m12"])
                && !contains_any_id(b"", &["m12"])
        );
        assert!(contains_any_id(b"m123 m12", &["m12"]));
    }

    #[test]
    fn only_lines_that_mention_a_person_are_removed() {
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
        assert_eq!(scrub_file(&path, std::slice::from_ref(&person)).expect("searched"), Some(Scrubbed::Unchanged));
        let left = "member_id,article_id\nm1,a1\nm22,a2\n";
        assert_eq!(std::fs::read_to_string(&plain).expect("read"), left);
        let unpacked = zstd::decode_all(&std::fs::read(&packed).expect("read")[..]).expect("unpacked");
        assert_eq!(unpacked, left.as_bytes());
        assert_eq!(folder.path().read_dir().expect("listed").count(), 4, "temporary files are removed");
    }
}
