//! OpenShift Cluster Manager behind the registrar port: who we are there, how often it is asked, and what it answers.
//!
//! A session belongs to one account: its token, the records that are remembered, and its place in the queue. Sessions of different
//! accounts share nothing that anybody waits for. Source of all rules: `facts/ocm.md §1`, `facts/ocm.md §2`.

mod budget;
mod call;
mod credentials;
mod environment;
mod limits;
mod listing;
mod memo;
mod path;
mod refusal;
mod registrar;
mod roll;
mod said;
mod search;
mod session;
mod token;
mod visit;
mod wire;

pub use limits::Limits;
pub use registrar::OcmRegistrar;
pub use token::TokenReport;
