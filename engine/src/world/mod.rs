//! The society before it moves: data sets, the layout of agents over regions and blocks, who listens to whom.

mod dataset;
mod geography;
mod layout;
mod network;

pub use dataset::{Dataset, MAX_REGIONS, Region};
pub use geography::{Gravity, great_circle_km};
pub use layout::Layout;
pub use network::TieMaker;
pub(crate) use network::{Edges, Meetings, TieRows};
