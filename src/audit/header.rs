//! What stands at the beginning of an audit: which program made it, of which run, executed how. It says where two headers
//! differ, field by field.

use civitas_engine::{Layout, MAX_AGENTS, MAX_REGIONS, World};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::format::Shape;
use super::report::FieldDifference;
use super::specification::Specification;

/// The header.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Version of civitas.
    pub civitas: String,
    /// Version of its engine.
    pub engine: String,
    /// The machine that it was built for, as Rust names it.
    pub target: String,
    /// The features of that machine that the compiler could use.
    pub target_features: String,
    /// What built it, and how.
    pub compiler: String,
    /// The engine's own version of results.
    pub results_version: u32,
    /// The model.
    pub model: Named,
    /// The data set, with a hash of what is in it.
    pub dataset: Named,
    /// A hash of all that decides the results.
    pub fingerprint: String,
    /// Partitions of the run.
    pub partitions: usize,
    /// Compute threads of the runtime.
    pub threads: usize,
    /// Traits that the run's experiment may set and that are kept besides what the model saves.
    pub kept_traits: Vec<String>,
    /// True where every agent is hashed by itself.
    pub agent_hashes: bool,
    /// The regions in order.
    pub regions: Vec<RegionCount>,
    /// What the run was asked to do: a [`Specification`].
    pub specification: Value,
}

/// Something with a name and a version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// Its version, or a hash that stands for it.
    pub version: String,
}

/// A region and how many agents it has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegionCount {
    /// The region's code.
    pub code: String,
    /// Its agents; ids run region by region.
    pub agents: u32,
}

impl Header {
    /// The header of a run of this program.
    pub fn of(world: &World, partitions: usize, threads: usize, agent_hashes: bool) -> Self {
        let region = |(number, region): (usize, &civitas_engine::Region)| RegionCount {
            code: region.code.clone(),
            agents: world.layout.region_agents(number).len() as u32,
        };
        let specification = serde_json::to_value(Specification::of(world));
        Self {
            civitas: env!("CARGO_PKG_VERSION").to_owned(),
            engine: civitas_engine::VERSION.to_owned(),
            target: civitas_engine::TARGET.to_owned(),
            target_features: env!("CIVITAS_TARGET_FEATURES").to_owned(),
            compiler: env!("CIVITAS_COMPILER").to_owned(),
            results_version: world.results_version(),
            model: Named { name: world.model.name().to_owned(), version: world.model.version().to_owned() },
            dataset: Named {
                name: world.dataset.name().to_owned(),
                version: format!("{:016x}", world.dataset.fingerprint()),
            },
            fingerprint: format!("{:016x}", world.fingerprint()),
            partitions,
            threads,
            kept_traits: world.kept_traits().into_iter().map(str::to_owned).collect(),
            agent_hashes,
            regions: world.dataset.regions().iter().enumerate().map(region).collect(),
            specification: specification.expect("a checked specification holds string keys and finite numbers only"),
        }
    }

    /// Where the agents are; what is wrong with the numbers where they cannot be those of a run.
    pub(super) fn layout(&self) -> Result<Layout, String> {
        let agents: u64 = self.regions.iter().map(|region| u64::from(region.agents)).sum();
        if self.regions.len() > MAX_REGIONS || !(1..=u64::from(MAX_AGENTS)).contains(&agents) {
            return Err(format!("its header states {agents} agents in {} regions", self.regions.len()));
        }
        let counts: Vec<_> = self.regions.iter().map(|region| region.agents).collect();
        Ok(Layout::from_counts(&counts))
    }

    /// The shape of the records that follow.
    pub(super) fn shape(&self, layout: &Layout) -> Shape {
        let agents = self.agent_hashes.then_some(layout.agents() as usize);
        let plain = !self.kept_traits.is_empty();
        Shape { regions: layout.regions(), blocks: layout.blocks() as usize, plain, agents }
    }

    /// Where two headers differ.
    pub(super) fn differences(&self, other: &Self) -> Vec<FieldDifference> {
        let value = |header: &Self| serde_json::to_value(header).unwrap_or_default();
        let mut found = Vec::new();
        compare("", Some(&value(self)), Some(&value(other)), &mut found);
        found
    }
}

/// Notes where two values differ, as deep as they are of the same kind.
fn compare(path: &str, a: Option<&Value>, b: Option<&Value>, found: &mut Vec<FieldDifference>) {
    if a == b {
        return;
    }
    match (a, b) {
        (Some(Value::Object(one)), Some(Value::Object(other))) if share_a_key(one, other) => {
            let names = one.keys().chain(other.keys().filter(|name| !one.contains_key(*name)));
            for name in names {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                compare(&path, one.get(name), other.get(name), found);
            }
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) => {
            if one.len() != other.len() {
                found.push(FieldDifference::new(
                    format!("{path}.length"),
                    Some(one.len().into()),
                    Some(other.len().into()),
                ));
            }
            // One item more or less moves all that follow; the first one says it.
            let differing = (0..one.len().max(other.len())).filter(|&place| one.get(place) != other.get(place));
            let shown = if one.len() == other.len() { usize::MAX } else { 1 };
            for place in differing.take(shown) {
                compare(&format!("{path}[{place}]"), one.get(place), other.get(place), found);
            }
        }
        _ => found.push(FieldDifference::new(path.to_owned(), a.cloned(), b.cloned())),
    }
}

/// Objects without a common key are different things, such as two kinds of workflow steps, and stay whole.
fn share_a_key(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    one.is_empty() || other.is_empty() || one.keys().any(|name| other.contains_key(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn differences_are_named_field_by_field() {
        let a = json!({"seed": 1, "same": [1], "steps": [{"run": {"ticks": 4}}, {"run": {"ticks": 5}}], "old": true});
        let b = json!({"seed": 2, "same": [1], "steps": [{"run": {"ticks": 4}}, {"next_round": {}}, {"run": {"ticks": 5}}]});
        let mut found = Vec::new();
        compare("", Some(&a), Some(&b), &mut found);
        let said: Vec<_> =
            found.iter().map(|difference| (difference.field.as_str(), &difference.a, &difference.b)).collect();
        let some = |value: Value| Some(value);
        assert_eq!(
            said,
            [
                ("old", &some(json!(true)), &None),
                ("seed", &some(json!(1)), &some(json!(2))),
                ("steps.length", &some(json!(2)), &some(json!(3))),
                ("steps[1]", &some(json!({"run": {"ticks": 5}})), &some(json!({"next_round": {}}))),
            ]
        );
    }
}
