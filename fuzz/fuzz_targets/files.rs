//! Files of every text format into a lake, encodings, headers, times and numbers with them: each row is told of once, and the
//! same file again adds nothing. The first byte chooses the table and the ending.
#![no_main]

use std::sync::{Arc, LazyLock};

use chrono::DateTime;
use libfuzzer_sys::fuzz_target;
use tokio::runtime::Runtime;
use zhihui_data::{ErasedIds, Table, Zone};
use zhihui_pipeline::config::IngestLimits;
use zhihui_pipeline::ingest::sheet::SheetDecoder;
use zhihui_pipeline::ingest::{IngestReport, Request, Silent, ingest};
use zhihui_pipeline::lake::{Lake, LakeLocation};

const ENDINGS: [&str; 6] = ["csv", "tsv", "jsonl", "csv.gz", "jsonl.zst", "parquet"];

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    // Ingest catches what a decoder of others panics on and refuses the file; only what gets past it ends the process.
    std::panic::set_hook(Box::new(|_| {}));
    Runtime::new().expect("a runtime")
});

fuzz_target!(|bytes: &[u8]| {
    let Some((&choice, content)) = bytes.split_first() else { return };
    let choice = usize::from(choice);
    let table = Table::ALL[choice / ENDINGS.len() % Table::ALL.len()];
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(format!("{}.{}", table.name(), ENDINGS[choice % ENDINGS.len()]));
    std::fs::write(&file, content).expect("written");
    let take = |lake: Lake| {
        let request = Request {
            excluded: Vec::new(),
            known: Default::default(),
            paths: vec![file.clone()],
            table: Some(table),
            sources: Vec::new(),
            zone: Zone::default(),
            as_of: DateTime::from_timestamp(1_795_323_600, 0).expect("an instant"),
            run_id: "fuzz".to_owned(),
            limits: IngestLimits::default(),
            erased: ErasedIds::default(),
            decoder: SheetDecoder::InProcess,
            scratch: folder.path().to_owned(),
        };
        RUNTIME.block_on(async move { ingest(&lake, request, Arc::new(Silent)).await })
    };
    let open = || RUNTIME.block_on(Lake::open(&LakeLocation::Local(folder.path().join("lake")))).expect("a lake");
    let adds_up = |report: &IngestReport| {
        let totals = &report.totals;
        assert_eq!(totals.rows, totals.new + totals.replaced + totals.duplicates + totals.rejected);
    };
    if let Ok(first) = take(open()) {
        adds_up(&first);
        let again = take(open()).expect("what was taken once is known again");
        adds_up(&again);
        assert_eq!(again.totals.new + again.totals.replaced, 0);
    }
});
