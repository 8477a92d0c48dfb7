//! The list file of an audience: `rank,member_id,openid,union_id,age_band,probability,reasons`, arm `push` only. A list with
//! variants also has `variant,variant_item_id,variant_title`.

use rust_xlsxwriter::{Format, Workbook, XlsxError};
use zhihui_data::snapshot::{NONE, Snapshot};
use zhihui_engine::audience::{AudienceResult, AudienceRow, ExperimentArm, Variant};

use super::{escape_formula, quote_csv};

/// Columns with their widths in characters.
const COLUMNS: [(&str, f64); 7] = [
    ("rank", 7.0),
    ("member_id", 16.0),
    ("openid", 32.0),
    ("union_id", 14.0),
    ("age_band", 10.0),
    ("probability", 12.0),
    ("reasons", 60.0),
];
const VARIANT_COLUMNS: [(&str, f64); 3] = [("variant", 12.0), ("variant_item_id", 16.0), ("variant_title", 40.0)];

/// Writes the list as CSV with a byte order mark, which Excel needs to read UTF-8.
#[must_use]
pub fn list_csv(snapshot: &Snapshot, result: &AudienceResult) -> Vec<u8> {
    let mut text = String::from('\u{feff}');
    let names: Vec<&str> = columns(result).iter().map(|(name, _)| *name).collect();
    text.push_str(&names.join(","));
    text.push_str("\r\n");
    for row in pushed(result) {
        let cells = cells(snapshot, row, &result.variants).into_iter();
        let cells: Vec<String> = cells.map(|cell| quote_csv(&escape_formula(cell))).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text.into_bytes()
}

/// Writes the list as a workbook: ids as text, probabilities as numbers.
///
/// # Errors
/// [`XlsxError`] if the list has more rows than a sheet allows.
pub fn list_xlsx(snapshot: &Snapshot, result: &AudienceResult) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let (bold, share) = (Format::new().set_bold(), Format::new().set_num_format("0.00%"));
    let sheet = workbook.add_worksheet();
    for (column, (name, width)) in columns(result).into_iter().enumerate() {
        sheet.write_with_format(0, column as u16, name, &bold)?;
        sheet.set_column_width(column as u16, width)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    for (line, row) in pushed(result).enumerate() {
        let line = line as u32 + 1;
        for (column, cell) in cells(snapshot, row, &result.variants).into_iter().enumerate() {
            match column {
                0 => sheet.write(line, 0, row.rank as u32)?,
                5 => sheet.write_with_format(line, 5, row.probability, &share)?,
                _ => sheet.write_string(line, column as u16, escape_formula(cell))?,
            };
        }
    }
    workbook.save_to_buffer()
}

fn columns(result: &AudienceResult) -> Vec<(&'static str, f64)> {
    let of_variants: &[_] = if result.variants.is_empty() { &[] } else { &VARIANT_COLUMNS };
    [&COLUMNS[..], of_variants].concat()
}

fn pushed(result: &AudienceResult) -> impl Iterator<Item = &AudienceRow> {
    result.rows.iter().filter(|row| row.arm == ExperimentArm::Push)
}

fn cells(snapshot: &Snapshot, row: &AudienceRow, variants: &[Variant]) -> Vec<String> {
    let members = &snapshot.members;
    let member = row.member;
    let union = members.union[member];
    let reasons: Vec<&str> = row.reasons.iter().map(|reason| reason.text.as_str()).collect();
    let mut cells = vec![
        row.rank.to_string(),
        members.id[member].clone(),
        row.openid.clone(),
        if union == NONE { String::new() } else { snapshot.unions.id[union as usize].clone() },
        snapshot.age_bands.label(usize::from(members.age_band[member])),
        format!("{:.6}", row.probability),
        reasons.join(";"),
    ];
    if !variants.is_empty() {
        let variant = row.variant.and_then(|place| variants.get(place));
        let text = |of: fn(&Variant) -> Option<&String>| variant.and_then(of).cloned().unwrap_or_default();
        cells.push(text(|variant| Some(&variant.name)));
        cells.push(text(|variant| variant.item_id.as_ref()));
        cells.push(text(|variant| variant.title.as_ref()));
    }
    cells
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Data, Reader, Xlsx};
    use zhihui_data::snapshot::Members;
    use zhihui_engine::audience::Preview;

    use super::*;

    /// Two pushed members in two variants, whose names and titles look like formulas.
    fn list(variants: Vec<Variant>) -> (Snapshot, AudienceResult) {
        let members = Members {
            id: vec!["m1".into(), "m2".into()],
            union: vec![NONE; 2],
            age_band: vec![2; 2],
            ..Members::default()
        };
        let row = |rank: usize| AudienceRow {
            rank,
            member: rank - 1,
            openid: format!("o{rank}"),
            arm: ExperimentArm::Push,
            hold_out: None,
            variant: (!variants.is_empty()).then_some(rank - 1),
            probability: 0.25,
            reasons: Vec::new(),
        };
        let preview: Preview = serde_json::from_value(serde_json::json!({
            "as_of": "", "version": "", "sentence": { "zh": "", "en": "" }, "funnel": [], "selected": 2, "held_out": 0,
            "expected_responses": { "value": 0.5, "low": 0.0, "high": 1.0, "level": 0.9, "calibrated": true },
            "breakdowns": {}, "sample": [], "excluded": {}
        }))
        .expect("a preview");
        let rows = vec![row(1), row(2)];
        (Snapshot { members, ..Snapshot::default() }, AudienceResult { preview, rows, variants })
    }

    fn variants() -> Vec<Variant> {
        let variant = |name: &str, title: Option<&str>| Variant {
            name: name.to_owned(),
            item_id: Some("A17".to_owned()),
            title: title.map(str::to_owned),
            share: 0.5,
        };
        vec![variant("=1+1", Some("=HYPERLINK(\"x\",\"领奖\")")), variant("乙", None)]
    }

    #[test]
    fn a_list_with_variants_says_what_each_member_gets_and_contains_no_formula() {
        let (snapshot, result) = list(variants());
        let csv = String::from_utf8(list_csv(&snapshot, &result)).expect("UTF-8");
        let lines: Vec<&str> = csv.lines().collect();
        assert!(lines[0].ends_with(",reasons,variant,variant_item_id,variant_title"), "{}", lines[0]);
        assert!(lines[1].ends_with(",'=1+1,A17,\"'=HYPERLINK(\"\"x\"\",\"\"领奖\"\")\""), "{}", lines[1]);
        assert!(lines[2].ends_with(",乙,A17,"), "{}", lines[2]);
        let bytes = list_xlsx(&snapshot, &result).expect("written");
        let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
        assert!(workbook.worksheet_formula("Sheet1").expect("formulas").is_empty(), "nothing is a formula");
        let range = workbook.worksheet_range_at(0).expect("a sheet").expect("cells");
        let rows: Vec<Vec<String>> = range.rows().map(|row| row.iter().map(Data::to_string).collect()).collect();
        assert_eq!(rows[0][7..], ["variant", "variant_item_id", "variant_title"]);
        assert_eq!(rows[1][7..9], ["'=1+1", "A17"]);
    }

    #[test]
    fn a_list_without_variants_has_the_columns_of_the_contract() {
        let (snapshot, result) = list(Vec::new());
        let csv = String::from_utf8(list_csv(&snapshot, &result)).expect("UTF-8");
        assert!(
            csv.starts_with("\u{feff}rank,member_id,openid,union_id,age_band,probability,reasons\r\n1,m1,o1,"),
            "{csv}"
        );
    }
}
