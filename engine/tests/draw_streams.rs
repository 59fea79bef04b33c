//! Draws belong to one agent, one tick and one purpose: were one of these to fail, two agents would share their luck, or
//! what one draws would change what another gets.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use civitas_engine::{BLOCK_AGENTS, DrawKey, Draws, Purpose};
use proptest::prelude::*;

const PURPOSES: [Purpose; 6] =
    [Purpose::Population, Purpose::Network, Purpose::Step, Purpose::Activation, Purpose::Trait, Purpose::Group];
/// Numbers that are ready for every agent; those after them cost a seek each.
const READY: usize = 2;
/// Numbers that are looked at.
const LOOKED_AT: usize = 24;

/// Whose numbers: block, place in it, tick.
type Cell = (u32, usize, u32);

fn words(key: &DrawKey, (block, lane, tick): Cell) -> Vec<u32> {
    let mut ready = vec![0; BLOCK_AGENTS * READY];
    key.clone().fill(block, tick, &mut ready);
    let id = block * BLOCK_AGENTS as u32 + lane as u32;
    let mut draws = Draws::new(&ready[lane * READY..][..READY], key, id, tick);
    (0..LOOKED_AT).map(|_| draws.word()).collect()
}

fn any_cell() -> impl Strategy<Value = Cell> {
    (0u32..1 << 20, 0..BLOCK_AGENTS, 0u32..2_000)
}

/// Pairs of neighbours: that two of them are equal by chance has a probability of 2^-64.
fn pairs(words: &[u32]) -> impl Iterator<Item = [u32; 2]> {
    words.windows(2).map(|pair| [pair[0], pair[1]])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_two_cells_share_numbers(
        seed in any::<u64>(), purposes in prop::sample::subsequence(PURPOSES.to_vec(), 2),
        cell in any_cell(), other in any_cell(),
    ) {
        let (block, lane, tick) = cell;
        let mine = words(&DrawKey::new(seed, purposes[0]), cell);
        let relatives = [
            (seed, purposes[1], cell),
            (seed.wrapping_add(1), purposes[0], cell),
            (seed, purposes[0], (block + 1, lane, tick)),
            (seed, purposes[0], (block, (lane + 1) % BLOCK_AGENTS, tick)),
            (seed, purposes[0], (block, lane, tick + 1)),
            (seed, purposes[0], other),
        ];
        for (seed, purpose, relative) in relatives {
            if (seed, purpose, relative) == (seed, purposes[0], cell) {
                continue;
            }
            let theirs = words(&DrawKey::new(seed, purpose), relative);
            let shared = pairs(&mine).find(|pair| pairs(&theirs).any(|other| other == *pair));
            prop_assert_eq!(shared, None, "{:?} and {:?} of {:?}", cell, relative, purpose);
        }
        prop_assert_eq!(words(&DrawKey::new(seed, purposes[0]), cell), mine);
    }
}

/// Correlation of two columns of words; standard deviation 1 / sqrt(n) where they are independent.
fn correlation(one: &[u32], other: &[u32]) -> f64 {
    let centred = |word: u32| f64::from(word) / 4_294_967_296.0 - 0.5;
    let sum: f64 = one.iter().zip(other).map(|(&x, &y)| centred(x) * centred(y)).sum();
    sum / one.len() as f64 * 12.0
}

/// Every purpose against every other, cell by cell, for numbers that are ready and for those beyond; and both against the
/// next agent's and the next tick's.
#[test]
fn purposes_agents_and_ticks_are_uncorrelated() {
    let keys = PURPOSES.map(|purpose| DrawKey::new(7, purpose));
    let cells: Vec<Cell> = (0..40)
        .flat_map(|block| {
            (0..BLOCK_AGENTS).step_by(3).flat_map(move |lane| (0..10).map(move |tick| (block, lane, tick)))
        })
        .collect();
    for draw in [0, READY - 1, READY, LOOKED_AT - 1] {
        let column = |key: &DrawKey, (block, lane, tick): Cell| -> Vec<u32> {
            let moved = cells.iter().map(|c| (c.0 + block, (c.1 + lane) % BLOCK_AGENTS, c.2 + tick));
            moved.map(|cell| words(key, cell)[draw]).collect()
        };
        let columns = keys.each_ref().map(|key| column(key, (0, 0, 0)));
        // Five standard deviations; the numbers are fixed by their seed.
        let bound = 5.0 / (cells.len() as f64).sqrt();
        for (place, one) in columns.iter().enumerate() {
            assert!((correlation(one, one) - 1.0).abs() < 0.1, "the measure sees what is equal");
            let others = columns[place + 1..].iter().cloned();
            let own = [(1, 0, 0), (0, 1, 0), (0, 0, 1)].map(|moved| column(&keys[place], moved));
            for other in others.chain(own) {
                let found = correlation(one, &other);
                assert!(found.abs() < bound, "{:?}, draw {draw}: {found}, bound {bound}", PURPOSES[place]);
            }
        }
    }
}
