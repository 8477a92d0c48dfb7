//! Tests copies of files without names, phone numbers and identity numbers, and known files.

use std::io::Read;

use encoding_rs::GB18030;
use zhihui_data::Table;
use zhihui_pipeline::config::{IngestLimits, Source};
use zhihui_pipeline::ingest::sheet::SheetDecoder;
use zhihui_pipeline::ingest::{PersonalColumns, remove_personal_columns};

use crate::support::Home;

const ROSTER: &str = "花名册\n会员编号,姓名,身份证号,手机,\"备注,全\"\nm1,张样例,11010519491231002X,10012345678,\"a \"\"b\"\", c\"\n\
    m2,张样例,x,1\nm3,\"张样例,11010519491231002X\nm4,李样例,11010519491231002X,10012345678,d\n";
const COPY: &str = "会员编号,\"备注,全\"\nm1,\"a \"\"b\"\", c\"\nm4,d\n";

fn copy_of(name: &str, bytes: &[u8], targets: &[(Table, Option<&Source>)]) -> (PersonalColumns, Option<Vec<u8>>) {
    let folder = tempfile::tempdir().unwrap();
    let (path, to) = (folder.path().join(name), folder.path().join(format!(".{name}")));
    std::fs::write(&path, bytes).unwrap();
    let how = (&SheetDecoder::InProcess, &IngestLimits::default());
    let found = remove_personal_columns(&path, &to, targets, how).unwrap();
    (found, std::fs::read(to).ok())
}

#[test]
fn copies_have_the_same_format_and_compression_without_personal_columns() {
    let columns = PersonalColumns::Removed(["姓名", "身份证号", "手机"].map(str::to_owned).to_vec());
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gz, ROSTER.as_bytes()).unwrap();
    let targets = [(Table::Members, None)];
    for (name, bytes) in [
        ("members.csv", ROSTER.as_bytes().to_vec()),
        ("members-gb.csv", GB18030.encode(ROSTER).0.into_owned()),
        ("members.csv.gz", gz.finish().unwrap()),
        ("members.csv.zst", zstd::encode_all(ROSTER.as_bytes(), 1).unwrap()),
    ] {
        let (found, copy) = copy_of(name, &bytes, &targets);
        assert_eq!(found, columns, "{name}");
        let copy = copy.unwrap();
        let text = match name.rsplit_once('.').unwrap().1 {
            "gz" => {
                let mut text = Vec::new();
                flate2::read::MultiGzDecoder::new(&copy[..]).read_to_end(&mut text).unwrap();
                text
            }
            "zst" => zstd::decode_all(&copy[..]).unwrap(),
            _ => copy,
        };
        assert_eq!(String::from_utf8(text).unwrap(), COPY, "{name}");
    }
    let tabs = "member_id\tname\ttext\nm1\tx\ta,b\n";
    let (_, copy) = copy_of("members.tsv", tabs.as_bytes(), &targets);
    assert_eq!(String::from_utf8(copy.unwrap()).unwrap(), "member_id\ttext\nm1\t\"a,b\"\n");
}

#[test]
fn personal_columns_are_found_in_hidden_sheets_and_in_web_pages_under_any_name() {
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().write_row_matrix(0, 0, [["会员编号"], ["m1"]]).unwrap();
    book.add_worksheet().write_row_matrix(0, 0, [["会员编号", "姓名"], ["m1", "张样例"]]).unwrap().set_hidden(true);
    let targets = [(Table::Members, None)];
    let (found, _) = copy_of("members.xlsx", &book.save_to_buffer().unwrap(), &targets);
    assert_eq!(found, PersonalColumns::NotRemovable(vec!["姓名".to_owned()]));
    let page = "<table><tr><td>会员编号</td><td>手机</td></tr><tr><td>m1</td><td>10012345678</td></tr></table>";
    let (found, _) = copy_of("members.csv", page.as_bytes(), &targets);
    assert_eq!(found, PersonalColumns::NotRemovable(vec!["手机".to_owned()]));
}

#[test]
fn a_source_decides_which_mapped_columns_are_personal() {
    let home = |columns: &str, table: &str| {
        let text = format!("[[source]]\nname=\"s\"\nmatch=\"*\"\ntable=\"{table}\"\ncolumns={columns}\n");
        zhihui_pipeline::config::Config::parse("test.toml", &text).unwrap().sources.remove(0)
    };
    let titles = home("{ activity_id = \"id\", title = \"name\" }", "activities");
    let text = b"id,name,phone\n1,x,100\n";
    let (found, copy) = copy_of("events.csv", text, &[(Table::Activities, Some(&titles))]);
    assert_eq!(found, PersonalColumns::Removed(vec!["phone".to_owned()]));
    assert_eq!(copy.unwrap(), b"id,name\n1,x\n");
    let numbers = home("{ member_id = \"id\", id_number = \"sfz\" }", "members");
    let (found, _) = copy_of("people.csv", b"id,sfz\n1,x\n", &[(Table::Members, Some(&numbers))]);
    assert_eq!(found, PersonalColumns::Removed(vec!["sfz".to_owned()]));
    for text in ["union_id,name\nu1,x\n", "union_id,名称\nu1,x\n"] {
        assert_eq!(copy_of("unions.csv", text.as_bytes(), &[(Table::Unions, None)]), (PersonalColumns::None, None));
    }
}

#[test]
fn paths_and_several_columns_of_a_source_are_personal_or_not() {
    let source = |rest: &str| {
        let text = format!("[[source]]\nname=\"s\"\nmatch=\"*\"\ntable=\"members\"\n{rest}\n");
        zhihui_pipeline::config::Config::parse("test.toml", &text).unwrap().sources.remove(0)
    };
    let nested = source("columns = { member_id = \"user.name\", id_number = \"user.cid\" }");
    let targets = [(Table::Members, Some(&nested))];
    let line =
        "{\"user\":{\"cid\":\"x\",\"name\":\"m1\",\"phones\":[{\"phone\":\"1\",\"kind\":\"home\"}]},\"name\":\"y\"}\n";
    let (found, copy) = copy_of("people.jsonl", line.as_bytes(), &targets);
    assert_eq!(found, PersonalColumns::Removed(["cid", "name", "phone"].map(str::to_owned).to_vec()));
    assert_eq!(
        String::from_utf8(copy.unwrap()).unwrap(),
        "{\"user\":{\"name\":\"m1\",\"phones\":[{\"kind\":\"home\"}]}}\n"
    );
    let several = source(
        "first_of = { id_number = [\"cid\", \"passport\"], member_id = [\"card\", \"phone\"] }\n\
         where = { column = \"mobile\", empty = false }",
    );
    let text = b"cid,passport,card,phone,mobile\n1,2,3,4,5\n";
    let (found, copy) = copy_of("people.csv", text, &[(Table::Members, Some(&several))]);
    assert_eq!(found, PersonalColumns::Removed(["cid", "passport", "mobile"].map(str::to_owned).to_vec()));
    assert_eq!(copy.unwrap(), b"card,phone\n3,4\n");
}

#[test]
fn structures_of_parquet_files_with_personal_fields_are_named() {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, StringArray, StructArray};
    use arrow::datatypes::{DataType, Field};

    let field = |name: &str| {
        let values = Arc::new(StringArray::from(vec!["x"])) as ArrayRef;
        (Arc::new(Field::new(name, DataType::Utf8, true)), values)
    };
    let user = Arc::new(StructArray::from(vec![field("id"), field("phone")])) as ArrayRef;
    let batch = arrow::record_batch::RecordBatch::try_from_iter([("user", user)]).unwrap();
    let mut bytes = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let (found, _) = copy_of("members.parquet", &bytes, &[(Table::Members, None)]);
    assert_eq!(found, PersonalColumns::NotRemovable(vec!["user.phone".to_owned()]));
}

#[test]
fn identity_numbers_are_removed_from_any_column() {
    const ID: &str = "11010519491231002X";
    let targets = [(Table::Members, None)];
    let removed = |names: &[&str]| PersonalColumns::Removed(names.iter().map(|&name| name.to_owned()).collect());
    let rows: String = (0..50).map(|n| format!("m{n},朝阳,\n")).collect();
    let text = format!("会员编号,居住地,备注\n{rows}m88,朝阳,身份证{ID}\n{ID},m99,朝阳\n");
    let (found, copy) = copy_of("members.csv", text.as_bytes(), &targets);
    assert_eq!(found, removed(&["备注", "rows with an identity number under 会员编号"]));
    let kept = String::from_utf8(copy.unwrap()).unwrap();
    assert!(
        !kept.contains(ID) && kept.starts_with("会员编号,居住地\nm0,朝阳\n") && kept.ends_with("m88,朝阳\n"),
        "{kept}"
    );
    let text = format!("会员编号,居住地\nm1,朝阳\nm2,朝阳,{ID}\n");
    let (found, copy) = copy_of("members.csv", text.as_bytes(), &targets);
    assert_eq!(found, removed(&["rows that do not fit the header"]));
    assert_eq!(String::from_utf8(copy.unwrap()).unwrap(), "会员编号,居住地\nm1,朝阳\n");
    let text = format!("{{\"member_id\":\"m1\",\"x\":{{\"y\":[\"{ID}\"],\"z\":370101190102039973,\"n\":1}}}}\n");
    let (found, copy) = copy_of("members.jsonl", text.as_bytes(), &targets);
    assert_eq!(found, removed(&["y", "z"]));
    assert_eq!(String::from_utf8(copy.unwrap()).unwrap(), "{\"member_id\":\"m1\",\"x\":{\"n\":1}}\n");
    let text = "会员编号,居住地,备注\n110105194912310021,朝阳,\n";
    assert_eq!(copy_of("members.csv", text.as_bytes(), &targets), (PersonalColumns::None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_changed_files_are_read_again() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use zhihui_pipeline::ingest::{FileStatus, KnownFile, Progress, ingest};

    #[derive(Default)]
    struct Readings(AtomicUsize);

    impl Progress for Readings {
        fn reading(&self, _: &str) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    let mut home = Home::new().await;
    let path = home.file("reads.csv", crate::support::reads(0..50));
    let readings = Arc::new(Readings::default());
    let run = async |home: &mut Home| {
        let watch: Arc<dyn Progress> = Arc::clone(&readings) as _;
        let report = ingest(&home.lake, home.request(&path), watch).await.unwrap();
        let file = &report.files[0];
        let known =
            KnownFile { stamp: file.stamp.unwrap(), sha256: file.sha256.clone().unwrap(), has_no_personal_data: false };
        home.known.insert(path.canonicalize().unwrap(), known);
        (file.status, report.totals.new, readings.0.load(Ordering::SeqCst))
    };
    assert_eq!(run(&mut home).await, (FileStatus::Ingested, 50, 1));
    assert_eq!(run(&mut home).await, (FileStatus::Already, 0, 1), "it was read again");
    home.file("reads.csv", crate::support::reads(50..100));
    assert_eq!(run(&mut home).await, (FileStatus::Ingested, 50, 2), "a change was not detected");
    // A known file is ingested again if the lake does not have its rows.
    let mut other = Home::new().await;
    other.known.clone_from(&home.known);
    assert_eq!(run(&mut other).await, (FileStatus::Ingested, 50, 3));
}
