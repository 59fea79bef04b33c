//! x
pub use civitas_actors::*;
pub use civitas_engine as engine;
pub use civitas_store as store;
