//! Event scripts and bundles in the store: were one of these to fail, a change would overwrite another's, a bundle would name what
//! is not there, a project could fill the disk, or a damaged store would be called sound.

#![allow(clippy::unwrap_used)]

mod common;

use civitas_store::doctor::examine;
use civitas_store::limits::MAX_EVENTS_PER_PROJECT;
use civitas_store::*;
use common::*;
use uuid::Uuid;

const PROJECT: ProjectId = Uuid::from_u128(7);

fn event(content: EventContent) -> EventRecord {
    EventRecord {
        id: fresh_id(),
        tenant_id: DEFAULT_TENANT,
        project_id: PROJECT,
        version: 1,
        name: "an event".to_owned(),
        content,
        created_at_ms: 1_700_000_000_000,
        updated_at_ms: 1_700_000_000_000,
        created_by: "local".to_owned(),
        updated_by: "local".to_owned(),
    }
}

/// A script whose effects take several chunks.
fn script() -> EventRecord {
    event(EventContent::Script { effects: 3, document: Rng::from(1).bytes(10_000) })
}

fn bundle(scripts: &[&EventRecord]) -> EventRecord {
    let steps = scripts.iter().map(|script| EventStep { script_id: script.id, offset_ticks: 4 }).collect();
    event(EventContent::Bundle { order: "parallel".to_owned(), steps })
}

fn put_event(event: &EventRecord) -> Change {
    Change::PutEvent(Box::new(event.clone()))
}

fn drop_event(event: &EventRecord, version: Option<u32>) -> Change {
    Change::DropEvent { kind: event.kind(), id: event.id, version }
}

fn ids(store: &SledStore, kind: EventKind) -> Vec<EventId> {
    store.event_ids(kind, DEFAULT_TENANT, Some(PROJECT)).unwrap()
}

#[test]
fn events_come_back_changed_and_go() {
    let folder = folder();
    let store = open(folder.path());
    let (first, second) = (script(), script());
    let both = bundle(&[&first, &second, &first]);
    // One transaction sees what it brings.
    store.commit_wait(vec![put_event(&first), put_event(&second), put_event(&both)]).unwrap();
    let shorter = EventContent::Script { effects: 1, document: vec![1] };
    let changed = EventRecord { version: 2, content: shorter, name: "changed".to_owned(), ..first.clone() };
    store.commit_wait(vec![put_event(&changed)]).unwrap();
    store.close();

    let store = open(folder.path());
    assert_eq!(store.event(first.id).unwrap().as_ref(), Some(&changed));
    assert_eq!(store.event(both.id).unwrap().as_ref(), Some(&both));
    assert_eq!(ids(&store, EventKind::Script), [first.id, second.id]);
    assert_eq!(ids(&store, EventKind::Bundle), [both.id]);
    assert_eq!(store.event_ids(EventKind::Script, DEFAULT_TENANT, None).unwrap().len(), 2);
    assert!(store.event_ids(EventKind::Script, Uuid::max(), None).unwrap().is_empty());
    let alone = EventRecord { version: 2, ..bundle(&[&second]) };
    let alone = EventRecord { id: both.id, ..alone };
    store.commit_wait(vec![put_event(&alone)]).unwrap();
    store.commit_wait(vec![drop_event(&changed, Some(2))]).unwrap();
    assert_eq!((store.event(first.id).unwrap(), ids(&store, EventKind::Script)), (None, vec![second.id]));
    store.close();
    let report = examine(folder.path(), common::folder().path()).unwrap();
    assert!(report.is_sound() && report.notes.is_empty(), "{report:?}");
    assert_eq!((report.counts.get("event scripts"), report.counts.get("event bundles")), (Some(&1), Some(&1)));
}

#[test]
fn what_must_hold_of_them_holds_whoever_comes_first() {
    let folder = folder();
    let store = open(folder.path());
    let own = script();
    let whole = bundle(&[&own]);
    store.commit_wait(vec![put_event(&own), put_event(&whole)]).unwrap();
    let elsewhere = EventRecord { project_id: Uuid::from_u128(8), ..bundle(&[&own]) };
    let of_bundle = bundle(&[&whole]);
    let nowhere = bundle(&[&script()]);
    for unknown in [&elsewhere, &of_bundle, &nowhere] {
        let refused = store.commit_wait(vec![put_event(unknown)]);
        assert!(matches!(refused, Err(StoreError::NoEvent { kind: EventKind::Script, .. })), "{refused:?}");
    }
    for version in [1, 3] {
        let refused = store.commit_wait(vec![put_event(&EventRecord { version, ..own.clone() })]);
        assert!(matches!(refused, Err(StoreError::EventVersion { version: 1, .. })), "{version}: {refused:?}");
    }
    let other_kind = EventRecord { version: 2, content: whole.content.clone(), ..own.clone() };
    assert!(matches!(store.commit_wait(vec![put_event(&other_kind)]), Err(StoreError::NoEvent { .. })));
    let stranger = EventRecord { version: 2, tenant_id: Uuid::max(), ..own.clone() };
    assert!(matches!(store.commit_wait(vec![put_event(&stranger)]), Err(StoreError::NoEvent { .. })));
    match store.commit_wait(vec![drop_event(&own, None)]) {
        Err(StoreError::EventInUse { by, .. }) => assert_eq!(by, [(whole.id, whole.name.clone())]),
        other => panic!("{other:?}"),
    }
    assert!(matches!(store.commit_wait(vec![drop_event(&whole, Some(9))]), Err(StoreError::EventVersion { .. })));
    // In one transaction the bundle goes first; of two, one sees the other.
    let newcomer = bundle(&[&own]);
    store.commit_wait(vec![drop_event(&whole, None), put_event(&newcomer)]).unwrap();
    assert!(matches!(store.commit_wait(vec![drop_event(&own, None)]), Err(StoreError::EventInUse { .. })));
    store.commit_wait(vec![drop_event(&newcomer, None), drop_event(&own, None)]).unwrap();
    assert!(ids(&store, EventKind::Script).is_empty() && ids(&store, EventKind::Bundle).is_empty());
}

#[test]
fn a_project_has_no_more_than_it_may() {
    let folder = folder();
    let store = open(folder.path());
    let small = || event(EventContent::Script { effects: 1, document: vec![7] });
    let many: Vec<_> = (0..MAX_EVENTS_PER_PROJECT).map(|_| put_event(&small())).collect();
    store.commit_wait(many).unwrap();
    assert!(matches!(store.commit_wait(vec![put_event(&small())]), Err(StoreError::TooManyEvents { .. })));
    let elsewhere = EventRecord { project_id: Uuid::from_u128(8), ..small() };
    store.commit_wait(vec![put_event(&elsewhere)]).unwrap();
    let first = store.event(ids(&store, EventKind::Script)[0]).unwrap().unwrap();
    store.commit_wait(vec![drop_event(&first, None), put_event(&small())]).unwrap();
}

#[test]
fn damage_is_told() {
    let folder = folder();
    let store = open(folder.path());
    let own = script();
    store.commit_wait(vec![put_event(&own), put_event(&bundle(&[&own]))]).unwrap();
    store.close();
    with_raw_sled(folder.path(), |db| {
        let tree = db.open_tree("state").unwrap();
        let found: Vec<_> = tree.scan_prefix([b'S']).keys().map(|key| key.unwrap()).collect();
        let of_script = found.iter().filter(|key| key[1..17] == *own.id.as_bytes());
        of_script.for_each(|key| drop(tree.remove(key).unwrap()));
    });
    let report = examine(folder.path(), common::folder().path()).unwrap();
    let told: Vec<_> = report.faults.iter().map(|fault| fault.why.as_str()).collect();
    assert!(told.iter().any(|why| why.contains("is not there, or of another tenant")), "{told:?}");
    assert!(told.iter().any(|why| why.contains("no event script or bundle that it stands for")), "{told:?}");
}
