//! A workflow that has been understood: every name checked against the model and the data set and turned into a number,
//! every step given its tick and its time of day. Made once per run; partitions and the coordinator read it.

use crate::kernel::AnyModel;
use crate::model::TraitKind;
use crate::workflow::compile;
use crate::workflow::groups::Groups;
use crate::workflow::spec::{Day, Method, Workflow};
use crate::workflow::target::Who;
use crate::world::Dataset;

/// What there is to do between two ticks, by number, as partitions are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// A step of the workflow.
    Step(u32),
    /// The metrics whose turn it is at this tick.
    Extract {
        /// The tick.
        tick: u32,
    },
}

/// A run's workflow, understood.
#[derive(Clone, Debug)]
pub struct Script {
    pub(crate) groups: Groups,
    /// Values of variables at tick 0: variable, value.
    pub(crate) environment: Vec<(usize, f32)>,
    pub(crate) steps: Vec<Cue>,
    pub(crate) probes: Vec<Probe>,
    /// Traits that steps may set and the model's own saved state may not hold; rising.
    pub(crate) kept: Vec<usize>,
}

/// One step with its time.
#[derive(Clone, Debug)]
pub(crate) struct Cue {
    /// The tick after which it happens.
    pub(crate) tick: u32,
    pub(crate) time: Time,
    pub(crate) deed: Deed,
}

/// A moment on the workflow's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Time {
    /// Days that are over.
    pub(crate) day: u32,
    /// Second of the day.
    pub(crate) second: u32,
}

/// What a step does.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    /// Time passes; nothing else is to do.
    Run,
    /// The coordinator gives the variable this value, in the flagged regions or in all.
    Environment { variable: usize, value: f32, regions: Option<Vec<bool>> },
    /// Agents' trait takes the value.
    Update { number: usize, value: f64, who: Who },
    /// Agents hear a message.
    Message { stance: f32, strength: f32, who: Who },
    /// Agents answer questions.
    Survey { questions: Vec<Asked>, who: Who },
    /// Agents speak.
    Interview { who: Who },
    /// Agents begin anew.
    NextRound,
    /// A probe begins; it is in [`Script::probes`].
    Extract,
}

/// A question in numbers.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The trait that answers.
    pub(crate) number: usize,
    /// Labels to choose from, or one per point of a rating; none for a number.
    pub(crate) answers: Vec<String>,
    /// For a trait that is no number: the place of the answer for each of its values.
    pub(crate) places: Vec<usize>,
    /// Where the trait's range is cut into the answers: its lower end and its length. Otherwise the value is the answer.
    pub(crate) range: Option<(f64, f64)>,
    /// The lowest rating, for ratings.
    pub(crate) rating: Option<i32>,
    /// Fraction bits of its sums; see [`crate::workflow::findings::bits_for`].
    pub(crate) bits: i32,
}

impl Asked {
    /// The place of the answer that a value gives.
    pub(crate) fn answer(&self, value: f64) -> Option<usize> {
        let last = self.answers.len().checked_sub(1)?;
        match self.range {
            Some((low, length)) => Some((((value - low) / length * self.answers.len() as f64) as usize).min(last)),
            None => self.places.get(value as usize).copied(),
        }
    }

    /// The number that is averaged: the rating where there is one, else the value.
    pub(crate) fn number(&self, value: f64) -> f64 {
        match (self.rating, self.answer(value)) {
            (Some(lowest), Some(place)) => f64::from(lowest) + place as f64,
            _ => value,
        }
    }
}

/// A metric that is extracted.
#[derive(Clone, Debug)]
pub(crate) struct Probe {
    pub(crate) name: String,
    pub(crate) number: usize,
    pub(crate) method: Method,
    pub(crate) every_ticks: u32,
    pub(crate) from_tick: u32,
    pub(crate) who: Who,
    /// Fraction bits of its sums.
    pub(crate) bits: i32,
}

impl Probe {
    /// True when the metric has a value at this tick.
    pub(crate) fn is_due(&self, tick: u32) -> bool {
        tick >= self.from_tick && (tick - self.from_tick).is_multiple_of(self.every_ticks)
    }
}

impl Script {
    /// Understands a workflow.
    ///
    /// # Errors
    /// [`crate::EngineError::Invalid`] with the path of the first field that makes no sense, as experiments write it: for
    /// instance `workflow.steps[2].key`.
    pub(crate) fn new(
        workflow: &Workflow,
        model: &dyn AnyModel,
        dataset: &Dataset,
        (seed, agents, horizon_ticks): (u64, u32, u32),
    ) -> crate::Result<Self> {
        compile::script(workflow, model, dataset, (seed, agents, horizon_ticks))
    }

    /// Numbers of the probes whose turn it is at a tick.
    pub(crate) fn due_probes(&self, tick: u32) -> impl Iterator<Item = usize> + '_ {
        self.probes.iter().enumerate().filter(move |(_, probe)| probe.is_due(tick)).map(|(number, _)| number)
    }

    /// True when the task may change what agents publish, so that partitions exchange halos after it.
    pub(crate) fn changes_agents(&self, task: Task) -> bool {
        let Task::Step(step) = task else { return false };
        let deed = self.steps.get(step as usize).map(|cue| &cue.deed);
        matches!(deed, Some(Deed::Update { .. } | Deed::Message { .. } | Deed::NextRound))
    }

    /// Bytes that a snapshot keeps of an agent besides the model's own.
    pub(crate) fn kept_bytes(&self) -> usize {
        self.kept.len() * size_of::<f64>()
    }
}

impl Time {
    /// The moment `ticks` ticks of `seconds` later.
    pub(crate) fn after(self, day: Day, mut ticks: u32, seconds: u32) -> Self {
        let mut now = self;
        let per_day = day.ticks(seconds);
        while ticks > 0 {
            let left = (day.length_s - (now.second - day.start_s)).div_ceil(seconds);
            if ticks < left {
                now.second += ticks * seconds;
                ticks = 0;
            } else {
                // The rest of this day, then whole days at once.
                ticks -= left;
                let days = ticks / per_day;
                ticks -= days * per_day;
                now = Self { day: now.day + 1 + days, second: day.start_s };
            }
        }
        now
    }
}

/// The value of a trait that is a number as users read it.
pub(crate) fn shown(kind: &TraitKind, value: f64) -> serde_json::Value {
    match kind {
        TraitKind::Number { .. } => serde_json::Value::from(value),
        TraitKind::Flag => serde_json::Value::from(value != 0.0),
        TraitKind::Choice(labels) => {
            let last = labels.len().saturating_sub(1);
            serde_json::Value::from(labels.get((value.max(0.0) as usize).min(last)).copied().unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_passes_over_the_ends_of_days() {
        let whole = Day::default();
        assert_eq!(whole.ticks(300), 288);
        assert_eq!(Time::default().after(whole, 288, 300), Time { day: 1, second: 0 });
        assert_eq!(Time::default().after(whole, 289, 300), Time { day: 1, second: 300 });
        // Six to midnight, in steps that do not fit: 10 steps of 7,000 s.
        let part = Day { start_s: 21_600, length_s: 64_800 };
        assert_eq!(part.ticks(7_000), 10);
        let start = Time { day: 0, second: 21_600 };
        assert_eq!(start.after(part, 9, 7_000), Time { day: 0, second: 84_600 });
        assert_eq!(start.after(part, 10, 7_000), Time { day: 1, second: 21_600 });
        for ticks in 0..300 {
            let mut one_by_one = start;
            (0..ticks).for_each(|_| one_by_one = one_by_one.after(part, 1, 7_000));
            assert_eq!(start.after(part, ticks, 7_000), one_by_one);
        }
        let late = start.after(part, 3, 7_000);
        assert_eq!(late.after(part, 1_000_000, 1), Time { day: 15, second: 21_600 + 1_000_000 + 21_000 - 15 * 64_800 });
    }

    #[test]
    fn answers_are_equal_parts_of_the_range() {
        let asked = |count: usize, range, rating| Asked {
            number: 0,
            answers: (0..count).map(|n| n.to_string()).collect(),
            places: Vec::new(),
            range,
            rating,
            bits: 40,
        };
        let three = asked(3, Some((-1.0, 2.0)), None);
        assert_eq!([-1.0, -0.4, -0.3, 0.3, 0.4, 1.0].map(|v| three.answer(v)), [0, 0, 1, 1, 2, 2].map(Some));
        let rating = asked(5, Some((0.0, 1.0)), Some(1));
        assert_eq!([0.0, 0.19, 0.5, 0.81, 1.0].map(|v| rating.number(v)), [1.0, 1.0, 3.0, 5.0, 5.0]);
        let flag = Asked { places: vec![1, 0], ..asked(2, None, None) };
        assert_eq!([0.0, 1.0].map(|v| flag.answer(v)), [Some(1), Some(0)]);
        let number = asked(0, None, None);
        assert_eq!((number.answer(3.0), number.number(3.0)), (None, 3.0));
    }
}
