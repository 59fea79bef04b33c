//! The society before it moves: data sets, the layout of agents over regions and blocks, who listens to whom.

mod dataset;
mod geography;
mod layout;
mod network;
mod roster;

pub(crate) use dataset::ListedTies;
pub use dataset::{
    BUNDLED_DATASETS, Dataset, MAX_DATASET_AGENTS, MAX_DATASET_TIES, MAX_REGIONS, MAX_TRAIT_COLUMNS, Region, Table,
    Tables,
};
pub use geography::{Gravity, great_circle_km};
pub use layout::Layout;
pub(crate) use network::{Edges, ListedRows, Meetings, TieRows};
pub use network::{TieList, TieMaker};
pub(crate) use roster::Roster;
