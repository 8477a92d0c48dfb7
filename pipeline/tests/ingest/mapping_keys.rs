//! Tests that the reference of `[[source]]` in the documentation equals the keys of the code.

use std::fmt::Write;
use std::path::Path;

use zhihui_pipeline::config::{MAPPING_KEYS, MappingKey};

const HEAD: &str = "# Mapping of files

A `[[source]]` of `zhihui.toml` says how files of another system become rows of a [table](../data/README.md). Most keys are maps
from columns of the table (left) to something about the file (right). Columns that no key names are found by their contract name
or by a usual Chinese header. `zhihui.toml` is checked when it is loaded: a column that the table does not have, a key that does not
fit the column's type, and two keys for one column are errors.

`[[source]]` 说明其他系统的文件怎样成为[表](../data/README.md)中的行。多数键左边是表的列，右边是文件的列或写法；没有写的列按合同列名或常用
中文表头自动识别。加载 `zhihui.toml` 时会检查：表中没有的列、与列的类型不符的键、同一列的两种来源，都是错误。

A row is made in this order: lists are expanded (`expand`), rows left out (`where`), values taken from their columns (`columns`,
`first_of`, `cases`, `lookup`, `row_number`, `constant`), numbers rewritten (`middle`, `decimal`, `scale`), words translated (`values`),
and then the value is read by the type of its column (`time`, `zone`, `split`, `add`).

The rows below every example are what a test reads from its lines; times are shown in UTC, and the home's zone is Asia/Shanghai.
This page is generated from the code (`pipeline/src/config/source/reference/`); `ZHIHUI_REGENERATE=1 cargo test -p zhihui-pipeline --test
ingest mapping_keys` updates it.
";

/// The groups of [`MAPPING_KEYS`].
const GROUPS: [&str; 3] = ["Files and columns · 文件和列", "Rows · 行", "Values · 值"];

#[test]
fn the_reference_of_keys_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/mapping.md");
    let mut expected = HEAD.to_owned();
    for (group, keys) in GROUPS.iter().zip(MAPPING_KEYS) {
        writeln!(expected, "\n## {group}").expect("text");
        keys.iter().for_each(|key| expected.push_str(&entry(key)));
    }
    if std::env::var_os("ZHIHUI_REGENERATE").is_some() {
        std::fs::write(&path, expected).expect("the file is written");
        return;
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == expected,
        "docs/mapping.md is stale; ZHIHUI_REGENERATE=1 cargo test -p zhihui-pipeline --test ingest mapping_keys updates it"
    );
}

fn entry(key: &MappingKey) -> String {
    let names: Vec<String> = key.names.iter().map(|name| format!("`{name}`")).collect();
    let MappingKey { zh, en, example, .. } = key;
    let file = |name: &str, lines: &str| format!("`{name}`:\n\n```\n{lines}```\n\n");
    let mut text = format!("\n### {}\n\n{en}\n\n{zh}\n\n", names.join(", "));
    text.push_str(&file(example.file, example.lines));
    if let Some((name, lines)) = example.other {
        text.push_str(&file(name, lines));
    }
    writeln!(text, "```toml\n[[source]]\n{}\n```\n", example.source).expect("text");
    let rows = example.rows.iter().chain(example.said).copied().collect::<Vec<_>>().join("\n");
    writeln!(text, "gives:\n\n```\n{rows}\n```").expect("text");
    text
}
