//! A fork as clients write it: the fields of a run to create, of which only some may differ from its parent's. Owns which; the
//! engine checks what they say.

use civitas_actors::NewFork;
use civitas_engine::{MAX_WORKFLOW_TICKS, Turn};
use civitas_store::{RunRecord, StoredSpec};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::config::{Network, RunConfig, ScenarioPatch, bounded, execution};
use super::create::check_name;
use super::number::{Number, Whole};
use super::object::optional;
use super::scenario::Changes;
use crate::http::errors::{ApiError, ApiResult, ErrorCode};
use crate::keys::Identity;

/// A fork to create. Everything may be left out, and is then its parent's.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForkRun {
    /// The project it belongs to.
    pub project_id: Option<Uuid>,
    /// A name for people; its parent's with the tick where it is left out.
    #[schema(min_length = 1, max_length = 200)]
    pub name: Option<String>,
    /// Its parent's mode.
    pub mode: Option<String>,
    /// The tick of one of the parent's snapshots; the newest where it is left out.
    #[schema(value_type = Option<u32>, minimum = 0)]
    pub from_tick: Option<Whole>,
    /// `seed`, `horizon_ticks` (from tick 0), `scenario_patch`, `snapshot_every_ticks`, `telemetry` and `scheduler.batch_size` may differ
    /// from the parent's; all else must be as it is there, or be left out.
    #[serde(default, deserialize_with = "optional")]
    pub config: Option<RunConfig>,
    /// What the scenario changes from that tick on, variable by variable: a number takes the place of the parent's, 0 takes it
    /// back. Windows of shifts and effects come after the parent's, which stay.
    #[serde(default, deserialize_with = "optional")]
    pub scenario_patch: Option<ScenarioPatch>,
    /// The node of the run that is forked, where the fork is to have a node of its own below it even with nothing changed.
    pub parent_node_id: Option<Uuid>,
}

/// Where a fork comes from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ForkedFrom {
    /// The run that was forked.
    pub run_id: Uuid,
    /// The tick that it goes on from.
    pub tick: u32,
}

impl ForkedFrom {
    /// Of a run; `None` where it is no fork.
    pub fn of(record: &RunRecord) -> Option<Self> {
        record.forked_from.map(|from| Self { run_id: from.run_id, tick: from.tick })
    }
}

impl ForkRun {
    /// The fork as the runtime takes it.
    ///
    /// # Errors
    /// `FORK_MISMATCH` or `VALIDATION_ERROR` starting with the field.
    pub fn of(self, parent: &RunRecord, identity: Identity) -> ApiResult<NewFork> {
        if let Some(name) = &self.name {
            check_name("name", name)?;
        }
        same("mode", self.mode.as_deref(), parent.mode.as_str())?;
        let mut config = self.config.unwrap_or_default();
        let patch = match (config.scenario_patch.take(), self.scenario_patch) {
            (Some(base), Some(over)) => Some(base.merged(over)),
            (base, over) => over.or(base),
        };
        check_fixed(&config, &parent.spec)?;
        if patch.as_ref().is_some_and(|patch| patch.event_bundle.is_some()) {
            let detail = "scenario_patch.event_bundle must be left out of a fork, which begins at a snapshot: name a bundle with \
                          event_bundle_id";
            return Err(ApiError::invalid(detail));
        }
        let Changes { variable_deltas, effects, applied, chosen } = patch.unwrap_or_default().changes()?;
        let scheduler = config.scheduler.unwrap_or_default();
        let given = execution(&scheduler, config.snapshot_every_ticks)?;
        Ok(NewFork {
            tenant_id: identity.tenant_id,
            parent: parent.id,
            from_tick: bounded("from_tick", self.from_tick, (0, u32::MAX.into()))?,
            project_id: self.project_id,
            parent_node_id: self.parent_node_id,
            name: self.name,
            created_by: identity.created_by,
            turn: Turn {
                seed: bounded("seed", config.seed, (0, u64::MAX.into()))?,
                horizon_ticks: bounded("horizon_ticks", config.horizon_ticks, (1, MAX_WORKFLOW_TICKS.into()))?,
                variable_deltas,
                effects,
                bundle: applied,
            },
            bundle: chosen,
            batch_size: scheduler.batch_size.map(|_| given.batch_size),
            snapshot_every_ticks: given.snapshot_every_ticks,
            telemetry: config.telemetry.unwrap_or_default().choice()?,
        })
    }
}

/// What a fork has of its parent, whatever it is asked for: everything that agents were born with and are stepped by.
pub(super) fn check_fixed(config: &RunConfig, parent: &StoredSpec) -> Result<(), Mismatch> {
    same("config.model", config.model.as_ref(), &parent.model)?;
    for (name, value) in config.parameters.iter().flat_map(|given| &given.0) {
        let theirs = parent.parameters.iter().find(|(known, _)| known == name);
        if theirs.is_none_or(|(_, theirs)| theirs != value) {
            let kept = theirs.map_or_else(|| "not given".to_owned(), |(_, theirs)| theirs.to_string());
            return Err(Mismatch::new(&format!("config.parameters.{name}"), &kept));
        }
    }
    if let Some(population) = &config.population {
        same("config.population.dataset", population.dataset.as_ref(), &parent.dataset)?;
        whole("config.population.agents", population.agents, parent.agents)?;
    }
    check_network(config.network.as_ref(), parent)?;
    if config.targets.is_some() {
        return Err(Mismatch::new("config.targets", "those that it has"));
    }
    if config.target.is_some() {
        return Err(Mismatch::new("config.target", "what it has"));
    }
    if let Some(scheduler) = &config.scheduler {
        same("config.scheduler.activation", scheduler.activation.as_ref(), &parent.activation)?;
        number("config.scheduler.sample_rate", scheduler.sample_rate, parent.sample_rate)?;
    }
    let names = ["engine_version", "ruleset_version", "dataset_version", "schema_version"];
    let given = [&config.engine_version, &config.ruleset_version, &config.dataset_version, &config.schema_version];
    for ((name, given), theirs) in names.into_iter().zip(given).zip(&parent.versions) {
        same(&format!("config.{name}"), given.as_ref(), theirs)?;
    }
    Ok(())
}

fn check_network(given: Option<&Network>, parent: &StoredSpec) -> Result<(), Mismatch> {
    let Some(given) = given else { return Ok(()) };
    same("config.network.kind", given.kind.as_ref(), &parent.network)?;
    for (name, given, theirs) in [
        ("mean_degree", given.mean_degree, parent.mean_degree),
        ("rewiring", given.rewiring, parent.rewiring),
        ("long_range_share", given.long_range_share, parent.long_range_share),
        ("distance_exponent", given.distance_exponent, parent.distance_exponent),
        ("border_factor", given.border_factor, parent.border_factor),
    ] {
        number(&format!("config.network.{name}"), given, theirs)?;
    }
    Ok(())
}

fn number(field: &str, given: Option<Number>, parents: f64) -> Result<(), Mismatch> {
    same(field, given.map(|given| given.0).as_ref(), &parents)
}

fn whole(field: &str, given: Option<Whole>, parents: u32) -> Result<(), Mismatch> {
    same(field, given.map(|given| given.0).as_ref(), &i128::from(parents))
}

/// Accepts what is left out or as the parent has it.
pub(super) fn same<T: PartialEq + std::fmt::Display + ?Sized>(
    field: &str,
    given: Option<&T>,
    parents: &T,
) -> Result<(), Mismatch> {
    if given.is_none_or(|given| given == parents) { Ok(()) } else { Err(Mismatch::new(field, &parents.to_string())) }
}

/// What copies of a persona have of the society that they live in: what it was stepped by, and its data set.
///
/// # Errors
/// `SOCIETY_UNUSABLE` naming the field.
pub fn fixed_by_society(config: &RunConfig, society: &StoredSpec) -> ApiResult<()> {
    let mut own = RunConfig { target: None, targets: None, ..config.clone() };
    // As many as there are copies, which is for the ensemble to say.
    if let Some(population) = &mut own.population {
        population.agents = None;
    }
    check_fixed(&own, society).map_err(|Mismatch { field, kept }| {
        let detail = format!("{field} must be as in the society that is lived in ({kept}), or be left out");
        ApiError::new(ErrorCode::SocietyUnusable, detail)
    })
}

/// A field that is stated otherwise than it must stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    /// The field.
    pub(super) field: String,
    /// How it must stay.
    pub(super) kept: String,
}

impl Mismatch {
    pub(super) fn new(field: &str, kept: &str) -> Self {
        Self { field: field.to_owned(), kept: kept.to_owned() }
    }
}

impl From<Mismatch> for ApiError {
    fn from(Mismatch { field, kept }: Mismatch) -> Self {
        let detail = format!("{field} must be as in the run that is forked ({kept}), or be left out");
        Self::new(ErrorCode::ForkMismatch, detail)
    }
}
