//! Progress on stderr: a bar on a terminal, plain lines otherwise.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::output::{one_line, print_message};

/// Minimum interval of plain lines.
const LINE_INTERVAL: Duration = Duration::from_secs(2);

/// Reports the progress of long work.
#[derive(Debug)]
pub(crate) struct Meter {
    bar: Option<ProgressBar>,
    last_line: Mutex<Option<Instant>>,
    files: AtomicUsize,
    read: AtomicUsize,
}

impl Meter {
    /// Starts a meter, with a bar if stderr is a terminal.
    pub(crate) fn start() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self { bar, last_line: Mutex::new(None), files: AtomicUsize::new(0), read: AtomicUsize::new(0) }
    }

    /// Reports the current work; on a pipe at most every two seconds.
    pub(crate) fn tick(&self, text: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(text.to_owned());
            return;
        }
        let Ok(mut last) = self.last_line.lock() else { return };
        if last.is_none_or(|at| at.elapsed() >= LINE_INTERVAL) {
            *last = Some(Instant::now());
            print_message(text);
        }
    }

    /// Reports that a part is finished.
    pub(crate) fn done(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            None => print_message(text),
        }
    }
}

impl zhihui_pipeline::ingest::Progress for Meter {
    fn planned(&self, files: usize, bytes: u64) {
        self.files.store(files, Ordering::Relaxed);
        self.tick(&format!("ingest: {files} files, {:.1} MB", bytes as f64 / 1e6));
    }

    fn decoded(&self, path: &str, _bytes: u64, rows: u64) {
        let (read, name) = (self.read.fetch_add(1, Ordering::Relaxed) + 1, one_line(path));
        self.tick(&format!("ingest: {read} of {} files read; {name}: {rows} rows", self.files.load(Ordering::Relaxed)));
    }

    fn committing(&self, table: &str, files: usize) {
        self.tick(&format!("ingest: committing {table} from {files} files"));
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
