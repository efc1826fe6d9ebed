//! Oracle Cloud Infrastructure behind the ports: who we are there, how a request is signed, and where each service is.
//!
//! A [`Keyring`] turns the content of a Secret into a [`Signer`] and keeps it until the Secret changes. The signer signs each
//! try of a request afresh, and renews its token ahead of its end where it has one.
//! Source of all rules: `facts/oci.md §2`.

mod budget;
mod certificate;
mod cloud;
mod credentials;
mod der;
mod encrypted_key;
mod environment;
mod error;
mod federation;
mod fingerprint;
mod instance;
mod jwt;
mod key;
mod keyring;
mod ocid;
mod pem;
mod profile;
mod rack;
mod realm;
mod region;
mod resource;
mod session;
mod sign;
mod signer;
mod skew;
mod source;
mod token;
mod wire;
mod workload;

pub use cloud::{OciCloud, limits::Limits};
pub use credentials::{Form, OperatorIdentity, Principal};
pub use environment::{Environment, ResourcePrincipal};
pub use key::{KeyError, PrivateKey};
pub use keyring::{Account, Keyring};
pub use rack::Rack;
pub use region::{Region, Service};
pub use signer::{Generation, Signer};
pub use skew::{Skew, clock_skew};
