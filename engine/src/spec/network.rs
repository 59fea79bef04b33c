//! Which network a run has: its kind, its parameters, and what must hold between them. It owns the names and the bounds;
//! how ties are made is [`crate::world`]'s.

use crate::error::{EngineError, Result};
use crate::spec::in_range;

/// The largest mean degree; each tie costs four bytes per agent and one read per agent and tick.
pub const MAX_MEAN_DEGREE: f64 = 256.0;

/// The most ties of a network: they are numbered with 32 bits, with some room for chance. Also the most reads in a tick
/// of a network where everybody listens to everybody else.
pub const MAX_TIES: f64 = 4e9;

/// Who listens to whom.
///
/// `Ring`, `SmallWorld`, `ErdosRenyi` and `ScaleFree` are undirected: both ends of a tie listen to each other. They and
/// `Complete` and `Pairs` take all agents by id and know nothing of regions or data sets; `Listed` takes ties as the data
/// set has them. Parameters that a kind does not
/// name here have no effect on it, though their bounds hold for all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NetworkKind {
    /// Directed small-world ties within a region (Watts & Strogatz 1998) and ties between regions by gravity (Zipf 1946).
    /// Uses every parameter.
    #[default]
    Gravity,
    /// Everybody listens to everybody else. Nothing is stored, but a tick reads n (n - 1) values, at most [`MAX_TIES`].
    /// Uses no parameter.
    Complete,
    /// In every tick everybody meets one other agent at random; with an odd number one meets nobody. Nothing is stored.
    /// Uses no parameter.
    Pairs,
    /// Each agent is tied to the `mean_degree` / 2 nearest on either side of a ring of all agents. `mean_degree` must be
    /// an even whole number below the number of agents.
    Ring,
    /// The ring, the far end of each tie moved to a random agent with probability `rewiring` (Watts & Strogatz 1998).
    /// `mean_degree` as for `Ring`.
    SmallWorld,
    /// Every pair is tied with the same probability, `mean_degree` / (n - 1) (Gilbert 1959). `mean_degree` must be below
    /// the number of agents.
    ErdosRenyi,
    /// Agents join one after the other with m = `mean_degree` / 2 ties to older ones, in proportion to the ties that these
    /// have (Barabási & Albert 1999). `mean_degree` must be an even whole number below the number of agents; the mean
    /// comes out lower by m (m + 1) / n, for the oldest m + 1 agents have nobody older to choose from.
    ScaleFree,
    /// The ties that the data set lists, both ways or one way, with or without weights. Uses no parameter.
    Listed,
}

impl NetworkKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Gravity,
        Self::Complete,
        Self::Pairs,
        Self::Ring,
        Self::SmallWorld,
        Self::ErdosRenyi,
        Self::ScaleFree,
        Self::Listed,
    ];

    /// Its name in specifications.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gravity => "gravity",
            Self::Complete => "complete",
            Self::Pairs => "pairs",
            Self::Ring => "ring",
            Self::SmallWorld => "small_world",
            Self::ErdosRenyi => "erdos_renyi",
            Self::ScaleFree => "scale_free",
            Self::Listed => "listed",
        }
    }

    /// True where ties are made and stored, so that `mean_degree` counts; those that a data set lists count with it.
    const fn has_ties(self) -> bool {
        !matches!(self, Self::Complete | Self::Pairs | Self::Listed)
    }
}

impl std::fmt::Display for NetworkKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for NetworkKind {
    type Err = EngineError;

    /// The kind of this name.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for `network.kind`, with the names that there are.
    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::as_str).join(", ");
            EngineError::invalid("network.kind", format!("must be one of {names}, not {name}"))
        })
    }
}

/// Who listens to whom; see [`NetworkKind`] for what each kind makes of the parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkSpec {
    /// How ties come about.
    pub kind: NetworkKind,
    /// Mean number of agents that an agent listens to, 0 to [`MAX_MEAN_DEGREE`].
    pub mean_degree: f64,
    /// Share of the local ties that are rewired to a random agent (for `Gravity` of the same region), 0 to 1.
    pub rewiring: f64,
    /// Share of ties that lead to another region, 0 to 1.
    pub long_range_share: f64,
    /// Power of the distance in the gravity law, 0 to 4.
    pub distance_exponent: f64,
    /// Factor on the gravity weight of two regions that share a border, 1 to 100: people near a border are
    /// closer to each other than the regions' centroids are.
    pub border_factor: f64,
}

impl Default for NetworkSpec {
    fn default() -> Self {
        Self {
            kind: NetworkKind::default(),
            mean_degree: 12.0,
            rewiring: 0.1,
            long_range_share: 0.1,
            distance_exponent: 2.0,
            border_factor: 2.0,
        }
    }
}

impl NetworkSpec {
    /// Checks the parameters, by themselves and with the number of agents, which is at least 1.
    pub(super) fn check(&self, agents: u32) -> Result<()> {
        in_range("network.mean_degree", self.mean_degree, 0.0, MAX_MEAN_DEGREE)?;
        in_range("network.rewiring", self.rewiring, 0.0, 1.0)?;
        in_range("network.long_range_share", self.long_range_share, 0.0, 1.0)?;
        in_range("network.distance_exponent", self.distance_exponent, 0.0, 4.0)?;
        in_range("network.border_factor", self.border_factor, 1.0, 100.0)?;
        if self.kind.has_ties() && f64::from(agents) * self.mean_degree > MAX_TIES {
            let problem = format!("times population.agents must be at most {MAX_TIES} ties");
            return Err(EngineError::invalid("network.mean_degree", problem));
        }
        match self.kind {
            NetworkKind::Gravity | NetworkKind::Pairs | NetworkKind::Listed => Ok(()),
            NetworkKind::Complete => self.check_reads(agents),
            NetworkKind::ErdosRenyi => self.check_degree(agents),
            NetworkKind::Ring | NetworkKind::SmallWorld | NetworkKind::ScaleFree => {
                self.check_even()?;
                self.check_degree(agents)
            }
        }
    }

    fn check_reads(&self, agents: u32) -> Result<()> {
        if f64::from(agents) * (f64::from(agents) - 1.0) <= MAX_TIES {
            return Ok(());
        }
        let problem = format!(
            "times population.agents - 1 must be at most {MAX_TIES} where network.kind is {}: in every tick every agent \
             reads every other",
            self.kind
        );
        Err(EngineError::invalid("population.agents", problem))
    }

    fn check_even(&self) -> Result<()> {
        if self.mean_degree % 2.0 == 0.0 {
            return Ok(());
        }
        let problem =
            format!("must be an even whole number where network.kind is {}, not {}", self.kind, self.mean_degree);
        Err(EngineError::invalid("network.mean_degree", problem))
    }

    fn check_degree(&self, agents: u32) -> Result<()> {
        if self.mean_degree <= f64::from(agents - 1) {
            return Ok(());
        }
        let problem = format!(
            "must be at most {} where network.kind is {} and there are {agents} agents, not {}",
            agents - 1,
            self.kind,
            self.mean_degree
        );
        Err(EngineError::invalid("network.mean_degree", problem))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: NetworkKind, mean_degree: f64, agents: u32) -> std::result::Result<(), String> {
        let network = NetworkSpec { kind, mean_degree, ..NetworkSpec::default() };
        network.check(agents).map_err(|error| error.to_string())
    }

    #[test]
    fn names_lead_to_kinds_and_back() {
        for kind in NetworkKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(kind.to_string(), kind.as_str());
        }
        let error = "lattice".parse::<NetworkKind>().unwrap_err().to_string();
        assert!(error.starts_with("network.kind must be one of gravity, complete, pairs, ring, "), "{error}");
    }

    #[test]
    fn each_kind_says_what_it_needs() {
        use NetworkKind::*;
        for kind in [Ring, SmallWorld, ScaleFree] {
            assert_eq!(check(kind, 12.0, 13), Ok(()));
            assert!(check(kind, 12.0, 12).unwrap_err().contains("mean_degree must be at most 11"));
            assert!(check(kind, 7.0, 100).unwrap_err().contains("must be an even whole number where"));
            assert!(check(kind, 2.5, 100).is_err());
            assert_eq!(check(kind, 0.0, 1), Ok(()));
        }
        assert_eq!(check(ErdosRenyi, 4.0, 5), Ok(()));
        assert!(check(ErdosRenyi, 4.1, 5).is_err());
        for kind in [Gravity, Ring, SmallWorld, ScaleFree, ErdosRenyi] {
            assert!(check(kind, 256.0, 100_000_000).unwrap_err().contains("at most 4000000000 ties"));
        }
        assert_eq!(check(Gravity, 7.3, 2), Ok(()));
        assert_eq!(check(Pairs, 255.3, 100_000_000), Ok(()));
        assert_eq!(check(Listed, 255.3, 100_000_000), Ok(()));
        assert_eq!(check(Complete, 255.3, 63_246), Ok(()));
        let error = check(Complete, 12.0, 63_247).unwrap_err();
        assert!(
            error.starts_with("population.agents times population.agents - 1 must be at most 4000000000"),
            "{error}"
        );
        assert!(check(Pairs, f64::NAN, 5).is_err());
    }
}
