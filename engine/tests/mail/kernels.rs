//! Partitions driven by hand: halos that overtake, and how a run with mail is split.

use super::*;

/// The letters of one partition's agents for another, in a halo as the runtime sends it.
fn halo(kernels: &mut [Box<dyn PartitionKernel>], from: usize, to: usize) -> Halo {
    let [sender, receiver] = kernels.get_disjoint_mut([from, to]).unwrap();
    let values = sender.halo_for(&receiver.requests()[from]);
    Halo { from, exchange: sender.exchange(), values, mail: sender.mail_for(to) }
}

/// One partition is a whole tick ahead of the other all the time: its letters come before the other has stepped, and wait.
#[test]
fn letters_that_overtake_wait_for_their_tick() {
    let spec = spec("clerks", 700, 6);
    let conditions = start(&spec, 1).conditions().clone();
    let mut ledger = ledger(&start(&spec, 1), 700);
    let world = World::new(spec, &catalogue()).unwrap();
    let plan = Plan::cut(&world, 2);
    let mut kernels: Vec<_> = (0..2).map(|index| world.partition(&plan, index, 0, None).unwrap()).collect();
    for kernel in &kernels {
        assert!(
            kernel.requests().contains(&HaloRequest::Some(Vec::new())),
            "mail comes from where nobody is listened to"
        );
    }
    for (from, to) in [(0, 1), (1, 0)] {
        let halo = halo(&mut kernels, from, to);
        kernels[to].receive(&halo).unwrap();
    }
    for tick in 1..=6 {
        // Whoever goes first changes from tick to tick.
        let (first, second) = if tick % 2 == 0 { (0, 1) } else { (1, 0) };
        while !kernels[first].step_some(&conditions, 64) {}
        let early = halo(&mut kernels, first, second);
        kernels[second].receive(&early).unwrap();
        while !kernels[second].step_some(&conditions, 64) {}
        let late = halo(&mut kernels, second, first);
        kernels[first].receive(&late).unwrap();
        ledger.step(|_| true);
        let kept = |id| kernels.iter().find_map(|kernel| kernel.agent(id)).map(|agent| Kept::unpack(&agent.saved));
        assert!((0..700).all(|id| kept(id) == Some(ledger.kept[id as usize])), "tick {tick}");
    }
}

/// A halo whose letters are cut short is refused, and so is one from a partition that does not exist.
#[test]
fn damaged_mail_is_refused() {
    let world = World::new(spec("clerks", 700, 6), &catalogue()).unwrap();
    let plan = Plan::cut(&world, 2);
    let mut kernel = world.partition(&plan, 0, 0, None).unwrap();
    let mail = |bytes: usize, from| Halo { from, exchange: 0, values: Arc::default(), mail: vec![0; bytes].into() };
    assert!(kernel.receive(&mail(26, 1)).is_ok(), "two letters");
    assert!(matches!(kernel.receive(&mail(25, 1)), Err(EngineError::State(_))));
    assert!(matches!(kernel.receive(&mail(26, 2)), Err(EngineError::State(_))));
}

/// However many agents there are, each can write some letters and a snapshot's part holds them.
#[test]
fn a_run_with_mail_is_split_so_that_letters_fit() {
    for agents in [1_000, 3_000_000, 100_000_000] {
        let world = World::new(spec("clerks", agents, 1), &catalogue()).unwrap();
        let plan = Plan::cut(&world, 1);
        let most = plan.partitions().iter().map(|blocks| world.layout.blocks_agents(blocks).len()).max().unwrap();
        let letter = world.model.letter_bytes();
        assert_eq!((letter, world.kept_bytes()), (13, 16));
        assert!(most * MIN_LETTERS_EACH * letter <= MAX_PARTITION_MAIL_BYTES, "{most} of {agents}");
        assert!(most * world.kept_bytes() + MAX_PARTITION_MAIL_BYTES <= MAX_PARTITION_BYTES, "{most} of {agents}");
    }
}
