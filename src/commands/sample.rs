//! `zhihui sample`: writes sample files of a union.

use zhihui_data::Zone;
use zhihui_data::sample::{self, SampleFormat, SampleOptions};
use zhihui_pipeline::export::ParquetTables;

use super::Context;
use crate::cli::{Sample, SampleFiles};
use crate::outcome::Outcome;
use crate::progress::Meter;
use crate::{clock, output};

pub(crate) fn run(context: &Context<'_>, args: &Sample) -> anyhow::Result<Outcome> {
    let as_of = match &args.as_of.as_of {
        Some(text) => clock::parse_instant(text, Zone::default())?,
        None => clock::now(),
    };
    let options = SampleOptions {
        members: args.members,
        unions: args.unions,
        days: args.days,
        seed: args.seed,
        reads_per_member_year: args.reads_per_member,
        dirt: !args.clean,
        ..SampleOptions::demo(as_of)
    };
    let parquet = ParquetTables { zone: Zone::default() };
    let format = match args.format {
        SampleFiles::Csv => SampleFormat::Csv,
        SampleFiles::Parquet => SampleFormat::Other(&parquet),
    };
    let meter = Meter::start();
    let tick = &mut |file: &str, rows: u64| meter.tick(&format!("{file}: {rows} rows"));
    let summary = sample::write_as(format, &options, &args.out, tick)?;
    drop(meter);
    if context.json {
        output::json(&summary)?;
    } else {
        output::print_line(&format!(
            "wrote a union of {} members in {} unions to {}",
            args.members,
            args.unions,
            args.out.display()
        ))?;
    }
    Ok(Outcome::Done)
}
