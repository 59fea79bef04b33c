//! Event scripts and bundles of a store: made, changed, dropped, listed, and applied to runs that are to be created. Owns what of
//! a script can be checked before there is a run, and that a run gets the effects of a bundle once, when it is created.
//!
//! Everything here may wait for the disk: call it from a thread that may.

use std::sync::Arc;

use civitas_engine::{
    AppliedBundle, BundleOrder, BundleStep, Effect, EngineError, EventBundle, EventScript, MAX_BUNDLE_SCRIPTS,
    MAX_EFFECTS, MAX_HORIZON_TICKS, effects_from_bytes, effects_to_bytes,
};
use civitas_store::{
    Change, EventContent, EventId, EventKind, EventRecord, EventStep, ProjectId, Store, StoreError, TenantId,
};
use uuid::Uuid;

use crate::clock::{SharedClock, SystemClock};
use crate::error::{Result, RuntimeError};
use crate::limits::MAX_NAME_CHARS;
use crate::reading::Reading;
use crate::request::NewRun;

/// The event scripts and bundles of all tenants.
pub struct EventScripts {
    store: Arc<dyn Store>,
    clock: SharedClock,
}

/// What a script or a bundle is to hold.
#[derive(Clone, Debug, PartialEq)]
pub enum EventDraft {
    /// Effects, whose ticks count from the script's beginning.
    Script(Vec<Effect>),
    /// Scripts on a time line.
    Bundle(BundleOrder, Vec<EventStep>),
}

/// A bundle that a run is to have the effects of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BundleChoice {
    /// The bundle, of the run's tenant and project.
    pub id: EventId,
    /// Its version; the one that there is where it is left out.
    pub version: Option<u32>,
    /// Its impact is to be the difference from the same run without it.
    pub attribution: bool,
    /// The tick of the run at which it begins.
    pub from_tick: u32,
}

impl EventScripts {
    /// Those in this store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, clock: Arc::new(SystemClock::default()) }
    }

    /// Makes a script or a bundle; it is on the disk when this returns.
    ///
    /// # Errors
    /// [`RuntimeError::Spec`] naming the field, for a script that is not one of the project too; [`StoreError::TooManyEvents`] as
    /// [`RuntimeError::Events`], or [`RuntimeError::Store`].
    pub fn create(
        &self,
        (tenant_id, project_id): (TenantId, ProjectId),
        created_by: &str,
        name: &str,
        draft: EventDraft,
    ) -> Result<EventRecord> {
        let (content, now_ms) = (content(name, draft)?, self.clock.unix_ms());
        self.check_scripts((tenant_id, project_id), &content)?;
        let record = EventRecord {
            id: Uuid::now_v7(),
            tenant_id,
            project_id,
            version: 1,
            name: name.to_owned(),
            content,
            created_at_ms: now_ms,
            updated_at_ms: now_ms,
            created_by: created_by.to_owned(),
            updated_by: created_by.to_owned(),
        };
        self.store.commit_wait(vec![Change::PutEvent(Box::new(record.clone()))]).map_err(told)?;
        Ok(record)
    }

    /// Writes the next version of a script or a bundle whose present one is `version`; it is on the disk when this returns.
    ///
    /// # Errors
    /// As [`EventScripts::create`], and [`StoreError::EventVersion`] where it was changed meanwhile.
    pub fn update(
        &self,
        tenant: TenantId,
        (id, version): (EventId, u32),
        updated_by: &str,
        name: &str,
        draft: EventDraft,
    ) -> Result<EventRecord> {
        let content = content(name, draft)?;
        let kind = match &content {
            EventContent::Script { .. } => EventKind::Script,
            EventContent::Bundle { .. } => EventKind::Bundle,
        };
        let old = self.get(tenant, kind, id)?;
        self.check_scripts((tenant, old.project_id), &content)?;
        let next = version.checked_add(1).filter(|_| version == old.version);
        let record = EventRecord {
            // Looked at once more as it is committed, for there may be others.
            version: next.ok_or_else(|| told(StoreError::EventVersion { kind, id, version: old.version }))?,
            name: name.to_owned(),
            content,
            updated_at_ms: self.clock.unix_ms(),
            updated_by: updated_by.to_owned(),
            ..old
        };
        self.store.commit_wait(vec![Change::PutEvent(Box::new(record.clone()))]).map_err(told)?;
        Ok(record)
    }

    /// A script or a bundle of a tenant.
    ///
    /// # Errors
    /// [`StoreError::NoEvent`] as [`RuntimeError::Events`].
    pub fn get(&self, tenant: TenantId, kind: EventKind, id: EventId) -> Result<EventRecord> {
        self.read(&mut Reading::default(), tenant, (kind, id))
    }

    /// The same as a request has read it before, if it has.
    fn read(&self, reading: &mut Reading, tenant: TenantId, (kind, id): (EventKind, EventId)) -> Result<EventRecord> {
        let found = reading.event(self.store.as_ref(), id)?;
        let found = found.filter(|event| event.tenant_id == tenant && event.kind() == kind);
        found.ok_or_else(|| told(StoreError::NoEvent { kind, id }))
    }

    /// So many of a tenant's scripts or bundles, newest first, and how many there are in all.
    ///
    /// # Errors
    /// [`RuntimeError::Store`].
    pub fn list(
        &self,
        (tenant, project): (TenantId, Option<ProjectId>),
        kind: EventKind,
        (skip, limit): (usize, usize),
    ) -> Result<(Vec<EventRecord>, usize)> {
        let ids = self.store.event_ids(kind, tenant, project)?;
        let mut page = Vec::new();
        for &id in ids.iter().rev().skip(skip).take(limit) {
            // One that was dropped since is not shown.
            page.extend(self.store.event(id)?);
        }
        Ok((page, ids.len()))
    }

    /// Drops a script or a bundle; that it is gone is on the disk when this returns. Runs keep what they had of it.
    ///
    /// # Errors
    /// As [`RuntimeError::Events`] [`StoreError::NoEvent`], [`StoreError::EventVersion`] where another version than this is there, or
    /// [`StoreError::EventInUse`] for a script that a bundle names.
    pub fn remove(&self, tenant: TenantId, kind: EventKind, id: EventId, version: Option<u32>) -> Result<EventRecord> {
        let record = self.get(tenant, kind, id)?;
        self.store.commit_wait(vec![Change::DropEvent { kind, id, version }]).map_err(told)?;
        Ok(record)
    }

    /// Scripts of a tenant's project on a time line.
    ///
    /// # Errors
    /// [`StoreError::NoEvent`] as [`RuntimeError::Events`] for a script that is not one of the project.
    pub fn on_time_line(
        &self,
        whose: (TenantId, ProjectId),
        order: BundleOrder,
        steps: &[EventStep],
    ) -> Result<EventBundle> {
        self.time_line(&mut Reading::default(), whose, order, steps)
    }

    fn time_line(
        &self,
        reading: &mut Reading,
        whose: (TenantId, ProjectId),
        order: BundleOrder,
        steps: &[EventStep],
    ) -> Result<EventBundle> {
        let step = |step: &EventStep| {
            let (kind, id) = (EventKind::Script, step.script_id);
            let record = self.read(reading, whose.0, (kind, id))?;
            if record.project_id != whose.1 {
                return Err(told(StoreError::NoEvent { kind, id }));
            }
            Ok(BundleStep { script: script_of(&record)?, offset_ticks: step.offset_ticks })
        };
        let steps = steps.iter().map(step).collect::<Result<_>>()?;
        Ok(EventBundle { id: Uuid::nil().to_string(), version: 0, order, steps })
    }

    /// Refuses a bundle that names what is no script of its project. The store looks once more as it commits; here the field is
    /// known.
    fn check_scripts(&self, whose: (TenantId, ProjectId), content: &EventContent) -> Result<()> {
        let EventContent::Bundle { steps, .. } = content else { return Ok(()) };
        for (place, EventStep { script_id, .. }) in steps.iter().enumerate() {
            let found = self.store.event(*script_id)?;
            let is_own =
                |event: &EventRecord| event.kind() == EventKind::Script && (event.tenant_id, event.project_id) == whose;
            if !found.as_ref().is_some_and(is_own) {
                let problem = format!("must be an event script of the bundle's project, and {script_id} is none");
                return Err(EngineError::invalid(format!("scripts[{place}].script_id"), problem).into());
            }
        }
        Ok(())
    }

    /// The run with the effects of the bundle that it names after its own; as it was where it names none. All runs of a request
    /// have the same reading.
    pub(crate) fn applied(&self, mut run: NewRun, reading: &mut Reading) -> Result<NewRun> {
        let Some(choice) = run.bundle.take() else { return Ok(run) };
        let bundle = self.chosen(&run, choice, reading)?;
        let added = bundle.compile(choice.from_tick)?;
        let (before, count) = (run.spec.effects.len(), run.spec.effects.len() + added.len());
        if count > MAX_EFFECTS {
            let problem = format!(
                "brings {} effects to the {before} that there are, and a run has at most {MAX_EFFECTS}",
                added.len()
            );
            return Err(EngineError::invalid("scenario_patch.event_bundle_id", problem).into());
        }
        run.spec.effects.extend(added);
        run.spec.bundle =
            Some(AppliedBundle { id: bundle.id, version: bundle.version, attribution: choice.attribution });
        Ok(run)
    }

    /// The bundle that a run names.
    fn chosen(&self, run: &NewRun, choice: BundleChoice, reading: &mut Reading) -> Result<EventBundle> {
        let record = self.read(reading, run.tenant_id, (EventKind::Bundle, choice.id))?;
        if record.project_id != run.project_id {
            return Err(RuntimeError::BundleElsewhere { id: choice.id, project: run.project_id });
        }
        if choice.version.is_some_and(|version| version != record.version) {
            let (kind, id, version) = (EventKind::Bundle, record.id, record.version);
            return Err(told(StoreError::EventVersion { kind, id, version }));
        }
        let (order, steps) = time_line_of(&record)?;
        let bundle = self.time_line(reading, (run.tenant_id, run.project_id), order, steps)?;
        Ok(EventBundle { id: record.id.to_string(), version: record.version, ..bundle })
    }
}

/// What the store says of an event, apart from its failures.
fn told(error: StoreError) -> RuntimeError {
    match error {
        StoreError::NoEvent { .. }
        | StoreError::EventVersion { .. }
        | StoreError::EventInUse { .. }
        | StoreError::TooManyEvents { .. } => RuntimeError::Events(error),
        other => other.into(),
    }
}

/// What stands in a record, for a script with a name that fits, in the store's words.
fn content(name: &str, draft: EventDraft) -> Result<EventContent> {
    if name.trim().is_empty() || name.chars().count() > MAX_NAME_CHARS {
        let problem = format!("must have between 1 and {MAX_NAME_CHARS} characters");
        return Err(EngineError::invalid("name", problem).into());
    }
    let within = |field: &str, count: usize, max: usize| match count {
        0 => Err(EngineError::invalid(field, "must have at least one entry")),
        count if count > max => {
            Err(EngineError::invalid(field, format!("must have at most {max} entries, not {count}")))
        }
        _ => Ok(()),
    };
    match draft {
        EventDraft::Script(effects) => {
            within("effects", effects.len(), MAX_EFFECTS)?;
            for (place, effect) in effects.iter().enumerate() {
                effect.check(&format!("effects[{place}]"))?;
                if effect.cause.is_some() {
                    let problem = "must be left out: an effect of a script comes from nothing else";
                    return Err(EngineError::invalid(format!("effects[{place}].cause"), problem).into());
                }
            }
            Ok(EventContent::Script { effects: effects.len() as u32, document: effects_to_bytes(&effects) })
        }
        EventDraft::Bundle(order, steps) => {
            within("scripts", steps.len(), MAX_BUNDLE_SCRIPTS)?;
            if let Some(place) = steps.iter().position(|step| step.offset_ticks > MAX_HORIZON_TICKS) {
                let problem = format!("must be between 0 and {MAX_HORIZON_TICKS}");
                return Err(EngineError::invalid(format!("scripts[{place}].offset_ticks"), problem).into());
            }
            Ok(EventContent::Bundle { order: order.as_str().to_owned(), steps })
        }
    }
}

/// The script of a record.
///
/// # Errors
/// [`RuntimeError::Spec`] for a record that makes no sense here, [`StoreError::NoEvent`] for one of a bundle.
pub fn script_of(record: &EventRecord) -> Result<EventScript> {
    let EventContent::Script { document, .. } = &record.content else {
        return Err(told(StoreError::NoEvent { kind: EventKind::Script, id: record.id }));
    };
    let effects = effects_from_bytes(document)?;
    Ok(EventScript { id: record.id.to_string(), version: record.version, name: record.name.clone(), effects })
}

/// The order of a bundle's scripts, and which they are.
///
/// # Errors
/// [`RuntimeError::Spec`] for a record that makes no sense here, [`StoreError::NoEvent`] for one of a script.
pub fn time_line_of(record: &EventRecord) -> Result<(BundleOrder, &[EventStep])> {
    let EventContent::Bundle { order, steps } = &record.content else {
        return Err(told(StoreError::NoEvent { kind: EventKind::Bundle, id: record.id }));
    };
    let known = BundleOrder::ALL.into_iter().find(|known| known.as_str() == order);
    let known = known.ok_or_else(|| EngineError::State(format!("the order `{order}` is not known here")))?;
    Ok((known, steps))
}
