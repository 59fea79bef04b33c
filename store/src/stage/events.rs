//! Event scripts and bundles on their way into the store. Owns what must hold of them whatever the order of requests: a change is
//! of the version that its author has read, a bundle names scripts of its own project that are there, a script that a bundle
//! names stays, and a project has no more of them than there may be.

use std::collections::BTreeSet;

use super::Stage;
use crate::keys::events as at;
use crate::limits::MAX_EVENTS_PER_PROJECT;
use crate::{EventId, EventKind, EventRecord, Result, StoreError, codec, events};

impl Stage {
    /// A new record has version 1, a change one more than what is there.
    pub(super) fn put_event(&mut self, event: &EventRecord, chunks: Vec<Vec<u8>>) -> Result<()> {
        let old = self.event(event.id)?;
        match &old {
            None if event.version == 1 => self.need_room(event)?,
            None => return Err(missing(event.kind(), event.id)),
            Some(old) if !old.is_beside(event) => return Err(missing(event.kind(), event.id)),
            Some(old) if old.version.checked_add(1) != Some(event.version) => return Err(other_version(old)),
            Some(_) => {}
        }
        for id in event.scripts() {
            let script = self.event(id)?.filter(|script| script.kind() == EventKind::Script);
            let is_own =
                |script: &EventRecord| (script.tenant_id, script.project_id) == (event.tenant_id, event.project_id);
            script.filter(is_own).ok_or_else(|| missing(EventKind::Script, id))?;
        }
        for key in old.iter().flat_map(events::index_keys) {
            self.current.insert(key, None);
        }
        for key in events::index_keys(event) {
            self.put(key, Vec::new());
        }
        self.put_chunked(&at::event(event.id), chunks)
    }

    /// Where a version is said it must be the one that is there.
    pub(super) fn drop_event(&mut self, kind: EventKind, id: EventId, version: Option<u32>) -> Result<()> {
        let found = self.event(id)?.filter(|event| event.kind() == kind);
        let event = found.ok_or_else(|| missing(kind, id))?;
        if version.is_some_and(|version| version != event.version) {
            return Err(other_version(&event));
        }
        let mut named_by = Vec::new();
        for key in self.keys_under(&at::uses(id))? {
            let bundle = at::bundle_of_use(&key);
            if let Some(bundle) = bundle.map(|bundle| self.event(bundle)).transpose()?.flatten() {
                named_by.push((bundle.id, bundle.name));
            }
        }
        if !named_by.is_empty() {
            return Err(StoreError::EventInUse { id, by: named_by });
        }
        for key in events::index_keys(&event) {
            self.current.insert(key, None);
        }
        self.remove_prefix(&at::event(id))
    }

    fn need_room(&self, event: &EventRecord) -> Result<()> {
        let (kind, max) = (event.kind(), MAX_EVENTS_PER_PROJECT);
        let there = self.keys_under(&at::of_project(kind, event.tenant_id, event.project_id))?;
        if there.len() >= max { Err(StoreError::TooManyEvents { kind: kind.as_str(), max }) } else { Ok(()) }
    }

    /// A record as it will be.
    fn event(&self, id: EventId) -> Result<Option<EventRecord>> {
        let bytes = self.joined(&at::event(id))?;
        if bytes.is_empty() { Ok(None) } else { codec::decode(&bytes).map(Some) }
    }

    /// The keys under a prefix as they will be.
    fn keys_under(&self, prefix: &[u8]) -> Result<BTreeSet<Vec<u8>>> {
        let mut keys = BTreeSet::new();
        for key in self.disk.state.scan_prefix(prefix).keys() {
            keys.insert(key.map_err(|error| StoreError::io("reading an index of events", error))?.to_vec());
        }
        for writes in [&self.staged, &self.current] {
            for (key, value) in writes.range(prefix.to_vec()..).take_while(|(key, _)| key.starts_with(prefix)) {
                if value.is_some() {
                    keys.insert(key.clone())
                } else {
                    keys.remove(key)
                };
            }
        }
        Ok(keys)
    }
}

fn missing(kind: EventKind, id: EventId) -> StoreError {
    StoreError::NoEvent { kind, id }
}

fn other_version(event: &EventRecord) -> StoreError {
    StoreError::EventVersion { kind: event.kind(), id: event.id, version: event.version }
}
