//! Models that write what cannot be: each stops with a sentence that says who did what.

use std::panic::{AssertUnwindSafe, catch_unwind};

use civitas_engine::*;

use super::{spec, start};

/// Agents that make the mistake that the parameter names.
pub(crate) struct Mistaken {
    mistake: u32,
}

const MANY: &str = "agent 0 writes more than 1024 letters in a tick";
/// What the panic says, by the number of the mistake; nothing for what is none.
const SAID: [Option<&str>; 7] = [
    None,
    Some("agent 0 writes to agent 40, whom there is not: ids run from 0 to 39"),
    Some("agent 0 writes to region 4, which there is not: regions run from 0 to 3"),
    Some(MANY),
    Some("agent 0 reports event 1, of which the model has 1"),
    Some("agent 0 reports an event of value NaN, which must be finite"),
    Some(MANY),
];

impl Model for Mistaken {
    type Agent = ();
    type Published = ();
    type Mail = u8;

    const NAME: &'static str = "mistaken";
    const VERSION: &'static str = "1";
    const PARAMETERS: &'static [Parameter] = &[Parameter::new("mistake", "1", (0.0, 6.0), 0.0, "")];
    const METRICS: &'static [Metric] = &[Metric::share("none", "")];
    const EVENTS: &'static [EventKind] = &[EventKind { name: "one", description: "" }];

    fn new(parameters: &Parameters) -> Self {
        Self { mistake: parameters.get("mistake") as u32 }
    }

    fn create(&self, _: Newborn, _: &mut Draws<'_>) {}

    fn publish(&self, (): &()) {}

    fn step(&self, (): &mut (), around: Around<'_, (), u8>, _: &mut Draws<'_>) {
        match self.mistake {
            1 => around.send(40, 0),
            2 => around.send_to_region(4, 0),
            3 => (0..=MAX_LETTERS_PER_AGENT).for_each(|_| around.send(1, 0)),
            4 => around.report(1, 0.0),
            5 => around.report(0, f32::NAN),
            6 => (0..=MAX_LETTERS_PER_AGENT).for_each(|_| around.send_to_region(0, 0)),
            // As many as there may be, from everybody.
            _ => (0..MAX_LETTERS_PER_AGENT).for_each(|_| around.send(39, 0)),
        }
    }
}

pub(crate) fn register(catalogue: &mut Catalogue) {
    catalogue.register::<Mistaken>();
}

#[test]
fn a_models_mistake_is_named() {
    for (mistake, said) in SAID.into_iter().enumerate() {
        let parameters = [("mistake".to_owned(), mistake as f64)].into();
        let mut simulation = start(&RunSpec { parameters, ..spec("mistaken", 40, 3) }, 2);
        let stepped = catch_unwind(AssertUnwindSafe(|| simulation.step(64)));
        match (said, stepped) {
            (None, Ok(Ok(()))) => {}
            (Some(said), Err(panic)) => assert_eq!(panic.downcast_ref::<String>().unwrap(), said),
            (said, stepped) => panic!("{said:?}: {:?}", stepped.map_err(|_| "a panic")),
        }
    }
}
