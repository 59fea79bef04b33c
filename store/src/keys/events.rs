//! The keys of event scripts and of bundles of them. Their records stand under one kind of key, for an id is never both.

use uuid::Uuid;

use super::key;
use crate::EventKind;

/// Records: `S event chunk`.
pub(super) const EVENT: u8 = b'S';
/// A project's scripts, or its bundles, without a value: `s kind tenant project created event`.
pub(super) const BY_PROJECT: u8 = b's';
/// The bundles that a script stands in, without a value: `t script bundle`.
pub(super) const USES: u8 = b't';

/// The prefix of a record's chunks.
pub(crate) fn event(id: Uuid) -> Vec<u8> {
    key(EVENT, &[id.as_bytes()])
}

/// The prefix of all records.
pub(crate) fn all() -> Vec<u8> {
    key(EVENT, &[])
}

pub(crate) fn of_tenant(kind: EventKind, tenant: Uuid) -> Vec<u8> {
    key(BY_PROJECT, &[&[kind_byte(kind)], tenant.as_bytes()])
}

pub(crate) fn of_project(kind: EventKind, tenant: Uuid, project: Uuid) -> Vec<u8> {
    key(BY_PROJECT, &[&[kind_byte(kind)], tenant.as_bytes(), project.as_bytes()])
}

/// The prefix of all index entries of projects.
pub(crate) fn all_by_project() -> Vec<u8> {
    key(BY_PROJECT, &[])
}

/// The prefix of the bundles that a script stands in.
pub(crate) fn uses(script: Uuid) -> Vec<u8> {
    key(USES, &[script.as_bytes()])
}

pub(crate) fn used(script: Uuid, bundle: Uuid) -> Vec<u8> {
    key(USES, &[script.as_bytes(), bundle.as_bytes()])
}

/// The prefix of all that is noted of scripts in bundles.
pub(crate) fn all_uses() -> Vec<u8> {
    key(USES, &[])
}

/// The bundle in a key under [`uses`].
pub(crate) fn bundle_of_use(key: &[u8]) -> Option<Uuid> {
    Uuid::from_slice(key.get(17..33)?).ok()
}

/// The byte that stands for a kind on the disk.
fn kind_byte(kind: EventKind) -> u8 {
    match kind {
        EventKind::Script => 1,
        EventKind::Bundle => 2,
    }
}
