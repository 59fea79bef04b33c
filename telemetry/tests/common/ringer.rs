//! A model whose agents report something now and then, and that says nothing else of them: it has no traits.

use civitas_engine::{Around, Draws, EventKind, Metric, Model, Newborn, Parameters};

/// Everybody rings a bell now and then, and counts how often.
pub(crate) struct Ringer;

impl Model for Ringer {
    type Agent = u32;
    type Published = ();
    type Mail = ();

    const NAME: &'static str = "ringer";
    const VERSION: &'static str = "1";
    const METRICS: &'static [Metric] = &[Metric { name: "rings", unit: "times", description: "How often it has rung" }];
    const EVENTS: &'static [EventKind] = &[
        EventKind { name: "never", description: "Nothing" },
        EventKind { name: "rang", description: "It rings, for so many times" },
    ];

    fn new(_: &Parameters) -> Self {
        Self
    }

    fn create(&self, _: Newborn, _: &mut Draws<'_>) -> u32 {
        0
    }

    fn publish(&self, _: &u32) {}

    fn step(&self, rings: &mut u32, around: Around<'_, ()>, draws: &mut Draws<'_>) {
        if draws.chance(0.01) {
            *rings += 1;
            around.report(1, *rings as f32);
        }
    }

    fn values(&self, rings: &u32, values: &mut [f32]) {
        values[0] = *rings as f32;
    }
}
