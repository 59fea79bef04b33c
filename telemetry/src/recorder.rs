//! Who keeps telemetry: one task per run, on the thread of the object store, fed through a bounded channel. A run whose
//! telemetry cannot be written any more goes on without; its index then says what is missing.

use civitas_actors::{Telemetry, TelemetryRecord, TelemetryStart};
use tokio::sync::mpsc;

use crate::limits::QUEUE;
use crate::objects::{Objects, results_name};
use crate::writer::RunWriter;

/// Keeps telemetry and results in a place for objects.
pub struct Recorder {
    objects: Objects,
}

impl Recorder {
    /// One that keeps them there.
    pub fn new(objects: Objects) -> Self {
        Self { objects }
    }
}

impl Telemetry for Recorder {
    fn begin(&self, start: TelemetryStart) -> mpsc::Sender<TelemetryRecord> {
        let (sender, records) = mpsc::channel(QUEUE);
        self.objects.handle().spawn(keep(self.objects.clone(), start, records));
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
            Err(error) => return tracing::error!(%run, %error, "the telemetry of this run cannot be begun"),
        },
    };
    while let Some(record) = records.recv().await {
        if let TelemetryRecord::End { outcome_json: Some(json), .. } = &record {
            let (name, json) = (results_name(run), bytes::Bytes::copy_from_slice(json));
            if let Err(error) = objects.put(&name, json).await {
                tracing::error!(%run, %error, "the results of this run could not be written beside its record");
            }
        }
        let Some(writer) = &mut writer else { continue };
        if let Err(error) = writer.take(record).await {
            tracing::error!(%run, %error, "the rest of this run has no telemetry");
            return writer.give_up(&error).await;
        }
    }
}
