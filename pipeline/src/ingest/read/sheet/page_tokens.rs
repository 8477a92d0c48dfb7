//! Splits the text of a web page or XML file into elements and text. Accepts what browsers accept: unclosed and wrong elements.

use std::borrow::Cow;

/// A part of a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Open(Element),
    /// The lower-case name of an element that ends.
    Close(String),
    /// Text with its entities replaced.
    Text(Cow<'a, str>),
}

/// Name and attributes of an element, in lower case and without the prefix of a namespace.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Element {
    pub name: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Iterates over the tokens of a text.
pub(super) struct Tokens<'a> {
    rest: &'a str,
    /// The end of an element without content.
    pending: Option<String>,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text, pending: None }
    }

    /// Skips to the end of a mark. To the end of the text if there is none.
    fn skip_past(&mut self, mark: &str) -> &'a str {
        let (skipped, rest) = self.rest.split_once(mark).unwrap_or((self.rest, ""));
        self.rest = rest;
        skipped
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if let Some(name) = self.pending.take() {
            return Some(Token::Close(name));
        }
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let Some(tag) = self.rest.strip_prefix('<') else {
                let (text, rest) = self.rest.split_at(self.rest.find('<').unwrap_or(self.rest.len()));
                self.rest = rest;
                return Some(Token::Text(unescaped(text)));
            };
            if tag.starts_with("!--") {
                self.skip_past("-->");
            } else if let Some(text) = tag.strip_prefix("![CDATA[") {
                self.rest = text;
                return Some(Token::Text(Cow::Borrowed(self.skip_past("]]>"))));
            } else if tag.starts_with(['!', '?']) {
                self.skip_past(">");
            } else if let Some(name) = tag.strip_prefix('/') {
                self.rest = name;
                return Some(Token::Close(local_name(self.skip_past(">").trim())));
            } else if tag.starts_with(|first: char| first.is_ascii_alphabetic()) {
                self.rest = tag;
                let text = self.skip_past(">");
                let (text, is_empty) = text.strip_suffix('/').map_or((text, false), |text| (text, true));
                let element = element(text);
                if matches!(element.name.as_str(), "script" | "style" | "xml") && !is_empty {
                    let end = format!("</{}", element.name);
                    let lower_end = find_ignoring_case(self.rest, &end).unwrap_or(self.rest.len());
                    self.rest = &self.rest[lower_end..];
                    continue;
                }
                self.pending = is_empty.then(|| element.name.clone());
                return Some(Token::Open(element));
            } else {
                self.rest = tag;
                return Some(Token::Text(Cow::Borrowed("<")));
            }
        }
    }
}

fn find_ignoring_case(text: &str, mark: &str) -> Option<usize> {
    text.as_bytes().windows(mark.len()).position(|part| part.eq_ignore_ascii_case(mark.as_bytes()))
}

fn local_name(name: &str) -> String {
    name.rsplit(':').next().unwrap_or(name).to_ascii_lowercase()
}

fn element(text: &str) -> Element {
    let (name, mut rest) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        let end = rest.find(|mark: char| mark == '=' || mark.is_whitespace()).unwrap_or(rest.len());
        if rest.is_empty() || (end == 0 && !rest.starts_with('=')) {
            return Element { name: local_name(name), attributes };
        }
        let (key, after) = rest.split_at(end);
        let Some(value) = after.trim_start().strip_prefix('=').map(str::trim_start) else {
            attributes.push((local_name(key), String::new()));
            rest = after;
            continue;
        };
        let (value, after) = match value.chars().next().filter(|mark| matches!(mark, '"' | '\'')) {
            Some(quote) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
            None => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
        };
        attributes.push((local_name(key), unescaped(value).into_owned()));
        rest = after;
    }
}

/// Replaces entities. Keeps unknown ones.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split('&');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let found = part.split_once(';').and_then(|(name, rest)| Some((entity(name)?, rest)));
        match found {
            Some((letter, rest)) => {
                out.push(letter);
                out.push_str(rest);
            }
            None => {
                out.push('&');
                out.push_str(part);
            }
        }
    }
    Cow::Owned(out)
}

fn entity(name: &str) -> Option<char> {
    match name {
        "nbsp" => Some(' '),
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|letter| *letter != '\0')
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let token = |token: Token<'_>| match token {
            Token::Open(element) => {
                let attributes: String =
                    element.attributes.iter().map(|(name, value)| format!(" {name}={value}")).collect();
                format!("<{}{attributes}>", element.name)
            }
            Token::Close(name) => format!("</{name}>"),
            Token::Text(text) => text.into_owned(),
        };
        Tokens::new(text).map(token).collect()
    }

    #[test]
    fn elements_entities_and_comments_are_split() {
        assert_eq!(
            shown("<!-- <td> --><TD ss:Index=\"2\" colspan=3 nowrap>1 &lt; 2&nbsp;&#65;&amp;x;</TD><br/>"),
            "<td index=2 colspan=3 nowrap=>1 < 2 A&x;</td><br></br>"
        );
        assert_eq!(shown("<style>td { }</STYLE>a<script>if (1 < 2) '<td>'</script>"), "</style>a</script>");
        assert_eq!(shown("<Data ss:Type='String'><![CDATA[a<b]]></Data>"), "<data type=String>a<b</data>");
        assert_eq!(shown("a < b <td"), "a < b <td>");
    }
}
