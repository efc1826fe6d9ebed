//! The resource that the operator runs in, version 2.2: token and key are injected (`facts/oci.md §2.7`).

use std::sync::Arc;

use slipway_core::{clock::Timestamp, failure::Failure, reason::Reason, secret::Secret};

use crate::{
    environment::ResourcePrincipal,
    key::PrivateKey,
    token::{Due, Token},
};

const VERSION: &str = "2.2";

/// The token that is there now. Files are read anew each time: the platform replaces them.
pub(crate) async fn token(given: &ResourcePrincipal, now: Timestamp) -> Result<Token, Failure> {
    if given.version.as_deref() != Some(VERSION) {
        let found = given.version.as_ref().map_or("not set".to_owned(), |version| format!("{version:?}"));
        let message = format!(
            "OCI_RESOURCE_PRINCIPAL_VERSION of the operator is {found}; `authentication_type` resource_principal needs {VERSION:?}, \
             which the platform injects"
        );
        return Err(unusable(message));
    }
    let jwt = required("OCI_RESOURCE_PRINCIPAL_RPST", given.token.as_ref()).await?;
    let pem = required("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", given.private_pem.as_ref()).await?;
    let passphrase = match &given.passphrase {
        Some(passphrase) => Some(value("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE", passphrase).await?),
        None => None,
    };
    let key = PrivateKey::read(&pem, passphrase.as_ref())
        .map_err(|error| unusable(format!("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM of the operator {error}")))?;
    let token = Token::new(jwt.expose(), Arc::new(key), Due::Ahead, now)
        .ok_or_else(|| unusable("OCI_RESOURCE_PRINCIPAL_RPST of the operator is no token".to_owned()))?;
    if now < token.ends {
        return Ok(token);
    }
    let message = format!(
        "OCI_RESOURCE_PRINCIPAL_RPST of the operator ended at {}, and the platform has not renewed it",
        token.ends
    );
    Err(Failure::new(Reason::CloudFault, message))
}

async fn required(name: &str, given: Option<&Secret>) -> Result<Secret, Failure> {
    let given = given
        .ok_or_else(|| unusable(format!("{name} of the operator is not set; the platform injects it")))?;
    value(name, given).await
}

/// The value itself, or what the file holds that it names.
async fn value(name: &str, given: &Secret) -> Result<Secret, Failure> {
    let path = given.expose().trim();
    if !path.starts_with('/') {
        return Ok(given.clone());
    }
    let read = tokio::fs::read_to_string(path).await;
    let text = read.map_err(|error| {
        let message = format!("the file {path} that {name} of the operator names cannot be read: {error}");
        unusable(message)
    })?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n'])))
}

fn unusable(message: String) -> Failure {
    Failure::new(Reason::CredentialsInvalid, message)
}
