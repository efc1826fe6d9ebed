//! Types of conditions. The first three are on every kind and follow kstatus (`facts/reliability-ux.md §3.1`).

pub use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

/// The object is as its spec asks. On every kind.
pub const READY: &str = "Ready";
/// Work is going on; abnormal-true, left out when not true. On every kind.
pub const RECONCILING: &str = "Reconciling";
/// Nothing more will happen until a person acts; abnormal-true, left out when not true. On every kind.
pub const STALLED: &str = "Stalled";

/// The peer answers: the BMC, the rack and OCI, or the registrar.
pub const REACHABLE: &str = "Reachable";
/// The peer accepts the credentials.
pub const CREDENTIALS_VALID: &str = "CredentialsValid";
/// The machine is the one that `spec.identity` names. `BareMetalHost` only.
pub const IDENTITY_VERIFIED: &str = "IdentityVerified";
/// The host's power is on. `BareMetalHost` only.
pub const POWERED: &str = "Powered";
/// The profile that `spec.install` asks for is on the host. `BareMetalHost` only.
pub const INSTALLED: &str = "Installed";

/// Every image of the profile is on the boot service's disk and matches its digest. `InstallProfile` only.
pub const IMAGES_AVAILABLE: &str = "ImagesAvailable";
/// Every template of the profile can be rendered. `InstallProfile` only.
pub const TEMPLATES_VALID: &str = "TemplatesValid";

/// The rack is found in OCI; the registrar has a record of the cluster. `Infrastructure` and `ClusterSubscription`.
pub const REGISTERED: &str = "Registered";
/// The rack's fingerprint and OCI's are the same. `Infrastructure` only.
pub const FINGERPRINT_MATCHED: &str = "FingerprintMatched";
/// The rack showed a certificate that is trusted. `Infrastructure` only.
pub const TLS_VERIFIED: &str = "TlsVerified";
/// The rack is connected to OCI. `Infrastructure` only.
pub const CONNECTED: &str = "Connected";
/// The connection should be made anew before OCI ends it; abnormal-true. `Infrastructure` only.
pub const REFRESH_DUE: &str = "RefreshDue";

/// The registrar's record says what the spec says. `ClusterSubscription` only.
pub const SYNCED: &str = "Synced";
/// The registrar's record is active. `ClusterSubscription` only.
pub const ACTIVATED: &str = "Activated";
/// The registrar sees telemetry of the cluster. `ClusterSubscription` only.
pub const TELEMETRY_FRESH: &str = "TelemetryFresh";
/// The cluster that the spec leads to says what it is. `ClusterSubscription` only.
pub const CLUSTER_OBSERVED: &str = "ClusterObserved";
/// The organization's capabilities are labels of the object. `ClusterSubscription` only.
pub const CAPABILITIES_SYNCED: &str = "CapabilitiesSynced";
/// Several living records speak of the same cluster; abnormal-true. `ClusterSubscription` only.
pub const DUPLICATE: &str = "Duplicate";

/// A field of the spec asks for what this version does not do; its message names the fields. Abnormal-true; `BareMetalHost` only.
pub const NOT_YET_SUPPORTED: &str = "NotYetSupported";
