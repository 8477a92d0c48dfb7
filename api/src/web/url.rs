//! URLs of this service with their parts percent-encoded.

/// `path` with a query string of these pairs.
pub(crate) fn url_with_query<'a>(path: &str, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let query: Vec<String> =
        pairs.into_iter().map(|(name, value)| format!("{name}={}", percent_encode(value))).collect();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}

/// Encodes every byte but the unreserved characters of RFC 3986.
pub(crate) fn percent_encode(text: &str) -> String {
    encode(text, b"")
}

/// Like [`percent_encode`], but keeps `/`.
pub(crate) fn percent_encode_path(text: &str) -> String {
    encode(text, b"/")
}

/// Decodes percent-encoded text. `None` for an incomplete escape and for bytes that are not UTF-8.
pub(crate) fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first == b'%' {
            let (digits, after) = rest.split_at_checked(2)?;
            rest = after;
            bytes.extend(hex::decode(digits).ok()?);
        } else {
            bytes.push(first);
        }
    }
    String::from_utf8(bytes).ok()
}

fn encode(text: &str, kept: &[u8]) -> String {
    let byte = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || kept.contains(&byte) => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}
