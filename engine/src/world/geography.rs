//! How strongly regions attract each other's attention: the gravity law over great-circle distances.

use crate::spec::NetworkSpec;
use crate::world::{Dataset, Layout};

/// Mean radius of the earth in kilometres (IUGG).
const EARTH_RADIUS_KM: f64 = 6371.0088;
/// Shortest distance that the gravity law is given, in kilometres: it has no finite value at 0.
const MIN_DISTANCE_KM: f64 = 1.0;

/// For each region, which other region a tie out of it leads to.
#[derive(Clone, Debug)]
pub struct Gravity {
    regions: usize,
    /// Row by row, rising thresholds over a 32-bit draw; an empty table where there is one region only.
    thresholds: Vec<u32>,
    /// False for regions from which no other region can be reached.
    reaches: Vec<bool>,
}

impl Gravity {
    /// The weight of a tie from region r to region s is `P_r P_s B / d^k` (Zipf 1946): populations P, distance d
    /// between centroids in kilometres, k the distance exponent, B the border factor where the two touch and
    /// 1 elsewhere. `P_r` is common to a row and falls out of its shares. Regions without agents get none.
    pub fn new(dataset: &Dataset, layout: &Layout, network: &NetworkSpec) -> Self {
        let regions = dataset.regions().len();
        let mut table = Self { regions, thresholds: vec![0; regions * regions], reaches: vec![false; regions] };
        for from in 0..regions {
            let weights: Vec<f64> = (0..regions).map(|to| weight(dataset, layout, network, from, to)).collect();
            let total: f64 = weights.iter().sum();
            if total > 0.0 {
                table.reaches[from] = true;
                table.fill_row(from, &weights, total);
            }
        }
        table
    }

    fn fill_row(&mut self, from: usize, weights: &[f64], total: f64) {
        let row = &mut self.thresholds[from * self.regions..][..self.regions];
        let mut sum = 0.0;
        let mut last = 0;
        for (to, &weight) in weights.iter().enumerate() {
            sum += weight;
            row[to] = (sum / total * f64::from(u32::MAX)) as u32;
            if weight > 0.0 {
                last = to;
            }
        }
        // Rounding must leave no draw beyond the last region that can be reached.
        row[last..].fill(u32::MAX);
    }

    /// True when some other region can be reached from this one.
    pub fn reaches_out(&self, from: usize) -> bool {
        self.reaches[from]
    }

    /// The region that a tie out of `from` leads to, for a uniform 32-bit draw.
    pub fn destination(&self, from: usize, draw: u32) -> usize {
        let row = &self.thresholds[from * self.regions..][..self.regions];
        // A threshold of u32::MAX takes every draw that is left, u32::MAX itself included.
        row.partition_point(|&threshold| threshold <= draw && threshold != u32::MAX)
    }
}

fn weight(dataset: &Dataset, layout: &Layout, network: &NetworkSpec, from: usize, to: usize) -> f64 {
    if from == to || layout.region_agents(to).is_empty() {
        return 0.0;
    }
    let (a, b) = (&dataset.regions()[from], &dataset.regions()[to]);
    // Where nobody knows where regions are, all are equally far from each other.
    let distance =
        a.centroid.zip(b.centroid).map_or(MIN_DISTANCE_KM, |(a, b)| great_circle_km(a, b).max(MIN_DISTANCE_KM));
    let border = if dataset.share_border(from, to) { network.border_factor } else { 1.0 };
    b.population as f64 * border / libm::pow(distance, network.distance_exponent)
}

/// Great-circle distance in kilometres between two points (longitude, latitude) in degrees, by the haversine
/// formula.
pub fn great_circle_km(a: (f64, f64), b: (f64, f64)) -> f64 {
    let radians = std::f64::consts::PI / 180.0;
    let (lon_a, lat_a, lon_b, lat_b) = (a.0 * radians, a.1 * radians, b.0 * radians, b.1 * radians);
    let lat = libm::sin((lat_b - lat_a) / 2.0);
    let lon = libm::sin((lon_b - lon_a) / 2.0);
    let h = lat * lat + libm::cos(lat_a) * libm::cos(lat_b) * lon * lon;
    2.0 * EARTH_RADIUS_KM * libm::asin(libm::sqrt(h).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_sphere() {
        let quarter = great_circle_km((0.0, 0.0), (90.0, 0.0));
        assert!((quarter - EARTH_RADIUS_KM * std::f64::consts::FRAC_PI_2).abs() < 1e-6);
        assert_eq!(great_circle_km((10.0, 50.0), (10.0, 50.0)), 0.0);
    }

    #[test]
    fn ties_follow_population_and_distance() {
        let regions = "code,name,population,lon_deg,lat_deg\nA,A,100,0,0\nB,B,300,1,0\nC,C,100,2,0\nD,D,7,0,1\n";
        let dataset = Dataset::from_csv("x", regions, "a,b\nA,C\n").unwrap();
        let layout = Layout::from_counts(&[10, 30, 10, 0]);
        let network = NetworkSpec { distance_exponent: 2.0, border_factor: 2.0, ..NetworkSpec::default() };
        let gravity = Gravity::new(&dataset, &layout, &network);
        let mut seen = [0u32; 4];
        for i in 0..10_000u32 {
            seen[gravity.destination(0, i * 429_496)] += 1;
        }
        seen[gravity.destination(0, u32::MAX)] += 1;
        // B weighs 300 / 1, C weighs 100 * 2 / 4: shares 6/7 and 1/7. D has no agents.
        assert_eq!((seen[0], seen[3]), (0, 0));
        assert!((f64::from(seen[1]) / 10_001.0 - 6.0 / 7.0).abs() < 0.001, "{seen:?}");
        assert!(gravity.reaches_out(3));
    }

    #[test]
    fn a_lone_region_reaches_nobody() {
        let dataset = Dataset::from_csv("x", "code,name,population,lon_deg,lat_deg\nA,A,1,0,0\n", "a,b\n").unwrap();
        let layout = Layout::from_counts(&[5]);
        assert!(!Gravity::new(&dataset, &layout, &NetworkSpec::default()).reaches_out(0));
    }
}
