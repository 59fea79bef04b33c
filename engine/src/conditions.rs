//! What all agents share in a tick: the environment of every region and the state of the society as a whole. Made by the
//! coordinator, read by partitions; plain data that travels with every step.

/// The conditions of a tick.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conditions {
    /// Value of every variable, region by variable.
    pub environment: Vec<f32>,
    /// Number of variables.
    pub variables: usize,
    /// Mean of every metric over all agents at the end of the last tick.
    pub society: Vec<f64>,
}

impl Conditions {
    /// The environment of a region.
    #[inline]
    pub fn of_region(&self, region: usize) -> &[f32] {
        &self.environment[region * self.variables..][..self.variables]
    }
}
