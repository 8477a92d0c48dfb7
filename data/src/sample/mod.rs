//! Sample data: a believable union that does not exist, for demos, tests and measurements of speed.
//!
//! Members differ by age band, by person and by union; articles find readers by topic, theme and season; activities fill up
//! under their rules; pushes have hold-outs and an effect that is known. It proves nothing about quality on real people: it
//! holds the structure that was put into it, and a model that finds that structure again has shown that it works, not that
//! real members are like that. `README.md` of this crate tells how each part is made.

mod activities;
mod articles;
mod catalogue;
mod csv_file;
mod demand;
mod dirt;
mod error;
mod exposures;
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
pub use options::SampleOptions;
pub use summary::{Dirt, FileSummary, IngestOutcome, SampleSummary};

/// Writes a sample into a new or empty folder and returns what was written.
///
/// Files come one a month for what comes by the day; beyond members and items only the reads of the days ahead are held in
/// memory. `progress` is told the stage and the rows done so far. Equal options give equal bytes.
///
/// # Errors
/// [`SampleError`]: an option out of bounds, a folder that is not empty, or a file that cannot be written.
pub fn write(
    options: &SampleOptions,
    folder: &Path,
    progress: &mut dyn FnMut(&str, u64),
) -> Result<SampleSummary, SampleError> {
    let options = options::CheckedOptions::new(options)?;
    let period = time::Period::new(options.as_of, options.days);
    let mut output = output::OutputFolder::new(folder, &options)?;

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
