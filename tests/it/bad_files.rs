//! Unusable files of all kinds in one folder: each is refused with its reason, and the file after them is ingested.

use std::io::Write;

use serde_json::Value;

use crate::program::{Program, gzip};

const HEADER: &str = "member_id,article_id,read_at\n";
const ROW: &str = "m1,a1,2026-11-01 08:00:00\n";

/// A program that decodes workbooks in 1.5 GiB and 10 s, and accepts lines of 1 MiB.
fn program() -> Program {
    let program = Program::new();
    let settings = program.home().join("zhihui.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    assert!(!text.contains("\n[ingest]"), "a new home has default limits");
    let limits = "\n[ingest]\nmax_record_bytes = 1048576\nworkbook_bytes = 1610612736\nworkbook_seconds = 10\n";
    std::fs::write(&settings, text + limits).unwrap();
    program
}

/// Writes a part of a workbook.
type WritesPart<'w> = Box<dyn Fn(&mut dyn Write) + 'w>;

/// A workbook whose first sheet is `sheet`, with deflated parts.
fn workbook(sheet: impl Fn(&mut dyn Write)) -> Vec<u8> {
    let types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>";
    let relation = |kind: &str, target: &str| {
        format!(
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r1\" \
             Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}\" Target=\"{target}\"/></Relationships>"
        )
    };
    let book = "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" \
                xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets>\
                <sheet name=\"S\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>";
    let (relations, sheets) =
        (relation("officeDocument", "xl/workbook.xml"), relation("worksheet", "worksheets/sheet1.xml"));
    let text = |text: String| move |out: &mut dyn Write| out.write_all(text.as_bytes()).unwrap();
    let parts: [(&str, WritesPart<'_>); 5] = [
        ("[Content_Types].xml", Box::new(text(types.to_owned()))),
        ("_rels/.rels", Box::new(text(relations))),
        ("xl/workbook.xml", Box::new(text(book.to_owned()))),
        ("xl/_rels/workbook.xml.rels", Box::new(text(sheets))),
        ("xl/worksheets/sheet1.xml", Box::new(|out: &mut dyn Write| sheet(out))),
    ];
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, write) in &parts {
        let mut packed = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        let mut counted = Counted { out: &mut packed, crc: flate2::Crc::new() };
        write(&mut counted);
        let (crc, size) = (counted.crc.sum(), counted.crc.amount());
        let packed = packed.finish().unwrap();
        let mut common = vec![20, 0, 0, 0, 8, 0, 0, 0, 0, 0];
        common.extend(crc.to_le_bytes());
        common.extend((packed.len() as u32).to_le_bytes());
        common.extend(size.to_le_bytes());
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend((file.len() as u32).to_le_bytes());
        directory.extend(name.as_bytes());
        file.extend(b"PK\x03\x04");
        file.extend(&common);
        file.extend(name.as_bytes());
        file.extend(packed);
    }
    let (start, count) = (file.len() as u32, parts.len() as u16);
    file.extend(&directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend(count.to_le_bytes());
    file.extend(count.to_le_bytes());
    file.extend((directory.len() as u32).to_le_bytes());
    file.extend(start.to_le_bytes());
    file.extend([0, 0]);
    file
}

/// Counts and checks what is written.
struct Counted<'a, W> {
    out: &'a mut W,
    crc: flate2::Crc,
}

impl<W: Write> Write for Counted<'_, W> {
    fn write(&mut self, part: &[u8]) -> std::io::Result<usize> {
        self.crc.update(part);
        self.out.write_all(part)?;
        Ok(part.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

const SHEET: &str = "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>";
const CELL: &str = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>";
const END: &str = "</t></is></c></row></sheetData></worksheet>";

/// A workbook of a few megabytes with a cell of more than a gigabyte.
fn large_cell(out: &mut dyn Write) {
    out.write_all(SHEET.as_bytes()).unwrap();
    out.write_all(CELL.as_bytes()).unwrap();
    (0..1100).for_each(|_| out.write_all(&vec![b'x'; 1 << 20]).unwrap());
    out.write_all(END.as_bytes()).unwrap();
}

#[test]
fn every_bad_file_is_refused_with_its_reason_and_the_next_one_is_ingested() {
    let program = program();
    let endless = || [HEADER.as_bytes(), &vec![b'x'; 64 << 20]].concat();
    let utf16: Vec<u8> = format!("{HEADER}{ROW}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let plain = format!("{HEADER}{ROW}");
    let small = workbook(|out| out.write_all(format!("{SHEET}{CELL}member_id{END}").as_bytes()).unwrap());
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("members-a.xlsx", small[..small.len() - 30].to_vec(), "damaged or encrypted workbook"),
        ("members-b.xlsx", workbook(large_cell), "within 1536 MiB and 10 s"),
        ("reads-a.csv", endless(), "line 2 is longer than 1048576 bytes"),
        ("reads-b.csv.gz", gzip(&endless()), "line 2 is longer than 1048576 bytes"),
        ("reads-c.jsonl", endless(), "is longer than 1048576 bytes"),
        ("reads-d.csv.gz", gzip(&gzip(plain.as_bytes())), "compressed twice"),
        ("reads-e.csv", utf16, "UTF-16 text without a byte order mark"),
        ("reads-f.csv", [plain.as_bytes(), b"\0"].concat(), "zero bytes"),
        ("reads-g.xls", b"<html><body>no table</body></html>".to_vec(), "without a table"),
        ("reads-h.csv.gz", gzip(plain.as_bytes())[..20].to_vec(), "truncated or damaged"),
    ];
    for (name, content, _) in &cases {
        program.file(&format!("files/{name}"), content);
    }
    let pipe = program.path("files/reads-i.csv");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    program.file("files/reads-z\nline.csv", &plain);
    let folder = program.path("files").to_str().unwrap().to_owned();
    let (code, result) = program.json_and_code(&["ingest", &folder]);
    let found = |name: &str| -> &Value {
        let files = result["files"].as_array().unwrap();
        files.iter().find(|file| file["path"].as_str().unwrap().ends_with(name)).unwrap()
    };
    let pipe = ("reads-i.csv", Vec::new(), "not a regular file");
    for (name, _, why) in cases.iter().chain([&pipe]) {
        let file = found(name);
        assert_eq!((file["status"].as_str(), file["rows"].as_u64()), (Some("refused"), Some(0)), "{file}");
        assert!(file["error"].as_str().unwrap().contains(why), "{name}: {}", file["error"]);
    }
    assert_eq!((code, found("line.csv")["new"].as_u64(), program.count("reads")), (1, Some(1), 1));
    assert_eq!(result["totals"]["rows"], 1, "nothing of a refused file is committed");
    // The name with a line break stays on its line.
    let text = String::from_utf8(program.run(&["ingest", &folder]).stdout).unwrap();
    assert!(text.contains("reads-z\\nline.csv"), "{text}");
}

#[test]
fn notes_say_what_was_not_read() {
    let program = Program::new();
    let path = program.path("members.xlsx");
    let mut book = rust_xlsxwriter::Workbook::new();
    let rows = [["会员编号", "性别"], ["M1", "男"], ["M2", "女"], ["合计", "2"]];
    let sheet = book.add_worksheet().set_name("会员").unwrap();
    sheet.write_row_matrix(0, 0, rows).unwrap().set_row_hidden(2).unwrap();
    book.add_worksheet().set_name("字典").unwrap().write(0, 0, "男").unwrap().set_hidden(true);
    book.save(&path).unwrap();
    let text = program.ok(&["ingest", path.to_str().unwrap()]);
    for note in [
        "hidden rows of sheet 会员",
        "sheet 字典 is hidden",
        "rows of totals are not data and were not read: 1 (row 4)",
    ] {
        assert!(text.contains(note), "{note}: {text}");
    }
    let again = Program::new();
    let result = again.json(&["ingest", path.to_str().unwrap()]);
    let codes: Vec<&str> =
        result["files"][0]["notes"].as_array().unwrap().iter().map(|note| note["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["hidden_rows", "hidden_sheet", "total_rows"]);
    assert_eq!(result["totals"]["rows"], 2);
}
