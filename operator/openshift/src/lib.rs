//! Clusters behind the cluster port: what a cluster says of itself, read through a kubeconfig.
//!
//! [`Clusters`] reads `ClusterVersion` and `Console` of `config.openshift.io/v1`, each with one GET. Whoever wrote the kubeconfig is
//! not trusted: nothing that it names is run, no file is read, and the address is judged as every other one is. The result feeds
//! `external_cluster_id` and `console_url` of a record (`facts/ocm.md §2.5`).

mod answer;
mod clusters;
mod destination;
mod document;
mod fault;
mod place;
mod resource;

pub use clusters::Clusters;
