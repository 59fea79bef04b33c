//! What the store keeps of event scripts and bundles of them: what users write once and apply to many runs. It does not know
//! what effects are; runs keep their own.

use bincode::{Decode, Encode};
use uuid::Uuid;

use crate::{ProjectId, TenantId};

/// Identifies an event script, or a bundle; UUID version 7, so ids sort by creation time.
pub type EventId = Uuid;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// Effects under a name.
    Script,
    /// Scripts on a time line.
    Bundle,
}

/// A script or a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct EventRecord {
    /// Its id.
    #[bincode(with_serde)]
    pub id: EventId,
    /// The tenant that owns it.
    #[bincode(with_serde)]
    pub tenant_id: TenantId,
    /// The project it belongs to.
    #[bincode(with_serde)]
    pub project_id: ProjectId,
    /// 1, and one more with every change.
    pub version: u32,
    /// A name for people.
    pub name: String,
    /// What it holds.
    pub content: EventContent,
    /// Milliseconds since the Unix epoch.
    pub created_at_ms: u64,
    /// When this version was written, in milliseconds since the Unix epoch.
    pub updated_at_ms: u64,
    /// Who made it (the API key's id, or `local`).
    pub created_by: String,
    /// Who wrote this version.
    pub updated_by: String,
}

/// What a script or a bundle holds.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum EventContent {
    /// Effects.
    Script {
        /// How many.
        effects: u32,
        /// Them, in the engine's bytes.
        document: Vec<u8>,
    },
    /// Scripts.
    Bundle {
        /// When they begin, as a word.
        order: String,
        /// Them, in order.
        steps: Vec<EventStep>,
    },
}

/// A script in a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct EventStep {
    /// The script, of the bundle's tenant and project.
    #[bincode(with_serde)]
    pub script_id: EventId,
    /// Ticks after the bundle's beginning, or after the end of the script before.
    pub offset_ticks: u32,
}

impl EventRecord {
    /// Which of the two it is.
    pub fn kind(&self) -> EventKind {
        match self.content {
            EventContent::Script { .. } => EventKind::Script,
            EventContent::Bundle { .. } => EventKind::Bundle,
        }
    }

    /// The scripts that it names, each as often as it does; none of a script.
    pub fn scripts(&self) -> impl Iterator<Item = EventId> {
        let steps = match &self.content {
            EventContent::Script { .. } => &[][..],
            EventContent::Bundle { steps, .. } => steps,
        };
        steps.iter().map(|step| step.script_id)
    }

    /// True where both are of one kind, tenant and project.
    pub(crate) fn is_beside(&self, other: &Self) -> bool {
        (self.kind(), self.tenant_id, self.project_id) == (other.kind(), other.tenant_id, other.project_id)
    }
}

impl EventKind {
    /// The word for one.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Script => "event script",
            Self::Bundle => "event bundle",
        }
    }
}
