//! The catalogue of metrics in the documentation equals the registry.

use std::fmt::Write;
use std::path::Path;

use zhihui_engine::report::{METRICS, Metric, MinGroupSize};

const HEAD: &str = "# Metrics of reports

Every metric of a report, in its order; 期 is the period, from `from` up to but not including `to`. A metric is not shown if the
people in \"minimum group\" are fewer; 10 is the default of `[report] fewest_people`. The tables are in the
[data dictionary](../data/README.md).

This page is generated from the registry (`engine/src/report/metrics/`); `ZHIHUI_REGENERATE=1 cargo test -p zhihui-engine` updates it.
";

fn path(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

#[test]
fn the_catalogue_of_metrics_is_current() {
    let path = path("docs/metrics.md");
    let expected = catalogue();
    if std::env::var_os("ZHIHUI_REGENERATE").is_some() {
        std::fs::write(&path, expected).expect("the file is written");
        return;
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == expected,
        "docs/metrics.md is stale; ZHIHUI_REGENERATE=1 cargo test -p zhihui-engine updates it"
    );
}

#[test]
fn the_tables_of_metrics_are_in_the_data_dictionary() {
    let dictionary = std::fs::read_to_string(path("data/README.md")).expect("the dictionary");
    for metric in METRICS {
        for table in metric.tables {
            let is_described =
                dictionary.contains(&format!("\n### {table}\n")) || dictionary.contains(&format!("`{table}`"));
            assert!(is_described, "{}: no table {table}", metric.name);
        }
    }
}

fn catalogue() -> String {
    let mut text = HEAD.to_owned();
    for metric in METRICS {
        text.push_str(&entry(metric));
    }
    text
}

fn entry(metric: &Metric) -> String {
    let mut text = String::new();
    let method = metric.method(MinGroupSize::default());
    let [zh, en] = metric.label;
    let tables: Vec<String> = method.tables.iter().map(|table| format!("`{table}`")).collect();
    writeln!(text, "\n## {zh} · {en}\n\n`{}`, in {}\n", metric.name, metric.unit).expect("text");
    writeln!(text, "- {}\n- {}", metric.definition[0], metric.definition[1]).expect("text");
    writeln!(text, "- 公式 formula: `{}`", method.formula).expect("text");
    if let Some(denominator) = method.denominator {
        writeln!(text, "- 分母 denominator: {} · {}", denominator.zh, denominator.en).expect("text");
    }
    writeln!(text, "- 数据表 tables: {}", tables.join(", ")).expect("text");
    if let Some(group) = method.minimum_group {
        writeln!(text, "- 最小人数 minimum group: {} · {}", group.zh, group.en).expect("text");
    }
    text
}
