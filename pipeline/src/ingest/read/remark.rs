//! Recognises rows of totals and remarks by the words that people write.

/// Words of a total.
const TOTAL: [&str; 4] = ["合计", "总计", "小计", "共计"];
/// Starts of remarks and signatures.
const REMARK: [&str; 10] = ["注:", "注\u{ff1a}", "备注", "说明", "填表", "填报", "制表", "审核", "负责人", "单位盖章"];

/// Whether a row sums up others. `filled` are its cells that are not empty.
///
/// The first cell says so, or the second or third one, if the first ones name the group that the row sums up.
pub(super) fn is_total<'v>(mut filled: impl Iterator<Item = &'v str>) -> bool {
    filled.next().is_some_and(names_total) || filled.take(2).any(|text| TOTAL.contains(&plain(text).as_str()))
}

/// Whether a row is a remark: its only cell, or all its cells are labels with a colon, such as `审核人：`.
pub(super) fn is_remark<'v>(mut filled: impl Iterator<Item = &'v str>) -> bool {
    let Some(first) = filled.next() else { return false };
    let has_colon = |text: &str| text.contains([':', '\u{ff1a}']);
    if !REMARK.iter().any(|start| first.starts_with(start)) {
        return false;
    }
    match filled.next() {
        None => true,
        Some(second) => has_colon(first) && has_colon(second) && filled.all(has_colon),
    }
}

/// Whether a text is a word of a total, alone, after the name of a group (`朝阳区小计`), or before a number (`共计35人`).
fn names_total(text: &str) -> bool {
    if !text.contains('计') {
        return false;
    }
    let text = plain(text);
    let is_number =
        |rest: &str| rest.starts_with(|first: char| first.is_ascii_digit() || matches!(first, ':' | '\u{ff1a}' | '('));
    TOTAL.iter().any(|word| text.ends_with(word) || text.strip_prefix(word).is_some_and(is_number))
}

/// A text without spaces and a colon at its end.
fn plain(text: &str) -> String {
    if !text.contains('计') {
        return String::new();
    }
    text.trim_end_matches([':', '\u{ff1a}', ' ', '\u{3000}']).replace([' ', '\u{3000}'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_recognised_and_names_are_not() {
        let is = |row: &str| is_total(row.split(',').filter(|text| !text.is_empty()));
        for row in ["合 计:,35", "朝阳区小计,35", "某公司,小计,35", "共计35人", "总计：35", "1,某公司,合计,35"]
        {
            assert!(is(row), "{row}");
        }
        for row in ["总计划,1", "会计,1", "张三,1,2,合计", "M1,会计"] {
            assert!(!is(row), "{row}");
        }
    }

    #[test]
    fn remarks_are_recognised_and_rows_are_not() {
        let is = |row: &str| is_remark(row.split(','));
        assert!(is("注：请勿修改") && is("填表人：张三,审核人：李四,日期：2026.3.5"));
        assert!(!is("备注,张三") && !is("说明会,2026-03-05") && !is("张三"));
    }
}
