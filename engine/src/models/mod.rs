//! The built-in models, written against the same public trait as anyone's.

mod bass;
mod bounded_confidence;
mod degroot;
mod epidemic;
mod opinion;
pub mod society;
mod threshold;
mod voter;

pub use bass::Bass;
pub use bounded_confidence::BoundedConfidence;
pub use degroot::DeGroot;
pub use epidemic::Epidemic;
pub use society::Society;
pub use threshold::Threshold;
pub use voter::Voter;
