//! A rack of Compute Cloud@Customer: what is asked of it, what is true of its connection to Oracle Cloud, and what should happen next.

mod connection;
mod connection_state;
mod deletion;
mod details;
mod fingerprint;
mod handshake;
mod inventory;
mod memory;
mod observation;
mod plan;
mod port;
mod record;
mod refresh;
mod registration;
mod rules;
mod schedule;
mod wish;

pub use connection::{pin_given, pin_lost};
pub use connection_state::ConnectionState;
pub use deletion::{DeletionPolicy, DeletionStep, deletion};
pub use fingerprint::Fingerprint;
pub use handshake::{MOVES, Move, Row, Step};
pub use inventory::{Inventory, Network, Upgrade};
pub use memory::Memory;
pub use observation::{Etag, Observation, Schedule, UpgradeEvent};
pub use plan::{Effect, Look, Plan, Situation, plan};
pub use port::{Account, Change, CloudPort, Order, RackEndpoint, RackPort, ScheduleCreation};
pub use record::{Handshake, HandshakeResult, Record, Refresh};
pub use refresh::{RefreshDue, refresh_due};
pub use registration::{Creation, OWNER_TAG, is_owned_by};
pub use rules::Rules;
pub use schedule::ScheduleSight;
pub use wish::{Approval, ConnectionWish, Desired, Details, InfrastructureWish, RefreshPolicy, ScheduleWish};
