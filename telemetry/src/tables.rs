//! The tables: which columns each has, and how a tick becomes rows. Owns the columns' names and the order of rows.

use civitas_engine::{Frame, Observation, TelemetryOptions, TickEvents, fixed};
use parquet::data_type::ByteArray;

use crate::columns::{Column, Kind, Spec, TableWriter};
use crate::index::{Group, Index, Named, Table};

/// Columns that tables have besides the model's own.
pub(crate) const TICK: &str = "tick";
pub(crate) const REGION: &str = "region";
pub(crate) const SEGMENT: &str = "segment";
pub(crate) const AGENTS: &str = "agents";
pub(crate) const AGENT: &str = "agent";
pub(crate) const REASONS: &str = "reasons";
pub(crate) const TYPE: &str = "type";
pub(crate) const KIND: &str = "kind";
pub(crate) const COUNT: &str = "count";
pub(crate) const VALUE: &str = "value";

/// [`TYPE`] of a row that counts the events of a kind in a tick, and of a row that is one event.
pub(crate) const COUNTED: &str = "count";
pub(crate) const REPORTED: &str = "report";

/// The column of something that the model names: with a line under it where a table has such a column already.
pub(crate) fn column_of(table: Table, name: &str) -> String {
    let own: &[&str] = match table {
        Table::Metrics => &[TICK, REGION, SEGMENT, AGENTS],
        Table::Environment => &[TICK, REGION],
        Table::Agents => &[TICK, AGENT, REGION, SEGMENT, REASONS],
        Table::Events => &[],
    };
    if own.contains(&name) { format!("{name}_") } else { name.to_owned() }
}

fn named(table: Table, columns: &[Named], kind: Kind) -> impl Iterator<Item = Spec> + '_ {
    columns.iter().map(move |column| Spec::new(&column_of(table, &column.name), kind))
}

/// The columns of a table in this run.
pub(crate) fn specs(table: Table, index: &Index) -> Vec<Spec> {
    let own = |columns: &[(&str, Kind)]| columns.iter().map(|&(name, kind)| Spec::new(name, kind)).collect::<Vec<_>>();
    match table {
        Table::Metrics => {
            let mut specs = own(&[
                (TICK, Kind::Unsigned),
                (REGION, Kind::MaybeText),
                (SEGMENT, Kind::MaybeText),
                (AGENTS, Kind::Long),
            ]);
            specs.extend(named(table, &index.metrics, Kind::Double));
            specs
        }
        Table::Environment => {
            let mut specs = own(&[(TICK, Kind::Unsigned), (REGION, Kind::Text)]);
            specs.extend(named(table, &index.variables, Kind::Float));
            specs
        }
        Table::Events => own(&[
            (TICK, Kind::Unsigned),
            (TYPE, Kind::Text),
            (KIND, Kind::Text),
            (AGENT, Kind::MaybeUnsigned),
            (COUNT, Kind::Long),
            (VALUE, Kind::MaybeFloat),
        ]),
        Table::Agents => {
            let mut specs =
                own(&[(TICK, Kind::Unsigned), (AGENT, Kind::Unsigned), (REGION, Kind::Text), (SEGMENT, Kind::Text)]);
            specs.extend(named(table, &index.states, Kind::Double));
            specs.push(Spec::new(REASONS, Kind::MaybeText));
            specs
        }
    }
}

/// The words that rows name, ready to be written.
pub(crate) struct Words {
    regions: Vec<ByteArray>,
    segments: Vec<ByteArray>,
    kinds: Vec<ByteArray>,
    region_agents: Vec<u64>,
    segment_agents: Vec<u64>,
    agents: u64,
}

impl Words {
    pub(crate) fn of(index: &Index) -> Self {
        let names = |groups: &[Group]| groups.iter().map(|group| ByteArray::from(group.name.as_str())).collect();
        let agents = |groups: &[Group]| groups.iter().map(|group| group.agents).collect();
        Self {
            regions: names(&index.regions),
            segments: names(&index.segments),
            kinds: index.event_kinds.iter().map(|kind| ByteArray::from(kind.name.as_str())).collect(),
            region_agents: agents(&index.regions),
            segment_agents: agents(&index.segments),
            agents: index.agents.into(),
        }
    }

    /// The metrics of a tick: everybody, then the regions, then the segments, each in the order of the index.
    pub(crate) fn add_metrics(&self, table: &mut TableWriter, frame: &Frame, options: &TelemetryOptions) {
        let (tick, tally) = (frame.tick, &frame.tally);
        let mut rows = 1;
        metrics_row(&mut table.columns, tick, [None, None], self.agents, |metric| tally.total(metric));
        if options.by_region {
            for (region, (name, &agents)) in self.regions.iter().zip(&self.region_agents).enumerate() {
                let sum = |metric| tally.by_region(region, metric);
                metrics_row(&mut table.columns, tick, [Some(name), None], agents, sum);
            }
            rows += self.regions.len();
        }
        if options.by_segment {
            for (segment, (name, &agents)) in self.segments.iter().zip(&self.segment_agents).enumerate() {
                let sum = |metric| tally.by_segment(segment, metric);
                metrics_row(&mut table.columns, tick, [None, Some(name)], agents, sum);
            }
            rows += self.segments.len();
        }
        table.added(tick, rows);
    }

    /// The environment of a tick, by region.
    pub(crate) fn add_environment(&self, table: &mut TableWriter, frame: &Frame) {
        let [tick, region, variables @ ..] = &mut table.columns[..] else { return };
        if variables.is_empty() {
            return;
        }
        for (name, values) in self.regions.iter().zip(frame.environment.chunks_exact(variables.len())) {
            tick.unsigned(Some(frame.tick));
            region.text(Some(name));
            for (column, &value) in variables.iter_mut().zip(values) {
                column.float(Some(value));
            }
        }
        table.added(frame.tick, self.regions.len());
    }

    /// What agents reported: how many of each kind, then the first of them one by one.
    pub(crate) fn add_events(&self, table: &mut TableWriter, events: &TickEvents) {
        let [tick, of, kind, agent, count, value] = &mut table.columns[..] else { return };
        let (counted, reported) = (ByteArray::from(COUNTED), ByteArray::from(REPORTED));
        let counts = self.kinds.iter().zip(&events.counts).filter(|&(_, &counted)| counted > 0);
        let mut rows = events.first.len();
        for (name, &number) in counts {
            tick.unsigned(Some(events.tick));
            of.text(Some(&counted));
            kind.text(Some(name));
            agent.unsigned(None);
            count.long(number);
            value.float(None);
            rows += 1;
        }
        for &(who, what, said) in &events.first {
            tick.unsigned(Some(events.tick));
            of.text(Some(&reported));
            kind.text(Some(&self.kinds[what]));
            agent.unsigned(Some(who));
            count.long(1);
            value.float(Some(said));
        }
        table.added(events.tick, rows);
    }

    /// Agents of a keyframe.
    pub(crate) fn add_agents(&self, table: &mut TableWriter, at: u32, agents: &[Observation], with_reasons: bool) {
        let [tick, agent, region, segment, states @ .., reasons] = &mut table.columns[..] else { return };
        for observed in agents {
            tick.unsigned(Some(at));
            agent.unsigned(Some(observed.agent));
            region.text(Some(&self.regions[observed.region]));
            segment.text(Some(&self.segments[observed.segment]));
            for (column, &value) in states.iter_mut().zip(&observed.state) {
                column.double(Some(value));
            }
            let said = with_reasons.then(|| ByteArray::from(observed.reasons.as_str()));
            reasons.text(said.as_ref());
        }
        table.added(at, agents.len());
    }
}

/// One row of metrics: means over the agents that it is about.
fn metrics_row(
    columns: &mut [Column],
    at: u32,
    [region, segment]: [Option<&ByteArray>; 2],
    agents: u64,
    sum: impl Fn(usize) -> i64,
) {
    let [tick, of_region, of_segment, count, metrics @ ..] = columns else { return };
    tick.unsigned(Some(at));
    of_region.text(region);
    of_segment.text(segment);
    count.long(agents);
    for (metric, column) in metrics.iter_mut().enumerate() {
        column.double(Some(fixed::mean(sum(metric), agents)));
    }
}
