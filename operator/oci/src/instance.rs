//! The instance that the operator runs on (`facts/oci.md §2.6`).

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;
use serde_json::Value;
use slipway_core::{clock::Timestamp, failure::Failure, reason::Reason, secret::Secret, trust::Trust};
use slipway_outbound::{HeaderName, HeaderValue, Method, Peer};
use url::Url;

use crate::{
    certificate,
    federation::{ask, no_token, request, token_of},
    fingerprint,
    key::PrivateKey,
    pem,
    region::{Region, Service},
    sign::Hand,
    source::{Surroundings, session_key},
    token::{Due, Token},
};

const METADATA: &str = "the metadata service";
const AUTH: &str = "the auth service";
/// What the metadata service wants to be told.
const BEARER: (HeaderName, HeaderValue) =
    (HeaderName::from_static("authorization"), HeaderValue::from_static("Bearer Oracle"));

/// Body of the request for a token.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Plea {
    certificate: String,
    public_key: String,
    intermediate_certificates: Vec<String>,
    fingerprint_algorithm: &'static str,
}

/// A token for a new session key, vouched for by the certificate of the instance.
pub(crate) async fn token(surroundings: &Surroundings, now: Timestamp) -> Result<Token, Failure> {
    let metadata = Metadata::open(surroundings, now).await?;
    let identity = metadata.identity().await?;
    let url = match &surroundings.environment.federation {
        Some(url) => url.clone(),
        None => metadata.auth().await?,
    };
    let key = session_key().await?;
    let mut request = request(Method::POST, "v1/x509").with_body(identity.plea(&key)?);
    Hand { key_id: &identity.key_id, key: &identity.key }.sign_federation(&mut request, &url, now)?;
    let peer = surroundings.administrators_peer(&url, &surroundings.environment.federation_trust).await?;
    let mend = "check that the instance's certificate is valid and its clock right";
    let answer = ask(&peer, request, AUTH, mend, now).await?;
    let token = token_of(&answer.body).and_then(|jwt| Token::new(&jwt, key, Due::Ahead, now));
    token.ok_or_else(|| no_token(&peer, AUTH, &answer))
}

/// Who the instance is.
struct Identity {
    key_id: String,
    key: PrivateKey,
    leaf: Vec<u8>,
    intermediates: Vec<Vec<u8>>,
}

impl Identity {
    fn read(leaf: &str, key: String, intermediate: &str) -> Result<Self, Failure> {
        let ders =
            |text: &str| pem::blocks(text).into_iter().map(|block| block.der.to_vec()).collect::<Vec<_>>();
        let damaged =
            |what: &str| Failure::new(Reason::NotOracleCloud, format!("{METADATA} answers with {what}"));
        let leaf = ders(leaf).into_iter().next().ok_or_else(|| damaged("no certificate of the instance"))?;
        let tenancy = certificate::tenancy(&leaf)
            .filter(|tenancy| crate::ocid::kind(tenancy).is_some())
            .ok_or_else(|| damaged("a certificate whose subject names no tenancy"))?;
        let key = PrivateKey::read(&Secret::new(key), None)
            .map_err(|error| damaged(&format!("a key of the instance that {error}")))?;
        let key_id = format!("{tenancy}/fed-x509-sha256/{}", fingerprint::of_certificate(&leaf));
        Ok(Self { key_id, key, leaf, intermediates: ders(intermediate) })
    }

    fn plea(&self, session: &PrivateKey) -> Result<String, Failure> {
        let plea = Plea {
            certificate: STANDARD.encode(&self.leaf),
            public_key: session.public_base64(),
            intermediate_certificates: self.intermediates.iter().map(|der| STANDARD.encode(der)).collect(),
            fingerprint_algorithm: "SHA256",
        };
        serde_json::to_string(&plea).map_err(|error| Failure::new(Reason::Internal, error.to_string()))
    }
}

struct Metadata {
    base: Url,
    peer: Peer,
    now: Timestamp,
}

impl Metadata {
    async fn open(surroundings: &Surroundings, now: Timestamp) -> Result<Self, Failure> {
        let base = surroundings.environment.metadata.clone();
        let peer = surroundings.administrators_peer(&base, &Trust::System).await?;
        Ok(Self { base, peer, now })
    }

    async fn identity(&self) -> Result<Identity, Failure> {
        let leaf = self.get("identity/cert.pem").await?;
        let key = self.get("identity/key.pem").await?;
        let intermediate = self.get("identity/intermediate.pem").await?;
        Identity::read(&leaf, key, &intermediate)
    }

    /// Where the auth service of the instance's region is, in the realm that it says it is in.
    async fn auth(&self) -> Result<Url, Failure> {
        let info = self.get("instance/regionInfo").await.ok();
        if let Some((region, domain)) = info.as_deref().and_then(home) {
            return Region::parse(&region)?.endpoint_in(Service::Auth, domain.as_deref());
        }
        Region::parse(&self.get("instance/region").await?)?.endpoint(Service::Auth)
    }

    async fn get(&self, path: &str) -> Result<String, Failure> {
        let url = self.base.join(path).map_err(|error| Failure::new(Reason::Internal, error.to_string()))?;
        let mut request = request(Method::GET, url.as_str());
        request.headers.extend([BEARER]);
        let mend = format!(
            "it has no {path}; `authentication_type` instance_principal only works on an instance of Oracle Cloud"
        );
        let answer = ask(&self.peer, request, METADATA, &mend, self.now).await.map_err(not_yet)?;
        String::from_utf8(answer.body.to_vec()).map_err(|_| {
            Failure::new(Reason::NotOracleCloud, format!("{METADATA} answers {path} with what is no text"))
        })
    }
}

/// Region and domain of its realm, as the metadata service writes them.
fn home(info: &str) -> Option<(String, Option<String>)> {
    let info: Value = serde_json::from_str(info).ok()?;
    let said = |name: &str| info.get(name)?.as_str().map(str::to_owned);
    Some((said("regionIdentifier")?, said("realmDomainComponent")))
}

/// A new instance may lack its certificates for a while, so a refusal here may pass.
fn not_yet(failure: Failure) -> Failure {
    if failure.reason == Reason::CredentialsRefused {
        Failure { reason: Reason::NotOracleCloud, ..failure }
    } else {
        failure
    }
}

#[cfg(test)]
mod tests {
    use super::home;

    #[test]
    fn the_realm_is_the_one_that_the_instance_is_in() {
        let known = |info| home(info).map(|(region, domain)| (region, domain.unwrap_or_default()));
        let full = r#"{"realmKey":"oc77","realmDomainComponent":"cloud.example","regionKey":"XYZ","regionIdentifier":"x-y-1"}"#;
        assert_eq!(known(full), Some(("x-y-1".to_owned(), "cloud.example".to_owned())));
        assert_eq!(known(r#"{"regionIdentifier":"x-y-1"}"#), Some(("x-y-1".to_owned(), String::new())));
        for none in ["<html>", "{}", "[]", "iad"] {
            assert_eq!(known(none), None, "{none}");
        }
    }
}
