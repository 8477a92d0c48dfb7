//! The summary matches the files: bytes, headers, rows and every kind of dirt.

use std::collections::HashSet;

use zhihui_data::sample::{self, Dirt, IngestOutcome, SampleError, SampleOptions};
use zhihui_data::{Table, id_number};

use crate::reader::{self, contents, generate, lines, options};

#[test]
fn equal_options_give_equal_bytes_and_another_seed_does_not() {
    let bytes = |options: &SampleOptions| {
        let (folder, _) = generate(options);
        std::fs::read_dir(folder.path())
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .map(|path| (path.file_name().map(ToOwned::to_owned), std::fs::read(&path).expect("a file")))
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    let first = bytes(&options(300, 12, 40));
    assert!(first == bytes(&options(300, 12, 40)));
    let other = bytes(&SampleOptions { seed: 6, ..options(300, 12, 40) });
    assert!(first.keys().all(|file| first.get(file) != other.get(file)));
}

#[test]
fn invalid_options_and_non_empty_folders_are_rejected() {
    let refused = |options: SampleOptions| {
        let folder = tempfile::tempdir().expect("a folder");
        matches!(sample::write(&options, folder.path(), &mut |_, _| {}), Err(SampleError::Option { .. }))
    };
    assert!(refused(options(9, 2, 30)));
    assert!(refused(options(50, 51, 30)));
    assert!(refused(options(50, 5, 6)));
    assert!(refused(SampleOptions { reads_per_member_year: f64::NAN, ..options(50, 5, 30) }));
    let (folder, _) = generate(&options(20, 3, 7));
    let again = sample::write(&options(20, 3, 7), folder.path(), &mut |_, _| {});
    assert!(matches!(again, Err(SampleError::NotEmpty(_))));
}

#[test]
fn files_are_named_after_tables_and_unknown_headers_are_declared() {
    let (folder, summary) = generate(&options(400, 15, 60));
    let tables: HashSet<Table> = summary.files.iter().map(|file| file.table).collect();
    // Member events come through the inbox, not as a file.
    assert_eq!(tables.len(), Table::ALL.len() - 1);
    assert!(!tables.contains(&Table::MemberEvents));
    assert_eq!(contents(folder.path()).len(), summary.files.len());
    for file in &summary.files {
        assert_eq!(Table::of_file_name(&file.file), Some(file.table), "{}", file.file);
        if file.file.contains(".csv") {
            let (columns, rows) = lines(folder.path(), &file.file, file.table);
            let unknown = columns.iter().filter(|column| column.is_none()).count();
            assert_eq!(unknown, file.unknown_columns.len(), "{}", file.file);
            assert_eq!(rows.len() as u64, file.rows, "{}", file.file);
            let ragged = rows.iter().filter(|row| row.len() != columns.len()).count() as u64;
            assert_eq!(ragged, file.dirt.get(&Dirt::Ragged).copied().unwrap_or(0), "{}", file.file);
        }
    }
}

#[test]
fn every_kind_of_dirt_occurs_unless_disabled() {
    let (_, summary) = generate(&options(2_000, 40, 120));
    let kinds: HashSet<Dirt> = summary.files.iter().flat_map(|file| file.dirt.keys().copied()).collect();
    assert_eq!(kinds.len(), 14, "{kinds:?}");
    assert!(summary.count(IngestOutcome::Rejected) * 50 < summary.files.iter().map(|file| file.rows).sum::<u64>());
    let (_, clean) = generate(&SampleOptions { dirt: false, ..options(400, 15, 60) });
    assert!(clean.files.iter().all(|file| file.dirt.is_empty()));
    assert_eq!(clean.new_rows(Table::Members), 400);
    assert_eq!(clean.new_rows(Table::Unions), 15);
}

#[test]
fn duplicates_match_their_count() {
    let (folder, summary) = generate(&options(1_500, 30, 90));
    for table in [Table::Reads, Table::Shares, Table::Shown, Table::Feedback, Table::Pushes, Table::SignUps] {
        let mut seen = HashSet::new();
        let mut repeated = 0;
        for file in summary.files.iter().filter(|file| file.table == table) {
            let (_, rows) = lines(folder.path(), &file.file, table);
            repeated += rows.into_iter().filter(|row| !seen.insert(row.clone())).count() as u64;
        }
        let files = summary.files.iter().filter(|file| file.table == table);
        assert_eq!(repeated, files.map(|file| file.count(IngestOutcome::Duplicate)).sum::<u64>(), "{table}");
    }
}

#[test]
fn invalid_identity_numbers_match_their_count() {
    let (folder, summary) = generate(&options(3_000, 30, 20));
    let members = reader::records(folder.path(), &summary, Table::Members);
    let numbers = members.iter().filter_map(|member| member.get("id_number"));
    let (good, bad): (Vec<_>, Vec<_>) = numbers.partition(|number| id_number::parse(number).is_ok());
    let file = summary.files.iter().find(|file| file.file == "members-2.csv").expect("the file");
    assert_eq!(bad.len() as u64, file.dirt[&Dirt::BadIdNumber]);
    assert!(good.len() > 100);
    // Area codes that start with 99 were never assigned.
    assert!(members.iter().filter_map(|member| member.get("id_number")).all(|number| number.starts_with("99")));
}

#[test]
fn unknown_members_and_items_match_their_count() {
    let (folder, summary) = generate(&options(1_500, 30, 90));
    let items: HashSet<String> = reader::articles(folder.path())
        .iter()
        .filter_map(|article| article["article_id"].as_str().map(str::to_owned))
        .collect();
    let reads = reader::records(folder.path(), &summary, Table::Reads);
    let count = |dirt: Dirt| {
        let files = summary.files.iter().filter(|file| file.table == Table::Reads);
        files.filter_map(|file| file.dirt.get(&dirt)).sum::<u64>() as usize
    };
    let strangers = reads.iter().filter(|read| read.get("member_id").is_some_and(|member| !member.starts_with('M')));
    assert_eq!(strangers.count(), count(Dirt::UnknownMember));
    let unknown = reads.iter().filter(|read| !items.contains(&read["article_id"]));
    assert_eq!(unknown.count(), count(Dirt::UnknownItem));
    assert!(count(Dirt::UnknownItem) > 0);
    let by_openid = reads.iter().filter(|read| !read.contains_key("member_id") && read.contains_key("openid")).count();
    let noted: u64 = summary.files.iter().filter(|file| file.table == Table::Reads).map(|file| file.by_openid).sum();
    // A damaged copy of a row by openid also counts.
    assert!(by_openid as u64 >= noted && noted > 0);
}
