//! Model code held at arm's length: a panic in it becomes a message, for whoever called it to report. It owns nothing; where
//! a guard is needed is its callers' affair.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs model code; a panic becomes its message. What the code was changing is not to be used afterwards.
///
/// # Errors
/// What the panic said.
pub fn guarded<T>(code: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(code)).map_err(|panic| panic_text(panic.as_ref()))
}

/// What a panic said.
pub fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without a message".to_owned())
}
