//! About how much memory a run takes, before anything of it is made: what the model's agents take, what they publish in every
//! partition that sees it, and their ties. It owns the arithmetic; which limit there is, is its callers' affair.

use crate::error::Result;
use crate::kernel::Catalogue;
use crate::model::MIN_LETTERS_EACH;
use crate::run::Plan;
use crate::spec::{NetworkKind, NetworkSpec, RunSpec};

/// Bytes of one agent of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentBytes {
    /// Its state.
    pub state: usize,
    /// What it publishes.
    pub published: usize,
    /// What a snapshot keeps of it.
    pub saved: usize,
}

/// Bytes of a tie, with what is held while a network is made.
const TIE: f64 = 4.5;

/// Bytes of the end of an agent's row of ties.
const ROW_END: f64 = 4.0;

/// Bytes of the slots and places that a partition holds for each agent of the run where everybody listens to everybody.
const WHEEL: f64 = 16.0;

/// A partition that listens to more than this share of the agents elsewhere sees all of them.
const WHOLE_FROM: f64 = 0.25;

/// How often a letter is held at once: as it was written, on its way, and sorted for its reader.
const LETTER_COPIES: f64 = 3.0;

/// About how many bytes a run takes that is split for so many threads, or into so many partitions where they are given: its
/// agents' state, both columns of what every partition sees, ties, halos on their way, a snapshot in the making. Measured
/// for `society` at mean degree 12: 81 bytes an agent with two partitions where this says 90, 110 with sixteen and a
/// snapshot in every tick where it says 99. The data set comes on top.
///
/// Of a model with mail it reckons with [`MIN_LETTERS_EACH`] letters an agent in every tick. Agents may write more, up to
/// [`crate::MAX_PARTITION_MAIL_BYTES`] in a partition: what a run holds is known tick by tick ([`crate::PartitionKernel::bytes`]).
///
/// # Errors
/// [`crate::EngineError`] for a model or parameters that there are not.
pub fn memory_bytes(spec: &RunSpec, catalogue: &Catalogue, partitions: Option<usize>, threads: usize) -> Result<u64> {
    let model = catalogue.model(&spec.model, &spec.parameters)?;
    let (agents, bytes) = (spec.population.agents, model.agent_bytes());
    let wanted = partitions.unwrap_or_else(|| Plan::worthwhile(agents, threads));
    let partitions = wanted.max(Plan::fewest(agents, bytes.saved, model.letter_bytes())).min(agents as usize);
    let mail = LETTER_COPIES * (model.letter_bytes() * MIN_LETTERS_EACH) as f64;
    Ok((f64::from(agents) * (per_agent(bytes, &spec.network, partitions as f64) + mail)).ceil() as u64)
}

fn per_agent(bytes: AgentBytes, network: &NetworkSpec, partitions: f64) -> f64 {
    let AgentBytes { state, published, saved } = bytes;
    let ghosts = ghosts(network, partitions);
    let columns = published as f64 * (2.0 * (1.0 + ghosts) + ghosts);
    let ties = match network.kind {
        // Ties that the data set lists count with it.
        NetworkKind::Pairs | NetworkKind::Listed => 0.0,
        NetworkKind::Complete => WHEEL * partitions,
        // Whoever is listened to is marked with a bit in every partition.
        _ => ROW_END + network.mean_degree * TIE + partitions / 8.0,
    };
    state as f64 + columns + ties + 2.0 * saved as f64
}

/// Copies of an agent's published value beyond its own partition: as if ties that can lead far led anywhere.
fn ghosts(network: &NetworkSpec, partitions: f64) -> f64 {
    let elsewhere = 1.0 - 1.0 / partitions;
    if elsewhere == 0.0 {
        return 0.0;
    }
    let Some(far) = far_share(network) else { return partitions - 1.0 };
    let listeners = network.mean_degree * far / partitions / elsewhere;
    let listened = -libm::expm1(-listeners);
    (partitions - 1.0) * if listened > WHOLE_FROM { 1.0 } else { listened }
}

/// Share of ties that lead anywhere rather than to neighbours; none where a partition sees all agents in any case.
fn far_share(network: &NetworkSpec) -> Option<f64> {
    match network.kind {
        NetworkKind::Complete | NetworkKind::Pairs | NetworkKind::Listed => None,
        NetworkKind::Ring => Some(0.0),
        NetworkKind::SmallWorld => Some(network.rewiring),
        NetworkKind::Gravity => Some(1.0 - (1.0 - network.long_range_share) * (1.0 - network.rewiring)),
        NetworkKind::ErdosRenyi | NetworkKind::ScaleFree => Some(1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::PopulationSpec;

    /// Bytes an agent of a run of a million.
    fn bytes(model: &str, kind: NetworkKind, partitions: usize) -> u64 {
        let population = PopulationSpec { dataset: "us-2020".to_owned(), agents: 1_000_000 };
        let network = NetworkSpec { kind, ..NetworkSpec::default() };
        let spec = RunSpec { model: model.to_owned(), population, network, ..RunSpec::default() };
        memory_bytes(&spec, &Catalogue::default(), Some(partitions), 1).unwrap() / 1_000_000
    }

    #[test]
    fn the_measured_sizes_are_met_within_a_sixth() {
        for (partitions, measured) in [(2, 81.0), (16, 110.0)] {
            let found = bytes("society", NetworkKind::Gravity, partitions) as f64;
            assert!((found / measured - 1.0).abs() < 1.0 / 6.0, "{found} instead of {measured}");
        }
    }

    #[test]
    fn models_differ_by_what_their_agents_are() {
        // A stage in one byte, an opinion in eight, nothing that is published.
        let [epidemic, degroot, bass] = ["epidemic", "degroot", "bass"].map(|model| bytes(model, NetworkKind::Ring, 1));
        assert_eq!((epidemic, degroot, bass), (1 + 2 + 58 + 2, 8 + 16 + 58 + 16, 1 + 58 + 2));
    }

    #[test]
    fn every_partition_sees_everybody_where_anybody_may_be_met() {
        // An opinion, its two columns, two copies for a snapshot; with every further partition two columns and a halo.
        assert_eq!(bytes("degroot", NetworkKind::Pairs, 1), 8 + 16 + 16);
        assert_eq!(bytes("degroot", NetworkKind::Pairs, 8), 8 + 16 + 16 + 7 * 24);
        assert_eq!(bytes("bass", NetworkKind::Pairs, 8), 3);
        assert_eq!(bytes("degroot", NetworkKind::Complete, 8), 8 + 16 + 16 + 7 * 24 + 8 * 16);
    }

    #[test]
    fn the_largest_run_with_defaults_fits_where_it_did() {
        let population = PopulationSpec { dataset: "us-2020".to_owned(), agents: crate::MAX_AGENTS };
        let spec = RunSpec { population, ..RunSpec::default() };
        for threads in [1, 2, 64] {
            let bytes = memory_bytes(&spec, &Catalogue::default(), None, threads).unwrap();
            assert!((8 << 30..10 << 30).contains(&bytes), "{bytes} with {threads} threads");
        }
    }
}
