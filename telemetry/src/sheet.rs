//! Curves as tables: a slice as one row per tick and curve, and its curves in a few numbers as one row for each.

use std::collections::BTreeSet;

use parquet::data_type::ByteArray;

use crate::aggregate::Aggregate;
use crate::columns::{Column, Kind, Spec};
use crate::rows::Rows;
use crate::slice::{Curves, Slice};
use crate::tables::{REGION, SEGMENT, TICK};

/// What the rows of a table are of: all agents, a region or a segment.
#[derive(Clone, Copy)]
struct Whose<'a> {
    region: Option<&'a str>,
    segment: Option<&'a str>,
}

impl Whose<'_> {
    /// What a metric's curve of these is.
    fn of<'a>(&self, curves: &'a Curves) -> Option<&'a [f64]> {
        let curve = match (self.region, self.segment) {
            (Some(region), _) => curves.by_region.get(region)?,
            (None, Some(segment)) => curves.by_segment.get(segment)?,
            (None, None) => &curves.overall,
        };
        Some(curve)
    }

    /// The region's and the segment's name, ready for a column of words.
    fn words(&self) -> [Option<ByteArray>; 2] {
        [self.region, self.segment].map(|name| name.map(ByteArray::from))
    }
}

impl Slice {
    /// The slice as a table: a row for all agents, for each region and for each segment of every tick, with a column for every
    /// metric and variable. What there is no value of is left out.
    pub fn rows(&self) -> Rows {
        let mut specs = vec![
            Spec::new(TICK, Kind::Unsigned),
            Spec::new(REGION, Kind::MaybeText),
            Spec::new(SEGMENT, Kind::MaybeText),
        ];
        specs.extend(self.metrics.keys().map(|name| Spec::new(name, Kind::MaybeDouble)));
        specs.extend(self.variables.keys().map(|name| Spec::new(name, Kind::MaybeFloat)));
        let mut columns = columns_of(&specs);
        let lines: Vec<_> = self
            .lines()
            .into_iter()
            .map(|whose| {
                let metrics: Vec<_> = self.metrics.values().map(|curves| whose.of(curves)).collect();
                let of = self.variables.values().map(|regions| regions.get(whose.region?));
                let variables: Vec<_> = of.collect();
                (whose.words(), metrics, variables)
            })
            .collect();
        for (place, &at) in self.ticks.iter().enumerate() {
            for ([of_region, of_segment], metrics, variables) in &lines {
                let [tick, region, segment, values @ ..] = &mut columns[..] else { break };
                tick.unsigned(Some(at));
                region.text(of_region.as_ref());
                segment.text(of_segment.as_ref());
                let (of_metrics, of_variables) = values.split_at_mut(metrics.len());
                for (column, curve) in of_metrics.iter_mut().zip(metrics) {
                    let value = curve.and_then(|curve| curve.get(place).copied());
                    column.double(value.filter(|value| !value.is_nan()));
                }
                for (column, curve) in of_variables.iter_mut().zip(variables) {
                    let value = curve.and_then(|curve| curve.get(place).copied());
                    column.float(value.filter(|value| !value.is_nan()));
                }
            }
        }
        Rows::of_columns(specs, columns)
    }

    /// Every metric's curves in a few numbers, as a table: a row for all agents, each region and each segment. Curves without
    /// values have no row.
    pub fn aggregate_rows(&self) -> Rows {
        let mut specs = vec![
            Spec::new("metric", Kind::Text),
            Spec::new(REGION, Kind::MaybeText),
            Spec::new(SEGMENT, Kind::MaybeText),
        ];
        specs.extend(["first", "last", "change", "mean", "min", "max"].map(|name| Spec::new(name, Kind::Double)));
        specs.extend(["min_tick", "max_tick"].map(|name| Spec::new(name, Kind::Unsigned)));
        let mut columns = columns_of(&specs);
        for (name, curves) in &self.metrics {
            let name = ByteArray::from(name.as_str());
            for whose in self.lines() {
                let curve = whose.of(curves).and_then(|curve| Aggregate::of(&self.ticks, curve));
                let (Some(all), [metric, region, segment, numbers @ ..]) = (curve, &mut columns[..]) else { continue };
                let [of_region, of_segment] = whose.words();
                metric.text(Some(&name));
                region.text(of_region.as_ref());
                segment.text(of_segment.as_ref());
                let (values, ticks) = numbers.split_at_mut(6);
                let said = [all.first, all.last, all.change(), all.mean, all.min, all.max];
                values.iter_mut().zip(said).for_each(|(column, value)| column.double(Some(value)));
                let said = [all.min_tick, all.max_tick];
                ticks.iter_mut().zip(said).for_each(|(column, tick)| column.unsigned(Some(tick)));
            }
        }
        Rows::of_columns(specs, columns)
    }

    /// What there are curves of: all agents where there are metrics, then regions, then segments.
    fn lines(&self) -> Vec<Whose<'_>> {
        let any = self.metrics.values().next();
        let of_metrics = any.into_iter().flat_map(|curves| curves.by_region.keys());
        let of_variables = self.variables.values().flat_map(|regions| regions.keys());
        let regions: BTreeSet<&String> = of_metrics.chain(of_variables).collect();
        let segments = any.into_iter().flat_map(|curves| curves.by_segment.keys());
        any.map(|_| Whose { region: None, segment: None })
            .into_iter()
            .chain(regions.into_iter().map(|region| Whose { region: Some(region), segment: None }))
            .chain(segments.map(|segment| Whose { region: None, segment: Some(segment) }))
            .collect()
    }
}

fn columns_of(specs: &[Spec]) -> Vec<Column> {
    specs.iter().map(|spec| Column::new(spec.kind)).collect()
}
