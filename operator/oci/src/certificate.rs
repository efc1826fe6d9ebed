//! The certificate of an instance, read leniently.

use crate::der::{self, Elements};

/// Values that name the tenancy in the subject (`facts/oci.md §2.6`).
const MARKS: [&str; 2] = ["opc-tenant:", "opc-identity:"];
/// Tag of the version, which old certificates lack.
const VERSION: u8 = 0xa0;

/// The tenancy that the subject of a certificate (DER) names.
///
/// Its values are longer than the 64 characters that X.520 allows, so strict readers refuse the whole certificate. It is not
/// verified here: it comes from the metadata service, and Oracle judges it.
pub(crate) fn tenancy(certificate: &[u8]) -> Option<String> {
    let mut body = Elements::new(certificate).enter(der::SEQUENCE)?.enter(der::SEQUENCE)?;
    body.content(VERSION);
    body.content(der::INTEGER)?;
    // Algorithm, issuer and validity.
    for _ in 0..3 {
        body.content(der::SEQUENCE)?;
    }
    let subject = body.enter(der::SEQUENCE)?;
    let sets = subject.filter(|(tag, _)| *tag == der::SET);
    let mut values = sets.flat_map(|(_, set)| Elements::new(set)).filter_map(|(_, attribute)| {
        let mut attribute = Elements::new(attribute);
        attribute.content(der::OBJECT_IDENTIFIER)?;
        str::from_utf8(attribute.next()?.1).ok()
    });
    values.find_map(|value| MARKS.iter().find_map(|mark| value.strip_prefix(mark)).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::tenancy;
    use crate::{fingerprint, pem};

    fn leaf() -> Vec<u8> {
        let keys: Value = serde_json::from_str(include_str!("../tests/data/keys.json")).unwrap();
        pem::blocks(keys["keys"]["certificate"].as_str().unwrap())[0].der.to_vec()
    }

    #[test]
    fn an_over_long_subject_names_the_tenancy() {
        let requests: Value = serde_json::from_str(include_str!("../tests/data/requests.json")).unwrap();
        assert_eq!(tenancy(&leaf()).as_deref(), requests["tenancy"].as_str());
        assert_eq!(fingerprint::of_certificate(&leaf()), requests["leaf_sha256"].as_str().unwrap());
    }

    #[test]
    fn a_certificate_of_another_kind_names_none() {
        let key = rcgen::KeyPair::generate().unwrap();
        let other = rcgen::CertificateParams::new(vec!["x.example.com".to_owned()])
            .unwrap()
            .self_signed(&key)
            .unwrap();
        assert_eq!(tenancy(other.der()), None);
    }

    proptest! {
        #[test]
        fn a_damaged_certificate_is_no_panic(place in any::<prop::sample::Index>(), with in any::<u8>(), cut in any::<prop::sample::Index>()) {
            let mut der = leaf();
            let length = der.len();
            der[place.index(length)] = with;
            der.truncate(cut.index(length));
            let _ = tenancy(&der);
        }
    }
}
