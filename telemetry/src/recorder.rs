//! Who keeps telemetry: one task per run, on the thread of the object store, fed through a bounded channel. A run whose
//! telemetry cannot be written any more goes on without; its index then says what is missing, and its results are kept all
//! the same.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use civitas_actors::{Telemetry, TelemetryRecord, TelemetryStart};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::limits::QUEUE;
use crate::objects::{Objects, results_name};
use crate::writer::RunWriter;

/// Keeps telemetry and results in a place for objects.
pub struct Recorder {
    objects: Objects,
    /// Who keeps the newest life of each run.
    lives: Mutex<BTreeMap<Uuid, JoinHandle<()>>>,
}

impl Recorder {
    /// One that keeps them there.
    pub fn new(objects: Objects) -> Self {
        Self { objects, lives: Mutex::default() }
    }
}

impl Telemetry for Recorder {
    fn begin(&self, start: TelemetryStart) -> mpsc::Sender<TelemetryRecord> {
        let (sender, records) = mpsc::channel(QUEUE);
        let (run, objects) = (start.run, self.objects.clone());
        let mut lives = self.lives.lock().unwrap_or_else(PoisonError::into_inner);
        lives.retain(|_, life| !life.is_finished());
        let before = lives.remove(&run);
        let life = self.objects.handle().spawn(async move {
            // Two lives that write at a time would give their files the same names.
            if let Some(before) = before {
                // An error means that it is over, too.
                let _ = before.await;
            }
            keep(objects, start, records).await;
        });
        lives.insert(run, life);
        sender
    }
}

/// Keeps one run, in this life of it.
async fn keep(objects: Objects, start: TelemetryStart, mut records: mpsc::Receiver<TelemetryRecord>) {
    let run = start.run;
    let mut writer = match &start.options {
        None => None,
        Some(options) => match RunWriter::begin(objects.clone(), &start, *options).await {
            Ok(writer) => Some(writer),
            Err(error) => {
                tracing::error!(%run, %error, "the telemetry of this run cannot be begun");
                None
            }
        },
    };
    let mut over = false;
    while let Some(record) = records.recv().await {
        over |= matches!(record, TelemetryRecord::End { .. });
        if let TelemetryRecord::End { outcome_json: Some(json), .. } = &record {
            let (name, json) = (results_name(run), bytes::Bytes::copy_from_slice(json));
            if let Err(error) = objects.put(&name, json).await {
                tracing::error!(%run, %error, "the results of this run could not be written beside its record");
            }
        }
        let Some(mut able) = writer.take() else { continue };
        match able.take(record).await {
            Ok(()) => writer = Some(able),
            Err(error) => {
                tracing::error!(%run, %error, "the rest of this run has no telemetry");
                able.give_up(&error).await;
            }
        }
    }
    let Some(mut writer) = writer.filter(|_| !over) else { return };
    tracing::warn!(%run, "the run was gone before its telemetry was whole");
    if let Err(error) = writer.break_off().await {
        writer.give_up(&error).await;
    }
}
