//! The user of a cluster, and kubeconfigs that name it.

use crate::fetch::hex;
use crate::tls::{Authority, TlsError};
use aws_lc_rs::rand::fill;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, PKCS_ECDSA_P256_SHA256};

/// Name of the user of the client certificate (Kubernetes "X509 client certificates": the common name).
pub(super) const ADMINISTRATOR: &str = "system:admin";
/// Name of the user of the token.
pub(super) const ROBOT: &str = "system:serviceaccount:default:registrar";

/// What users prove themselves with.
#[derive(Debug)]
pub(super) struct Holder {
    certificate: String,
    key: String,
    token: String,
}

impl Holder {
    pub(super) fn new(authority: &Authority) -> Result<Self, TlsError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, ADMINISTRATOR);
        params.distinguished_name.push(DnType::OrganizationName, "system:masters");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = authority.sign(params, &key)?;
        let mut bytes = [0; 20];
        // It fails only when the system has no randomness at all; every cluster then has the same token.
        let _ = fill(&mut bytes);
        Ok(Self { certificate, key: key.serialize_pem(), token: format!("sha256~{}", hex(&bytes)) })
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    pub(super) fn with_certificate(&self, server: &str, ca: &str) -> String {
        let (certificate, key) = (STANDARD.encode(&self.certificate), STANDARD.encode(&self.key));
        let user = format!("    client-certificate-data: {certificate}\n    client-key-data: {key}\n");
        written(server, ca, "admin", &user)
    }

    pub(super) fn with_token(&self, server: &str, ca: &str) -> String {
        written(server, ca, "robot", &format!("    token: {}\n", self.token))
    }
}

/// As `oc` and the installer write it (Kubernetes `v1.Config`).
fn written(server: &str, ca: &str, name: &str, user: &str) -> String {
    let ca = STANDARD.encode(ca);
    format!(
        "apiVersion: v1\nkind: Config\npreferences: {{}}\n\
         clusters:\n- name: cluster\n  cluster:\n    certificate-authority-data: {ca}\n    server: {server}\n\
         contexts:\n- name: {name}\n  context:\n    cluster: cluster\n    user: {name}\n\
         current-context: {name}\n\
         users:\n- name: {name}\n  user:\n{user}"
    )
}
