//! Tests small invented files in the shapes of four public data sets: news impressions, answers to events, a stream of RSVPs,
//! and grocery baskets.

use arrow::array::{
    ArrayRef, BooleanArray, Float32Array, Int32Array, Int32Builder, Int64Array, ListBuilder, StringArray, StructArray,
    TimestampMicrosecondArray, TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, Field};
use arrow::record_batch::RecordBatch;

use super::*;

fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)));
    let batch = batch.expect("a batch");
    let mut bytes = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
    bytes
}

fn lists(rows: &[Option<&[Option<i32>]>]) -> ArrayRef {
    let mut lists = ListBuilder::new(Int32Builder::new());
    for row in rows {
        match row {
            Some(values) => {
                values.iter().for_each(|value| lists.values().append_option(*value));
                lists.append(true);
            }
            None => lists.append(false),
        }
    }
    Arc::new(lists.finish())
}

/// 2026-05-18T07:00:00 in microseconds since 1970.
const MORNING: i64 = 1_779_087_600_000_000;

fn impressions() -> Vec<u8> {
    let structure = StructArray::from(vec![
        (Arc::new(Field::new("id", DataType::Int64, true)), Arc::new(Int64Array::from(vec![11, 12, 13])) as ArrayRef),
        (Arc::new(Field::new("sso", DataType::Boolean, true)), Arc::new(BooleanArray::from(vec![true, false, true]))),
    ]);
    let times = TimestampMicrosecondArray::from(vec![MORNING + 250_000, MORNING + 60_000_000, MORNING]);
    parquet(vec![
        ("impression_id", Arc::new(Int64Array::from(vec![1, 2, 3]))),
        ("user", Arc::new(structure)),
        ("impression_time", Arc::new(times)),
        ("read_time", Arc::new(Float32Array::from(vec![Some(13.0), None, Some(2.5)]))),
        ("scroll_percentage", Arc::new(Float32Array::from(vec![Some(57.0), Some(100.0), None]))),
        ("article_ids_inview", lists(&[Some(&[Some(7), Some(8)]), Some(&[Some(9)]), None])),
        ("article_ids_clicked", lists(&[Some(&[Some(8)]), Some(&[]), Some(&[Some(7), Some(9)])])),
    ])
}

#[test]
fn impressions_of_news_become_reads_and_shown_items() {
    let read = |rest: &str| {
        let mapping = source(&format!("zone = \"Europe/Copenhagen\"\n{rest}"));
        read_bytes("behaviors.parquet", mapping.table, Some(mapping), &impressions()).expect("readable")
    };
    let found = read(
        "table = \"reads\"\nexpand = \"article_ids_clicked\"\nscale = { read_fraction = 0.01 }\n\
         columns = { member_id = \"user.id\", article_id = \"article_ids_clicked\", read_at = \"impression_time\", \
         dwell_seconds = \"read_time\", read_fraction = \"scroll_percentage\" }",
    );
    let expected = [
        "member_id=11 article_id=8 read_at=2026-05-18T05:00:00.250Z dwell_seconds=13.0 read_fraction=0.57",
        "member_id=13 article_id=7 read_at=2026-05-18T05:00:00Z dwell_seconds=2.5",
        "member_id=13 article_id=9 read_at=2026-05-18T05:00:00Z dwell_seconds=2.5",
    ];
    assert_eq!((found.rows, found.filtered, found.rejects.len()), (expected.map(str::to_owned).to_vec(), 1, 0));
    assert_eq!(found.unknown, ["impression_id", "article_ids_inview", "user.sso"]);
    let found = read(
        "table = \"shown\"\nexpand = \"article_ids_inview\"\nrow_number = { position = \"element\" }\n\
         columns = { member_id = \"user.id\", item_id = \"article_ids_inview\", shown_at = \"impression_time\" }\n\
         where = { column = \"user.sso\", yes = true }",
    );
    let expected = [7, 8]
        .map(|item| format!("member_id=11 item_id={item} shown_at=2026-05-18T05:00:00.250Z position={}", item - 6));
    assert_eq!((found.rows, found.filtered), (expected.to_vec(), 2));
}

#[test]
fn a_history_of_parallel_lists_is_expanded() {
    let mut times = ListBuilder::new(TimestampMicrosecondBuilder::new());
    for length in [2, 1] {
        (0..length).for_each(|hour| times.values().append_value(MORNING + hour * 3_600_000_000));
        times.append(true);
    }
    let bytes = parquet(vec![
        ("user_id", Arc::new(Int32Array::from(vec![1, 2]))),
        ("article_id_fixed", lists(&[Some(&[Some(7), Some(8)]), Some(&[Some(7), Some(8)])])),
        ("impression_time_fixed", Arc::new(times.finish())),
        ("scroll_percentage_fixed", lists(&[Some(&[None, Some(40)]), None])),
    ]);
    let mapping = source(
        "table = \"reads\"\nexpand = [\"article_id_fixed\", \"impression_time_fixed\", \"scroll_percentage_fixed\"]\n\
         scale = { read_fraction = 0.01 }\nzone = \"UTC\"\n\
         columns = { member_id = \"user_id\", article_id = \"article_id_fixed\", read_at = \"impression_time_fixed\", \
         read_fraction = \"scroll_percentage_fixed\" }",
    );
    let found = read_bytes("history.parquet", Table::Reads, Some(mapping), &bytes).expect("readable");
    let expected = [
        "member_id=1 article_id=7 read_at=2026-05-18T07:00:00Z",
        "member_id=1 article_id=8 read_at=2026-05-18T08:00:00Z read_fraction=0.4",
    ];
    assert_eq!(found.rows, expected);
    assert_eq!(found.rejects, ["2 - uneven_lists 2, 1, 0"]);
}

#[test]
fn more_elements_than_a_chunk_has_rows_are_all_read() {
    let rows: String = (0..400)
        .map(|row| format!("m{row},2026-11-01,{}\n", (0..500).map(|n| n.to_string()).collect::<Vec<_>>().join("|")))
        .collect();
    let mapping = source(
        "table = \"reads\"\nexpand = { columns = [\"pages\"], split = \"|\" }\n\
         columns = { member_id = \"user\", article_id = \"pages\", read_at = \"day\" }\n\
         where = { column = \"pages\", below = 400 }",
    );
    let text = format!("user,day,pages\n{rows}");
    let found = read_bytes("pages.csv", Table::Reads, Some(mapping), text.as_bytes()).expect("readable");
    assert_eq!((found.rows.len(), found.filtered, found.rejects.len()), (160_000, 40_000, 0));
    assert_eq!(found.rows[159_999], "member_id=m399 article_id=399 read_at=2026-10-31T16:00:00Z");
}

#[test]
fn answers_to_events_with_birth_years_and_flags_are_read() {
    let people =
        "user_id,birthyear,gender,joinedAt\n1,1985,female,2012-10-02T06:40:55.524Z\n2,None,male,\n3,1985-1989,,\n";
    let mapping = source(
        "table = \"members\"\nmiddle = [\"birth_year\"]\n\
         columns = { member_id = \"user_id\", birth_year = \"birthyear\", joined_at = \"joinedAt\" }",
    );
    let found = read_bytes("users.csv", Table::Members, Some(mapping), people.as_bytes()).expect("readable");
    let expected = [
        "member_id=1 joined_at=2012-10-02T06:40:55.524Z birth_date=1985-07-01 gender=female",
        "member_id=2 gender=male",
        "member_id=3 birth_date=1987-07-01",
    ];
    assert_eq!(found.rows, expected);
    let answers = "user,event,timestamp,interested,not_interested\n\
        1,e1,2012-10-02 15:53:05.754000+00:00,1,0\n2,e1,2012-10-02 15:53:05.754000+00:00,0,1\n\
        3,e1,2012-10-02 15:53:05.754000+00:00,0,0\n";
    let mapping = source(
        "table = \"sign_ups\"\ncolumns = { member_id = \"user\", activity_id = \"event\", signed_up_at = \"timestamp\" }\n\
         cases.status = [\n{ when = { column = \"interested\", yes = true }, then = \"registered\" },\n\
         { when = { column = \"not_interested\", yes = true }, then = \"cancelled\" },\n]",
    );
    let found = read_bytes("train.csv", Table::SignUps, Some(mapping), answers.as_bytes()).expect("readable");
    let row = |member: u8, status: &str| {
        format!(
            "member_id={member} activity_id=e1 signed_up_at=2012-10-02T15:53:05.754Z status={status} tickets=1 children=0"
        )
    };
    assert_eq!(found.rows, [row(1, "registered"), row(2, "cancelled")]);
    assert_eq!(found.rejects, ["4 status missing_value -"], "nobody decides what no answer means");
}

#[test]
fn lists_of_attendees_become_sign_ups_at_the_time_of_the_event() {
    let folder = tempfile::tempdir().expect("a folder");
    let events = parquet(vec![
        ("event_id", Arc::new(StringArray::from(vec!["e1", "e2"]))),
        ("start_time", Arc::new(TimestampMicrosecondArray::from(vec![MORNING, MORNING]).with_timezone("UTC"))),
    ]);
    std::fs::write(folder.path().join("events.parquet"), events).expect("written");
    let path = folder.path().join("event_attendees.csv");
    std::fs::write(&path, "event,yes,maybe\ne1,1 2,3\ne2,,\n").expect("written");
    let mut found = Vec::new();
    for (list, status) in [("yes", "registered"), ("maybe", "waitlisted")] {
        let mapping = source(&format!(
            "table = \"sign_ups\"\ncolumns = {{ member_id = \"{list}\", activity_id = \"event\" }}\n\
             constant = {{ status = \"{status}\" }}\nexpand = {{ columns = [\"{list}\"], split = \" \" }}\n\
             lookup = {{ signed_up_at = {{ file = \"events.parquet\", key = \"event_id\", by = \"event\", value = \"start_time\" }} }}"
        ));
        let read = read_path(&path, Table::SignUps, Some(mapping)).expect("readable");
        assert_eq!((read.filtered, read.rejects.len()), (1, 0));
        found.extend(read.rows);
    }
    let row = |member: u8, status: &str| {
        format!(
            "member_id={member} activity_id=e1 signed_up_at=2026-05-18T07:00:00Z status={status} tickets=1 children=0"
        )
    };
    assert_eq!(found, [row(1, "registered"), row(2, "registered"), row(3, "waitlisted")]);
}

#[test]
fn a_stream_of_rsvps_gives_activities_members_and_sign_ups() {
    let lines = concat!(
        r#"{"rsvp_id":5,"response":"yes","guests":1,"mtime":1400624067125,"member":{"member_id":42,"member_name":"x"},"event":{"event_id":"e1","event_name":"Walk","time":1400624067000},"group":{"group_id":7,"group_topics":[{"topic_name":"Hiking","urlkey":"h"},{"topic_name":"Dogs; cats"}]},"venue":null}"#,
        "\n",
        r#"{"rsvp_id":6,"response":"no","guests":0,"mtime":1400624067125,"member":{"member_id":43},"event":{"event_id":"e1","event_name":"Walk"},"group":{"group_id":7,"group_topics":[]}}"#,
        "\n",
    );
    let read = |rest: &str| {
        let mapping = source(rest);
        read_bytes("rsvps.jsonl", mapping.table, Some(mapping), lines.as_bytes()).expect("readable")
    };
    let found = read(
        "table = \"activities\"\ncolumns = { activity_id = \"event.event_id\", title = \"event.event_name\", \
         union_id = \"group.group_id\", topics = \"group.group_topics.topic_name\", starts_at = \"event.time\" }\n\
         time = { starts_at = \"unix_ms\" }",
    );
    let expected = [
        "activity_id=e1 title=Walk topics=[Hiking, Dogs; cats] union_id=7 starts_at=2014-05-20T22:14:27Z",
        "activity_id=e1 title=Walk union_id=7",
    ];
    assert_eq!(found.rows, expected);
    assert!(found.unknown.contains(&"group.group_topics.urlkey".to_owned()), "{:?}", found.unknown);
    let found = read(
        "table = \"sign_ups\"\ncolumns = { sign_up_id = \"rsvp_id\", activity_id = \"event.event_id\", \
         member_id = \"member.member_id\", status = \"response\", tickets = \"guests\", signed_up_at = \"mtime\" }\n\
         values = { status = { yes = \"registered\", no = \"cancelled\" } }\nadd = { tickets = 1 }\n\
         where = { column = \"mtime\", at_least = 2014-05-20 }",
    );
    let expected = [
        "sign_up_id=5 member_id=42 activity_id=e1 signed_up_at=2014-05-20T22:14:27.125Z status=registered tickets=2 children=0",
        "sign_up_id=6 member_id=43 activity_id=e1 signed_up_at=2014-05-20T22:14:27.125Z status=cancelled tickets=1 children=0",
    ];
    assert_eq!((found.rows, found.filtered), (expected.map(str::to_owned).to_vec(), 0));
}

#[test]
fn baskets_of_several_products_become_one_row_each() {
    let orders =
        "order_id;customer;date;products;quantities\n1;c1;01.11.2026;milk|bread;2|1\n2;c2;01.11.2026;eggs|;6\n";
    let mapping = source(
        "table = \"sign_ups\"\ncolumns = { member_id = \"customer\", activity_id = \"products\", tickets = \"quantities\", \
         signed_up_at = \"date\" }\ntime = { signed_up_at = \"%d.%m.%Y\" }\nconstant = { status = \"attended\" }\n\
         row_number = { sign_up_id = \"content\" }\nexpand = { columns = [\"products\", \"quantities\"], split = \"|\" }",
    );
    let found = read_bytes("orders.csv", Table::SignUps, Some(mapping), orders.as_bytes()).expect("readable");
    let mark = &found.rows[0]["sign_up_id=".len()..][..16];
    let row = |line: &str, product: &str, tickets: u8| {
        format!(
            "sign_up_id={mark}-{line} member_id=c1 activity_id={product} signed_up_at=2026-10-31T16:00:00Z status=attended \
             tickets={tickets} children=0"
        )
    };
    assert_eq!(found.rows, [row("2-1", "milk", 2), row("2-2", "bread", 1)]);
    assert_eq!(found.rejects, ["3 - uneven_lists 2, 1"], "which quantity belongs to which product is unknown");
    let lines = "product_id,name,price,department\n1,Milk,\"1,19\",dairy\n2,Truffles,\"1.234,50\",deli\n";
    let mapping = source(
        "table = \"activities\"\ncolumns = { activity_id = \"product_id\", title = \"name\", topics = \"department\" }\n\
         constant = { kind = \"product\" }\ndecimal = { price = \",\" }",
    );
    let found = read_bytes("products.csv", Table::Activities, Some(mapping), lines.as_bytes()).expect("readable");
    let expected = [
        "activity_id=1 title=Milk topics=[dairy] price=1.19 kind=product",
        "activity_id=2 title=Truffles topics=[deli] price=1234.5 kind=product",
    ];
    assert_eq!(found.rows, expected);
}
