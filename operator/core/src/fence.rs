//! What keeps a process that no longer leads from having an effect.

/// Asked at the last moment before anything is sent that may have an effect outside.
///
/// A process that was stopped and goes on later believes for a while that it still leads. Its effects end here, because the fence is judged by
/// the time of the last renewal and not by what the process was last told (`facts/reliability-ux.md §1.8`).
pub trait Fence: Send + Sync {
    /// Whether this process may have effects now.
    fn is_open(&self) -> bool;
}
