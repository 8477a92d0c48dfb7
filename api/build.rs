//! Generates one method of `Locale` for each message in `locales/*.toml`.
//!
//! A catalogue is a strict subset of TOML: sections `[key]`, each with the lines `zh = "…"` and `en = "…"`. `{name}` in a
//! message becomes a parameter of the method, and `{name|word|words}` the first of the two words if that parameter is written
//! as 1, else the second. The build fails if a language is missing or the two differ in parameters, and the compiler warns
//! about messages that nothing uses.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

/// One message: the name of its method, and its text in both languages.
#[derive(Default)]
struct Message {
    name: String,
    zh: Option<String>,
    en: Option<String>,
}

fn main() {
    println!("cargo::rerun-if-changed=locales");
    let mut files: Vec<_> =
        std::fs::read_dir("locales").expect("locales/").map(|entry| entry.expect("entry").path()).collect();
    files.sort();
    let mut code = String::from("impl Locale {\n");
    for file in files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "toml")) {
        for message in parse(file) {
            generate(&message, file, &mut code);
        }
    }
    code.push_str("}\n");
    let out = std::env::var("OUT_DIR").expect("OUT_DIR is set by cargo");
    std::fs::write(Path::new(&out).join("messages.rs"), code).expect("messages.rs");
}

fn parse(file: &Path) -> Vec<Message> {
    let stem = file.file_stem().expect("a name").to_string_lossy();
    let text = std::fs::read_to_string(file).expect("a catalogue in UTF-8");
    let mut messages: Vec<Message> = Vec::new();
    for (line, number) in text.lines().map(str::trim).zip(1..) {
        let fail = |what: &str| panic!("{}:{number}: {what}", file.display());
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(key) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            messages.push(Message { name: format!("{stem}_{key}"), ..Message::default() });
            continue;
        }
        let Some((language, value)) = line.split_once(" = ") else {
            fail("expected [key], zh = \"…\" or en = \"…\"")
        };
        let Some(value) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
            fail("expected a quoted text")
        };
        let Some(message) = messages.last_mut() else { fail("expected a [key] first") };
        let slot = match language {
            "zh" => &mut message.zh,
            "en" => &mut message.en,
            _ => fail("the languages are zh and en"),
        };
        if slot.replace(value.replace("\\\"", "\"").replace("\\\\", "\\")).is_some() {
            fail("the language is given twice");
        }
    }
    messages
}

fn generate(message: &Message, file: &Path, code: &mut String) {
    let name = &message.name;
    let (Some(zh), Some(en)) = (&message.zh, &message.en) else {
        panic!("{}: {name} needs a text in zh and in en", file.display())
    };
    let parameters = parameters(zh);
    assert_eq!(parameters, self::parameters(en), "{}: {name} has different parameters in zh and en", file.display());
    let list: String =
        parameters.iter().fold(String::new(), |list, name| list + &format!(", {name}: impl std::fmt::Display"));
    let (result, zh, en) = if parameters.is_empty() {
        ("&'static str", format!("{zh:?}"), format!("{en:?}"))
    } else {
        ("String", formatted(zh), formatted(en))
    };
    writeln!(
        code,
        "    pub(crate) fn {name}(self{list}) -> {result} {{\n        match self.0 {{\n            \
         Language::Zh => {zh},\n            Language::En => {en},\n        }}\n    }}"
    )
    .expect("writing to a string");
}

/// What is in braces, in order.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(inside, _)| inside)
}

/// Names of parameters, sorted.
fn parameters(text: &str) -> BTreeSet<String> {
    placeholders(text).map(|inside| inside.split('|').next().unwrap_or_default().to_owned()).collect()
}

/// The expression that fills in a text.
fn formatted(text: &str) -> String {
    let (mut text, mut words) = (text.to_owned(), String::new());
    let plurals: BTreeSet<String> =
        placeholders(&text).filter(|inside| inside.contains('|')).map(str::to_owned).collect();
    for (number, inside) in plurals.iter().enumerate() {
        let parts: Vec<&str> = inside.split('|').collect();
        let [name, one, many] = parts[..] else { panic!("{{{inside}}} is not {{name|word|words}}") };
        text = text.replace(&format!("{{{inside}}}"), &format!("{{word_{number}}}"));
        write!(words, ", word_{number} = plural(&{name}.to_string(), {one:?}, {many:?})").expect("writing to a string");
    }
    format!("format!({text:?}{words})")
}
