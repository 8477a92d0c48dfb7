//! Tests mappings of files whose rows are not rows of the table yet, and files that do not fit their mapping.

use super::*;

const READS: &str = "table = \"reads\"\ncolumns = { member_id = \"user\", article_id = \"page\", read_at = \"ts\", channel = \"from\" }\n";

fn read(name: &str, rest: &str, text: &str) -> Result<Found, FileError> {
    let mapping = source(rest);
    read_bytes(name, mapping.table, Some(mapping), text.as_bytes())
}

#[test]
fn a_file_without_a_mapped_column_is_refused_unless_it_is_optional() {
    let text = "user,page,ts,fromm\n1,a,2026-11-01,x\n";
    let why = read("r.csv", READS, text).expect_err("refused").to_string();
    for part in ["the source test needs the column \"from\" for channel", "mean \"fromm\"?", "optional = [\"channel\"]"]
    {
        assert!(why.contains(part), "{part}: {why}");
    }
    let found = read("r.csv", &format!("{READS}optional = [\"channel\"]"), text).expect("read");
    assert_eq!((found.rows.len(), found.unknown), (1, vec!["fromm".to_owned()]));
    let line = "{\"user\":1,\"page\":\"a\",\"ts\":\"2026-11-01\",\"fromm\":\"x\"}\n";
    let why = read("r.jsonl", READS, line).expect_err("refused").to_string();
    assert!(why.contains("did you mean \"fromm\"?"), "{why}");
    let found = read("r.jsonl", &format!("{READS}optional = [\"channel\"]"), line).expect("read");
    assert_eq!(found.rows.len(), 1);
    let why = read("r.csv", READS, "user,pages,ts,from\n1,a,2026-11-01,x\n").expect_err("refused").to_string();
    assert!(why.contains("column article_id (mapped to page; did you mean \"pages\"?) is missing"), "{why}");
    let text = "member_id,article_id,read_at,from\n1,a,2026-11-01,x\n";
    for (key, rest) in [
        ("where", "where = { column = \"kind\", is = \"x\" }"),
        ("expand", "columns = { channel = \"pages.id\" }\noptional = [\"channel\"]\nexpand = \"pages\""),
        ("channel", "first_of = { channel = [\"utm\", \"from\"] }"),
        ("channel", "cases.channel = [{ when = { column = \"utm\", yes = true }, then = \"ad\" }]"),
        (
            "channel",
            "lookup = { channel = { file = \"r.csv\", key = \"read_at\", by = \"utm\", value = \"read_at\" } }",
        ),
    ] {
        let why = read("r.csv", &format!("table = \"reads\"\n{rest}"), text).expect_err(key).to_string();
        assert!(why.contains(&format!(" for {key}, but the file does not have it")), "{rest}: {why}");
    }
}

#[test]
fn a_sheet_without_a_mapped_column_refuses_the_workbook() {
    let mut book = rust_xlsxwriter::Workbook::new();
    for (name, header) in [("一", "from"), ("二", "form")] {
        let sheet = book.add_worksheet().set_name(name).expect("named");
        sheet.write_row(0, 0, ["user", "page", "ts", header]).expect("written");
        sheet.write_row(1, 0, ["1", "a", "2026-11-01", "x"]).expect("written");
    }
    let bytes = book.save_to_buffer().expect("saved");
    let mapping = source(READS);
    let why = read_bytes("r.xlsx", Table::Reads, Some(mapping), &bytes).expect_err("refused").to_string();
    assert!(why.contains("did you mean \"form\"?"), "{why}");
}

#[test]
fn a_column_that_is_tested_or_looked_up_is_also_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write("topics.csv", "id,topic\nu1,chess\n");
    write("events.csv", "activity_id,union_id,kind,price\ne1,u1,activity,5\ne2,u1,venue,5\ne3,u2,activity,\n");
    let mapping = source(
        "table = \"activities\"\nwhere = { column = \"kind\", is = \"activity\" }\n\
         lookup = { topics = { file = \"topics.csv\", key = \"id\", by = \"union_id\", value = \"topic\" } }\n\
         cases.urgent = [{ when = { column = \"price\", empty = true }, then = \"no\" }]",
    );
    let found = read_path(&folder.path().join("events.csv"), Table::Activities, Some(mapping)).expect("readable");
    let expected = [
        "activity_id=e1 topics=[chess] union_id=u1 price=5.0 kind=activity",
        "activity_id=e3 union_id=u2 urgent=false kind=activity",
    ];
    assert_eq!((found.rows, found.unknown), (expected.map(str::to_owned).to_vec(), Vec::new()));
}

#[test]
fn every_test_of_a_condition_leaves_rows_out() {
    let text =
        "user,page,ts,from,n\n1,a,2026-11-01,x,5\n2,a,2026-11-02,,7\n3,a,2026-11-03,是,\n4,a,2026-11-04,否,12.5\n";
    for (condition, kept) in [
        ("{ column = \"from\", is = \"x\" }", "1"),
        ("{ column = \"from\", is = [\"x\", \"是\"] }", "13"),
        ("{ column = \"from\", is_not = \"x\" }", "234"),
        ("{ column = \"from\", empty = true }", "2"),
        ("{ column = \"from\", empty = false }", "134"),
        ("{ column = \"n\", is = 5 }", "1"),
        ("{ column = \"n\", above = 5, at_most = 12.5 }", "24"),
        ("{ column = \"n\", below = 7 }", "1"),
        ("{ column = \"ts\", at_least = 2026-11-02, below = \"2026-11-03 08:00\" }", "23"),
        ("[{ column = \"user\", is_not = 3 }, { column = \"n\", empty = false }]", "124"),
    ] {
        let found = read("r.csv", &format!("{READS}where = {condition}"), text).expect(condition);
        let members: String =
            found.rows.iter().filter_map(|row| row.strip_prefix("member_id=")?.chars().next()).collect();
        assert_eq!((members.as_str(), found.filtered as usize), (kept, 4 - kept.len()), "{condition}");
        assert_eq!(found.rejects.len(), 0, "{condition}");
    }
    let found = read("r.csv", &format!("{READS}where = {{ column = \"from\", yes = true }}"), text).expect("read");
    assert_eq!((found.rows.len(), found.filtered), (1, 2));
    assert_eq!(found.rejects, ["2 - bad_flag A"], "x is neither yes nor no");
}

#[test]
fn rejects_of_rewritten_numbers_show_the_value_of_the_file() {
    let text = "activity_id;price\n1;-250\n2;1x\n3;1.5\n";
    let rest = "table = \"activities\"\nscale = { price = 0.01 }\ndecimal = { price = \",\" }";
    let found = read("a.csv", rest, text).expect("read");
    assert_eq!(found.rejects, ["2 price out_of_range -250", "3 price bad_number 1x", "4 price bad_number 1.5"]);
}

#[test]
fn numbers_of_unmapped_columns_and_look_ups_are_rewritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write("prices.csv", "sku;cents\ntea;1250\n");
    write("shop.csv", "activity_id,capacity\ntea,1.5\n");
    let mapping = source(
        "table = \"activities\"\nscale = { price = 0.01, capacity = 100 }\n\
         lookup = { price = { file = \"prices.csv\", key = \"sku\", by = \"activity_id\", value = \"cents\" } }",
    );
    let found = read_path(&folder.path().join("shop.csv"), Table::Activities, Some(mapping)).expect("readable");
    assert_eq!(found.rows, ["activity_id=tea capacity=150 price=12.5"]);
}

#[test]
fn look_ups_are_read_from_files_of_all_formats() {
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().write(0, 0, "说明").expect("written");
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "Topics of groups").expect("written");
    sheet.write_row(2, 0, ["note", "group", "topic"]).expect("written");
    sheet.write_row(3, 0, ["", "7", "chess"]).expect("written");
    let text = |values: [&str; 1]| Arc::new(arrow::array::StringArray::from(values.to_vec())) as arrow::array::ArrayRef;
    let batch = arrow::record_batch::RecordBatch::try_from_iter([("group", text(["7"])), ("topic", text(["chess"]))]);
    let batch = batch.expect("a batch");
    let mut table = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut table, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
    for (file, bytes) in [
        ("t.csv", b"group,topic\n7,chess\n".to_vec()),
        ("t.csv", b"group;topic\n7;chess\n".to_vec()),
        ("t.tsv", b"group\ttopic\n7\tchess\n".to_vec()),
        ("t.jsonl", b"{\"group\":7,\"topic\":\"chess\"}\n".to_vec()),
        ("t.parquet", table),
        ("t.xlsx", book.save_to_buffer().expect("saved")),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(file), bytes).expect("written");
        let path = folder.path().join("events.csv");
        std::fs::write(&path, "activity_id,g\ne1,7\n").expect("written");
        let lookup = |value: &str| {
            source(&format!(
                "table = \"activities\"\nlookup = {{ topics = {{ file = \"{file}\", key = \"group\", by = \"g\", value = \"{value}\" }} }}"
            ))
        };
        let found = read_path(&path, Table::Activities, Some(lookup("topic"))).expect(file);
        assert_eq!(found.rows, ["activity_id=e1 topics=[chess]"], "{file}");
        let why = read_path(&path, Table::Activities, Some(lookup("topics"))).expect_err(file).to_string();
        assert!(why.contains(&format!("{file}, which has no column topics")) && why.contains("topic"), "{why}");
    }
}

#[test]
fn a_json_array_as_text_is_a_list() {
    let text = "article_id,topics\n1,\"[\"\"亲子;活动\"\", \"\"观影\"\"]\"\n2,[重要] 通知\n3,[]\n";
    let found = read("a.csv", "table = \"articles\"", text).expect("read");
    assert_eq!(
        found.rows,
        ["article_id=1 topics=[亲子;活动, 观影]", "article_id=2 topics=[[重要] 通知]", "article_id=3"]
    );
}

#[test]
fn row_numbers_distinguish_equal_rows_and_files() {
    let rest = |number: &str| {
        format!("{}row_number = {{ event_id = \"{number}\" }}", READS.replace(", channel = \"from\"", ""))
    };
    let ids = |name: &str, number: &str, text: &str| -> Vec<String> {
        let found = read(name, &rest(number), text).expect("read");
        found.rows.iter().map(|row| row.split(' ').next().unwrap_or_default().to_owned()).collect()
    };
    let short = "user,page,ts\n1,a,2026-11-01\n1,a,2026-11-01\n";
    let long = format!("{short}1,a,2026-11-01\n");
    let by_name = (ids("r.csv", "name", short), ids("r.csv", "name", &long));
    assert!(by_name.0[0] != by_name.0[1] && by_name.0[..] == by_name.1[..2], "{by_name:?}");
    assert_ne!(ids("r.csv", "name", short), ids("q.csv", "name", short));
    assert_eq!(ids("r.csv", "content", short), ids("q.csv", "content", short));
    let mut book = rust_xlsxwriter::Workbook::new();
    for _ in 0..2 {
        let sheet = book.add_worksheet();
        sheet.write_row(0, 0, ["user", "page", "ts"]).expect("written");
        sheet.write_row(1, 0, ["1", "a", "2026-11-01"]).expect("written");
    }
    let mapping = source(&rest("name"));
    let bytes = book.save_to_buffer().expect("saved");
    let found = read_bytes("r.xlsx", Table::Reads, Some(mapping), &bytes).expect("read");
    assert!(
        found.rows.len() == 2 && found.rows[0] != found.rows[1],
        "sheets have the same row numbers: {:?}",
        found.rows
    );
    assert!(ids("r.csv", "content", &long).iter().all(|id| !ids("r.csv", "content", short).contains(id)));
}

#[test]
fn consent_is_not_lost_in_conditions_and_several_columns() {
    let text = "id,退订,旧退订\n1,是,\n2,,是\n3,否,\n";
    let read = |rest: &str| {
        read("members.csv", &format!("table = \"members\"\ncolumns = {{ member_id = \"id\" }}\n{rest}"), text)
    };
    let why = read("where = { column = \"退订\", is = \"否\" }").expect_err("refused").to_string();
    assert!(why.contains("退订 looks like members' consent"), "{why}");
    let first = "first_of = { personalised = [\"退订\", \"旧退订\"] }";
    let why = read(first).expect_err("refused").to_string();
    assert!(why.contains("yes seems to mean that consent is refused"), "{why}");
    let found = read(
        &format!("{first}\nvalues = {{ personalised = {{ 是 = \"no\", 否 = \"yes\" }} }}")
            .replace('是', "\"是\"")
            .replace('否', "\"否\""),
    )
    .expect("read");
    let expected =
        ["member_id=1 personalised=false", "member_id=2 personalised=false", "member_id=3 personalised=true"];
    assert_eq!(found.rows, expected);
    let cases = "cases.personalised = [{ when = { column = \"退订\", yes = true }, then = \"no\" }, \
        { when = { column = \"旧退订\", yes = true }, then = \"no\" }, { then = \"yes\" }]";
    assert_eq!(read(cases).expect("read").rows, expected);
    let nested = "{\"member_id\":1,\"profile\":{\"district\":\"x\",\"opt_out\":true}}\n";
    let mapping = source("table = \"members\"\ncolumns = { home_district = \"profile.district\" }");
    let why = read_bytes("m.jsonl", Table::Members, Some(mapping), nested.as_bytes()).expect_err("refused").to_string();
    assert!(why.contains("profile.opt_out"), "{why}");
}

#[test]
fn old_sources_keep_their_fingerprint_and_new_keys_change_it() {
    let plan = |rest: &str| {
        let mapping = source(rest);
        let common = (Zone::default(), "2026-11-22T00:00:00Z".parse().expect("a time"), limits());
        Plan::new(mapping.table, Some(Arc::new(mapping)), common, BTreeMap::new()).expect("a plan")
    };
    let old = "table = \"reads\"\ncolumns = { member_id = \"user\" }\ntime = { read_at = \"unix_ms\" }\n";
    let json = "{\"name\":\"\",\"match\":\"\",\"table\":\"reads\",\"format\":null,\"columns\":{\"member_id\":\"user\"},\
        \"time\":{\"read_at\":\"unix_ms\"},\"values\":{},\"split\":{},\"constant\":{},\"add\":{},\"age_as_of\":null,\"lookup\":{}}";
    let expected = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(format!("1\nreads\nAsia/Shanghai{json}")));
    assert_eq!(plan(old).fingerprint, expected[..16]);
    let mut seen = std::collections::BTreeSet::from([plan(old).fingerprint]);
    for rest in [
        "optional = [\"channel\"]\nfirst_of = { channel = [\"a\", \"b\"] }",
        "first_of = { channel = [\"a\", \"b\"] }",
        "cases.channel = [{ then = \"x\" }]",
        "row_number = { event_id = \"name\" }",
        "row_number = { event_id = \"content\" }",
        "expand = \"user\"",
        "expand = { columns = [\"user\"], split = \"|\" }",
        "where = { column = \"a\", is = \"x\" }",
        "where = { column = \"a\", is_not = \"x\" }",
        "middle = [\"dwell_seconds\"]",
        "decimal = { dwell_seconds = \",\" }",
        "scale = { dwell_seconds = 0.001 }",
        "zone = \"UTC\"",
    ] {
        assert!(seen.insert(plan(&format!("{old}{rest}")).fingerprint), "{rest}");
    }
}
