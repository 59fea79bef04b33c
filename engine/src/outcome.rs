//! A run's answer: summary, distribution, trends, breakdowns, key events, and how sure one may be. Its canonical
//! JSON is what must be byte-identical wherever and however the run is executed; so it holds no id, no time.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cast::{PassageReport, TargetReport};
use crate::coordinator::{Coordinator, block_size_squares};
use crate::events::{KeyEvent, key_events};
use crate::fixed;
use crate::model::Summary;
use crate::reported::EventReport;
use crate::series::Keyframe;
use crate::tally::standard_error;
use crate::workflow::Report;

/// Half the width of a 95 % interval in standard errors.
const Z_95: f64 = 1.96;
/// Fewest blocks from which a standard error says anything.
const MIN_BLOCKS: u64 = 30;
/// Confidence is `high` up to this margin of the headline metric.
const HIGH_MARGIN: f64 = 0.01;
/// Confidence is `medium` up to this margin of the headline metric.
const MEDIUM_MARGIN: f64 = 0.03;

/// One point of a trend.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TrendPoint {
    /// The tick.
    pub tick: u32,
    /// The mean over agents at its end.
    pub value: f64,
}

/// Trends by metric.
pub type Trends = BTreeMap<&'static str, Vec<TrendPoint>>;

/// The outcome in a few numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutcomeSummary {
    /// The model's summary lines by name.
    #[serde(flatten)]
    pub values: BTreeMap<&'static str, f64>,
    /// `high`, `medium` or `low`, by the margin in [`Confidence`].
    pub confidence_level: &'static str,
}

/// How far chance among this run's agents may have moved the headline metric. It says nothing of whether the
/// model is right, nor of the spread between seeds; run several seeds for that.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Confidence {
    /// The headline metric.
    pub metric: &'static str,
    /// Its standard error over blocks of 64 agents; null where the run has fewer than two blocks.
    pub standard_error: Option<f64>,
    /// Half the width of its 95 % interval: 1.96 standard errors.
    pub margin_95: Option<f64>,
    /// The rule from margin to level.
    pub rule: &'static str,
}

/// A run's answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// The outcome in a few numbers.
    pub outcome_summary: OutcomeSummary,
    /// What stands behind `confidence_level`.
    pub confidence: Confidence,
    /// Shares of agents, adding up to 1.
    pub distribution: BTreeMap<&'static str, f64>,
    /// Means over all agents at about 25 ticks.
    pub trends: Trends,
    /// The same by region code.
    pub trends_by_region: BTreeMap<String, Trends>,
    /// The same by segment.
    pub trends_by_segment: BTreeMap<&'static str, Trends>,
    /// What stands out, by tick.
    pub key_events: Vec<KeyEvent>,
    /// What agents reported; only for models that have events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<EventReport>,
    /// Number of agents.
    pub agents: u32,
    /// Steps that agents took.
    pub agent_steps: u64,
    /// Ticks completed; fewer than the horizon in partial results.
    pub ticks_completed: u32,
    /// Ticks asked for.
    pub horizon_ticks: u32,
    /// Digest of all agents' state at the last tick, 32 hexadecimal digits; null in partial results.
    pub state_digest: Option<String>,
    /// What became of the copies; only where the agents are copies of a persona.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<PassageReport>,
    /// What became of each target, in the order of the request; only where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<TargetReport>>,
    /// What came of the workflow's steps; only for experiments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experiment: Option<Report>,
}

impl Outcome {
    /// The outcome of a run up to its last completed tick; `twin` is the same run without the bundle whose impact is asked for
    /// so, where that has come to the same tick.
    pub(crate) fn of(run: &Coordinator, digest: Option<u128>, twin: Option<&Coordinator>) -> Self {
        let (world, series) = (run.world(), run.series());
        let (report, metrics) = (world.model.report(), world.model.metrics());
        let agents = u64::from(world.layout.agents());
        let tick = series.tick();
        let mean_at = |tick, metric| fixed::mean(series.overall(tick, metric), agents);

        let values = report.summary_lines(metrics).into_iter().map(|(name, metric, how)| {
            let start = if how == Summary::Change { mean_at(0, metric) } else { 0.0 };
            (name, mean_at(tick, metric) - start)
        });
        let moments = series.last().moments(report.headline);
        let total = series.last().total(report.headline);
        let blocks = u64::from(world.layout.blocks());
        let error = standard_error(moments, total, agents, blocks, block_size_squares(&world.layout));
        let margin = error.map(|error| error * Z_95);
        Self {
            outcome_summary: OutcomeSummary { values: values.collect(), confidence_level: level(margin, blocks) },
            confidence: Confidence {
                metric: metrics[report.headline].name,
                standard_error: error,
                margin_95: margin,
                rule: "fewer than 30 blocks of agents, or none that differ: low; margin_95 at most 0.01: high; at most 0.03: medium; else low",
            },
            distribution: report.distribution.iter().map(|&(name, metric)| (name, mean_at(tick, metric))).collect(),
            trends: trends(run, agents, |keyframe, metric| series.overall(keyframe.tick, metric)),
            trends_by_region: by_region(run),
            trends_by_segment: by_segment(run),
            key_events: key_events(run, twin),
            events: event_report(run),
            agents: world.layout.agents(),
            agent_steps: series.agent_steps(),
            ticks_completed: tick,
            horizon_ticks: world.spec.horizon_ticks,
            state_digest: digest.map(|digest| format!("{digest:032x}")),
            target: run.journeys().map(|journeys| journeys.report(world, run.segment_agents())),
            targets: run.lives().map(|lives| lives.report(world)),
            experiment: run.report().cloned(),
        }
    }

    /// The canonical JSON: fixed order of fields, keys of maps sorted, shortest digits that round-trip.
    pub fn canonical_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an outcome holds string keys and finite numbers only")
    }
}

/// Over the ticks of the trends.
fn event_report(run: &Coordinator) -> Option<EventReport> {
    let keyframes = run.series().keyframes();
    let ticks = keyframes.iter().map(|keyframe| keyframe.tick);
    Some(run.events()?.report(run.world().model.events(), ticks))
}

fn level(margin: Option<f64>, blocks: u64) -> &'static str {
    match margin.filter(|&margin| margin > 0.0 && blocks >= MIN_BLOCKS) {
        Some(margin) if margin <= HIGH_MARGIN => "high",
        Some(margin) if margin <= MEDIUM_MARGIN => "medium",
        _ => "low",
    }
}

fn trends(run: &Coordinator, agents: u64, sum: impl Fn(&Keyframe, usize) -> i64) -> Trends {
    let keyframes = run.series().keyframes();
    let points = |metric| {
        let point =
            |keyframe: &Keyframe| TrendPoint { tick: keyframe.tick, value: fixed::mean(sum(keyframe, metric), agents) };
        keyframes.iter().map(point).collect()
    };
    let model = &run.world().model;
    model.report().trend_lines(model.metrics()).into_iter().map(|(name, metric)| (name, points(metric))).collect()
}

/// Regions without agents have no trends.
fn by_region(run: &Coordinator) -> BTreeMap<String, Trends> {
    let world = run.world();
    let metrics = world.model.metrics().len();
    let regions = world.dataset.regions().iter().enumerate();
    regions
        .filter(|(region, _)| !world.layout.region_agents(*region).is_empty())
        .map(|(region, known)| {
            let agents = world.layout.region_agents(region).len() as u64;
            (known.code.clone(), trends(run, agents, |keyframe, metric| keyframe.by_region[region * metrics + metric]))
        })
        .collect()
}

/// Segments without agents have no trends.
fn by_segment(run: &Coordinator) -> BTreeMap<&'static str, Trends> {
    let metrics = run.world().model.metrics().len();
    let segments = run.world().model.segments().iter().zip(run.segment_agents()).enumerate();
    segments
        .filter(|(_, (_, agents))| **agents > 0)
        .map(|(segment, (name, agents))| {
            (*name, trends(run, *agents, |keyframe, metric| keyframe.by_segment[segment * metrics + metric]))
        })
        .collect()
}
