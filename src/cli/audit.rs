//! The flags with which a run is audited: what they mean, and whether the file may become that large. What is written is
//! [`crate::audit`]'s.

use std::path::PathBuf;

use civitas_engine::{Catalogue, RunSpec, World};
use clap::Args;

use crate::audit::{AuditFile, MAX_UNFORCED_BYTES, bytes_at_most};
use crate::error::{Error, Result};

/// The flags.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct AuditArgs {
    /// Write a digest of all state per tick to this new file, for `civitas diff`: 16 bytes per region, 1/8 byte per agent
    #[arg(long, value_name = "FILE")]
    audit: Option<PathBuf>,
    /// Hash every agent by itself, too: 4 bytes per agent and tick
    #[arg(long, requires = "audit")]
    audit_agents: bool,
    /// Write the audit even where it may become larger than 4 GiB
    #[arg(long, requires = "audit")]
    audit_force: bool,
}

impl AuditArgs {
    /// True where one is asked for.
    pub(super) fn is_wanted(&self) -> bool {
        self.audit.is_some()
    }

    /// The file for a run of this specification, which has been checked; none where none is asked for.
    pub(super) fn open(&self, spec: &RunSpec, catalogue: &Catalogue) -> Result<Option<AuditFile>> {
        let Some(path) = &self.audit else { return Ok(None) };
        let world = World::new(spec.clone(), catalogue).map_err(civitas_actors::RuntimeError::Spec)?;
        let bytes = bytes_at_most(&world, self.audit_agents);
        if bytes > MAX_UNFORCED_BYTES && !self.audit_force {
            let size = bytes as f64 / f64::from(1 << 30);
            let hint = match self.audit_agents {
                true => "leave out --audit-agents, which a re-run makes up for, or add --audit-force",
                false => "audit fewer ticks or agents, or add --audit-force",
            };
            return Err(Error::audit(path, format!("may become {size:.1} GiB, more than 4"), hint));
        }
        AuditFile::create(path, self.audit_agents).map(Some)
    }
}
