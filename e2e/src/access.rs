//! How an API server is reached as its administrator.

use std::path::PathBuf;

use crate::control_plane::client_of;
use crate::{ControlPlane, Kubectl};

/// An API server and the administrator's way to it.
#[derive(Clone, Debug)]
pub struct Access {
    /// kubectl as administrator.
    pub kubectl: Kubectl,
    /// The administrator's kubeconfig.
    pub kubeconfig: PathBuf,
    /// The API server's address.
    pub url: String,
    /// The certificate authority of the API server, in PEM.
    pub ca_pem: String,
}

impl Access {
    /// A new client with the administrator's rights, which belongs to the calling task's runtime.
    pub async fn client(&self) -> anyhow::Result<kube::Client> {
        client_of(&self.kubeconfig).await
    }
}

impl ControlPlane {
    /// The administrator's way to this control plane.
    pub fn access(&self) -> anyhow::Result<Access> {
        Ok(Access {
            kubectl: self.kubectl(),
            kubeconfig: self.kubeconfig(),
            url: self.url().to_owned(),
            ca_pem: self.ca_pem()?,
        })
    }
}
