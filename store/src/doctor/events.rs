//! The doctor's look at event scripts and bundles: every one decodes and has its index entries and no others, and every script
//! that a bundle names is one of its own project.

use std::collections::{BTreeMap, BTreeSet};

use super::Report;
use super::records::{hex, ids, under};
use crate::disk::Disk;
use crate::keys::events as at;
use crate::{EventId, EventKind, EventRecord, Result, events};

/// Looks at every script and every bundle.
pub(super) fn look(disk: &Disk, report: &mut Report) -> Result<()> {
    let mut known: BTreeMap<EventId, EventRecord> = BTreeMap::new();
    for id in ids(disk, &at::all())? {
        let what = format!("event script or bundle {id}");
        if let Some(event) = report.checked(&what, events::event(disk, id))?.flatten() {
            report.count(&format!("{}s", event.kind().as_str()), 1);
            known.insert(id, event);
        }
    }
    for event in known.values() {
        for script in event.scripts() {
            let is_own = |script: &EventRecord| {
                let whose = |event: &EventRecord| (event.tenant_id, event.project_id);
                script.kind() == EventKind::Script && whose(script) == whose(event)
            };
            if !known.get(&script).is_some_and(is_own) {
                let why = format!("its script {script} is not there, or of another tenant or project");
                report.fault(format!("event bundle {}", event.id), why);
            }
        }
    }
    let mut missing: BTreeSet<Vec<u8>> = known.values().flat_map(events::index_keys).collect();
    for prefix in [at::all_by_project(), at::all_uses()] {
        for entry in under(disk, &prefix) {
            let (key, _) = entry?;
            if !missing.remove(key.as_ref()) {
                let why = "there is no event script or bundle that it stands for";
                report.fault(format!("index entry {}", hex(&key)), why);
            }
        }
    }
    for key in missing {
        report.fault(format!("index entry {}", hex(&key)), "it is not there, and its event script or bundle is");
    }
    Ok(())
}
