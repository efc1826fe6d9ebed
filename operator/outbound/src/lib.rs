//! The one guarded way out: every URL a user gives is reached through this connector.
//!
//! [`Connector::open`] judges the scheme, resolves the name once, checks every address and answers a [`Peer`] that
//! connects to those addresses only and speaks to nobody whose certificate the given [`Trusted`] does not accept. A peer is
//! made for a burst of requests and dropped afterwards: nothing is kept per peer while it is idle. [`Connector::open_through`] does
//! the same by way of a proxy, [`Connector::trust_as`] with a client certificate.
//! Sources: `facts/reliability-ux.md §2.4`, `facts/reliability-ux.md §2.5`.

mod address;
mod answer;
mod certificate;
mod connector;
mod diagnosis;
mod distrust;
mod download;
mod gate;
mod greeting;
mod identity;
mod judge;
mod observer;
mod peer;
mod policy;
mod proxy;
mod request;
mod trusted;
mod tunnel;

pub use answer::Answer;
pub use connector::Connector;
pub use download::Download;
pub use identity::{ClientIdentity, IdentityFault};
pub use observer::{Observer, Unobserved, code_class};
pub use peer::Peer;
pub use policy::{Plaintext, Policy};
pub use request::Request;
pub use reqwest::{
    Method, StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
};
pub use trusted::Trusted;
