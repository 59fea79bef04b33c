//! To the registry, about verifications: it admits them like runs.

use actix::Message;
use civitas_store::{RunManifest, RunRecord, TenantId};

use crate::demand::Demand;
use crate::error::RuntimeError;
use crate::verification::Verification;

/// Facade to registry: execute this run, which has ended or rests, again and compare it with its manifest. Answered when it has
/// a place.
#[derive(Message)]
#[rtype(result = "Result<Verification, RuntimeError>")]
pub(crate) struct StartVerification {
    pub(crate) record: Box<RunRecord>,
    pub(crate) manifest: Box<RunManifest>,
}

/// Verifier to registry, exactly once per verification: it has ended, and its place is free.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct VerificationEnded {
    pub(crate) tenant_id: TenantId,
    /// What it took.
    pub(crate) demand: Demand,
}
