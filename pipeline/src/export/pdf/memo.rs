//! The memo as the first page of the PDF file.

use zhihui_engine::Language;
use zhihui_engine::report::{Memo, MemoPart, MetricValue, Report, Sentence};
use zhihui_engine::wording::grouped;

use super::page::{ACCENT, HEIGHT, INK, MARGIN, MUTED, Pages};
use super::table::Table;
use crate::export::report_texts::ReportTexts;

const HEADING: f32 = 11.0;
const TEXT: f32 = 10.0;
const SMALL: f32 = 8.0;

/// Writes the memo of a report, if it has one, and begins a new page.
pub(super) fn write_memo(pages: &mut Pages<'_>, report: &Report, texts: ReportTexts, hidden: &str) {
    let Some(memo) = &report.memo else { return };
    pages.fill((MARGIN, pages.y - 6.0), 36.0, 3.0, ACCENT);
    pages.skip(12.0);
    pages.paragraph(texts.of(&memo.headline), 15.0, INK);
    pages.skip(8.0);
    let tiles = tiles(memo, report, texts, hidden);
    if !tiles.rows.is_empty() {
        tiles.write(pages);
    }
    part(pages, MemoPart::Moved.heading(texts.language));
    if memo.movers.is_empty() {
        pages.paragraph(texts.of(&memo.movers_note), TEXT, MUTED);
    }
    for mover in &memo.movers {
        pages.paragraph(&format!("· {}", texts.of(&mover.sentence)), TEXT, INK);
        if let Some(reason) = &mover.reason {
            pages.paragraph(texts.of(reason), SMALL, MUTED);
        }
    }
    silent_unions(pages, memo, texts);
    part(pages, MemoPart::Pushes.heading(texts.language));
    let effects = memo.pushes.iter().map(|push| &push.sentence);
    let none = memo.pushes.is_empty().then_some(&memo.pushes_note);
    effects.chain(none).for_each(|sentence| write(pages, sentence, texts));
    part(pages, MemoPart::Action.heading(texts.language));
    write(pages, &memo.action, texts);
    part(pages, MemoPart::Method.heading(texts.language));
    for rule in &memo.method {
        pages.paragraph(&format!("· {}", texts.of(rule)), SMALL, MUTED);
    }
    pages.ensure(HEIGHT);
}

fn part(pages: &mut Pages<'_>, title: &str) {
    pages.skip(4.0);
    pages.heading(title, HEADING, 20.0);
}

fn write(pages: &mut Pages<'_>, sentence: &Sentence, texts: ReportTexts) {
    pages.paragraph(texts.of(sentence), TEXT, INK);
}

/// The tiles: values with those before, and targets if any is set.
fn tiles(memo: &Memo, report: &Report, texts: ReportTexts, hidden: &str) -> Table {
    let metric = |name: &String| report.metrics.iter().find(|metric| metric.name == *name);
    let metrics: Vec<&MetricValue> = memo.tiles.iter().filter_map(metric).collect();
    let has_targets = metrics.iter().any(|metric| metric.target.is_some());
    let row = |metric: &&MetricValue| {
        let hidden = metric.suppressed.then_some(hidden);
        let target = has_targets.then(|| texts.value(metric.target, &metric.unit, None));
        let cells = [
            texts.of(&metric.label).to_owned(),
            texts.value(metric.value, &metric.unit, hidden),
            texts.value(metric.previous, &metric.unit, None),
        ];
        cells.into_iter().chain(target).collect()
    };
    let target = has_targets.then(|| texts.pick("目标", "Target").to_owned());
    let heads = [
        texts.pick("指标", "Figure").to_owned(),
        texts.pick("数值", "Value").to_owned(),
        texts.before(report).to_owned(),
    ];
    Table {
        heads: heads.into_iter().chain(target).collect(),
        rows: metrics.iter().map(row).collect(),
        numeric: vec![false, true, true, true][..3 + usize::from(has_targets)].to_vec(),
    }
}

fn silent_unions(pages: &mut Pages<'_>, memo: &Memo, texts: ReportTexts) {
    let silent = &memo.silent_unions;
    part(pages, MemoPart::Silent.heading(texts.language));
    write(pages, &silent.sentence, texts);
    if silent.unions.is_empty() {
        return;
    }
    let heads = [("工会", "Union"), ("编号", "Id"), ("地区", "District"), ("会员人数", "Members")];
    let rows = silent.unions.iter().map(|union| {
        let district = union.district.clone().unwrap_or_default();
        vec![union.name.clone(), union.union_id.clone(), district, grouped(union.members as f64, 0)]
    });
    let table = Table {
        heads: heads.map(|(zh, en)| texts.pick(zh, en).to_owned()).into(),
        rows: rows.collect(),
        numeric: vec![false, false, false, true],
    };
    table.write(pages);
    if silent.more > 0 {
        let more = grouped(silent.more as f64, 0);
        let text = match texts.language {
            Language::Zh => format!("另有 {more} 家，见后面的表格。"),
            Language::En => format!("{more} more are in the tables below."),
        };
        pages.paragraph(&text, SMALL, MUTED);
    }
}
