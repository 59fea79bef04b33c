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

    /// The environments of a region for a digest: one where they are all the same, so that it does not matter whether segments
    /// may have their own.
    pub(crate) fn told_of_region(&self, region: usize) -> &[f32] {
        let (first, all) = (self.of_region(region), self.rows_of_region(region));
        let bits = |row: &[f32]| row.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        let same = self.variables == 0 || all.chunks_exact(self.variables).all(|row| bits(row) == bits(first));
        if same { first } else { all }
    }

    /// The environment of every region, region by variable; the mean over segments where these have their own, each counted
    /// once.
    pub fn by_region(&self) -> Vec<f32> {
        if !self.differ_by_segment() || self.variables == 0 {
            return self.environment.clone();
        }
        let regions = self.environment.chunks_exact(self.rows_per_region * self.variables);
        let mean = |rows: &[f32], variable: usize| {
            let sum: f64 = rows.iter().skip(variable).step_by(self.variables).map(|&value| f64::from(value)).sum();
            (sum / self.rows_per_region as f64) as f32
        };
        regions.flat_map(|rows| (0..self.variables).map(move |variable| mean(rows, variable))).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_that_are_alike_are_told_once() {
        let all = |environment: &[f32], rows_per_region| Conditions {
            environment: environment.to_vec(),
            rows_per_region,
            variables: 2,
            society: Vec::new(),
        };
        let plain = all(&[0.1, 0.2, 0.3, 0.4], 1);
        let alike = all(&[0.1, 0.2, 0.1, 0.2, 0.3, 0.4, 0.3, 0.4], 2);
        assert_eq!(
            [0, 1].map(|region| plain.told_of_region(region)),
            [0, 1].map(|region| alike.told_of_region(region))
        );
        assert_eq!((plain.by_region(), alike.by_region()), (plain.environment.clone(), plain.environment.clone()));
        let apart = all(&[0.1, 0.2, 0.5, 0.2, 0.3, 0.4, 0.3, 0.4], 2);
        assert_eq!(apart.told_of_region(0), [0.1, 0.2, 0.5, 0.2]);
        assert_eq!(apart.told_of_region(1), [0.3, 0.4]);
        assert_eq!(apart.by_region(), [0.3, 0.2, 0.3, 0.4]);
    }
}
