//! The environment of the next tick, made of what is known at the end of the last one. Owns the order: the model's defaults
//! with the shifts of the era, clamped; what the experiment starts with, and what its steps have set; the scenario's effects
//! in their order, clamped; the model's feedback, clamped. It must not look at anything but the history.

use std::sync::Arc;

use super::{Coordinator, Deed, Journal, Shape, World};
use crate::fixed;
use crate::guard::model_fault;

impl Coordinator {
    /// Nothing is due before the next tick. Where it begins a new era, another scenario is in force; what steps have set
    /// stays. The scenario's effects are those of that tick from now on.
    pub(super) fn enter_tick(&mut self) {
        let tick = self.series.tick();
        let era = self.world.spec.era_at(tick);
        if era != self.era {
            self.era = era;
            self.base = base_of(&self.world, self.shape, era);
            self.repeat_steps();
            self.feed_back();
        }
        if self.course.is_empty() || self.course.is_at(tick) {
            return;
        }
        self.course.enter(tick);
        self.feed_back();
        if self.course.judge(&self.now, self.series.last(), &self.world.layout) {
            self.feed_back();
        }
    }

    /// Sets what the steps that are done have set.
    pub(super) fn repeat_steps(&mut self) {
        for step in 0..self.journal.as_ref().map_or(0, Journal::done) {
            self.set_environment(step);
        }
    }

    /// Sets the variable that a step is about, if it is about one; what it was in the first of the regions.
    pub(super) fn set_environment(&mut self, step: u32) -> f32 {
        let cue = self.world.script.as_ref().and_then(|script| script.steps.get(step as usize));
        let Some(Deed::Environment { variable, value, regions }) = cue.map(|cue| &cue.deed) else { return 0.0 };
        let variables = self.world.model.variables().len();
        let wanted = |region: &usize| regions.as_ref().is_none_or(|wanted| wanted[*region]);
        let mut before = None;
        for region in (0..self.shape.regions).filter(wanted) {
            let cell = &mut self.base[region * variables + variable];
            before.get_or_insert(*cell);
            *cell = *value;
        }
        before.unwrap_or(0.0)
    }

    /// Makes the environment anew.
    pub(super) fn feed_back(&mut self) {
        let world = Arc::clone(&self.world);
        let agents = u64::from(world.layout.agents());
        let last = self.series.last();
        // Copies live in a society that is not they themselves.
        let around = world.troupe.as_ref().map(|troupe| troupe.around(self.series.tick()));
        let own = |metric| fixed::mean(last.total(metric), agents);
        let own_means = || (0..self.shape.metrics).map(own).collect();
        self.now.society = around.map_or_else(own_means, |around| around.society.clone());
        let (variables, rows_per_region) = (self.now.variables, self.now.rows_per_region);
        if variables == 0 {
            return;
        }
        let recorded = self.recorded_base();
        let mut means = vec![0.0; self.shape.metrics];
        let base = self.course.environment(recorded.as_deref().unwrap_or(&self.base), variables);
        let rows = base.chunks_exact(variables).zip(self.now.environment.chunks_exact_mut(variables));
        for (place, (base, now)) in rows.enumerate() {
            let region = place / rows_per_region;
            if place % rows_per_region == 0 {
                let agents = world.layout.region_agents(region).len() as u64;
                for (metric, mean) in means.iter_mut().enumerate() {
                    let own = || fixed::mean(self.series.last().by_region(region, metric), agents);
                    *mean = around.map_or_else(own, |around| around.region[metric]);
                }
            }
            now.copy_from_slice(base);
            // What was recorded holds what was fed back.
            if recorded.is_none() {
                world.model.feedback(base, &means, now);
            }
            for (variable, value) in now.iter_mut().enumerate() {
                if !value.is_finite() {
                    no_number(&world, region, variable, *value);
                }
                *value = value.clamp(0.0, 1.0);
            }
        }
    }

    /// The environment that was recorded around copies, with the shifts of the era, clamped; elsewhere as it is anyway.
    fn recorded_base(&self) -> Option<Vec<f32>> {
        let troupe = self.world.troupe.as_ref().filter(|troupe| troupe.is_recorded)?;
        let variables = self.world.model.variables();
        let mut base = self.base.clone();
        let row = &mut base[troupe.region * variables.len()..][..variables.len()];
        let recorded = &troupe.around(self.series.tick()).environment;
        for ((cell, value), variable) in row.iter_mut().zip(recorded).zip(variables) {
            *cell = (value + delta_of(&self.world, self.era, variable.name)).clamp(0.0, 1.0);
        }
        Some(base)
    }
}

/// What a model gave as its environment makes no sense, and would pass for sense in every step from now on.
#[cold]
fn no_number(world: &World, region: usize, variable: usize, value: f32) -> ! {
    let (name, code) = (world.model.variables()[variable].name, &world.dataset.regions()[region].code);
    model_fault(format_args!(
        "its feedback makes the variable {name} {value} in region {code}, which is no finite number"
    ))
}

/// The environment of an era before any feedback, effect and step: defaults, shifts, and what the experiment starts with.
pub(super) fn base_of(world: &World, shape: Shape, era: usize) -> Vec<f32> {
    let delta = |name| delta_of(world, era, name);
    let mut row: Vec<f32> =
        world.model.variables().iter().map(|v| (v.default + delta(v.name)).clamp(0.0, 1.0)).collect();
    for &(variable, value) in world.script.iter().flat_map(|script| &script.environment) {
        row[variable] = value;
    }
    row.repeat(shape.regions)
}

/// By how much an era shifts a variable.
fn delta_of(world: &World, era: usize, name: &str) -> f32 {
    let deltas = world.spec.shifts().nth(era).map(|(_, deltas)| deltas);
    deltas.and_then(|deltas| deltas.get(name)).copied().unwrap_or(0.0) as f32
}
