//! What a user would lose if an acknowledgement came too early, out of order, or not at all.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::{Arc, mpsc};

use civitas_store::*;
use common::*;

#[test]
fn many_writers_are_all_acknowledged_and_all_their_runs_are_there() {
    const WRITERS: usize = 16;
    const EACH: usize = 50;
    let folder = folder();
    let store = open(folder.path());
    let ids: Vec<RunId> = std::thread::scope(|scope| {
        let write = || {
            let ids: Vec<RunId> = (0..EACH).map(|_| fresh_id()).collect();
            for id in &ids {
                store.commit_wait(vec![put(&run(*id))]).unwrap();
                assert!(store.run(*id).unwrap().is_some());
            }
            ids
        };
        let writers: Vec<_> = (0..WRITERS).map(|_| scope.spawn(write)).collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    drop(store);
    let store = open(folder.path());
    assert_eq!(store.list_runs(&all_of(DEFAULT_TENANT)).unwrap().total, WRITERS * EACH);
    for id in ids {
        assert!(store.run(id).unwrap().is_some());
    }
}

#[test]
fn callbacks_come_in_the_order_of_commits_with_refused_ones_between() {
    let folder = folder();
    let store = open(folder.path());
    let (sender, answers) = mpsc::channel();
    let id = fresh_id();
    for number in 0..500u32 {
        let sender = sender.clone();
        let refused = number % 7 == 3;
        let spec = spec_with_model(&"x".repeat(if refused { 9000 } else { 9 }));
        let record = RunRecord { current_tick: number, spec, ..run(id) };
        let done: Committed = Box::new(move |result| sender.send((number, result)).unwrap());
        store.commit(vec![put(&record)], done);
    }
    for number in 0..500 {
        let (answered, result) = answers.recv().unwrap();
        assert_eq!(answered, number);
        assert_eq!(result.is_ok(), number % 7 != 3, "{result:?}");
    }
    assert_eq!(store.run(id).unwrap().unwrap().current_tick, 499);
}

#[test]
fn a_panicking_callback_does_not_stop_the_store() {
    let folder = folder();
    let store = open(folder.path());
    let id = fresh_id();
    store.commit(vec![put(&run(id))], Box::new(|_| panic!("this panic is part of the test")));
    store.commit_wait(vec![put(&run(fresh_id()))]).unwrap();
    assert!(store.run(id).unwrap().is_some());
}

#[test]
fn closing_answers_every_commit_first() {
    let folder = folder();
    let store = open(folder.path());
    let (sender, answers) = mpsc::channel();
    for _ in 0..200 {
        let sender = sender.clone();
        let done: Committed = Box::new(move |result| sender.send(result).unwrap());
        store.commit(vec![put(&run(fresh_id()))], done);
    }
    store.close();
    drop(sender);
    let answers: Vec<Result<()>> = answers.try_iter().collect();
    assert_eq!(answers.len(), 200);
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(open(folder.path()).list_runs(&all_of(DEFAULT_TENANT)).unwrap().total, 200);
}

#[test]
fn the_last_owner_may_be_a_callback() {
    let folder = folder();
    let store = Arc::new(open(folder.path()));
    let (release, held) = mpsc::channel::<()>();
    let (sender, answers) = mpsc::channel();
    let owner = Arc::clone(&store);
    let done: Committed = Box::new(move |result| {
        held.recv().unwrap();
        drop(owner);
        sender.send(result).unwrap();
    });
    store.commit(vec![put(&run(fresh_id()))], done);
    drop(store);
    release.send(()).unwrap();
    answers.recv().unwrap().unwrap();
}

#[test]
fn an_empty_commit_waits_for_the_disk_like_any_other() {
    let folder = folder();
    let store = open(folder.path());
    store.commit_wait(Vec::new()).unwrap();
}

#[test]
fn the_error_can_be_sent_to_many() {
    fn fanned_out<T: Clone + Send + Sync + std::error::Error + 'static>() {}
    fanned_out::<StoreError>();
}
