//! `civitas experiment`: runs an experiment here, or says what it would do. A file is checked whole before anything is
//! stored; running is [`super::execute`]'s matter.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use civitas_actors::RuntimeError;
use civitas_engine::{Action, Catalogue, Workflow, memory_bytes};
use clap::{Args, Subcommand, value_parser};
use serde_json::{Value, json};

use super::audit::AuditArgs;
use super::chart::ChartArgs;
use super::dataset;
use super::execute::{Shown, execute_new, local_identity, quieter};
use super::summary::count;
use super::{Common, print_json, print_line, start_logging};
use crate::error::Result;
use crate::experiment::{Draft, file};
use crate::settings::Settings;

const EXAMPLES: &str = "Examples:
  civitas experiment check scenarios/campaign.json      what it would do, or what is wrong
  civitas experiment run scenarios/campaign.json
  civitas experiment run scenarios/campaign.json --seed 8 --json | jq .experiment.metrics

An experiment is the body of POST /api/run-experiments as JSON, in AgentSociety's five parts:
  {
    \"name\": \"Does a message help?\",
    \"environment\": {\"ticks_per_step\": 3600},
    \"agent\": {\"citizens\": [{\"agent_class\": \"citizen\", \"number\": 2000}]},
    \"map\": {\"dataset\": \"us-2020\"},
    \"workflow\": [
      {\"type\": \"run\", \"days\": 1},
      {\"type\": \"message\", \"intervene_message\": \"Try it.\", \"stance\": 0.8, \"target_agent\": \"all\"},
      {\"type\": \"run\", \"days\": 1},
      {\"type\": \"survey\", \"target_agent\": \"all\", \"survey\": {\"questions\": [
        {\"name\": \"has_it\", \"title\": \"Do you have it?\", \"type\": \"choice\", \"key\": \"adopted\"}]}}
    ]
  }
docs/experiments.md lists every field.

One seed gives one answer, on any number of threads. Ctrl-C pauses the run, takes a snapshot and
says how to have it go on; again, it ends at once. Exit codes: 0 done, 1 failed or wrong, 2 wrong
usage, 130 interrupted.";

/// What `experiment` is told.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ExperimentArgs {
    #[command(subcommand)]
    command: ExperimentCommand,
}

#[derive(Debug, Subcommand)]
enum ExperimentCommand {
    /// Run an experiment here and print what came of it.
    #[command(after_help = EXAMPLES)]
    Run(RunArgs),
    /// Check an experiment and print what it would do.
    #[command(after_help = EXAMPLES)]
    Check {
        /// The experiment, as JSON
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Print what it would do as JSON, and nothing else
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        common: Common,
    },
}

/// What `experiment run` is told.
#[derive(Debug, Args)]
struct RunArgs {
    /// The experiment, as JSON
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Seed, in place of the experiment's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Compute threads; never changes results [default: the machine's cores]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=1024))]
    threads: Option<u32>,
    /// Print the results document of the API as JSON, and nothing else
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    chart: ChartArgs,
    #[command(flatten)]
    audit: AuditArgs,
    #[command(flatten)]
    common: Common,
}

/// Runs or checks an experiment.
pub(super) async fn experiment(args: ExperimentArgs, catalogue: Catalogue) -> Result<ExitCode> {
    match args.command {
        ExperimentCommand::Run(args) => run(args, catalogue).await,
        ExperimentCommand::Check { file, json, common } => {
            let settings = common.settings(Vec::new())?;
            let draft = load(&file, None, &catalogue, &settings)?;
            match json {
                true => print_json(&planned(&draft, &catalogue)?)?,
                false => print_line(&plan(&draft, &catalogue)?)?,
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn run(args: RunArgs, catalogue: Catalogue) -> Result<ExitCode> {
    let settings = args.common.settings_with_threads(args.threads)?;
    start_logging(&quieter(&settings.log));
    let draft = load(&args.file, args.seed, &catalogue, &settings)?;
    let new = draft.into_new_run(local_identity());
    let shown = Shown { json: args.json, width: args.chart.width() };
    execute_new(new, catalogue, &settings, shown, &args.audit).await
}

/// Reads an experiment and checks it with the data sets that are here.
fn load(path: &Path, seed: Option<u64>, catalogue: &Catalogue, settings: &Settings) -> Result<Draft> {
    let check = |draft: &Draft| dataset::check(&draft.clone().into_new_run(local_identity()), catalogue, settings);
    file::load(path, seed, check)
}

/// What an experiment would do, in a few lines.
fn plan(draft: &Draft, catalogue: &Catalogue) -> Result<String> {
    let spec = &draft.spec;
    let mut page = format!("{} is a right experiment\n", draft.name);
    let memory = memory_mib(draft, catalogue)?;
    // Writing to a string cannot fail.
    let _ = write!(page, "{} agents of {}", count(spec.population.agents.into()), spec.population.dataset);
    let _ = writeln!(page, ", model {}, seed {}, about {memory} MiB", spec.model, spec.seed);
    let Some(workflow) = &spec.workflow else { return Ok(page) };
    for group in &workflow.groups {
        let drawn: Vec<_> = group.traits.keys().map(String::as_str).collect();
        let drawn = if drawn.is_empty() { String::new() } else { format!(", with {} of their own", drawn.join(", ")) };
        let _ = writeln!(page, "  {:>10} {}{drawn}", group.number, group.agent_class);
    }
    let (ticks, days) = (spec.horizon_ticks, days(workflow));
    let _ = writeln!(page, "{ticks} ticks, which are {} simulated days", short(days));
    let kinds: Vec<_> = kinds(workflow).iter().map(|(kind, number)| format!("{number} {kind}")).collect();
    let metrics = workflow.extractors.len();
    let _ = write!(page, "{} steps: {}; {metrics} metrics from the start on", workflow.steps.len(), kinds.join(", "));
    Ok(page)
}

/// The same for programs.
fn planned(draft: &Draft, catalogue: &Catalogue) -> Result<Value> {
    let spec = &draft.spec;
    let mut planned = json!({
        "name": draft.name, "agents": spec.population.agents, "dataset": spec.population.dataset, "model": spec.model,
        "seed": spec.seed, "ticks": spec.horizon_ticks, "memory_mib": memory_mib(draft, catalogue)?
    });
    if let Some(workflow) = &spec.workflow {
        planned["days"] = json!(days(workflow));
        planned["steps"] =
            kinds(workflow).iter().map(|(kind, number)| json!({"type": kind, "number": number})).collect();
        planned["metrics"] = json!(workflow.extractors.len());
    }
    Ok(planned)
}

/// Memory that an experiment would take, as one partition: the same on every machine.
fn memory_mib(draft: &Draft, catalogue: &Catalogue) -> Result<u64> {
    Ok(memory_bytes(&draft.spec, catalogue, Some(1), 1).map_err(RuntimeError::Spec)?.div_ceil(1 << 20))
}

/// How many steps there are of each type, in order of appearance.
fn kinds(workflow: &Workflow) -> Vec<(&'static str, usize)> {
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for step in &workflow.steps {
        let kind = kind(step);
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, number)) => *number += 1,
            None => kinds.push((kind, 1)),
        }
    }
    kinds
}

/// Simulated days that pass in all.
fn days(workflow: &Workflow) -> f64 {
    let days = workflow.steps.iter().map(|step| match step {
        Action::Run { ticks, seconds_per_tick } => f64::from(*ticks) / f64::from(workflow.day.ticks(*seconds_per_tick)),
        _ => 0.0,
    });
    days.sum()
}

/// A number with two decimals at the most.
fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The type of a step; `step` and `run` are one.
fn kind(step: &Action) -> &'static str {
    match step {
        Action::Run { .. } => "run",
        Action::Environment { .. } => "environment",
        Action::UpdateState { .. } => "update_state",
        Action::Message { .. } => "message",
        Action::Survey { .. } => "survey",
        Action::Interview { .. } => "interview",
        Action::NextRound => "next_round",
        Action::Extract(_) => "metric",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(draft: &Draft) -> std::result::Result<(), civitas_engine::EngineError> {
        civitas_engine::World::check(&draft.spec, &Catalogue::default())
    }

    #[test]
    fn a_plan_says_what_would_be_done() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/campaign.json");
        let page = plan(&file::load(&file, Some(9), good).unwrap(), &Catalogue::default()).unwrap();
        for part in [
            "A campaign on the West Coast is a right experiment",
            "2000 agents of us-2020, model society, seed 9, about 1 MiB",
            "1800 citizen\n",
            "200 enthusiast, with adopted, opinion, susceptibility of their own",
            "44 ticks, which are 6 simulated days",
            "11 steps: 2 survey, 3 run, 1 environment, 1 message, 1 metric, 1 interview, 1 next_round, 1 update_state; \
             2 metrics from the start on",
        ] {
            assert!(page.contains(part), "no {part:?} in\n{page}");
        }
    }

    #[test]
    fn the_example_of_the_help_is_right() {
        let start = EXAMPLES.find("  {\n").unwrap();
        let end = EXAMPLES.find("\n  }\n").unwrap() + 5;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("help.json");
        std::fs::write(&path, &EXAMPLES[start..end]).unwrap();
        let page = plan(&file::load(&path, None, good).unwrap(), &Catalogue::default()).unwrap();
        assert!(page.contains("48 ticks, which are 2 simulated days"), "{page}");
    }

    #[test]
    fn days_have_no_needless_digits() {
        assert_eq!([short(2.0), short(0.5), short(1.0 / 3.0), short(10.0)], ["2", "0.5", "0.33", "10"]);
    }
}
