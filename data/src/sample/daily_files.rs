//! Writes the daily data: reads with their shares, lists shown and pushes. One day after the other to the files of a month;
//! in large samples several days at the same time, each to files of its own.

use rayon::prelude::*;

use super::account::IdentifiedReaders;
use super::error::SampleError;
use super::exposures::Exposure;
use super::output::{OutputFolder, day_file};
use super::pushes::Push;
use super::reading::Read;
use super::rows::{self, RowStreams};
use super::summary::FileSummary;
use super::time::{DAY, SampleTime};
use super::world::World;
use crate::Table;

/// Writes days, and counts reads and readers.
pub(super) struct DailyFiles {
    /// The streams that all rows of a sample share that is not large.
    pub(super) streams: RowStreams,
    pub(super) identified: IdentifiedReaders,
    pub(super) reads: u64,
    /// Parts of large samples that are not written yet.
    waiting: Vec<Part>,
    days_waiting: usize,
}

/// Rows of one day, which become a file, with reads also that of their shares.
enum Part {
    Reads(i64, Vec<Read>),
    Shown(i64, Vec<Exposure>),
    Push(Push),
}

/// What was written.
#[derive(Default)]
struct Written {
    files: Vec<FileSummary>,
    identified: IdentifiedReaders,
    reads: u64,
}

impl DailyFiles {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            streams: RowStreams::new(seed),
            identified: IdentifiedReaders::default(),
            reads: 0,
            waiting: Vec::new(),
            days_waiting: 0,
        }
    }

    /// Writes a push.
    ///
    /// # Errors
    /// [`SampleError::Write`].
    pub(super) fn push(
        &mut self,
        world: &World<'_>,
        push: Push,
        output: &mut OutputFolder<'_>,
    ) -> Result<(), SampleError> {
        if world.options.is_large() {
            self.waiting.push(Part::Push(push));
            return Ok(());
        }
        rows::write_push(world, &push, output.month(Table::Pushes, &world.period.month(push.at))?)
    }

    /// Writes the lists shown on a day, in order of time.
    ///
    /// # Errors
    /// [`SampleError::Write`].
    pub(super) fn shown(
        &mut self,
        world: &World<'_>,
        day: i64,
        shown: Vec<Exposure>,
        output: &mut OutputFolder<'_>,
    ) -> Result<(), SampleError> {
        if shown.is_empty() {
            return Ok(());
        }
        if world.options.is_large() {
            self.waiting.push(Part::Shown(day, shown));
            return Ok(());
        }
        let file = output.month(Table::Shown, &world.period.month(day * DAY))?;
        rows::write_shown(world, &shown, &mut self.streams, file)
    }

    /// Writes the reads of a day, given in no order, and the shares that follow them. Ends the day.
    ///
    /// # Errors
    /// [`SampleError::Write`].
    pub(super) fn reads(
        &mut self,
        world: &World<'_>,
        day: i64,
        mut reads: Vec<Read>,
        output: &mut OutputFolder<'_>,
    ) -> Result<(), SampleError> {
        if world.options.is_large() {
            self.waiting.push(Part::Reads(day, reads));
            self.days_waiting += 1;
            return if self.days_waiting < rayon::current_num_threads() { Ok(()) } else { self.flush(world, output) };
        }
        put_in_order(&mut reads);
        self.reads += reads.len() as u64;
        self.identified.add(IdentifiedReaders::of_day(world, day, &reads));
        if reads.is_empty() {
            return Ok(());
        }
        let month = world.period.month(day * DAY);
        let shares = rows::write_reads(world, &reads, &mut self.streams, output.month(Table::Reads, &month)?)?;
        rows::write_shares(world, &shares, &mut self.streams, output.month(Table::Shares, &month)?)
    }

    /// Writes all days that wait.
    ///
    /// # Errors
    /// [`SampleError::Write`].
    pub(super) fn flush(&mut self, world: &World<'_>, output: &mut OutputFolder<'_>) -> Result<(), SampleError> {
        let folder = output.folder;
        let write = |part: Part| -> Result<Written, SampleError> {
            let start = |table: Table, at: SampleTime| {
                let date = world.period.date(at).to_string();
                let file = day_file(&folder, world.options, table, &date)?;
                Ok((file, RowStreams::of_file(world.options.seed, table, &date)))
            };
            let mut written = Written::default();
            match part {
                Part::Push(push) => {
                    let (mut file, _) = start(Table::Pushes, push.at)?;
                    rows::write_push(world, &push, &mut file)?;
                    written.files.push(file.finish()?);
                }
                Part::Shown(day, shown) => {
                    let (mut file, mut streams) = start(Table::Shown, day * DAY)?;
                    rows::write_shown(world, &shown, &mut streams, &mut file)?;
                    written.files.push(file.finish()?);
                }
                Part::Reads(day, mut reads) => {
                    put_in_order(&mut reads);
                    written.reads = reads.len() as u64;
                    written.identified = IdentifiedReaders::of_day(world, day, &reads);
                    let (mut file, mut streams) = start(Table::Reads, day * DAY)?;
                    let shares = rows::write_reads(world, &reads, &mut streams, &mut file)?;
                    written.files.push(file.finish()?);
                    let (mut file, mut streams) = start(Table::Shares, day * DAY)?;
                    rows::write_shares(world, &shares, &mut streams, &mut file)?;
                    written.files.push(file.finish()?);
                }
            }
            Ok(written)
        };
        self.days_waiting = 0;
        let parts = std::mem::take(&mut self.waiting);
        for written in parts.into_par_iter().map(write).collect::<Vec<_>>() {
            let written = written?;
            self.reads += written.reads;
            self.identified.add(written.identified);
            written.files.into_iter().for_each(|file| output.add(file));
        }
        Ok(())
    }
}

fn put_in_order(reads: &mut Vec<Read>) {
    reads.sort_unstable();
    reads.dedup_by_key(|read| (read.at, read.member, read.article));
}
