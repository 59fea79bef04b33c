//! `bounded_confidence`: opinions approach each other where they are not too far apart.
//!
//! Opinions x lie in [0, 1]; e is `confidence`.
//!
//! - `rule` = 0, Hegselmann & Krause (2002, JASSS 5(3)): all at once, x becomes the mean of all opinions within e of it,
//!   its own included, among those that the agent listens to.
//! - `rule` = 1, Deffuant, Neau, Amblard & Weisbuch (2000, Adv. Complex Syst. 3): the agent meets one of those that it
//!   listens to; if their opinions differ by less than e, x moves by `convergence` times the difference. On the network
//!   `pairs` both partners do, as in the original.

use super::opinion;
use crate::draws::Draws;
use crate::model::{Around, Metric, Model, Newborn, Parameter, Parameters, Report, Trait};

/// The model; see the module's documentation for its rules.
#[derive(Clone, Debug)]
pub struct BoundedConfidence {
    confidence: f64,
    convergence: f64,
    meets_one: bool,
    spaced: bool,
}

impl Model for BoundedConfidence {
    /// Its opinion.
    type Agent = f64;
    type Published = f64;
    type Mail = ();

    const NAME: &'static str = "bounded_confidence";
    const VERSION: &'static str = "1";

    const PARAMETERS: &'static [Parameter] = &[
        Parameter::share("confidence", 0.25, "Largest difference of opinions that still attract each other"),
        Parameter::new(
            "convergence",
            "of the difference",
            (0.0, 0.5),
            0.5,
            "How far a meeting moves an opinion, under rule 1",
        ),
        Parameter::switch("rule", false, "0: Hegselmann and Krause; 1: Deffuant and others"),
        opinion::SPACED,
    ];

    const METRICS: &'static [Metric] = opinion::METRICS;

    const REPORT: Report = Report { swings: &[(0, "drift")], ..Report::EVERY_METRIC };

    const TRAITS: &'static [Trait] = opinion::TRAITS;

    fn new(parameters: &Parameters) -> Self {
        Self {
            confidence: parameters.exact("confidence"),
            convergence: parameters.exact("convergence"),
            meets_one: parameters.is_on("rule"),
            spaced: parameters.is_on("spaced"),
        }
    }

    fn create(&self, newborn: Newborn, draws: &mut Draws<'_>) -> f64 {
        opinion::initial(self.spaced, newborn, draws)
    }

    #[inline]
    fn publish(&self, opinion: &f64) -> f64 {
        *opinion
    }

    #[inline]
    fn step(&self, opinion: &mut f64, around: Around<'_, f64>, draws: &mut Draws<'_>) {
        if self.meets_one {
            let difference = around.peers.pick(draws).map_or(0.0, |other| other - *opinion);
            if difference.abs() < self.confidence {
                *opinion += self.convergence * difference;
            }
        } else {
            let (sum, count) = self.within(*opinion, &around);
            *opinion = sum / count;
        }
    }

    #[inline]
    fn values(&self, opinion: &f64, values: &mut [f32]) {
        opinion::measure(*opinion, values);
    }

    fn trait_value(&self, opinion: &f64, _: usize) -> f64 {
        *opinion
    }

    fn set_trait(&self, opinion: &mut f64, _: usize, value: f64) {
        *opinion = value;
    }

    fn explain(&self, opinion: &f64, around: Around<'_, f64>) -> String {
        let (sum, count) = self.within(*opinion, &around);
        format!(
            "My opinion is {opinion:.3}. Of the {} others that I listen to {} are within {} of it; with mine their mean is {:.3}.",
            around.peers.len(),
            count - 1.0,
            self.confidence,
            sum / count,
        )
    }
}

impl BoundedConfidence {
    /// Sum and number of the opinions within the bound, the agent's own included, in peers' fixed order: rounding is the
    /// same everywhere.
    #[inline]
    fn within(&self, opinion: f64, around: &Around<'_, f64>) -> (f64, f64) {
        let near = around.peers.iter().filter(|other| (other - opinion).abs() <= self.confidence);
        near.fold((opinion, 1.0), |(sum, count), other| (sum + other, count + 1.0))
    }
}
