//! The random numbers: uniform, independent across agents, ticks and purposes, and the same wherever they are drawn.

use civitas_engine::{BLOCK_AGENTS, DrawKey, Draws, Purpose};

const WIDTH: usize = 2;

fn word(key: &DrawKey, block: u32, lane: usize, draw: usize, tick: u32) -> u32 {
    let mut words = vec![0; BLOCK_AGENTS * WIDTH];
    key.fill(block, tick, &mut words);
    words[lane * WIDTH + draw]
}

fn unit(word: u32) -> f64 {
    f64::from(word) / 4_294_967_296.0
}

/// Chi-square of `values` over 256 equal bins; mean 255, standard deviation 22.6.
fn chi_square(values: &[f64]) -> f64 {
    let mut bins = [0u32; 256];
    for value in values {
        bins[(value * 256.0) as usize] += 1;
    }
    let expected = values.len() as f64 / 256.0;
    bins.iter().map(|&n| (f64::from(n) - expected).powi(2) / expected).sum()
}

/// Correlation of two sequences; standard deviation 1 / sqrt(n) where they are independent.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let centred: f64 = a.iter().zip(b).map(|(x, y)| (x - 0.5) * (y - 0.5)).sum();
    centred / n * 12.0
}

#[test]
fn draws_are_uniform_and_independent_across_agents_ticks_and_purposes() {
    let step = DrawKey::new(42, Purpose::Step);
    let other = DrawKey::new(42, Purpose::Activation);
    let seed = DrawKey::new(43, Purpose::Step);
    let cells: Vec<(u32, usize, u32)> = (0..40)
        .flat_map(|block| (0..BLOCK_AGENTS).flat_map(move |lane| (0..20).map(move |tick| (block, lane, tick))))
        .collect();
    let column = |key: &DrawKey, block: u32, lane: usize, draw: usize, tick: u32| -> Vec<f64> {
        let cell =
            |&(b, l, t): &(u32, usize, u32)| unit(word(key, b + block, (l + lane) % BLOCK_AGENTS, draw, t + tick));
        cells.iter().map(cell).collect()
    };
    let base = column(&step, 0, 0, 0, 0);
    // Five standard deviations each: one false alarm in millions, and the numbers are fixed by their seed anyway.
    let chi = chi_square(&base);
    assert!((chi - 255.0).abs() < 5.0 * 22.6, "chi-square {chi}");
    let bound = 5.0 / (base.len() as f64).sqrt();
    let others = [
        ("the next agent", column(&step, 0, 1, 0, 0)),
        ("the next tick", column(&step, 0, 0, 0, 1)),
        ("the next block", column(&step, 1, 0, 0, 0)),
        ("the next draw", column(&step, 0, 0, 1, 0)),
        ("another purpose", column(&other, 0, 0, 0, 0)),
        ("the next seed", column(&seed, 0, 0, 0, 0)),
    ];
    for (name, other) in others {
        let found = correlation(&base, &other);
        assert!(found.abs() < bound, "correlation with {name}: {found}, bound {bound}");
    }
}

#[test]
fn draws_beyond_the_budget_go_on_without_touching_anyone_elses() {
    let key = DrawKey::new(1, Purpose::Step);
    let mut words = [0; BLOCK_AGENTS];
    key.fill(3, 9, &mut words);
    let draw = |agent: u32, tick: u32| {
        let mut draws = Draws::new(&words[..1], &key, agent, tick);
        [(); 50].map(|()| draws.word())
    };
    let mine = draw(200, 9);
    assert_eq!(mine[0], words[0]);
    assert_eq!(mine, draw(200, 9));
    assert!(mine[1..].iter().all(|word| !words.contains(word)));
    assert_ne!(mine[1..], draw(201, 9)[1..]);
    assert_ne!(mine[1..], draw(200, 10)[1..]);
}

#[test]
fn normal_draws_have_mean_0_and_variance_1() {
    let key = DrawKey::new(5, Purpose::Population);
    let mut words = vec![0; BLOCK_AGENTS * 2];
    let (mut sum, mut squares, mut n) = (0.0, 0.0, 0.0);
    for block in 0..500 {
        key.fill(block, 0, &mut words);
        for pair in words.chunks_exact(2) {
            let x = f64::from(Draws::new(pair, &key, 0, 0).normal());
            (sum, squares, n) = (sum + x, squares + x * x, n + 1.0);
        }
    }
    let (mean, variance): (f64, f64) = (sum / n, squares / n);
    assert!(mean.abs() < 5.0 / n.sqrt(), "mean {mean}");
    assert!((variance - 1.0).abs() < 5.0 * (2.0 / n).sqrt(), "variance {variance}");
}
