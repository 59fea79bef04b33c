//! Asking the registry, and what the runtime shows of itself to those who watch it.

use actix::dev::ToEnvelope;
use actix::{Actor, Handler, Message};

use crate::books::Census;
use crate::error::Result;
use crate::limits::REQUEST_TIMEOUT;
use crate::messages::TakeCensus;
use crate::meters::{Held, Meters};
use crate::registry::Registry;
use crate::runtime::{Runtime, answer};

impl Runtime {
    /// What is counted since the start.
    pub fn meters(&self) -> &Meters {
        &self.meters
    }

    /// What is counted of all tenants now.
    ///
    /// # Errors
    /// [`crate::RuntimeError::Overloaded`] when the registry does not answer, [`crate::RuntimeError::ShuttingDown`] when it
    /// has ended.
    pub async fn census(&self) -> Result<Census> {
        self.ask(TakeCensus).await
    }

    /// The registry's answer to a message.
    pub(super) async fn ask<M>(&self, message: M) -> Result<M::Result>
    where
        M: Message + Send + 'static,
        M::Result: Send,
        Registry: Handler<M>,
        <Registry as Actor>::Context: ToEnvelope<Registry, M>,
    {
        let _waiting = Held::one(&self.meters.registry_waiting);
        answer(self.registry.send(message).timeout(REQUEST_TIMEOUT).await)
    }
}
