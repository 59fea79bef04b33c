//! The whole configuration and its translation to what the runtime takes. Owns the five parts, their order of checking,
//! and the defaults that stand in none of them; the parts are files of their own.

use std::sync::Arc;

use civitas_actors::{Execution, NewRun, NodePlace};
use civitas_engine::{BUNDLED_DATASETS, Catalogue, MAX_WORKFLOW_TICKS, PopulationSpec, RunSpec, Workflow, World};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::agents::Agents;
use super::environment::Environment;
use super::foreign::{self, Foreign};
use super::invalid;
use super::paths::{Paths, reworded};
use super::value::whole;
use super::workflow::{Plot, WorkflowBody, WorkflowForms};
use crate::http::errors::ApiResult;
use crate::http::wire::config::DEFAULT_VERSION;
use crate::http::wire::create::check_name;
use crate::http::wire::number::Whole;
use crate::http::wire::object::Object;
use crate::keys::Identity;

/// An experiment to run, in AgentSociety's five parts.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExperimentBody {
    /// A name for people.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// The clock of a simulated day, and variables of the model.
    pub environment: Environment,
    /// Who is simulated, and by which rules.
    #[schema(value_type = Agents)]
    pub agent: Object<Agents>,
    /// What happens, in order.
    #[schema(value_type = WorkflowForms)]
    pub workflow: WorkflowBody,
    /// Where they live.
    #[schema(value_type = MapBody)]
    pub map: Object<MapBody>,
    /// Chooses every random number of the experiment; the same seed gives the same results, byte for byte.
    #[schema(value_type = Option<u64>, default = 42)]
    pub seed: Option<Whole>,
}

/// Where agents live.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExperimentMap)]
pub struct MapBody {
    /// Name of the data set that gives regions and their populations.
    #[schema(example = "us-2020")]
    pub dataset: String,
    /// Which version of it, where it is one of your own; the newest if left out.
    #[schema(value_type = Option<u32>, minimum = 1)]
    pub dataset_version: Option<Whole>,
    #[serde(default)]
    #[schema(ignore)]
    file_path: Foreign,
    #[serde(default)]
    #[schema(ignore)]
    cache_path: Foreign,
}

/// An experiment that is understood, before it is known who asks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Its name.
    pub name: String,
    /// What to simulate.
    pub spec: RunSpec,
    /// The version of the data set that it names; the newest where it names none.
    pub dataset_version: Option<u32>,
    /// How it was written, for errors.
    pub paths: Paths,
}

impl ExperimentBody {
    /// Translates the configuration and checks all that needs neither the model nor the data set.
    ///
    /// # Errors
    /// `INVALID_EXPERIMENT` or `UNSUPPORTED_STEP`, starting with the path of the field.
    pub fn draft(self) -> ApiResult<Draft> {
        check_name("name", &self.name).map_err(reworded)?;
        let defaults = RunSpec::default();
        let clock = self.environment.clock()?;
        let Object(mut agent) = self.agent;
        let groups = agent.groups()?;
        let Plot { steps, extractors, paths } = self.workflow.plot(clock)?;
        let workflow = Workflow { groups, environment: self.environment.variables, day: clock.day, steps, extractors };
        check_length(&workflow, &paths)?;
        let (dataset, dataset_version) = self.map.0.dataset()?;
        let seed = self.seed.map(|seed| whole("seed", seed, (0, u64::MAX.into()))).transpose()?;
        let spec = RunSpec {
            model: agent.model.unwrap_or(defaults.model),
            parameters: agent.parameters.unwrap_or_default().0,
            population: PopulationSpec { dataset, agents: workflow.agents() },
            network: agent.network.unwrap_or_default().spec().map_err(|error| paths.refused(error))?,
            seed: seed.unwrap_or(defaults.seed),
            horizon_ticks: workflow.ticks(),
            activation: defaults.activation,
            sample_rate: defaults.sample_rate,
            variable_deltas: defaults.variable_deltas,
            effects: Vec::new(),
            workflow: Some(Arc::new(workflow)),
            cast: None,
            past: Vec::new(),
        };
        Ok(Draft { name: self.name, spec, dataset_version, paths })
    }
}

impl MapBody {
    /// The data set and its version.
    fn dataset(self) -> ApiResult<(String, Option<u32>)> {
        let reason = "maps are data sets here; name one in dataset, for instance us-2020";
        foreign::refuse("map", &[("file_path", self.file_path, reason), ("cache_path", self.cache_path, reason)])?;
        let version = self.dataset_version.map(|given| whole("map.dataset_version", given, (1, u32::MAX.into())));
        if version.is_some() && BUNDLED_DATASETS.contains(&self.dataset.as_str()) {
            let problem = format!("must be left out: {} comes with civitas and has no versions", self.dataset);
            return Err(invalid("map.dataset_version", problem));
        }
        Ok((self.dataset, version.transpose()?))
    }
}

/// An experiment in which no time passes has no results.
fn check_length(workflow: &Workflow, paths: &Paths) -> ApiResult<()> {
    match workflow.ticks() {
        0 => Err(invalid(paths.steps(), "must let time pass: add a step of type run or step")),
        ticks if ticks > MAX_WORKFLOW_TICKS => {
            let problem = format!("must run at most {MAX_WORKFLOW_TICKS} steps in all, not {ticks}");
            Err(invalid(paths.steps(), format!("{problem}; a larger ticks_per_step makes fewer")))
        }
        _ => Ok(()),
    }
}

impl Draft {
    /// Checks the rest: what needs the model or the data set.
    ///
    /// # Errors
    /// `INVALID_EXPERIMENT` starting with the path of the field.
    pub fn check(&self, catalogue: &Catalogue) -> ApiResult<()> {
        World::check(&self.spec, catalogue).map_err(|error| self.paths.refused(error))
    }

    /// The run as the runtime takes it. Experiments belong to no project.
    pub fn into_new_run(self, identity: Identity) -> NewRun {
        let [engine, rules, newest, schema] = std::array::from_fn(|_| DEFAULT_VERSION.to_owned());
        let dataset = self.dataset_version.map_or(newest, |version| version.to_string());
        NewRun {
            tenant_id: identity.tenant_id,
            project_id: Uuid::nil(),
            node: NodePlace::Root,
            node_name: None,
            name: self.name,
            created_by: identity.created_by,
            spec: self.spec,
            agents_left_out: false,
            execution: Execution::default(),
            versions: [engine, rules, dataset, schema],
        }
    }
}
