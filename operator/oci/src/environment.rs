//! What the operator's own surroundings say: addresses and identities that come from the administrator, never from a user.

use std::{collections::BTreeMap, path::PathBuf};

use slipway_core::{failure::Failure, reason::Reason, secret::Secret, trust::Trust};
use url::Url;

/// Where an instance learns about itself (`facts/oci.md §2.6`).
const METADATA: &str = "http://169.254.169.254/opc/v2/";
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// Port of the token service of an OKE cluster (`facts/oci.md §2.8`).
const WORKLOAD_PORT: u16 = 12250;

/// The operator's surroundings, as far as its own identity at Oracle Cloud depends on them.
///
/// All of it is the administrator's word: addresses here may be link-local or loopback, and plain HTTP.
#[derive(Debug, Clone)]
pub struct Environment {
    /// Base address of the metadata service, with a slash at its end (`OCI_METADATA_BASE_URL`).
    pub metadata: Url,
    /// Address of the auth service in place of the region's (`OCI_SDK_AUTH_CLIENT_REGION_URL`).
    pub federation: Option<Url>,
    /// How the auth service is trusted when the operator's own identity is used, or when `federation` is given.
    pub federation_trust: Trust,
    /// What was injected for a resource principal.
    pub resource_principal: ResourcePrincipal,
    /// Address of the cluster's token service; made of `KUBERNETES_SERVICE_HOST`.
    pub workload: Option<Url>,
    /// File with the token of the operator's service account; read at every renewal, for it rotates.
    pub service_account_token: PathBuf,
    /// File with the authority of the cluster's token service (`OCI_KUBERNETES_SERVICE_ACCOUNT_CERT_PATH`).
    pub service_account_ca: PathBuf,
}

/// The variables `OCI_RESOURCE_PRINCIPAL_…`; the secret ones are a value or an absolute path (`facts/oci.md §2.7`).
#[derive(Debug, Clone, Default)]
pub struct ResourcePrincipal {
    /// `…_VERSION`; only `2.2` can be used.
    pub version: Option<String>,
    /// `…_RPST`: the token.
    pub token: Option<Secret>,
    /// `…_PRIVATE_PEM`: the session key.
    pub private_pem: Option<Secret>,
    /// `…_PRIVATE_PEM_PASSPHRASE`.
    pub passphrase: Option<Secret>,
}

impl Environment {
    /// Reads the variables of this process.
    ///
    /// Errors: [`Reason::InvalidSpec`] naming the variable that holds no address.
    pub fn from_process() -> Result<Self, Failure> {
        let text = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::from_variables(&text.collect())
    }

    /// Reads these variables.
    ///
    /// Errors: [`Reason::InvalidSpec`] naming the variable that holds no address.
    pub fn from_variables(variables: &BTreeMap<String, String>) -> Result<Self, Failure> {
        let set = |name: &str| variables.get(name).filter(|value| !value.trim().is_empty());
        let secret = |name: &str| set(name).map(|value| Secret::new(value.as_str()));
        let address = |name: &str| set(name).map(|value| base(name, value)).transpose();
        let metadata = match address("OCI_METADATA_BASE_URL")? {
            Some(given) => given,
            None => base("OCI_METADATA_BASE_URL", METADATA)?,
        };
        let account = PathBuf::from(SERVICE_ACCOUNT);
        let ca = set("OCI_KUBERNETES_SERVICE_ACCOUNT_CERT_PATH").map(PathBuf::from);
        Ok(Self {
            metadata,
            federation: address("OCI_SDK_AUTH_CLIENT_REGION_URL")?,
            federation_trust: Trust::System,
            resource_principal: ResourcePrincipal {
                version: set("OCI_RESOURCE_PRINCIPAL_VERSION").cloned(),
                token: secret("OCI_RESOURCE_PRINCIPAL_RPST"),
                private_pem: secret("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM"),
                passphrase: secret("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE"),
            },
            workload: set("KUBERNETES_SERVICE_HOST").map(|host| workload(host)).transpose()?,
            service_account_token: account.join("token"),
            service_account_ca: ca.unwrap_or_else(|| account.join("ca.crt")),
        })
    }

    /// Every address of the administrator that is set.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = &Url> {
        [Some(&self.metadata), self.federation.as_ref(), self.workload.as_ref()].into_iter().flatten()
    }
}

fn workload(host: &str) -> Result<Url, Failure> {
    // The variable holds an IPv6 address without brackets.
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    base("KUBERNETES_SERVICE_HOST", &format!("https://{host}:{WORKLOAD_PORT}"))
}

/// An address whose last segment is kept when a path is joined to it.
fn base(name: &str, text: &str) -> Result<Url, Failure> {
    let refuse = || {
        let message =
            format!("the variable {name} of the operator is {text:?}, which is no http or https address");
        Failure::new(Reason::InvalidSpec, message)
    };
    let mut url = Url::parse(text.trim()).map_err(|_| refuse())?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(refuse());
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::Environment;

    fn read(variables: &[(&str, &str)]) -> Result<Environment, String> {
        let owned: BTreeMap<_, _> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Environment::from_variables(&owned).map_err(|failure| failure.message)
    }

    #[test]
    fn the_variables_say_where_things_are() {
        let plain = read(&[]).unwrap();
        assert_eq!(plain.metadata.as_str(), "http://169.254.169.254/opc/v2/");
        assert!(plain.federation.is_none() && plain.workload.is_none());
        let set = read(&[
            ("OCI_METADATA_BASE_URL", "http://127.0.0.1:9/opc/v2"),
            ("OCI_SDK_AUTH_CLIENT_REGION_URL", "https://auth.example.com"),
            ("KUBERNETES_SERVICE_HOST", "fd00::1"),
            ("OCI_RESOURCE_PRINCIPAL_VERSION", "2.2"),
            ("OCI_RESOURCE_PRINCIPAL_RPST", "canary"),
            ("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", " "),
        ])
        .unwrap();
        assert_eq!(set.metadata.join("instance/region").unwrap().path(), "/opc/v2/instance/region");
        assert_eq!(set.workload.as_ref().unwrap().as_str(), "https://[fd00::1]:12250/");
        assert!(set.resource_principal.private_pem.is_none());
        assert!(!format!("{set:?}").contains("canary"));
    }

    #[test]
    fn a_variable_without_an_address_is_named() {
        for (name, value) in [
            ("OCI_METADATA_BASE_URL", "169.254.169.254"),
            ("OCI_SDK_AUTH_CLIENT_REGION_URL", "ftp://x"),
            ("KUBERNETES_SERVICE_HOST", "a b"),
        ] {
            assert!(read(&[(name, value)]).unwrap_err().contains(name), "{name}");
        }
    }
}
