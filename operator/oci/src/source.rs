//! Where tokens come from.

use std::sync::Arc;

use ipnet::IpNet;
use slipway_core::{clock::Timestamp, failure::Failure, reason::Reason, secret::Secret, trust::Trust};
use slipway_outbound::{Connector, Peer, Plaintext, Policy};
use url::{Host, Url};

use crate::{
    environment::Environment,
    instance,
    key::{KeyError, PrivateKey},
    region::Region,
    resource, session,
    token::Token,
    workload,
};

/// What is shared by everybody who asks for tokens.
pub(crate) struct Surroundings {
    /// The guarded way out, for addresses that a user's object leads to.
    users: Arc<Connector>,
    /// Besides the usual it reaches the addresses that the administrator gave, and no other that is denied.
    administrators: Connector,
    pub(crate) environment: Environment,
}

impl Surroundings {
    pub(crate) fn new(users: Arc<Connector>, environment: Environment) -> Self {
        let allowed = environment.addresses().filter_map(single).collect();
        let administrators = Connector::new(Policy { allowed, ..Policy::default() });
        Self { users, administrators, environment }
    }

    /// A peer at an address that a user's object leads to.
    pub(crate) async fn users_peer(&self, url: &Url, trust: &Trust) -> Result<Peer, Failure> {
        self.users.open(url, &self.users.trust(trust)?, Plaintext::IfInsecureAllowed).await
    }

    /// A peer at an address of the administrator or of the platform. Plain HTTP is as he wrote it: what is sent is signed, or
    /// goes to the own machine.
    pub(crate) async fn administrators_peer(&self, url: &Url, trust: &Trust) -> Result<Peer, Failure> {
        self.administrators.open(url, &self.administrators.trust(trust)?, Plaintext::Allowed).await
    }
}

/// The one address of a URL that has no name.
fn single(url: &Url) -> Option<IpNet> {
    match url.host()? {
        Host::Ipv4(address) => Some(IpNet::from(std::net::IpAddr::V4(address))),
        Host::Ipv6(address) => Some(IpNet::from(std::net::IpAddr::V6(address))),
        Host::Domain(_) => None,
    }
}

/// A way to the next token.
#[derive(Debug)]
pub(crate) enum Source {
    /// A person's session, refreshed as long as it may be.
    Session {
        token: Secret,
        key: Arc<PrivateKey>,
        region: Region,
        trust: Trust,
    },
    Instance,
    Resource,
    Workload,
}

impl Source {
    /// The first token, or the one after `previous`.
    ///
    /// Errors: [`Reason::CredentialsRefused`] when nobody but a person can help; those of the way there.
    pub(crate) async fn renew(
        &self,
        surroundings: &Surroundings,
        previous: Option<&Token>,
        now: Timestamp,
    ) -> Result<Token, Failure> {
        match self {
            Self::Session { token, key, region, trust } => match previous {
                None => session::first(token, key.clone(), now),
                Some(previous) => session::refresh(surroundings, previous, region, trust, now).await,
            },
            Self::Instance => instance::token(surroundings, now).await,
            Self::Resource => resource::token(&surroundings.environment.resource_principal, now).await,
            Self::Workload => workload::token(surroundings, now).await,
        }
    }
}

/// A new session key, made where it holds nobody up.
pub(crate) async fn session_key() -> Result<Arc<PrivateKey>, Failure> {
    let made = tokio::task::spawn_blocking(PrivateKey::generate).await.unwrap_or(Err(KeyError::Unusable));
    made.map(Arc::new).map_err(|error| Failure::new(Reason::Internal, format!("a new session key {error}")))
}
