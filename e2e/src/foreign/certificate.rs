//! The BMC's certificate and the authority that vouches for it.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

/// PEM texts of a new authority and of one certificate of it.
pub(super) struct Certified {
    pub(super) authority: String,
    pub(super) certificate: String,
    pub(super) key: String,
}

/// Makes an authority, and a certificate for this address; the authority's own key is forgotten.
pub(super) fn certify(address: &str) -> Result<Certified, rcgen::Error> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new([address.to_owned()])?.signed_by(&key, &authority)?;
    Ok(Certified { authority: authority.pem(), certificate: certificate.pem(), key: key.serialize_pem() })
}
