//! The live bar of `civitas run`: ticks, agent-steps per second, time left. It is drawn on standard error and only where
//! that is a terminal; it must not touch standard output, which belongs to the results.

use std::time::Duration;

use civitas_actors::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::summary::count;

const TEMPLATE: &str = "{spinner} {bar:32} tick {pos}/{len}  {msg}  {eta} left";

/// A bar for one run.
pub(super) struct RunBar(ProgressBar);

impl RunBar {
    /// A bar for so many ticks. Hidden where standard error is no terminal.
    pub(super) fn new(ticks: u32) -> Self {
        let bar = ProgressBar::with_draw_target(Some(ticks.into()), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style);
        bar.set_message("getting ready");
        bar.enable_steady_tick(Duration::from_millis(250));
        Self(bar)
    }

    /// Shows where the run stands.
    pub(super) fn show(&self, progress: &Progress) {
        self.0.set_position(progress.tick.into());
        if let Some(speed) = speed(progress.agents_processed, progress.running_ms) {
            self.0.set_message(format!("{} agent-steps/s", count(speed)));
        }
    }

    /// Shows a tick, with what is said of it.
    pub(super) fn step(&self, tick: u32, said: &'static str) {
        self.0.set_position(tick.into());
        self.0.set_message(said);
    }

    /// Says that the run is being paused.
    pub(super) fn pausing(&self) {
        self.0.set_message("pausing with a snapshot; Ctrl-C again ends at once");
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

/// Agent-steps per second, where there is time to divide by.
pub(super) fn speed(agent_steps: u64, running_ms: u64) -> Option<f64> {
    (running_ms > 0 && agent_steps > 0).then(|| agent_steps as f64 * 1000.0 / running_ms as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_is_steps_over_time() {
        assert_eq!(speed(1_000_000, 500), Some(2_000_000.0));
        assert_eq!((speed(5, 0), speed(0, 5)), (None, None));
    }
}
