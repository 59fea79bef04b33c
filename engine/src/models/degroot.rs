//! `degroot`: opinions are averaged (DeGroot 1974, "Reaching a consensus", JASA 69).
//!
//! All at once, x becomes s x + (1 - s) w, with s `self_weight` and w the mean opinion of those that the agent listens to;
//! one without any keeps its own. Where ties have weights w is the mean weighted by them: a row of the matrix of weights,
//! which sums to 1. On a strongly connected network, with s > 0 for the case that it is periodic, all end at
//! the mean of the initial opinions weighted by the left eigenvector of the matrix of weights; on an undirected one that is
//! by the number of peers.

use super::opinion;
use crate::draws::Draws;
use crate::model::{Around, Metric, Model, Newborn, Parameter, Parameters, Trait};

/// The model; see the module's documentation for its rule.
#[derive(Clone, Debug)]
pub struct DeGroot {
    self_weight: f64,
    spaced: bool,
}

impl Model for DeGroot {
    /// Its opinion.
    type Agent = f64;
    type Published = f64;
    type Mail = ();

    const NAME: &'static str = "degroot";
    const VERSION: &'static str = "1";
    const WEIGHS: bool = true;
    const MEETS_STRANGERS: bool = true;

    const PARAMETERS: &'static [Parameter] =
        &[Parameter::share("self_weight", 0.5, "Weight of the agent's own opinion"), opinion::SPACED];

    const METRICS: &'static [Metric] = opinion::METRICS;

    const TRAITS: &'static [Trait] = opinion::TRAITS;

    fn new(parameters: &Parameters) -> Self {
        Self { self_weight: parameters.exact("self_weight"), spaced: parameters.is_on("spaced") }
    }

    fn create(&self, newborn: Newborn, draws: &mut Draws<'_>) -> f64 {
        opinion::initial(self.spaced, newborn, draws)
    }

    #[inline]
    fn publish(&self, opinion: &f64) -> f64 {
        *opinion
    }

    #[inline]
    fn step(&self, opinion: &mut f64, around: Around<'_, f64>, _: &mut Draws<'_>) {
        if !around.peers.is_empty() {
            *opinion = self.self_weight * *opinion + (1.0 - self.self_weight) * mean(&around);
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

    /// Of the mean opinion: what is heard is a mean.
    fn stranger(&self, means: &[f64], _: &mut Draws<'_>) -> f64 {
        means[0]
    }

    fn explain(&self, opinion: &f64, around: Around<'_, f64>) -> String {
        match around.peers.len() {
            0 => format!("My opinion is {opinion:.3}, and I listen to nobody."),
            count => {
                format!("My opinion is {opinion:.3}; the {count} others that I listen to average {:.3}.", mean(&around))
            }
        }
    }
}

/// The mean of peers' opinions, weighted where ties have weights, summed in their fixed order.
#[inline]
fn mean(around: &Around<'_, f64>) -> f64 {
    if around.peers.have_weights() {
        let add = |(sum, weights), (opinion, weight)| (sum + f64::from(weight) * opinion, weights + f64::from(weight));
        let (sum, weights) = around.peers.weighted().fold((0.0, 0.0), add);
        return sum / weights;
    }
    around.peers.iter().sum::<f64>() / around.peers.len() as f64
}
