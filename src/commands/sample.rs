//! `zhihui sample`: writes sample files of a union.

use zhihui_data::Zone;
use zhihui_data::sample::{self, SampleOptions};

use super::Context;
use crate::cli::Sample;
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
        ..SampleOptions::demo(as_of)
    };
    let meter = Meter::start();
    let summary = sample::write(&options, &args.out, &mut |file, rows| meter.tick(&format!("{file}: {rows} rows")))?;
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
