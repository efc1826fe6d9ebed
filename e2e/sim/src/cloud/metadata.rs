//! The instance metadata service (facts/oci.md §2.6).

use super::Inner;
use super::account::Account;
use super::key::{KeyError, Pair};
use super::refusal::Refusal;
use super::token::Subject;
use crate::fetch::hex;
use crate::tls::{Authority, TlsError};
use crate::wire::{Asked, Reply};
use http::Method;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// Why an instance could not be made.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// Its key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Its certificate.
    #[error(transparent)]
    Certificate(#[from] TlsError),
    /// A certificate that was given is not readable.
    #[error("no certificate in PEM form")]
    Read,
}

/// What the metadata service tells of its instance.
#[derive(Debug, Clone)]
pub(super) struct Instance {
    region: String,
    certificate: String,
    key: String,
    intermediate: String,
}

impl Instance {
    /// A fresh certificate. The subject's values are longer than X.520 allows, as the real ones are.
    fn new(authority: &Authority, account: &Account) -> Result<Self, InstanceError> {
        let pair = Pair::generate()?;
        let key = KeyPair::from_pem(&pair.private_pem).map_err(TlsError::from)?;
        let mut params = CertificateParams::new(Vec::new()).map_err(TlsError::from)?;
        let mut name = DistinguishedName::new();
        let tail = account.tenancy.rsplit('.').next().unwrap_or_default();
        name.push(DnType::CommonName, format!("ocid1.instance.oc1.iad.{tail}"));
        name.push(DnType::OrganizationName, "opc-certtype:instance");
        name.push(DnType::OrganizationalUnitName, format!("opc-tenant:{}", account.tenancy));
        params.distinguished_name = name;
        let certificate = authority.sign(params, &key)?;
        Ok(Self {
            region: account.region.clone(),
            certificate,
            key: pair.private_pem,
            intermediate: authority.pem().to_owned(),
        })
    }
}

impl Inner {
    /// Lets a certificate's holder have tokens for this account's tenancy.
    pub(super) fn trust_certificate(&self, pem: &str, subject: Subject) -> Result<(), InstanceError> {
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| InstanceError::Read)?;
        self.instances.lock().insert(hex(&Sha256::digest(&der)), subject);
        Ok(())
    }

    /// Puts another instance behind the metadata service; certificates of earlier ones stay good.
    pub(super) fn set_instance(&self, account: &Account) -> Result<(), InstanceError> {
        let instance = Instance::new(&self.identities, account)?;
        self.trust_certificate(&instance.certificate, account.subject("instance"))?;
        *self.instance.lock() = Some(instance);
        Ok(())
    }

    /// `GET /opc/v2/...`; every request needs `Authorization: Bearer Oracle`.
    pub(super) fn metadata(&self, asked: &Asked, rest: &str) -> Result<Reply, Refusal> {
        if asked.method != Method::GET {
            return Err(Refusal::method_not_allowed());
        }
        if asked.header("authorization") != Some("Bearer Oracle") {
            return Err(Refusal::not_authenticated("Authorization: Bearer Oracle is missing."));
        }
        let instance = self.instance.lock().clone().ok_or_else(Refusal::not_found)?;
        let text = match rest {
            "instance/region" | "instance/canonicalRegionName" => instance.region,
            "identity/cert.pem" => instance.certificate,
            "identity/key.pem" => instance.key,
            "identity/intermediate.pem" => instance.intermediate,
            "instance/regionInfo" => {
                let info = json!({
                    "realmKey": "oc1",
                    "realmDomainComponent": "oraclecloud.com",
                    "regionKey": "IAD",
                    "regionIdentifier": instance.region,
                });
                return Ok(Reply::json(200, &info));
            }
            _ => return Err(Refusal::not_found()),
        };
        Ok(Reply::text(200, "text/plain", text))
    }
}
