//! The tables of the data dictionary equal those of the code.

use std::fmt::Write;
use std::path::Path;

use zhihui_data::tables::Identity;
use zhihui_data::{ColumnKind, Table};

const BEGIN: &str = "<!-- generated from the contract tables: begin -->\n";
const END: &str = "<!-- generated from the contract tables: end -->\n";

#[test]
fn dictionary_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).expect("data/README.md");
    let (before, rest) = readme.split_once(BEGIN).expect("the begin mark");
    let (written, after) = rest.split_once(END).expect("the end mark");
    let expected = dictionary();
    if std::env::var_os("ZHIHUI_REGENERATE").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{expected}{END}{after}")).expect("the file is written");
        return;
    }
    assert!(
        written == expected,
        "data/README.md is stale; ZHIHUI_REGENERATE=1 cargo test -p zhihui-data updates its tables"
    );
}

fn dictionary() -> String {
    let mut text = String::new();
    for &table in Table::ALL {
        writeln!(text, "\n### {table}\n\n{}\n", identity(table)).expect("text");
        text.push_str("| column | holds | required | personal | meaning |\n| --- | --- | --- | --- | --- |\n");
        for column in table.columns() {
            let stored = match () {
                () if column.transient => "; read, not stored",
                () if column.measurement => "; unknown if it cannot be read",
                () => "",
            };
            let actor = table.needs_actor() && ["member_id", "openid"].contains(&column.name);
            let required = if column.required {
                "yes"
            } else if actor {
                "one of the two"
            } else {
                ""
            };
            let personal = if column.personal { "yes" } else { "" };
            let kind = kind(column.kind);
            writeln!(text, "| `{}` | {kind} | {required} | {personal} | {}{stored} |", column.name, column.meaning)
                .expect("text");
        }
    }
    text.push('\n');
    text
}

fn identity(table: Table) -> String {
    match table.identity() {
        Identity::Key(key) => {
            format!("Key: {}.", key.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
        }
        Identity::Event { item, time } => {
            format!(
                "Facts: equal `event_id`, or equal member, `{item}` and `{time}` (to the second), are the same fact."
            )
        }
        Identity::SignUp => "There is one current row per member and activity: the latest.".to_owned(),
    }
}

fn kind(kind: ColumnKind) -> String {
    match kind {
        ColumnKind::Id => "id".into(),
        ColumnKind::Text => "text".into(),
        ColumnKind::Time => "time".into(),
        ColumnKind::Date => "day".into(),
        ColumnKind::Integer { min, max } => format!("whole number, {min} to {max}"),
        ColumnKind::Real { min, max } => format!("number, {min} to {max}"),
        ColumnKind::Flag => "yes or no".into(),
        ColumnKind::List => "list".into(),
        ColumnKind::Choice(words) => {
            let words = words.iter().map(|(word, others)| match others.first() {
                Some(other) => format!("`{word}` ({other})"),
                None => format!("`{word}`"),
            });
            words.collect::<Vec<_>>().join(", ")
        }
    }
}
