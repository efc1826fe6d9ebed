//! A host: what it is, what is asked of it, what is true of it, and what should happen next.

mod identity;
mod install;
mod intent;
mod memory;
mod observation;
mod plan;
mod port;
mod power;
mod power_plan;
mod reboot;
mod record;
mod timings;
mod wish;

pub use identity::Identity;
pub use install::{InstallRecord, InstallStep, NextStep, TRANSITIONS, Trigger};
pub use intent::{Intent, Outcome, Precondition};
pub use memory::Memory;
pub use observation::{Hardware, Observation, Properties};
pub use plan::{Effect, Plan, Situation, deletion, plan};
pub use port::{BootFrom, Depth, Endpoint, HostPort, PropertyChange};
pub use power::{Indicator, Power, Reset};
pub use reboot::RebootRecord;
pub use record::Record;
pub use timings::Timings;
pub use wish::{Completion, HostWish, InstallWish, Method, PowerWish, RebootMode, RebootWish};

/// Which host: its name for people, its uid for everything that must not be mixed up when a name is used again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostKey {
    /// Namespace of the object.
    pub namespace: String,
    /// Name of the object.
    pub name: String,
    /// Unique id that the API server gave the object.
    pub uid: String,
}

impl std::fmt::Display for HostKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.namespace, self.name)
    }
}
