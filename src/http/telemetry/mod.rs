//! The operations on telemetry, one file each: they read what was recorded, and run nothing. `whose` says which run an id means,
//! `head` what all of them begin with, `query` what a question may say.

mod agents;
mod aggregates;
mod errors;
mod events;
mod export;
mod head;
mod index;
mod query;
mod slice;
mod stream;
mod whose;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) use whose::index_of;

/// Registers the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(index::telemetry_index)
        .service(slice::telemetry_slice)
        .service(agents::telemetry_keyframe)
        .service(agents::telemetry_agent)
        .service(events::telemetry_events)
        .service(aggregates::telemetry_aggregates)
        .service(stream::telemetry_stream)
        .service(export::telemetry_file)
        .service(export::export_run);
}
