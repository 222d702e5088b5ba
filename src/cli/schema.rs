//! `schema`: JSON Schemas.

use super::arguments::{SchemaFlags, SchemaOf};
use super::exit::{Exit, Stop};
use super::run::Run;
use crate::{policy, report, topology};

pub(super) fn run(run: &Run, flags: &SchemaFlags) -> Result<Exit, Stop> {
    let schema = match flags.of {
        SchemaOf::Topology => topology::schema(),
        SchemaOf::Policy => policy::schema(),
        SchemaOf::Scan => report::schema(),
        SchemaOf::Baseline => report::baseline_schema(),
        SchemaOf::Report => report::details_schema(),
        SchemaOf::Lines => report::lines_schema(),
        SchemaOf::Diff => report::diff_schema(),
        SchemaOf::Request => report::wish_schema(),
        SchemaOf::Fix => report::plan_schema(),
    };
    run.print(format!("{schema:#}\n").as_bytes())?;
    Ok(Exit::Clean)
}
