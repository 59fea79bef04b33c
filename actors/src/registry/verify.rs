//! Who may verify: a verification takes the place of a run, and gives it back. One of a run goes on at a time; whoever asks
//! meanwhile is told of that one. No record changes.

use std::sync::Arc;

use actix::{AsyncContext, Handler};

use crate::error::RuntimeError;
use crate::limits::RETRY_AFTER_S;
use crate::messages::{StartVerification, VerificationEnded};
use crate::registry::Registry;
use crate::supervisor::{Assignment, Verifier, Verify};
use crate::verification::{Agreed, Maker, Verification, VerificationState};

impl Handler<StartVerification> for Registry {
    type Result = Result<Verification, RuntimeError>;

    fn handle(&mut self, message: StartVerification, ctx: &mut Self::Context) -> Self::Result {
        let StartVerification { record, manifest } = message;
        if self.books.is_closed() {
            return Err(RuntimeError::ShuttingDown);
        }
        let board = self.surroundings.verifications.clone();
        if let Some(going_on) = board.latest(record.id).filter(|latest| !latest.state.has_ended()) {
            return Ok(going_on);
        }
        let demand = self.demand(&record);
        if let Some(shortage) = self.books.verify(record.tenant_id, record.id, demand)? {
            return Err(RuntimeError::NoRoom { shortage, retry_after_s: RETRY_AFTER_S });
        }
        let verification = Verification {
            run_id: record.id,
            state: VerificationState::Running,
            tick: 0,
            total_ticks: manifest.end.tick,
            agreed: Agreed::default(),
            recorded_by: Maker::of(&manifest),
            // Another version of results would have been refused.
            verified_by: Maker { results_version: manifest.results_version, ..Maker::here() },
            partitions: 0,
            threads: self.surroundings.compute.len(),
            started_at_ms: self.surroundings.clock.unix_ms(),
            ended_at_ms: None,
        };
        let control = board.begin(verification.clone());
        let first_thread = self.next_thread;
        self.next_thread = self.next_thread.wrapping_add(1);
        let assignment = Assignment {
            record: *record,
            control,
            first_thread,
            resume: false,
            on_trial: false,
            given_up: None,
            memory_bytes: demand.memory_bytes,
            registry: ctx.address(),
        };
        let task = Verify { assignment, demand, manifest: Arc::new(*manifest), board };
        tracing::info!(run = %verification.run_id, "a run is verified");
        Verifier::launch(self.surroundings.clone(), task, ctx.address());
        Ok(verification)
    }
}

impl Handler<VerificationEnded> for Registry {
    type Result = ();

    fn handle(&mut self, message: VerificationEnded, ctx: &mut Self::Context) {
        self.books.verified(message.tenant_id, message.demand);
        self.start_waiting(ctx);
    }
}
