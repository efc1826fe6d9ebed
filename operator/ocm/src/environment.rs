//! What belongs to the known addresses of the service.

use slipway_core::{failure::Failure, reason::Reason, subscription::Account};
use url::Url;

/// What belongs to an address of the service (`facts/ocm.md §1.1`).
struct Environment {
    host: &'static str,
    token_url: &'static str,
    client_id: &'static str,
}

const COMMERCIAL: &str = "https://sso.redhat.com/auth/realms/redhat-external/protocol/openid-connect/token";
const GOVERNMENT: &str =
    "https://sso.openshiftusgov.com/realms/redhat-external/protocol/openid-connect/token";
/// Client in whose name people get offline tokens.
const CLIENT: &str = "cloud-services";

const KNOWN: [Environment; 4] = [
    Environment { host: "api.openshift.com", token_url: COMMERCIAL, client_id: CLIENT },
    Environment { host: "api.stage.openshift.com", token_url: COMMERCIAL, client_id: CLIENT },
    Environment { host: "api.integration.openshift.com", token_url: COMMERCIAL, client_id: CLIENT },
    Environment { host: "api.openshiftusgov.com", token_url: GOVERNMENT, client_id: "console-dot" },
];

fn of(url: &Url) -> Option<&'static Environment> {
    let host = url.host_str()?;
    KNOWN.iter().find(|known| known.host.eq_ignore_ascii_case(host))
}

/// The address that gives tokens: the one of the spec, or the one that belongs to the service.
///
/// Errors: [`Reason::InvalidSpec`] when neither is known.
pub(crate) fn token_url(account: &Account) -> Result<Url, Failure> {
    if let Some(given) = &account.token_url {
        return Ok(given.clone());
    }
    let known = of(&account.url).and_then(|known| known.token_url.parse().ok());
    known.ok_or_else(|| {
        let message = format!(
            "spec.registrar.ocm.tokenUrl is needed, for {} is not one of the addresses whose token service is known",
            account.url.origin().ascii_serialization()
        );
        Failure::new(Reason::InvalidSpec, message)
    })
}

/// The client of a token whose Secret names none.
pub(crate) fn client_id(url: &Url) -> &'static str {
    of(url).map_or(CLIENT, |known| known.client_id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use slipway_core::{reason::Reason, subscription::Account, trust::Trust};

    use super::{client_id, token_url};

    fn account(url: &str, token_url: Option<&str>) -> Account {
        Account {
            url: url.parse().unwrap(),
            token_url: token_url.map(|text| text.parse().unwrap()),
            proxy: None,
            username: None,
            credentials: BTreeMap::new(),
            secret_name: "ocm".to_owned(),
            credentials_version: "uid/1".to_owned(),
            trust: Trust::System,
        }
    }

    #[test]
    fn the_token_service_belongs_to_the_address_or_is_given() {
        for (url, given, host) in [
            ("https://api.openshift.com", None, Some("sso.redhat.com")),
            ("https://API.stage.openshift.com", None, Some("sso.redhat.com")),
            ("https://api.openshiftusgov.com", None, Some("sso.openshiftusgov.com")),
            ("https://api.openshift.com", Some("https://sso.example/token"), Some("sso.example")),
            ("https://api.openshift.com.example", None, None),
            ("https://127.0.0.1", None, None),
        ] {
            let outcome = token_url(&account(url, given));
            assert_eq!(outcome.as_ref().ok().and_then(|found| found.host_str()), host, "{url}");
            if let Err(failure) = outcome {
                assert_eq!(failure.reason, Reason::InvalidSpec);
                assert!(failure.message.contains("spec.registrar.ocm.tokenUrl is needed"), "{failure}");
            }
        }
    }

    #[test]
    fn tokens_have_the_client_of_their_environment() {
        assert_eq!(client_id(&"https://api.openshiftusgov.com".parse().unwrap()), "console-dot");
        assert_eq!(client_id(&"https://ocm.example".parse().unwrap()), "cloud-services");
    }
}
