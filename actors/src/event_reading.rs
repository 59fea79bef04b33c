//! What one request has read of event scripts and bundles: each of them once, so that all runs that it creates have the same of
//! what somebody else is changing meanwhile. It must not outlive the request.

use std::collections::BTreeMap;

use civitas_store::{EventId, EventRecord, Store};

use crate::error::Result;

/// The records that were read so far; those that were not there stay away too.
#[derive(Default)]
pub(crate) struct EventReading(BTreeMap<EventId, Option<EventRecord>>);

impl EventReading {
    /// A script or a bundle as it was when this request asked for it first.
    ///
    /// # Errors
    /// [`crate::RuntimeError::Store`].
    pub(crate) fn event(&mut self, store: &dyn Store, id: EventId) -> Result<Option<EventRecord>> {
        if let Some(known) = self.0.get(&id) {
            return Ok(known.clone());
        }
        let found = store.event(id)?;
        self.0.insert(id, found.clone());
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use civitas_engine::{BundleOrder, Effect, RunSpec};
    use civitas_store::{DEFAULT_TENANT, EventKind, EventStep, SledStore};
    use uuid::Uuid;

    use super::*;
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
        let applied = |id, reading: &mut EventReading| {
            let choice = BundleChoice { id, version: None, attribution: false, from_tick: 0 };
            let run = NewRun { bundle: Some(choice), ..NewRun::local("run", RunSpec::default()) };
            let effects = events.applied(run, reading).unwrap().spec.effects;
            effects[0].cause.as_ref().map(|cause| (cause.script_version, effects[0].value))
        };
        let mut reading = EventReading::default();
        assert_eq!(applied(bundles[0].id, &mut reading), Some((1, 0.1)));
        events.update(DEFAULT_TENANT, (script.id, 1), "t", "Rumour", draft(0.2)).unwrap();
        events.remove(DEFAULT_TENANT, EventKind::Bundle, bundles[0].id, None).unwrap();
        // The same bundle, gone meanwhile, and another one with the same script.
        assert_eq!(applied(bundles[0].id, &mut reading), Some((1, 0.1)));
        assert_eq!(applied(bundles[1].id, &mut reading), Some((1, 0.1)));
        assert_eq!(applied(bundles[1].id, &mut EventReading::default()), Some((2, 0.2)), "of the next request");
        store.close();
    }
}
