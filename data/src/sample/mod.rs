//! Generates sample data of a fictitious union, for demos, tests and benchmarks.
//!
//! Members differ by age band, person and union. Articles find readers by topic, theme and season. Activities fill up
//! under their admission rules. Pushes have hold-out groups and a known effect. The data prove nothing about the
//! quality on real members: they contain the structure that was put in, and a model that recovers it works, no more.
//! The crate's `README.md` describes each part.

mod account;
mod activities;
mod article_reads;
mod articles;
mod catalogue;
mod csv_file;
mod daily_files;
mod demand;
mod dirt;
mod error;
mod exposures;
mod folder;
mod format;
mod ids;
mod members;
mod options;
mod output;
mod places;
mod pushes;
mod random;
mod reading;
mod roster;
mod rows;
mod sample_file;
mod seats;
mod simulation;
mod summary;
mod templates;
mod time;
mod topics;
mod unions;
mod world;

use std::path::Path;

pub use error::SampleError;
pub use format::{SampleFormat, TableFile, TableFormat};
pub use options::SampleOptions;
pub use summary::{Dirt, FileSummary, IngestOutcome, SampleSummary};

/// Writes a sample as CSV into a new or empty folder and returns a summary. See [`write_as`].
///
/// # Errors
/// As [`write_as`].
pub fn write(
    options: &SampleOptions,
    folder: &Path,
    progress: &mut dyn FnMut(&str, u64),
) -> Result<SampleSummary, SampleError> {
    write_as(SampleFormat::Csv, options, folder, progress)
}

/// Writes a sample into a new or empty folder and returns a summary.
///
/// Daily data are written to one file a month. Besides members and items, only future reads are held in memory.
/// `progress` is called with the stage and the number of rows done so far. Equal options give equal bytes.
///
/// Samples of more than [`SampleOptions::LARGE`] members are made by all threads of the current rayon pool, and have one
/// file a day. Their parts are drawn from random streams of their own, so that the number of threads does not change the
/// bytes.
///
/// # Errors
/// [`SampleError`] for an option out of bounds, a folder that is not empty, or a file that cannot be written.
pub fn write_as(
    format: SampleFormat<'_>,
    options: &SampleOptions,
    folder: &Path,
    progress: &mut dyn FnMut(&str, u64),
) -> Result<SampleSummary, SampleError> {
    let options = options::CheckedOptions::new(options)?;
    let period = time::Period::new(options.as_of, options.days);
    let mut output = output::OutputFolder::new(folder::Folder::new(folder, &options, format)?, &options);

    let unions = unions::Unions::new(&options);
    let members = members::make(&options, &unions, &period);
    progress("members", members.len() as u64);
    let activities = activities::make(&options, &unions, &period);
    let articles = articles::make(&options, &period, &activities);
    catalogue::write_unions(&unions, &members, &mut output)?;
    roster::write(&members, &options, &period, &mut output)?;
    catalogue::write_activities(&activities, &period, &mut output)?;
    catalogue::write_articles(&articles, &period, &mut output)?;
    progress("items", (activities.len() + articles.len()) as u64);

    let world = world::World {
        options: &options,
        period: &period,
        unions: &unions,
        members: &members,
        activities: &activities,
        articles: &articles,
    };
    let counts = simulation::run(&world, &mut output, progress)?;
    let fresh = articles.iter().filter(|article| article.published >= period.end - 14 * time::DAY).count();
    let open = activities.iter().filter(|activity| activity.is_open(period.end)).count();
    Ok(SampleSummary {
        files: output.finish()?,
        members: members.len() as u64,
        unions: unions.all.len() as u64,
        open_items: (fresh + open) as u64,
        pushed: counts.pushed,
        held_out: counts.held_out,
        reads_by_push: counts.reads_by_push,
        requests_by_push: counts.requests_by_push,
    })
}
