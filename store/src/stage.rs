//! A group of requests on its way into the store: what it will change, on top of what is there.
//!
//! A stage collects the writes of requests, answers reads as if they were done already, and applies them in one
//! sled batch, which readers and a crash see whole or not at all. One batch for the group and not one for each
//! request, because sled starts two writes of its own for every batch. Only the committer has a stage: replacing
//! index entries is right only while nobody else writes runs.

mod events;

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::sync::Arc;

use crate::changes::Write;
use crate::disk::Disk;
use crate::index::Indexed;
use crate::limits::MAX_RUNS_PER_NODE;
use crate::{DatasetKey, NodeId, NodeRecord, Purpose, Result, RunRecord, StoreError, codec, index, keys};

/// Values by key; `None` removes a key.
type Writes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// The writes of a group.
pub(crate) struct Stage {
    disk: Arc<Disk>,
    /// Of the requests that are staged.
    staged: Writes,
    /// Of the request that is being staged.
    current: Writes,
    chunked: bool,
}

impl Stage {
    pub(crate) fn new(disk: Arc<Disk>) -> Self {
        Self { disk, staged: Writes::new(), current: Writes::new(), chunked: false }
    }

    /// Adds one request, whole or, with an error, not at all.
    pub(crate) fn add(&mut self, request: Vec<Write>) -> Result<()> {
        let chunked = request.iter().any(Write::is_chunked);
        let added = request.into_iter().try_for_each(|write| self.add_one(write));
        let mut current = mem::take(&mut self.current);
        if added.is_ok() {
            self.staged.append(&mut current);
            self.chunked |= chunked;
        }
        added
    }

    /// For what a request is written: for what weighs most of it.
    pub(crate) fn purpose(&self, request: &[Write]) -> Result<Purpose> {
        let mut purpose = Purpose::Note;
        for write in request {
            purpose = purpose.max(match write {
                Write::Run { indexed, .. } if self.get(&keys::run(indexed.id()))?.is_none() => Purpose::New,
                Write::Node { .. } | Write::Event { .. } | Write::Dataset { .. } => Purpose::New,
                Write::Value { key, .. } if self.get(key)?.is_none() => Purpose::UnderWay,
                Write::Chunked { .. } | Write::Manifest { .. } => Purpose::UnderWay,
                _ => Purpose::Note,
            });
        }
        Ok(purpose)
    }

    /// Applies everything at once and leaves an empty stage. An error here leaves it unknown what was applied.
    pub(crate) fn apply(&mut self) -> Result<()> {
        let (writes, chunked) = (mem::take(&mut self.staged), mem::take(&mut self.chunked));
        if writes.is_empty() {
            return Ok(());
        }
        let mut batch = sled::Batch::default();
        for (key, value) in writes {
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        let _changing = chunked.then(|| self.disk.changing_chunked());
        self.disk.state.apply_batch(batch).map_err(|error| StoreError::io("applying a commit", error))
    }

    fn add_one(&mut self, write: Write) -> Result<()> {
        match write {
            Write::Run { indexed, bytes } => self.put_run(&indexed, bytes),
            Write::Node { node, chunks } => self.put_node(&node, chunks),
            Write::Event { event, chunks } => self.put_event(&event, chunks),
            Write::DropEvent { kind, id, version } => self.drop_event(kind, id, version),
            Write::Value { key, bytes } => {
                self.put(key, bytes);
                Ok(())
            }
            Write::Remove { key } => {
                self.current.insert(key, None);
                Ok(())
            }
            Write::Chunked { prefix, chunks } => self.put_chunked(&prefix, chunks),
            Write::Dataset { key, bytes, last } => {
                self.put(keys::last_version(key.tenant_id, &key.name), last);
                self.put(keys::dataset(&key), bytes);
                Ok(())
            }
            Write::UseDataset(key) => {
                self.need_dataset(&key)?;
                self.put(keys::used_dataset(&key), Vec::new());
                Ok(())
            }
            Write::DropDataset { key, .. } => self.drop_dataset(&key),
            Write::CopyRecords(_) => Ok(()),
            Write::Manifest { run, tick, chunks } => self.put_chunked(&keys::manifest(run, tick), chunks),
            Write::DropSnapshot { run, tick } | Write::Unpublish { run, tick } => {
                self.remove_prefix(&keys::manifest(run, tick))
            }
        }
    }

    fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.current.insert(key, Some(value));
    }

    fn put_run(&mut self, new: &Indexed, bytes: Vec<u8>) -> Result<()> {
        let key = keys::run(new.id());
        let old = match self.get(&key)? {
            Some(bytes) => Some(Indexed::of(&codec::decode::<RunRecord>(&bytes)?)),
            None => None,
        };
        self.check_node(old.as_ref(), new)?;
        if old.as_ref() != Some(new) {
            for key in old.iter().flat_map(Indexed::keys) {
                self.current.insert(key, None);
            }
            for key in new.keys() {
                self.put(key, new.value());
            }
        }
        self.put(key, bytes);
        Ok(())
    }

    /// A run is written into a node of its own tenant and project, and stays there.
    fn check_node(&self, old: Option<&Indexed>, new: &Indexed) -> Result<()> {
        let refused = |id, why| Err(StoreError::Node { id, why });
        match (old, new.node_id()) {
            (Some(old), node) if old.node_id() == node => Ok(()),
            (Some(old), node) => {
                refused(old.node_id().or(node).unwrap_or_default(), "keeps its runs, and gets no older ones")
            }
            (None, None) => Ok(()),
            (None, Some(id)) => match self.node(id)? {
                Some(node) if new.is_beside(&node) => self.check_room(id),
                Some(_) => refused(id, "is of another tenant or project than the run"),
                None => refused(id, "is not there for the run"),
            },
        }
    }

    /// Here and not before, so that however many ask at once a node gets no more runs than it may have.
    fn check_room(&self, id: NodeId) -> Result<()> {
        let prefix = keys::by_node(id);
        let on_disk = self.disk.state.scan_prefix(&prefix).keys();
        let mut runs = on_disk
            .map(|key| key.map(|key| key.to_vec()).map_err(|error| StoreError::io("counting a node's runs", error)))
            .collect::<Result<BTreeSet<Vec<u8>>>>()?;
        for writes in [&self.staged, &self.current] {
            let after = writes.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix));
            for (key, value) in after {
                match value {
                    Some(_) => runs.insert(key.clone()),
                    None => runs.remove(key),
                };
            }
        }
        if runs.len() < MAX_RUNS_PER_NODE { Ok(()) } else { Err(StoreError::NodeFull { id }) }
    }

    /// A node is written once, below a parent that is there: so no node stands above itself.
    fn put_node(&mut self, node: &NodeRecord, chunks: Vec<Vec<u8>>) -> Result<()> {
        let refused = |why| Err(StoreError::Node { id: node.id, why });
        if self.node(node.id)?.is_some() {
            return refused("is there, and never changes");
        }
        let depth = match node.parent_id {
            None => 0,
            Some(parent) => match self.node(parent)? {
                Some(above) if (above.tenant_id, above.project_id) == (node.tenant_id, node.project_id) => {
                    above.depth + 1
                }
                Some(_) => return refused("has a parent of another tenant or project"),
                None => return refused("has a parent that is not there"),
            },
        };
        if node.depth != depth {
            return refused("does not stand one below its parent");
        }
        for key in index::node_keys(node) {
            self.put(key, Vec::new());
        }
        self.put_chunked(&keys::node(node.id), chunks)
    }

    /// A node as it will be.
    fn node(&self, id: NodeId) -> Result<Option<NodeRecord>> {
        let bytes = self.joined(&keys::node(id))?;
        if bytes.is_empty() { Ok(None) } else { codec::decode(&bytes).map(Some) }
    }

    /// The chunks under a prefix as they will be, joined; nothing where there are none.
    fn joined(&self, prefix: &[u8]) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for number in 0.. {
            match self.get(&keys::chunk(prefix, number))? {
                Some(chunk) => bytes.extend(chunk),
                None => break,
            }
        }
        Ok(bytes)
    }

    /// Here and not before, so that no run can come to name a data set that is being dropped, nor the other way round.
    fn need_dataset(&self, key: &DatasetKey) -> Result<()> {
        let missing = || StoreError::NoDataset { name: key.name.clone(), version: key.version };
        self.get(&keys::dataset(key))?.map(drop).ok_or_else(missing)
    }

    fn drop_dataset(&mut self, key: &DatasetKey) -> Result<()> {
        self.need_dataset(key)?;
        if self.get(&keys::used_dataset(key))?.is_some() {
            return Err(StoreError::DatasetInUse { name: key.name.clone(), version: key.version });
        }
        self.current.insert(keys::dataset(key), None);
        Ok(())
    }

    fn put_chunked(&mut self, prefix: &[u8], chunks: Vec<Vec<u8>>) -> Result<()> {
        self.remove_prefix(prefix)?;
        for (number, chunk) in (0..).zip(chunks) {
            self.put(keys::chunk(prefix, number), chunk);
        }
        Ok(())
    }

    fn remove_prefix(&mut self, prefix: &[u8]) -> Result<()> {
        let mut replaced = Vec::new();
        for writes in [&self.current, &self.staged] {
            let after = writes.range(prefix.to_vec()..).map(|(key, _)| key);
            replaced.extend(after.take_while(|key| key.starts_with(prefix)).cloned());
        }
        for key in self.disk.state.scan_prefix(prefix).keys() {
            let key = key.map_err(|error| StoreError::io("reading what is replaced", error))?;
            replaced.push(key.to_vec());
        }
        self.current.extend(replaced.into_iter().map(|key| (key, None)));
        Ok(())
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        if let Some(staged) = self.current.get(key).or_else(|| self.staged.get(key)) {
            return Ok(staged.clone());
        }
        let value = self.disk.state.get(key);
        let value = value.map_err(|error| StoreError::io("reading what is replaced", error))?;
        Ok(value.map(|bytes| bytes.to_vec()))
    }
}
