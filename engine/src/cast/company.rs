//! Which agents the targets are, and what they are born with. An agent that is not given by its id is chosen among those of
//! the persona's region and segment, by the run's first seed and the target's place in the list alone.

use std::ops::Range;
use std::sync::Arc;

use super::goal::Aim;
use super::spec::{Persona, TargetAgent};
use crate::World;
use crate::draws::{BLOCK_AGENTS, DrawKey, Purpose};
use crate::error::{EngineError, Result};
use crate::guard::{ModelFailure, guarded};
use crate::kernel::AnyModel;
use crate::workflow::{Value, code, unknown};
use crate::world::Dataset;

/// The most agents that are looked at to find one of a segment: so that checking a request stays quick.
const MAX_LOOKED_AT: usize = 1 << 16;

/// The targets of a run.
#[derive(Clone, Debug)]
pub(crate) struct Company {
    /// In the order of the request.
    pub(crate) members: Vec<Member>,
    /// Their ids, rising.
    ids: Arc<[u32]>,
}

/// One target.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) agent: u32,
    pub(crate) region: usize,
    pub(crate) segment: usize,
    pub(crate) aim: Option<Aim>,
    /// Traits that it is born with: place and value, in the order of the model's traits, for it may let one follow from
    /// another.
    traits: Vec<(usize, f64)>,
}

impl Company {
    /// The targets of a world that has none yet.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a name that means nothing here, a value out of its range, or a segment that nobody is of.
    pub(crate) fn new(world: &World, targets: &[TargetAgent]) -> Result<Self> {
        let mut taken: Vec<u32> = targets.iter().filter_map(|target| target.agent).collect();
        let mut members = Vec::with_capacity(targets.len());
        for (place, target) in targets.iter().enumerate() {
            let member = member(world, place, target, &taken)?;
            taken.push(member.agent);
            members.push(member);
        }
        let mut ids: Vec<u32> = members.iter().map(|member| member.agent).collect();
        ids.sort_unstable();
        Ok(Self { members, ids: ids.into() })
    }

    /// Their ids, rising.
    pub(crate) fn ids(&self) -> &Arc<[u32]> {
        &self.ids
    }

    /// Calls `set` with the traits that an agent is born with, if it is one of them.
    pub(crate) fn endow(&self, id: u32, mut set: impl FnMut(usize, f64)) {
        if self.ids.binary_search(&id).is_err() {
            return;
        }
        let traits = self.members.iter().filter(|member| member.agent == id).flat_map(|member| &member.traits);
        traits.for_each(|&(place, value)| set(place, value));
    }
}

fn member(world: &World, place: usize, target: &TargetAgent, taken: &[u32]) -> Result<Member> {
    let field = format!("targets[{place}]");
    let (model, dataset) = (world.model.as_ref(), world.dataset.as_ref());
    let Persona { region, segment, traits: _ } = &target.persona;
    let region = region.as_deref().map(|code| region_of(&field, code, dataset)).transpose()?;
    let segment = segment.as_deref().map(|name| segment_of(&field, name, model)).transpose()?;
    let traits = traits_of(&field, &target.persona, model)?;
    let aim = target.goal.as_ref().map(|goal| Aim::new(&format!("{field}.goal"), goal, model)).transpose()?;
    let (agent, segment) = match target.agent {
        Some(agent) => (agent, given(world, &field, agent, region, segment)?),
        None => chosen(world, &field, place, region, segment, taken)?,
    };
    let region = world.layout.region_of_agent(agent);
    Ok(Member { name: target.name.clone(), agent, region, segment, aim, traits })
}

/// The number of a region.
pub(super) fn region_of(field: &str, code: &str, dataset: &Dataset) -> Result<usize> {
    let known = || dataset.regions().iter().map(|region| region.code.as_str());
    known().position(|known| known == code).ok_or_else(|| unknown(&format!("{field}.region"), "region", code, known()))
}

/// The number of a segment.
pub(super) fn segment_of(field: &str, name: &str, model: &dyn AnyModel) -> Result<usize> {
    let known = || model.segments().iter().copied();
    known()
        .position(|known| known == name)
        .ok_or_else(|| unknown(&format!("{field}.segment"), "segment", name, known()))
}

/// The places and values of a persona's traits.
pub(super) fn traits_of(field: &str, persona: &Persona, model: &dyn AnyModel) -> Result<Vec<(usize, f64)>> {
    let traits = model.traits();
    let value = |(name, value): (&String, &Value)| {
        let path = format!("{field}.traits.{name}");
        let place = traits.iter().position(|known| known.name == name);
        let settable = || traits.iter().filter(|known| known.settable).map(|known| known.name);
        let place = place.ok_or_else(|| unknown(&path, "trait", name, settable()))?;
        if !traits[place].settable {
            let others = settable().collect::<Vec<_>>().join(", ");
            let problem = format!("cannot be given, for it follows from the others; there are: {others}");
            return Err(EngineError::invalid(path, problem));
        }
        Ok((place, code(&path, &traits[place], value)?))
    };
    let mut values = persona.traits.iter().map(value).collect::<Result<Vec<(usize, f64)>>>()?;
    values.sort_by_key(|(place, _)| *place);
    Ok(values)
}

/// The segment of an agent that is given by its id, which must live where the persona does.
fn given(world: &World, field: &str, agent: u32, region: Option<usize>, segment: Option<usize>) -> Result<usize> {
    let lives = world.layout.region_of_agent(agent);
    if region.is_some_and(|region| region != lives) {
        let code = &world.dataset.regions()[lives].code;
        let problem = format!("must be {code}, where agent {agent} lives, or be left out");
        return Err(EngineError::invalid(format!("{field}.region"), problem));
    }
    let blocks = world.layout.region_blocks(lives);
    let block = blocks.start + (agent - world.layout.region_agents(lives).start) / BLOCK_AGENTS as u32;
    let found = found(world, block..block + 1, (0, 0), |id, _| id == agent)?;
    let (_, own) = found.ok_or_else(|| EngineError::State(format!("agent {agent} is in no block")))?;
    if segment.is_some_and(|segment| segment != own) {
        let problem = format!("must be {}, which agent {agent} is of, or be left out", world.model.segments()[own]);
        return Err(EngineError::invalid(format!("{field}.segment"), problem));
    }
    Ok(own)
}

/// An agent of this region and segment that is nobody's yet, with its segment.
fn chosen(
    world: &World,
    field: &str,
    place: usize,
    region: Option<usize>,
    segment: Option<usize>,
    taken: &[u32],
) -> Result<(u32, usize)> {
    let blocks = region.map_or(0..world.layout.blocks(), |region| world.layout.region_blocks(region));
    let code = region.map(|region| format!(" in {}", world.dataset.regions()[region].code)).unwrap_or_default();
    if blocks.is_empty() {
        let problem =
            format!("must be one where somebody lives: of {} agents there is nobody{code}", world.layout.agents());
        return Err(EngineError::invalid(format!("{field}.region"), problem));
    }
    let mut drawn = DrawKey::new(world.spec.birth_seed(), Purpose::Cast).stream(place as u32);
    let first = ((u64::from(drawn.word()) * blocks.len() as u64) >> 32) as u32;
    let lane = drawn.word() as usize % BLOCK_AGENTS;
    let free = |id: u32, own: usize| !taken.contains(&id) && segment.is_none_or(|segment| segment == own);
    if let Some(found) = found(world, blocks, (first, lane), free)? {
        return Ok(found);
    }
    let (name, of) = match segment {
        Some(segment) => ("segment", format!("of segment {}", world.model.segments()[segment])),
        None => ("region", "left".to_owned()),
    };
    let problem = format!("finds nobody {of}{code} for this target; name another, or simulate more agents");
    Err(EngineError::invalid(format!("{field}.{name}"), problem))
}

/// The first agent that is wanted, looking at these blocks from the one at place `first` on and then from the start, at each
/// from `lane` on, with its segment.
fn found(
    world: &World,
    blocks: Range<u32>,
    (first, lane): (u32, usize),
    mut wanted: impl FnMut(u32, usize) -> bool,
) -> Result<Option<(u32, usize)>> {
    let count = blocks.len() as u32;
    let order = (0..count).map(|step| blocks.start + (first + step) % count).take(MAX_LOOKED_AT / BLOCK_AGENTS);
    let order: Vec<u32> = order.collect();
    let found = guarded(|| world.model.find_newborn(world, &order, lane, &mut wanted));
    let failed = |failure: ModelFailure| format!("{} an agent at its birth: {failure}", failure.verb());
    found.map_err(|failure| EngineError::invalid("model", failed(failure)))
}
