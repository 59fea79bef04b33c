//! A run's specification as an audit keeps it: complete, in JSON, so that the run can be done again years later by a
//! program that knows the model. Fields that this program does not know are refused, for they may decide the results.

use std::collections::BTreeMap;
use std::sync::Arc;

use civitas_engine::{
    Activation, Cast, Effect, EngineError, Era, NetworkSpec, PopulationSpec, RunSpec, Workflow, World,
};
use serde::{Deserialize, Serialize};

/// The specification, field by field as [`RunSpec`] has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Specification {
    model: String,
    /// Every parameter, defaults included.
    parameters: BTreeMap<String, f64>,
    dataset: String,
    agents: u32,
    network: Network,
    seed: u64,
    horizon_ticks: u32,
    activation: String,
    sample_rate: f64,
    variable_deltas: BTreeMap<String, f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    effects: Vec<Effect>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workflow: Option<Workflow>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cast: Option<Cast>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    past: Vec<Past>,
}

/// What was in force up to a tick.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Past {
    until_tick: u32,
    seed: u64,
    horizon_ticks: u32,
    variable_deltas: BTreeMap<String, f64>,
}

impl From<&Era> for Past {
    fn from(era: &Era) -> Self {
        Self {
            until_tick: era.until_tick,
            seed: era.seed,
            horizon_ticks: era.horizon_ticks,
            variable_deltas: era.variable_deltas.clone(),
        }
    }
}

impl From<Past> for Era {
    fn from(past: Past) -> Self {
        Self {
            until_tick: past.until_tick,
            seed: past.seed,
            horizon_ticks: past.horizon_ticks,
            variable_deltas: past.variable_deltas,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Network {
    kind: String,
    mean_degree: f64,
    rewiring: f64,
    long_range_share: f64,
    distance_exponent: f64,
    border_factor: f64,
}

impl Specification {
    /// The specification of a run.
    pub fn of(world: &World) -> Self {
        let RunSpec {
            model,
            parameters: _,
            population,
            network,
            seed,
            horizon_ticks,
            activation,
            sample_rate,
            variable_deltas,
            effects,
            workflow,
            cast,
            past,
        } = &world.spec;
        Self {
            model: model.clone(),
            parameters: world.model.parameters().iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            dataset: population.dataset.clone(),
            agents: population.agents,
            network: Network {
                kind: network.kind.as_str().to_owned(),
                mean_degree: network.mean_degree,
                rewiring: network.rewiring,
                long_range_share: network.long_range_share,
                distance_exponent: network.distance_exponent,
                border_factor: network.border_factor,
            },
            seed: *seed,
            horizon_ticks: *horizon_ticks,
            activation: activation.as_str().to_owned(),
            sample_rate: *sample_rate,
            variable_deltas: variable_deltas.clone(),
            effects: effects.clone(),
            workflow: workflow.as_deref().cloned(),
            cast: cast.as_deref().cloned(),
            past: past.iter().map(Past::from).collect(),
        }
    }

    /// The specification as the engine takes it.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a word that this version does not know.
    pub fn into_spec(self) -> Result<RunSpec, EngineError> {
        let activation = Activation::ALL.into_iter().find(|known| known.as_str() == self.activation);
        let activation = activation.ok_or_else(|| {
            EngineError::invalid("specification.activation", format!("`{}` is not known here", self.activation))
        })?;
        Ok(RunSpec {
            model: self.model,
            parameters: self.parameters,
            population: PopulationSpec { dataset: self.dataset, agents: self.agents },
            network: NetworkSpec {
                kind: self.network.kind.parse()?,
                mean_degree: self.network.mean_degree,
                rewiring: self.network.rewiring,
                long_range_share: self.network.long_range_share,
                distance_exponent: self.network.distance_exponent,
                border_factor: self.network.border_factor,
            },
            seed: self.seed,
            horizon_ticks: self.horizon_ticks,
            activation,
            sample_rate: self.sample_rate,
            variable_deltas: self.variable_deltas,
            effects: self.effects,
            workflow: self.workflow.map(Arc::new),
            cast: self.cast.map(Arc::new),
            past: self.past.into_iter().map(Era::from).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use civitas_engine::{Action, Catalogue, NetworkKind, Turn};

    use super::*;

    #[test]
    fn a_specification_comes_back_from_its_json_with_the_same_fingerprint() {
        let catalogue = Catalogue::default();
        let steps = vec![Action::Run { ticks: 3, seconds_per_tick: 60 }, Action::NextRound];
        let spec = RunSpec {
            population: PopulationSpec { dataset: "us-2020".to_owned(), agents: 777 },
            parameters: [("noise".to_owned(), 0.1 + 0.2)].into(),
            network: NetworkSpec { kind: NetworkKind::SmallWorld, rewiring: 1.0 / 3.0, ..NetworkSpec::default() },
            seed: u64::MAX,
            horizon_ticks: 3,
            activation: Activation::One,
            variable_deltas: [("media_sentiment".to_owned(), -0.1)].into(),
            effects: vec![Effect { from_tick: Some(1), ..Effect::shift("social_trust", 1.0 / 3.0) }],
            workflow: Some(Arc::new(Workflow { steps, ..Workflow::default() })),
            ..RunSpec::default()
        };
        let spec = spec.turned(2, Turn { seed: Some(1), ..Turn::default() });
        let world = World::new(spec, &catalogue).unwrap();
        let text = serde_json::to_string(&Specification::of(&world)).unwrap();
        let back: Specification = serde_json::from_str(&text).unwrap();
        let again = World::new(back.into_spec().unwrap(), &catalogue).unwrap();
        assert_eq!(again.fingerprint(), world.fingerprint());
        assert_eq!(Specification::of(&again), Specification::of(&world));
        let more = text.replacen('{', r#"{"gravity": 9.81, "#, 1);
        assert!(serde_json::from_str::<Specification>(&more).unwrap_err().to_string().contains("gravity"));
    }
}
