//! What the registry counts for those who watch the runtime.

use actix::{Context, Handler, MessageResult};

use crate::messages::TakeCensus;
use crate::registry::Registry;

impl Handler<TakeCensus> for Registry {
    type Result = MessageResult<TakeCensus>;

    fn handle(&mut self, _: TakeCensus, _: &mut Context<Self>) -> Self::Result {
        MessageResult(self.books.census())
    }
}
