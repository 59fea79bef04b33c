//! What one request has read of what others may be changing: event scripts and bundles, and which version of a data set is the
//! newest. Each is read once, so that all runs that it creates have the same of it. It must not outlive the request.

use std::collections::BTreeMap;

use civitas_store::{DatasetRecord, EventId, EventRecord, Store, TenantId};

use crate::error::Result;

/// What was read so far.
#[derive(Default)]
pub(crate) struct Reading {
    /// Scripts and bundles; those that were not there stay away too.
    events: BTreeMap<EventId, Option<EventRecord>>,
    /// The newest versions of data sets.
    newest: BTreeMap<(TenantId, String), u32>,
}

impl Reading {
    /// A script or a bundle as it was when this request asked for it first.
    ///
    /// # Errors
    /// [`crate::RuntimeError::Store`].
    pub(crate) fn event(&mut self, store: &dyn Store, id: EventId) -> Result<Option<EventRecord>> {
        if let Some(known) = self.events.get(&id) {
            return Ok(known.clone());
        }
        let found = store.event(id)?;
        self.events.insert(id, found.clone());
        Ok(found)
    }

    /// The version of a data set that was the newest when this request asked for it first.
    pub(crate) fn newest(&self, tenant: TenantId, name: &str) -> Option<u32> {
        self.newest.get(&(tenant, name.to_owned())).copied()
    }

    /// This is the newest version of a data set.
    pub(crate) fn found_newest(&mut self, record: &DatasetRecord) {
        self.newest.insert((record.tenant_id, record.name.clone()), record.version);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use civitas_engine::{BundleOrder, Catalogue, Dataset, Effect, PopulationSpec, RunSpec};
    use civitas_store::{DEFAULT_TENANT, EventKind, EventStep, SledStore};
    use uuid::Uuid;

    use super::*;
    use crate::datasets::Datasets;
    use crate::event_scripts::{BundleChoice, EventDraft, EventScripts};
    use crate::request::NewRun;

    #[test]
    fn runs_of_one_request_have_the_same_of_a_script_that_is_being_changed() {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SledStore::open(folder.path()).unwrap());
        let events = EventScripts::new(store.clone());
        let whose = (DEFAULT_TENANT, Uuid::nil());
        let draft = |value| EventDraft::Script(vec![Effect::shift("social_trust", value)]);
        let script = events.create(whose, "t", "Rumour", draft(0.1)).unwrap();
        let steps = vec![EventStep { script_id: script.id, offset_ticks: 0 }];
        let bundles = ["A", "B"].map(|name| {
            events.create(whose, "t", name, EventDraft::Bundle(BundleOrder::Parallel, steps.clone())).unwrap()
        });
        let applied = |id, reading: &mut Reading| {
            let choice = BundleChoice { id, version: None, attribution: false, from_tick: 0 };
            let run = NewRun { bundle: Some(choice), ..NewRun::local("run", RunSpec::default()) };
            let effects = events.applied(run, reading).unwrap().spec.effects;
            effects[0].cause.as_ref().map(|cause| (cause.script_version, effects[0].value))
        };
        let mut reading = Reading::default();
        assert_eq!(applied(bundles[0].id, &mut reading), Some((1, 0.1)));
        events.update(DEFAULT_TENANT, (script.id, 1), "t", "Rumour", draft(0.2)).unwrap();
        events.remove(DEFAULT_TENANT, EventKind::Bundle, bundles[0].id, None).unwrap();
        // The same bundle, gone meanwhile, and another one with the same script.
        assert_eq!(applied(bundles[0].id, &mut reading), Some((1, 0.1)));
        assert_eq!(applied(bundles[1].id, &mut reading), Some((1, 0.1)));
        assert_eq!(applied(bundles[1].id, &mut Reading::default()), Some((2, 0.2)), "of the next request");
        store.close();
    }

    #[test]
    fn runs_of_one_request_have_the_same_version_of_a_data_set_that_gets_another() {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SledStore::open(folder.path()).unwrap());
        let (datasets, catalogue) = (Datasets::new(store.clone()), Catalogue::default());
        let add = |people: u32| {
            let regions = format!("code,population\nA,{people}\nB,500\n");
            let islands = Dataset::from_csv("islands", &regions, "a,b\nA,B\n").unwrap();
            datasets.add(DEFAULT_TENANT, "t", &islands).unwrap();
        };
        let version = |reading: &mut Reading| {
            let population = PopulationSpec { dataset: "islands".to_owned(), agents: 10 };
            let run = NewRun::local("run", RunSpec { population, ..RunSpec::default() });
            datasets.settle(&catalogue, run, reading).unwrap().run.versions[2].clone()
        };
        let mut reading = Reading::default();
        add(100);
        assert_eq!(version(&mut reading), "1");
        add(200);
        assert_eq!(version(&mut reading), "1");
        assert_eq!(version(&mut Reading::default()), "2", "of the next request");
        store.close();
    }
}
