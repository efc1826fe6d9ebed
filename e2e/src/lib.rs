//! Tests, demo and benchmarks against a real API server.
//!
//! The pieces: [`ControlPlane`] is etcd, kube-apiserver and a few controllers on one data folder, [`Kubectl`] the
//! client of the same release, [`TestNamespace`] keeps tests apart, [`OperatorProcess`] is the shipped operator with the
//! rights of the shipped manifests, [`ApiProxy`] sits between both and breaks things at a chosen call, and
//! [`wait_for`] is how all of them wait.

pub mod access;
pub mod api_call;
pub mod api_proxy;
pub mod api_rule;
pub mod audit;
pub mod control_plane;
pub mod data_copy;
pub mod deadline;
pub mod demo;
pub mod foreign;
pub mod kubectl;
pub mod manifest;
pub mod namespace;
pub mod objects;
pub mod operator_access;
pub mod operator_log;
pub mod operator_process;
pub mod process;
pub mod program;
pub mod rack;
pub mod registry;
pub mod site;

pub use access::Access;
pub use api_call::{ApiCall, Verb};
pub use api_proxy::ApiProxy;
pub use api_rule::{Moment, Rule, Then};
pub use control_plane::{ControlPlane, ControlPlaneOptions};
pub use data_copy::DataCopy;
pub use deadline::wait_for;
pub use kubectl::Kubectl;
pub use namespace::TestNamespace;
pub use operator_process::{OperatorOptions, OperatorProcess};
pub use process::Killer;
pub use rack::{Rack, RackOptions};
pub use registry::{Registry, RegistryOptions};
pub use site::{Site, SiteOptions};
