//! What all agents share in a tick: the environment of every region and the state of the society as a whole. Made by the
//! coordinator, read by partitions; plain data that travels with every step.

/// The conditions of a tick.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conditions {
    /// Value of every variable, region by variable; where segments have environments of their own, region by segment by
    /// variable.
    pub environment: Vec<f32>,
    /// Environments of a region: 1, or as many as there are segments.
    pub rows_per_region: usize,
    /// Number of variables.
    pub variables: usize,
    /// Mean of every metric over all agents at the end of the last tick.
    pub society: Vec<f64>,
}

impl Conditions {
    /// The environment of a region, where its segments have none of their own; else that of the first.
    #[inline]
    pub fn of_region(&self, region: usize) -> &[f32] {
        &self.environment[region * self.rows_per_region * self.variables..][..self.variables]
    }

    /// The environments of a region, one after the other.
    pub fn rows_of_region(&self, region: usize) -> &[f32] {
        let cells = self.rows_per_region * self.variables;
        &self.environment[region * cells..][..cells]
    }

    /// True where segments have environments of their own.
    #[inline]
    pub fn differ_by_segment(&self) -> bool {
        self.rows_per_region > 1
    }

    /// The environment of a segment in a region.
    #[inline]
    pub fn of(&self, region: usize, segment: usize) -> &[f32] {
        let row = region * self.rows_per_region + if self.differ_by_segment() { segment } else { 0 };
        &self.environment[row * self.variables..][..self.variables]
    }
}
