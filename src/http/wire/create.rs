//! The body of POST /runs, which is also what a scenario file holds. Owns the name's and the mode's rules; what stands
//! in `config` is [`super::config`]'s matter.

use civitas_actors::{NewRun, NodePlace};
use civitas_store::ProjectId;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::cast::check_mode;
use super::config::{Plan, RunConfig, ScenarioPatch};
use super::fork::ForkRun;
use super::number::Whole;
use super::object::optional;
use crate::http::errors::{ApiError, ApiResult};
use crate::keys::Identity;

/// Where no name is given.
pub const DEFAULT_NAME: &str = "Untitled run";
/// The longest name, in characters.
pub const MAX_NAME_CHARS: usize = 200;

/// A run to create.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateRun {
    /// The project it belongs to.
    #[schema(value_type = Uuid, required = true)]
    pub project_id: Option<Uuid>,
    /// A name for people.
    #[schema(min_length = 1, max_length = 200, default = "Untitled run")]
    pub name: Option<String>,
    /// What kind of question it asks: `society`, `hybrid` with named agents in it, or `target` of copies of one persona.
    #[schema(default = "society")]
    pub mode: Option<String>,
    /// How it is configured.
    #[serde(default, deserialize_with = "optional")]
    pub config: Option<RunConfig>,
    /// The node whose scenario this one adds to: the run belongs to a child of it, and what it leaves out is as there.
    pub parent_node_id: Option<Uuid>,
    /// The node that it is one more run of, with another seed; all else is as there.
    pub node_id: Option<Uuid>,
    /// What this scenario changes; of a child, what it adds to its parent's.
    #[serde(default, deserialize_with = "optional")]
    pub scenario_patch: Option<ScenarioPatch>,
    /// The run that this one is forked from: it goes on from a snapshot of that run, with another seed, scenario or horizon
    /// from there on. All that is left out is that run's, `project_id` too.
    pub parent_run_id: Option<Uuid>,
    /// The tick of the snapshot, for forks; the newest where it is left out.
    #[schema(value_type = Option<u32>, minimum = 0)]
    pub from_tick: Option<Whole>,
}

/// A run that is decoded and checked, before it is known who asks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Its project, where one was named.
    pub project_id: Option<ProjectId>,
    /// Its name.
    pub name: String,
    /// What its node is called, where it has several runs.
    pub node_name: Option<String>,
    /// What to do.
    pub plan: Plan,
}

impl CreateRun {
    /// Fills in every default and checks what needs neither the model nor the data set.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` starting with the field.
    pub fn draft(self) -> ApiResult<Draft> {
        if self.parent_run_id.is_some() || self.from_tick.is_some() {
            let detail =
                "parent_run_id and from_tick belong together, to fork a run: POST /runs and civitas fork do it";
            return Err(ApiError::invalid(detail));
        }
        if self.parent_node_id.is_some() || self.node_id.is_some() {
            let detail = "parent_node_id and node_id name nodes of a server: POST /runs takes them, and civitas fork makes children here";
            return Err(ApiError::invalid(detail));
        }
        let name = self.name.unwrap_or_else(|| DEFAULT_NAME.to_owned());
        check_name("name", &name)?;
        let mut config = self.config.unwrap_or_default();
        check_mode(("mode", "config"), self.mode.as_deref(), &config)?;
        config.scenario_patch = match (config.scenario_patch, self.scenario_patch) {
            (Some(base), Some(over)) => Some(base.merged(over)),
            (base, over) => over.or(base),
        };
        Ok(Draft { project_id: self.project_id, name, node_name: None, plan: config.plan()? })
    }
}

impl CreateRun {
    /// The run that is to be forked and how, where this is a fork; else the body as it was.
    ///
    /// # Errors
    /// This body, where it names no parent.
    pub fn into_fork(self) -> Result<(Uuid, ForkRun), Box<Self>> {
        let Some(parent) = self.parent_run_id else { return Err(Box::new(self)) };
        let fork = ForkRun {
            project_id: self.project_id,
            name: self.name,
            mode: self.mode,
            from_tick: self.from_tick,
            config: self.config,
            scenario_patch: self.scenario_patch,
            parent_node_id: self.parent_node_id,
        };
        Ok((parent, fork))
    }
}

impl Draft {
    /// The run as the runtime takes it.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` without a project.
    pub fn into_new_run(self, identity: Identity) -> ApiResult<NewRun> {
        let project_id = self.project_id.ok_or_else(|| ApiError::invalid("project_id is required"))?;
        Ok(NewRun {
            tenant_id: identity.tenant_id,
            project_id,
            node: NodePlace::Root,
            node_name: self.node_name,
            name: self.name,
            created_by: identity.created_by,
            spec: self.plan.spec,
            bundle: self.plan.bundle,
            agents_left_out: self.plan.agents_left_out,
            execution: self.plan.execution,
            versions: self.plan.versions,
        })
    }
}

/// Accepts names that fit on a line.
pub(crate) fn check_name(field: &str, name: &str) -> ApiResult<()> {
    if name.trim().is_empty() || name.chars().count() > MAX_NAME_CHARS {
        return Err(ApiError::invalid(format!("{field} must have between 1 and {MAX_NAME_CHARS} characters")));
    }
    if name.chars().any(char::is_control) {
        return Err(ApiError::invalid(format!("{field} must not contain control characters")));
    }
    Ok(())
}

#[cfg(test)]
#[path = "create_tests.rs"]
mod tests;
