//! Who keeps telemetry: one task per run, on the thread of the object store, fed through a bounded channel. A run whose
//! telemetry cannot be written any more goes on without; its index then says what is missing, and its results are kept all
//! the same.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use civitas_actors::{Telemetry, TelemetryRecord, TelemetryStart};
use civitas_store::Purpose;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::error::Result;
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
    while let Some(record) = records.recv().await {
        if let TelemetryRecord::End { ended, outcome_json, done } = record {
            let results_url = keep_results(&objects, run, outcome_json).await;
            if let Some(mut able) = writer {
                let told = able.end(ended).await;
                unless_failed(run, able, told).await;
            }
            // Whoever waited may have gone.
            let _ = done.send(results_url);
            return;
        }
        if let Some(mut able) = writer.take() {
            let told = able.take(record).await;
            writer = unless_failed(run, able, told).await;
        }
    }
    let Some(mut writer) = writer else { return };
    tracing::warn!(%run, "the run was gone before its telemetry was whole");
    if let Err(error) = writer.break_off().await {
        writer.give_up(&error).await;
    }
}

/// The writer, unless it has failed: then the run goes on without.
async fn unless_failed(run: Uuid, mut writer: RunWriter, told: Result<()>) -> Option<RunWriter> {
    let Err(error) = told else { return Some(writer) };
    tracing::error!(%run, %error, "the rest of this run has no telemetry");
    writer.give_up(&error).await;
    None
}

/// Writes the results of a run, where it has any; the URL by which others find them, once they are there.
async fn keep_results(objects: &Objects, run: Uuid, outcome_json: Option<Vec<u8>>) -> Option<String> {
    let name = results_name(run);
    match objects.put(&name, outcome_json?.into(), Purpose::UnderWay).await {
        Ok(()) => objects.url_of(&name),
        Err(error) => {
            tracing::error!(%run, %error, "the results of this run could not be written beside its record");
            // Those of a pause are not what the record will say.
            if let Err(error) = objects.delete(&name).await {
                tracing::warn!(%run, %error, "results of an earlier rest may stand beside it");
            }
            None
        }
    }
}
