//! `Infrastructure`: one Compute Cloud@Customer rack and its connection to Oracle Cloud.

mod connection;
mod registration;
mod remote;
mod spec;
mod status;
mod upgrade;

pub use connection::{
    ApprovalMode, ConnectionPolicy, ConnectionRefresh, ConnectionWish, MaintenanceWindow, RackEndpoint,
};
pub use registration::{InfrastructureCreation, InfrastructureLookup, OciAccount};
pub use remote::{BgpPeer, ManagementNode, RackInventory, RackNetwork, UpgradeStatus};
pub use spec::{Infrastructure, InfrastructureDeletionPolicy, InfrastructureSpec};
pub use status::{HandshakeStatus, InfrastructurePhase, InfrastructureStatus, RefreshStatus};
pub use upgrade::{UpgradeEvent, UpgradeSchedule};
