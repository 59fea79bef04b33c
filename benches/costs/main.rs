//! What measuring, snapshots and telemetry cost: a run of `society` as it is, beside the same run with nothing measured, with a
//! snapshot every 10 ticks, and with telemetry as runs have it that do not say, in turn: `cargo bench --bench costs`, or `-- AGENTS TICKS ROUNDS`.
//!
//! A cost is a share of the run's stepping time, start of the first tick to stored results. The run in which nothing is
//! measured ends in another state, for the media follow what is measured; its work is otherwise the same.

use civitas::bench::{Case, Spread, measure};
use civitas::engine::models::Society;
use civitas::engine::models::society::Citizen;
use civitas::engine::{
    Around, Catalogue, Draws, Metric, Model, Newborn, Parameter, Parameters, PopulationSpec, RunSpec, Variable,
};

/// `society` with its metrics declared and never summed.
struct Unmeasured(Society);

impl Model for Unmeasured {
    type Agent = Citizen;
    type Published = i16;
    type Mail = ();

    const NAME: &'static str = "unmeasured";
    const VERSION: &'static str = Society::VERSION;
    const DRAWS_PER_STEP: usize = Society::DRAWS_PER_STEP;
    const DRAWS_AT_BIRTH: usize = Society::DRAWS_AT_BIRTH;
    const SEGMENTS: &'static [&'static str] = Society::SEGMENTS;
    const PARAMETERS: &'static [Parameter] = Society::PARAMETERS;
    const VARIABLES: &'static [Variable] = Society::VARIABLES;
    const METRICS: &'static [Metric] = Society::METRICS;

    fn new(parameters: &Parameters) -> Self {
        Self(Society::new(parameters))
    }

    fn create(&self, newborn: Newborn, draws: &mut Draws<'_>) -> Citizen {
        self.0.create(newborn, draws)
    }

    #[inline]
    fn publish(&self, agent: &Citizen) -> i16 {
        self.0.publish(agent)
    }

    #[inline]
    fn segment(&self, agent: &Citizen) -> usize {
        self.0.segment(agent)
    }

    #[inline]
    fn step(&self, agent: &mut Citizen, around: Around<'_, i16>, draws: &mut Draws<'_>) {
        self.0.step(agent, around, draws);
    }

    fn measure_block(&self, _: &[Citizen], _: &[i16], _: &mut [i64]) {}
}

/// What is kept of a run on its way.
#[derive(Clone, Copy, Default)]
struct Kept {
    snapshot_every_ticks: u32,
    telemetry: bool,
}

/// Seconds of stepping of one run.
async fn seconds(model: &str, (agents, ticks): (u32, u32), threads: usize, kept: Kept) -> f64 {
    let mut catalogue = Catalogue::default();
    catalogue.register::<Unmeasured>();
    let spec = RunSpec {
        model: model.to_owned(),
        population: PopulationSpec { dataset: "us-2020".to_owned(), agents },
        horizon_ticks: ticks,
        ..RunSpec::default()
    };
    let Kept { snapshot_every_ticks, telemetry } = kept;
    let case = Case { spec, threads, rounds: 1, snapshot_every_ticks, with_plain_loop: false, telemetry };
    let figures = measure(&case, &catalogue, |_| {}).await.expect("the case runs");
    f64::from(agents) * f64::from(ticks) / figures.agent_steps_per_s.median
}

fn show(what: &str, threads: usize, shares: Vec<f64>) {
    let Some(Spread { median, lowest, highest }) = Spread::of(shares) else { return };
    let [median, lowest, highest] = [median, lowest, highest].map(|share| 100.0 * share);
    println!("{what:<36} {threads:>8}  {median:5.1} % ({lowest:.1} to {highest:.1})");
}

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let number = |place: usize, default: u32| args.get(place).and_then(|arg| arg.parse().ok()).unwrap_or(default);
    let (agents, ticks, rounds) = (number(0, 100_000), number(1, 300), number(2, 15));
    println!(
        "society, {agents} agents, {ticks} ticks; share of the time without, median (lowest to highest) of {rounds}"
    );
    println!("{:<36} {:>8}", "cost of", "threads");
    for threads in [1, 2] {
        let (mut measuring, mut snapshots, mut telemetry) = (Vec::new(), Vec::new(), Vec::new());
        let (size, nothing) = ((agents, ticks), Kept::default());
        for _ in 0..rounds {
            let as_it_is = seconds("society", size, threads, nothing).await;
            measuring.push(as_it_is / seconds("unmeasured", size, threads, nothing).await - 1.0);
            let with_snapshots = Kept { snapshot_every_ticks: 10, ..nothing };
            snapshots.push(seconds("society", size, threads, with_snapshots).await / as_it_is - 1.0);
            telemetry
                .push(seconds("society", size, threads, Kept { telemetry: true, ..nothing }).await / as_it_is - 1.0);
        }
        show("metrics by region and segment", threads, measuring);
        show("a snapshot every 10 ticks", threads, snapshots);
        show("telemetry by region and segment", threads, telemetry);
    }
}
