//! A small XML tree: elements with text or children, without attributes, document types and own entities.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;

use super::error::CallbackError;

/// Maximum depth and number of elements. WeChat's deepest message has four levels.
const MAX_DEPTH: usize = 8;
const MAX_ELEMENTS: usize = 2_000;

/// One element.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// Parses a document and returns its root.
    ///
    /// # Errors
    /// [`CallbackError::InvalidXml`].
    pub(super) fn parse(document: &str) -> Result<Self, CallbackError> {
        let mut reader = Reader::from_str(document.trim_start_matches('\u{feff}'));
        reader.config_mut().check_end_names = true;
        // The first entry holds the root as its child.
        let mut open = vec![Self::default()];
        let mut elements = 0;
        loop {
            match reader.read_event().map_err(|error| invalid(&error.to_string()))? {
                Event::Start(tag) => {
                    elements += 1;
                    if open.len() > MAX_DEPTH || elements > MAX_ELEMENTS {
                        return Err(invalid("too many or too deeply nested elements"));
                    }
                    open.push(Self { name: tag.name().as_ref().to_owned(), ..Self::default() });
                }
                Event::Empty(tag) => {
                    elements += 1;
                    let element = Self { name: tag.name().as_ref().to_owned(), ..Self::default() };
                    innermost(&mut open)?.children.push(element);
                }
                Event::End(_) => {
                    let element = open.pop().ok_or_else(|| invalid("an element ends that did not begin"))?;
                    innermost(&mut open)?.children.push(element);
                }
                Event::Text(text) => innermost(&mut open)?.text.push_str(&text),
                Event::CData(text) => innermost(&mut open)?.text.push_str(&text),
                Event::GeneralRef(reference) => {
                    let character = reference.resolve_char_ref().map_err(|error| invalid(&error.to_string()))?;
                    let text = &mut innermost(&mut open)?.text;
                    match (character, resolve_predefined_entity(&reference)) {
                        (Some(character), _) => text.push(character),
                        (None, Some(entity)) => text.push_str(entity),
                        (None, None) => return Err(invalid("entities are not allowed")),
                    }
                }
                Event::DocType(_) => return Err(invalid("a document type is not allowed")),
                Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
        }
        let (Some(mut document), true) = (open.pop(), open.is_empty()) else {
            return Err(invalid("an element does not end"));
        };
        let (Some(root), true) = (document.children.pop(), document.children.is_empty()) else {
            return Err(invalid("there must be one root element"));
        };
        if document.text.trim().is_empty() { Ok(root) } else { Err(invalid("text outside of the root element")) }
    }

    /// Returns the name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the first child with a name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Returns all children with a name.
    pub(super) fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// Returns the text of a child without surrounding white space, or `None` if it is missing or empty.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim()).filter(|text| !text.is_empty())
    }

    /// Returns the number in a child, or `None` if it is missing or empty.
    ///
    /// # Errors
    /// [`CallbackError::InvalidElement`] for a text that is not such a number.
    pub(super) fn number_of<N: std::str::FromStr>(&self, name: &'static str) -> Result<Option<N>, CallbackError> {
        let parse = |text: &str| text.parse().map_err(|_| CallbackError::InvalidElement(name));
        self.text_of(name).map(parse).transpose()
    }
}

fn innermost(open: &mut [Element]) -> Result<&mut Element, CallbackError> {
    open.last_mut().ok_or_else(|| invalid("an element ends that did not begin"))
}

fn invalid(reason: &str) -> CallbackError {
    CallbackError::InvalidXml(reason.to_owned())
}

/// Appends `<name>value</name>`.
pub(super) fn push_number(xml: &mut String, name: &str, value: impl std::fmt::Display) {
    xml.push_str(&format!("<{name}>{value}</{name}>"));
}

/// Appends `<name><![CDATA[value]]></name>`.
pub(super) fn push_text(xml: &mut String, name: &str, value: &str) {
    let value = value.replace("]]>", "]]]]><![CDATA[>");
    xml.push_str(&format!("<{name}><![CDATA[{value}]]></{name}>"));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_read_plain_as_cdata_and_with_references() {
        let root =
            Element::parse("<xml><A>1 &lt; 2 &#x4f1a;</A><B><![CDATA[<会员> & ]]></B><C/></xml>").expect("valid");
        assert_eq!(root.text_of("A"), Some("1 < 2 会"));
        assert_eq!(root.text_of("B"), Some("<会员> &"));
        assert_eq!(root.text_of("C"), None);
    }

    #[test]
    fn document_types_entities_and_broken_documents_are_refused() {
        let deep = format!("{}{}", "<a>".repeat(100), "</a>".repeat(100));
        let wide = format!("<a>{}</a>", "<b></b>".repeat(3_000));
        for document in [
            "",
            "text",
            "<xml>",
            "</xml>",
            "<xml></yml>",
            "<xml/><xml/>",
            "<xml/>text",
            "<xml>&own;</xml>",
            "<xml>&#0;</xml>",
            "<xml>&#xD800;</xml>",
            "<xml><![CDATA[open</xml>",
            r#"<!DOCTYPE xml [<!ENTITY a "b">]><xml>&a;</xml>"#,
            r#"<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml/>"#,
            &deep,
            &wide,
        ] {
            assert!(Element::parse(document).is_err(), "{document:.80}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused_without_a_panic(text: String) {
            let _ = Element::parse(&text);
        }

        #[test]
        fn text_like_xml_is_parsed_or_refused_without_a_panic(text in r"(<|>|/|!|\[|\]|CDATA|DOCTYPE|xml|&|;|#|x|-|\?|\PC){0,60}") {
            let _ = Element::parse(&text);
        }

        #[test]
        fn written_text_is_read_back(text in r"[^\x00-\x1f\r\n]{0,60}") {
            let mut xml = "<xml>".to_owned();
            push_text(&mut xml, "A", &text);
            xml.push_str("</xml>");
            let root = Element::parse(&xml).expect("valid");
            prop_assert_eq!(root.text_of("A").unwrap_or_default(), text.trim());
        }
    }
}
