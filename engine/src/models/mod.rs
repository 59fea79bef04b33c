//! The built-in models, written against the same public trait as anyone's.

pub mod society;

pub use society::Society;
