//! The random numbers: uniform, independent across agents, ticks and purposes, and the same wherever they are drawn.

use civitas_engine::{BLOCK_AGENTS, DrawKey, Draws, Purpose};

const WIDTH: usize = 2;

fn word(key: &DrawKey, block: u32, lane: usize, draw: usize, tick: u32) -> u32 {
    let mut words = vec![0; BLOCK_AGENTS * WIDTH];
    key.clone().fill(block, tick, &mut words);
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
    let mut key = DrawKey::new(1, Purpose::Step);
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
    let mut key = DrawKey::new(5, Purpose::Population);
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

/// How many of the 2^96 sequences of three words give `true`, found as the edge between those that do and those that do not.
fn favourable(p: f32) -> u128 {
    let key = DrawKey::new(1, Purpose::Step);
    let holds = |words: u128| {
        let words = [64, 32, 0].map(|shift| (words >> shift) as u32);
        Draws::new(&words, &key, 0, 0).chance(p)
    };
    let (mut below, mut edge) = (0, 1u128 << 96);
    while below < edge {
        let middle = (below + edge) / 2;
        if holds(middle) { below = middle + 1 } else { edge = middle }
    }
    // The search has seen few of them: what it takes for an edge is one, all along.
    for step in 0..96 {
        let step = 1u128 << step;
        assert!(edge < step || holds(edge - step), "{p}");
        assert!(edge + step >= 1 << 96 || !holds(edge + step), "{p}");
    }
    edge
}

#[test]
fn chances_are_exact_to_the_last_sequence_of_words() {
    const ALL: f64 = 79_228_162_514_264_337_593_543_950_336.0;
    let below_one = f32::from_bits(1.0f32.to_bits() - 1);
    for p in [1e-9, 4e-9, 1e-20, 1.0 / 16_777_216.0, 0.001, 0.1, 0.25, 0.3, 0.5, 0.7, 0.999_999, below_one] {
        assert_eq!(favourable(p) as f64 / ALL, f64::from(p), "{p}");
    }
    for p in [0.0, -0.0, -1e-9, -1.0, f32::NEG_INFINITY, f32::NAN] {
        assert_eq!(favourable(p), 0, "{p}");
    }
    for p in [1.0, 1.5, 3e9, f32::INFINITY] {
        assert_eq!(favourable(p), 1 << 96, "{p}");
    }
}

#[test]
fn a_chance_takes_one_word_unless_it_falls_on_the_edge() {
    let key = DrawKey::new(1, Purpose::Step);
    let next = |first: u32, p: f32| {
        let words = [first, 1, 2];
        let mut draws = Draws::new(&words, &key, 0, 0);
        draws.chance(p);
        draws.word()
    };
    for p in [f32::NAN, -1.0, 0.0, 1e-9, 0.5, 1.0, 2.0] {
        for first in [0, 3, 5, 1 << 31, u32::MAX] {
            assert_eq!(next(first, p), 1, "{p} at {first}");
        }
    }
    // 1e-9 is 4.29 words of 2^32.
    assert_eq!(next(4, 1e-9), 2);
    // On the edge where words have run out, the agent's further ones decide, and no two agents have the same.
    let at_the_edge = |agent: u32| Draws::new(&[4], &key, agent, 0).chance(1e-9);
    let count = (0..10_000).filter(|&agent| at_the_edge(agent)).count();
    // 0.295 of them, within five standard deviations of 46.
    assert!((2_720..3_180).contains(&count), "{count}");
}
