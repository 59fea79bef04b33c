//! The kernel: one partition's columns, ghosts and step, generic over the model inside and one dynamic call
//! per partition and tick outside.

mod act;
mod actors;
mod birth;
mod build;
mod casting;
mod digest;
mod erased;
mod exchange;
mod halo;
mod inbox;
mod inspect;
mod kept;
mod lanes;
mod observe;
mod partition;
mod pass;
mod post;
mod rest;
mod rousing;
mod strangers;
mod ties;
mod watch;

pub use birth::newborns;
pub use casting::Casting;
pub use digest::{DigestSum, state_digest};
pub use erased::{AnyModel, Catalogue, ModelCard, PartitionBuilder, PartitionKernel};
pub(crate) use halo::View;
pub use halo::{Halo, HaloRequest};
