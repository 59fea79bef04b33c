//! Admission by itself: limits, turns, budgets, and who overtakes whom.

use super::*;
use uuid::Uuid;

/// What most runs here take: nothing.
const NOTHING: Demand = Demand { memory_bytes: 0, agent_steps: 0 };

fn limits(max_running: usize, max_queued: usize, max_running_total: usize) -> Limits {
    Limits { max_running, max_queued, max_running_total, ..Limits::default() }
}

/// Places for all, and so much memory.
fn memory(total: u64, of_tenant: u64) -> Limits {
    Limits { max_memory_total_bytes: total, max_tenant_memory_bytes: of_tenant, ..limits(1_000, 1_000, 1_000) }
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn bytes(memory_bytes: u64) -> Demand {
    Demand { memory_bytes, ..NOTHING }
}

fn steps(agent_steps: u64) -> Demand {
    Demand { agent_steps, ..NOTHING }
}

/// Starts by hand; true where it runs.
fn enter(admission: &mut Admission, tenant: u128, run: u128, demand: Demand) -> Result<bool, RuntimeError> {
    admission.enter(id(tenant), id(run), demand).map(|lacking| lacking.is_none())
}

#[test]
fn limits_are_per_tenant_and_say_what_is_used() {
    let mut admission = Admission::new(limits(2, 3, 64));
    admission.queue(id(1), &[NOTHING; 3]).unwrap();
    let refused = admission.queue(id(1), &[NOTHING]).unwrap_err().to_string();
    assert_eq!(refused, "Queued run limit exceeded (3/3). Try again later.");
    admission.queue(id(2), &[NOTHING; 3]).unwrap();
    for run in 0..2 {
        assert!(enter(&mut admission, 1, run, NOTHING).unwrap());
    }
    let refused = enter(&mut admission, 1, 2, NOTHING).unwrap_err().to_string();
    assert_eq!(refused, "Concurrent run limit exceeded (2/2). Try again later.");
    admission.free_place(id(1), NOTHING);
    assert!(enter(&mut admission, 1, 2, NOTHING).unwrap());
}

#[test]
fn a_batch_that_does_not_fit_counts_nothing() {
    let mut admission = Admission::new(limits(1, 5, 64));
    admission.queue(id(1), &[NOTHING; 3]).unwrap();
    assert!(admission.queue(id(1), &[NOTHING; 3]).is_err());
    admission.queue(id(1), &[NOTHING; 2]).unwrap();
}

#[test]
fn a_paused_run_frees_its_place_and_counts_as_queued() {
    let mut admission = Admission::new(limits(1, 1, 64));
    assert!(enter(&mut admission, 1, 1, bytes(9)).unwrap());
    admission.rest(id(1));
    admission.free_place(id(1), bytes(9));
    assert!(admission.queue(id(1), &[NOTHING]).is_err(), "paused runs cannot be heaped up");
    assert!(enter(&mut admission, 1, 2, NOTHING).unwrap());
    assert!(enter(&mut admission, 1, 1, NOTHING).is_err(), "going on needs a place");
    admission.leave_queue(id(1));
    admission.queue(id(1), &[NOTHING]).unwrap();
}

#[test]
fn tenants_take_turns_and_each_keeps_its_order() {
    let mut admission = Admission::new(limits(10, 50, 3));
    for run in 0..4 {
        admission.wait(id(1), id(100 + run), NOTHING);
    }
    admission.wait(id(2), id(200), NOTHING);
    admission.wait(id(3), id(300), NOTHING);
    let mut started = Vec::new();
    while let Some(next) = admission.next() {
        started.push(next);
    }
    assert_eq!(started, [(id(1), id(100)), (id(2), id(200)), (id(3), id(300))]);
    admission.free_place(id(2), NOTHING);
    assert_eq!(admission.next(), Some((id(1), id(101))));
    assert_eq!(admission.next(), None);
}

#[test]
fn a_tenant_at_its_limit_does_not_hold_up_others() {
    let mut admission = Admission::new(limits(1, 50, 64));
    admission.wait(id(1), id(100), NOTHING);
    admission.wait(id(1), id(101), NOTHING);
    admission.wait(id(2), id(200), NOTHING);
    assert_eq!(admission.next(), Some((id(1), id(100))));
    assert_eq!(admission.next(), Some((id(2), id(200))));
    assert_eq!(admission.next(), None);
    admission.stop_waiting(id(1), id(101));
    admission.free_place(id(1), NOTHING);
    assert_eq!(admission.next(), None);
}

#[test]
fn agent_steps_are_promised_until_the_run_is_over() {
    let budgets = Limits { max_tenant_agent_steps: 100, max_agent_steps_total: 150, ..limits(5, 50, 64) };
    let mut admission = Admission::new(budgets);
    let refused = |refused: Result<(), RuntimeError>| match refused.unwrap_err() {
        RuntimeError::TooLarge(shortage) => (422, shortage.scope, shortage.in_use, shortage.budget),
        RuntimeError::NoRoom { shortage, .. } => (429, shortage.scope, shortage.in_use, shortage.budget),
        other => panic!("{other}"),
    };
    assert_eq!(refused(admission.queue(id(1), &[steps(60), steps(41)])), (422, Scope::Tenant, 0, 100));
    admission.queue(id(1), &[steps(60)]).unwrap();
    assert_eq!(refused(admission.queue(id(1), &[steps(41)])), (429, Scope::Tenant, 60, 100));
    admission.queue(id(2), &[steps(80)]).unwrap();
    assert_eq!(refused(admission.queue(id(3), &[steps(11)])), (429, Scope::Machine, 140, 150));
    // It leaves the queue to run, is paused, runs again: all the while its work is still to be done.
    assert!(enter(&mut admission, 1, 1, steps(60)).unwrap());
    admission.leave_queue(id(1));
    assert_eq!(refused(admission.queue(id(1), &[steps(41)])), (429, Scope::Tenant, 60, 100));
    admission.release(id(1), steps(60));
    admission.free_place(id(1), steps(60));
    admission.queue(id(1), &[steps(70)]).unwrap();
    // What exists already is counted whatever the budget says.
    admission.recover_running(id(4), steps(1_000));
    assert_eq!(refused(admission.queue(id(4), &[steps(1)])), (429, Scope::Tenant, 1_000, 100));
}

#[test]
fn memory_is_counted_over_all_that_run() {
    let mut admission = Admission::new(memory(100, 60));
    assert!(enter(&mut admission, 1, 1, bytes(50)).unwrap());
    let lacking = admission.enter(id(1), id(2), bytes(20)).unwrap().unwrap();
    assert_eq!((lacking.scope, lacking.needed, lacking.in_use, lacking.budget), (Scope::Tenant, 20, 50, 60));
    assert!(enter(&mut admission, 2, 3, bytes(40)).unwrap());
    let lacking = admission.enter(id(3), id(4), bytes(20)).unwrap().unwrap();
    assert_eq!((lacking.scope, lacking.needed, lacking.in_use, lacking.budget), (Scope::Machine, 20, 90, 100));
    // One that turned out larger than estimated leaves less for others.
    admission.free_place(id(2), bytes(40));
    admission.grow(id(1), 45);
    assert!(!enter(&mut admission, 3, 4, bytes(20)).unwrap());
    admission.free_place(id(1), bytes(95));
    assert!(enter(&mut admission, 3, 4, bytes(20)).unwrap());
}

#[test]
fn what_no_longer_fits_the_budget_runs_alone() {
    let mut admission = Admission::new(memory(100, 100));
    assert!(enter(&mut admission, 1, 1, bytes(10)).unwrap());
    admission.wait(id(2), id(2), bytes(200));
    assert_eq!(admission.next(), None);
    admission.free_place(id(1), bytes(10));
    assert_eq!(admission.next(), Some((id(2), id(2))));
    assert!(!enter(&mut admission, 1, 3, bytes(1)).unwrap());
}

#[test]
fn within_a_tenant_nobody_overtakes() {
    let mut admission = Admission::new(memory(100, 100));
    assert!(enter(&mut admission, 1, 1, bytes(60)).unwrap());
    assert!(!enter(&mut admission, 1, 2, bytes(50)).unwrap());
    admission.wait(id(1), id(2), bytes(50));
    assert_eq!(admission.next(), None);
    assert!(!enter(&mut admission, 1, 3, bytes(1)).unwrap(), "a small one would fit, and waits behind the large one");
    admission.wait(id(1), id(3), bytes(1));
    assert_eq!(admission.next(), None);
    admission.free_place(id(1), bytes(60));
    assert_eq!(admission.next(), Some((id(1), id(2))));
    assert_eq!(admission.next(), Some((id(1), id(3))));
}

#[test]
fn a_large_run_is_not_overtaken_for_ever() {
    let mut admission = Admission::new(memory(100, 100));
    let mut running: VecDeque<u128> = (0..10).collect();
    for run in 0..10 {
        assert!(enter(&mut admission, run, run, bytes(10)).unwrap());
    }
    admission.wait(id(100), id(1_000), bytes(90));
    assert_eq!(admission.next(), None);
    // Small ones, each of a tenant of its own, half of them by hand, come as fast as places free up.
    let (mut overtaken, mut next) = (0, 10);
    let started = loop {
        let ended = running.pop_front().expect("the large run starts before all small ones have ended");
        admission.free_place(id(ended), bytes(10));
        let small = if next % 2 == 0 {
            enter(&mut admission, next, next, bytes(10)).unwrap()
        } else {
            admission.wait(id(next), id(next), bytes(10));
            match admission.next() {
                Some((_, run)) if run == id(1_000) => break true,
                Some((_, run)) => run == id(next),
                None => false,
            }
        };
        if small {
            overtaken += 1;
            running.push_back(next);
        } else if admission.next() == Some((id(100), id(1_000))) {
            break true;
        }
        next += 1;
    };
    assert!(started);
    assert_eq!(overtaken, MAX_OVERTAKES);
    // Whoever waited meanwhile has its turn again.
    admission.free_place(id(100), bytes(90));
    assert!(admission.next().is_some());
}

#[test]
fn two_large_runs_both_get_their_turn() {
    let mut admission = Admission::new(memory(100, 100));
    assert!(enter(&mut admission, 9, 9, bytes(20)).unwrap());
    for run in 0..3 {
        admission.wait(id(1), id(10 + run), bytes(90));
    }
    admission.wait(id(2), id(20), bytes(95));
    assert_eq!(admission.next(), None);
    admission.free_place(id(9), bytes(20));
    assert_eq!(admission.next(), Some((id(1), id(10))));
    assert_eq!(admission.next(), None);
    admission.free_place(id(1), bytes(90));
    assert_eq!(admission.next(), Some((id(2), id(20))));
}

#[test]
fn a_large_run_that_is_cancelled_keeps_nothing_free() {
    let mut admission = Admission::new(memory(100, 100));
    assert!(enter(&mut admission, 1, 1, bytes(50)).unwrap());
    admission.wait(id(2), id(2), bytes(90));
    assert_eq!(admission.next(), None);
    for run in 0..u128::from(MAX_OVERTAKES) {
        assert!(enter(&mut admission, 3, 100 + run, bytes(1)).unwrap());
    }
    assert!(!enter(&mut admission, 3, 200, bytes(1)).unwrap());
    admission.stop_waiting(id(2), id(2));
    assert!(enter(&mut admission, 3, 200, bytes(1)).unwrap());
}
