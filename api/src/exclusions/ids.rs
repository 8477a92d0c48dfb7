//! Reads ids from a text: pasted, or a file of one or more columns.

use std::borrow::Cow;

use super::error::ExclusionError;

/// Maximum number of ids in a list.
pub(crate) const MAX_IDS: usize = 1_000_000;

/// Names of columns with ids, in lower case.
const COLUMNS: [&str; 8] = ["member_id", "openid", "open_id", "会员编号", "会员号", "会员id", "编号", "id"];
/// Between ids or columns.
const SEPARATORS: [char; 7] = [',', ';', '\t', '，', '；', '、', ' '];

/// Reads member ids or openids. If the first line names a column with ids (`member_id`, `openid`, `会员编号`), each further
/// line has one in this column; otherwise every word of the text is an id. The text is UTF-8, with or without a byte order
/// mark, or GB18030, as Excel in Chinese saves CSV.
///
/// # Errors
/// [`ExclusionError::Empty`], [`ExclusionError::TooMany`], or [`ExclusionError::NotText`] for UTF-16 and binary content.
pub(crate) fn read_ids(bytes: &[u8]) -> Result<Vec<String>, ExclusionError> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || bytes.contains(&0) {
        return Err(ExclusionError::NotText);
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::GB18030
            .decode_without_bom_handling_and_without_replacement(bytes)
            .ok_or(ExclusionError::NotText)?,
    };
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let mut ids = Vec::new();
    let mut add = |id: &str| match plain(id) {
        "" => Ok(()),
        _ if ids.len() == MAX_IDS => Err(ExclusionError::TooMany),
        id => {
            ids.push(id.to_owned());
            Ok(())
        }
    };
    let first = lines.next().unwrap_or_default();
    match fields(first).position(|field| COLUMNS.contains(&field.to_lowercase().as_str())) {
        Some(column) => lines.try_for_each(|line| add(fields(line).nth(column).unwrap_or_default()))?,
        None => {
            std::iter::once(first).chain(lines).try_for_each(|line| line.split(SEPARATORS).try_for_each(&mut add))?
        }
    }
    if ids.is_empty() { Err(ExclusionError::Empty) } else { Ok(ids) }
}

/// The columns of a line. A quoted column may contain separators.
fn fields(line: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    line.split(move |letter: char| {
        is_quoted ^= letter == '"';
        !is_quoted && [',', ';', '\t'].contains(&letter)
    })
    .map(plain)
}

/// An id without spaces and quotes. An apostrophe makes spreadsheet programs keep it as text.
fn plain(id: &str) -> &str {
    id.trim().trim_matches('"').trim().trim_start_matches('\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> Vec<String> {
        read_ids(text.as_bytes()).expect("ids")
    }

    #[test]
    fn words_are_ids_unless_the_first_line_names_a_column() {
        assert_eq!(ids("m1\nm2\r\n\n m3 "), ["m1", "m2", "m3"]);
        assert_eq!(ids("m1, m2；m3、m4\tm5"), ["m1", "m2", "m3", "m4", "m5"]);
        assert_eq!(ids("\u{feff}姓名,会员编号\n\"李,明\",\"m1\"\n王芳,'m2\n"), ["m1", "m2"]);
        assert_eq!(ids("rank,member_id,openid\n1,m1,o1\n2,m2,o2"), ["m1", "m2"]);
        assert_eq!(ids("OpenID\no1\n\no2"), ["o1", "o2"]);
        let gb18030 = encoding_rs::GB18030.encode("姓名,会员编号\r\n李明,m1\r\n王芳,m2\r\n").0;
        assert_eq!(read_ids(&gb18030).expect("ids"), ["m1", "m2"]);
    }

    #[test]
    fn texts_without_ids_are_refused() {
        let refused = |bytes: &[u8]| read_ids(bytes).expect_err("refused").to_string();
        assert!(refused(b" \n,;\n").contains("no id found"));
        assert!(refused(b"member_id\n").contains("no id found"));
        assert!(refused(&[0xff, 0xfe, b'm', 0]).contains("UTF-8"));
        assert!(refused(b"PK\x03\x04\0\0").contains("UTF-8"));
        assert!(refused(b"m1\n\xff\n").contains("GB18030"), "neither of the two");
        assert!(refused("m\n".repeat(MAX_IDS + 1).as_bytes()).contains("more than 1000000 ids"));
        assert_eq!(read_ids("m\n".repeat(MAX_IDS).as_bytes()).expect("ids").len(), MAX_IDS);
    }
}
