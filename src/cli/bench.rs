//! `civitas bench`: how fast this machine runs a model, for those who size machines and those who write models. Words and
//! layout; what is measured is [`crate::bench`]'s.

use std::io::{self, Write};
use std::process::ExitCode;

use civitas_engine::{Catalogue, NetworkKind, NetworkSpec, PopulationSpec, RunSpec};
use clap::{Args, value_parser};

use super::{print_line, start_logging};
use crate::bench::{Case, Figures, Spread, measure};
use crate::error::Result;
use crate::settings::LogSettings;

/// Agent-steps of a round where nothing is said about ticks: about a second's worth on one core.
const STEPS_OF_A_ROUND: u32 = 30_000_000;

const EXAMPLES: &str = "Examples:
  civitas bench                                          society, 100,000 agents, all cores
  civitas bench --agents 10000000 --threads 2 --ticks 20
  civitas bench --model epidemic --network small_world --set transmission=0.1 --set waning=0.02
  civitas bench --json | jq .ratio_to_plain_loop.median

Each round makes the society anew, runs it through the whole runtime in a temporary folder, and
where the model has one (society, epidemic) runs a plain loop written by hand over the same arrays
on the same threads. Both must end in the same state. Speeds are those of stepping; setup_s is the
making of population and network. Machines are noisy: trust the median, and ratios more than
figures.";

/// What `bench` is told.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct BenchArgs {
    /// Model to run
    #[arg(long, value_name = "NAME", default_value = "society")]
    model: String,
    /// Number of agents
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = value_parser!(u32).range(1..=i64::from(civitas_engine::MAX_AGENTS)))]
    agents: u32,
    /// Number of ticks [default: about 30 million agent-steps' worth, 20 to 1,000]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=i64::from(civitas_engine::MAX_HORIZON_TICKS)))]
    ticks: Option<u32>,
    /// Compute threads [default: the machine's cores]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=1024))]
    threads: Option<u32>,
    /// How often each side is run
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = value_parser!(u32).range(1..=1000))]
    rounds: u32,
    /// Kind of network
    #[arg(long, value_name = "KIND", default_value = "gravity")]
    network: String,
    /// Mean number of agents that an agent listens to
    #[arg(long, value_name = "D", default_value_t = 12.0)]
    mean_degree: f64,
    /// Parameter of the model, as NAME=VALUE; may be repeated
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, f64)>,
    /// Ticks between snapshots, 0 for none
    #[arg(long, value_name = "N", default_value_t = 0)]
    snapshot_every: u32,
    /// Leave the plain loop out
    #[arg(long)]
    no_plain_loop: bool,
    /// Print the figures as JSON, and nothing else
    #[arg(long)]
    json: bool,
}

fn parameter(text: &str) -> std::result::Result<(String, f64), String> {
    let (name, value) = text.split_once('=').ok_or("must be NAME=VALUE")?;
    let value: f64 = value.trim().parse().map_err(|_| format!("{value} is not a number"))?;
    Ok((name.trim().to_owned(), value))
}

/// Measures and prints.
pub(super) async fn bench(args: BenchArgs, catalogue: Catalogue) -> Result<ExitCode> {
    start_logging(&LogSettings::at("error"));
    let case = args.case()?;
    let rounds = case.rounds;
    let figures = measure(&case, &catalogue, |round| {
        if !args.json && rounds > 1 {
            let _ = writeln!(io::stderr(), "round {round} of {rounds}");
        }
    })
    .await?;
    if args.json {
        print_line(&serde_json::to_string_pretty(&figures).expect("figures have string keys only"))?;
    } else {
        print_line(&page(&figures))?;
    }
    Ok(ExitCode::SUCCESS)
}

impl BenchArgs {
    fn case(&self) -> Result<Case> {
        let kind: NetworkKind = self.network.parse().map_err(civitas_actors::RuntimeError::from)?;
        let ticks = self.ticks.unwrap_or((STEPS_OF_A_ROUND / self.agents).clamp(20, 1_000));
        let spec = RunSpec {
            model: self.model.clone(),
            parameters: self.parameters.iter().cloned().collect(),
            population: PopulationSpec { dataset: "us-2020".to_owned(), agents: self.agents },
            network: NetworkSpec { kind, mean_degree: self.mean_degree, ..NetworkSpec::default() },
            horizon_ticks: ticks,
            ..RunSpec::default()
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Case {
            spec,
            threads: self.threads.map_or(cores, |threads| threads as usize),
            rounds: self.rounds as usize,
            snapshot_every_ticks: self.snapshot_every,
            with_plain_loop: !self.no_plain_loop,
            telemetry: false,
        })
    }
}

fn page(figures: &Figures) -> String {
    let Figures { model, network, mean_degree, agents, ticks, threads, rounds, .. } = figures;
    let millions = |spread: &Spread| show(spread, 1e-6, 1);
    let mut lines = vec![
        format!(
            "{model}, {agents} agents, {ticks} ticks, {network} network of mean degree {mean_degree}, {threads} threads"
        ),
        format!("median (lowest to highest) of {rounds} rounds"),
        format!("  million agent-steps per second  {}", millions(&figures.agent_steps_per_s)),
    ];
    match (&figures.plain_agent_steps_per_s, &figures.ratio_to_plain_loop) {
        (Some(plain), Some(ratio)) => {
            lines.push(format!("  the same of the plain loop      {}", millions(plain)));
            lines.push(format!("  ratio to the plain loop         {}", show(ratio, 1.0, 2)));
        }
        _ => lines.push("  ratio to the plain loop         none: this run has no plain loop".to_owned()),
    }
    lines.push(format!("  bytes per agent                 {:.1}", figures.bytes_per_agent));
    lines.push(format!("  seconds of set-up               {}", show(&figures.setup_s, 1.0, 2)));
    lines.push(format!("  state digest                    {}", figures.state_digest));
    lines.join("\n")
}

fn show(spread: &Spread, unit: f64, digits: usize) -> String {
    let [median, lowest, highest] = [spread.median, spread.lowest, spread.highest].map(|value| value * unit);
    format!("{median:.digits$} ({lowest:.digits$} to {highest:.digits$})")
}
