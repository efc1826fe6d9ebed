//! Time as a value: the domain never reads the wall clock itself.

pub use jiff::{SignedDuration, Timestamp};

/// Where the present comes from. The operator passes the system's clock, tests one that they move.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}
