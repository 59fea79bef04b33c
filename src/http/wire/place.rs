//! Runs that are to belong to a node that is there, one or a batch: which node a body names, and what it may say besides. Owns
//! what is left out (as the node has it) and what must be so; how patches add up is the runtime's matter.

use civitas_actors::{Execution, NewRun, NodePlace, mode_of, shifted, to_stored};
use civitas_engine::{EngineError, MAX_WORKFLOW_TICKS};
use civitas_store::NodeId;
use uuid::Uuid;

use super::batch::{CreateBatch, Variation, blame, checked};
use super::config::{RunConfig, ScenarioPatch, bounded, execution};
use super::create::{CreateRun, DEFAULT_NAME, check_name};
use super::fork::{Mismatch, check_fixed, same};
use super::object::Object;
use super::scenario::Changes;
use crate::http::errors::{ApiError, ApiResult, ErrorCode};

/// Where no seed is stated.
const DEFAULT_SEED: u64 = 42;

/// What a run says of itself that is to belong to a node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wish {
    /// Its project, which must be the node's.
    pub project_id: Option<Uuid>,
    /// Its name.
    pub name: String,
    /// Its mode, which must be the node's.
    pub mode: Option<String>,
    /// Its configuration: the seed may differ, and for a child the horizon; all else must be as in the node.
    pub config: RunConfig,
    /// What a child adds to its parent's scenario; of a further run what is in force.
    pub scenario_patch: Option<ScenarioPatch>,
}

/// A batch of runs that are to belong to a node, or to children of it.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedBatch {
    /// The node, and whether they are its runs or its children's.
    pub place: NodePlace,
    name: Option<String>,
    base: Wish,
    variations: Vec<Object<Variation>>,
}

/// The node that a body names, if it names one.
///
/// # Errors
/// `VALIDATION_ERROR` where it names two, or one beside a run that is to be forked.
fn place(node_id: Option<Uuid>, parent_node_id: Option<Uuid>, forked: bool) -> ApiResult<NodePlace> {
    match (node_id, parent_node_id) {
        (Some(_), Some(_)) => {
            let detail = "node_id and parent_node_id exclude each other: the first is for one more run of a node, the second for a child";
            Err(ApiError::invalid(detail))
        }
        (Some(_), None) if forked => Err(ApiError::invalid(
            "node_id and parent_run_id exclude each other: a fork with nothing but another seed belongs to its parent's node by itself",
        )),
        (Some(id), None) => Ok(NodePlace::Of(id)),
        (None, Some(id)) => Ok(NodePlace::Below(id)),
        (None, None) => Ok(NodePlace::Root),
    }
}

/// The node of a place.
pub fn node_of(place: NodePlace) -> Option<NodeId> {
    match place {
        NodePlace::Root => None,
        NodePlace::Of(id) | NodePlace::Below(id) => Some(id),
    }
}

impl CreateRun {
    /// Where the run is to belong.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` for fields that exclude each other.
    pub fn place(&self) -> ApiResult<NodePlace> {
        place(self.node_id, self.parent_node_id, self.parent_run_id.is_some())
    }

    /// The run, with what it leaves out as in the run `like` of its node.
    ///
    /// # Errors
    /// As [`Wish::of`].
    pub fn in_node(self, place: NodePlace, like: NewRun) -> ApiResult<NewRun> {
        if self.from_tick.is_some() {
            return Err(ApiError::invalid("from_tick needs parent_run_id, the run that is forked"));
        }
        let name = self.name.unwrap_or_else(|| DEFAULT_NAME.to_owned());
        let config = self.config.unwrap_or_default();
        let wish =
            Wish { project_id: self.project_id, name, mode: self.mode, config, scenario_patch: self.scenario_patch };
        wish.of(place, like)
    }
}

impl Wish {
    /// The run as the runtime takes it: like `like`, a run of the node, but for what is said here.
    ///
    /// # Errors
    /// `NODE_MISMATCH` or `VALIDATION_ERROR` starting with the field.
    pub fn of(self, place: NodePlace, like: NewRun) -> ApiResult<NewRun> {
        check_name("name", &self.name)?;
        let mut config = self.config;
        let patch = match (config.scenario_patch.take(), self.scenario_patch) {
            (Some(base), Some(over)) => Some(base.merged(over)),
            (base, over) => over.or(base),
        };
        let stored = to_stored(&like.spec, like.execution, 0, &like.versions);
        same("project_id", self.project_id.as_ref(), &like.project_id).map_err(mismatch)?;
        same("mode", self.mode.as_deref(), mode_of(&like.spec).as_str()).map_err(mismatch)?;
        check_fixed(&config, &stored).map_err(mismatch)?;
        let horizon = bounded("horizon_ticks", config.horizon_ticks, (1, MAX_WORKFLOW_TICKS.into()))?;
        let mut spec = match place {
            NodePlace::Below(_) => {
                let Changes { variable_deltas, effects } = patch.unwrap_or_default().changes()?;
                // What its parent would do after the child's end never happens.
                let end = horizon.unwrap_or(like.spec.horizon_ticks);
                let last_turn = like.spec.past.last().map_or(0, |era| era.until_tick);
                if end < last_turn {
                    let problem =
                        format!("must be at least {last_turn}, the tick up to which the node's past is given");
                    return Err(EngineError::invalid("config.horizon_ticks", problem).into());
                }
                shifted(&like.spec.without_effects_after(end), &variable_deltas, &effects)?
            }
            NodePlace::Of(_) | NodePlace::Root => {
                let stated = patch.map(ScenarioPatch::changes).transpose()?;
                let Changes { variable_deltas, effects } = stated.unwrap_or_else(|| in_force(&like));
                if (&variable_deltas, &effects) != (&like.spec.variable_deltas, &like.spec.effects) {
                    return Err(mismatch(Mismatch::new("scenario_patch", "its effective_patch")));
                }
                same("config.horizon_ticks", horizon.as_ref(), &like.spec.horizon_ticks).map_err(mismatch)?;
                like.spec.clone()
            }
        };
        spec.horizon_ticks = horizon.unwrap_or(spec.horizon_ticks);
        spec.seed = bounded("seed", config.seed, (0, u64::MAX.into()))?.unwrap_or(DEFAULT_SEED);
        for era in &mut spec.past {
            era.seed = spec.seed;
        }
        let telemetry = config.telemetry.unwrap_or_default().choice()?;
        let execution = execution(&config.scheduler.unwrap_or_default(), config.snapshot_every_ticks)?;
        let execution = Execution { telemetry, ..execution };
        Ok(NewRun { name: self.name, node: place, spec, execution, ..like })
    }
}

/// What changes a run's scenario.
fn in_force(run: &NewRun) -> Changes {
    Changes { variable_deltas: run.spec.variable_deltas.clone(), effects: run.spec.effects.clone() }
}

/// A field that is not as in the node.
fn mismatch(Mismatch { field, kept }: Mismatch) -> ApiError {
    let detail = format!("{field} must be as in the node ({kept}), or be left out");
    ApiError::new(ErrorCode::NodeMismatch, detail)
}

impl CreateBatch {
    /// This batch as one of runs that belong to a node; the batch as it was where it names none, or is one of forks.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` for the name, the number of variations, or fields that exclude each other.
    pub fn into_placed(mut self) -> ApiResult<Result<PlacedBatch, Box<Self>>> {
        let named =
            self.base_config.as_ref().map(|base| (base.node_id, base.parent_node_id, base.parent_run_id.is_some()));
        let (node_id, parent_node_id, forked) = named.unwrap_or_default();
        let place = place(node_id, parent_node_id, forked)?;
        let Some(base) = self.base_config.take_if(|_| place != NodePlace::Root && !forked) else {
            return Ok(Err(Box::new(self)));
        };
        if let Some(name) = &self.name {
            check_name("name", name)?;
        }
        if base.from_tick.is_some() {
            return Err(ApiError::invalid("base_config.from_tick needs parent_run_id, the run that is forked"));
        }
        let mode = base.mode.clone();
        let (_, config) = base.split();
        let variations = checked(self.variations)?;
        let base = Wish { project_id: self.project_id, mode, config, ..Wish::default() };
        Ok(Ok(PlacedBatch { place, name: self.name, base, variations }))
    }
}

impl PlacedBatch {
    /// One run per variation, each like `like` but for what it says.
    ///
    /// # Errors
    /// As [`Wish::of`], naming the variation.
    pub fn of(self, like: &NewRun) -> ApiResult<Vec<NewRun>> {
        let common = self.name.unwrap_or_else(|| DEFAULT_NAME.to_owned());
        let run = |(index, Object(variation)): (usize, Object<Variation>)| {
            let name = variation.name.clone().unwrap_or_else(|| format!("{common} {}", index + 1));
            check_name(&format!("variations[{index}].name"), &name)?;
            let config = variation.over(self.base.config.clone());
            let wish = Wish { name, config, ..self.base.clone() };
            let run = wish.of(self.place, like.clone()).map_err(|error| blame(error, index))?;
            Ok(NewRun { node_name: Some(common.clone()), ..run })
        };
        self.variations.into_iter().enumerate().map(run).collect()
    }
}
