//! The committed small sample equals the output of the generator.

use std::path::Path;

use crate::reader::{contents, generate, options};

#[test]
fn committed_sample_is_current() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample");
    let (folder, _) = generate(&options(60, 6, 30));
    if std::env::var_os("ZHIHUI_REGENERATE").is_some() {
        let _ = std::fs::remove_dir_all(&committed);
        std::fs::create_dir_all(&committed).expect("a folder");
        for entry in std::fs::read_dir(folder.path()).expect("a folder") {
            let entry = entry.expect("an entry");
            std::fs::copy(entry.path(), committed.join(entry.file_name())).expect("a copy");
        }
    }
    let (made, committed) = (contents(folder.path()), contents(&committed));
    assert_eq!(made.keys().collect::<Vec<_>>(), committed.keys().collect::<Vec<_>>());
    for (file, bytes) in &made {
        assert!(
            committed[file] == *bytes,
            "data/sample/{file} is stale; ZHIHUI_REGENERATE=1 cargo test -p zhihui-data writes it anew"
        );
    }
    assert!(committed.values().map(Vec::len).sum::<usize>() < 400_000);
}
