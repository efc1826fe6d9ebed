//! The way to a peer.

use std::net::{IpAddr, SocketAddr};

use slipway_core::{
    failure::Failure,
    reason::Reason,
    trust::{Pin, Trust},
};
use tokio::{net::lookup_host, time::timeout};
use url::{Host, Url};

use crate::{
    address::denial,
    greeting,
    peer::Peer,
    policy::{Plaintext, Policy},
    trusted::{Trusted, Vault},
};

/// The one way out. Made once with the administrator's policy and shared.
pub struct Connector {
    policy: Policy,
    vault: Vault,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Connector").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl Connector {
    /// A connector under this policy.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self { policy, vault: Vault::new() }
    }

    /// The TLS side of a way of trusting; shared between all peers that are trusted alike.
    ///
    /// Errors: [`Reason::InsecureNotAllowed`] for [`Trust::Anything`] against the policy, [`Reason::CertificateUntrusted`] for a
    /// bundle without certificates.
    pub fn trust(&self, trust: &Trust) -> Result<Trusted, Failure> {
        if *trust == Trust::Anything && !self.policy.allow_insecure {
            let message = "`tls.insecureSkipVerify` is set, and the operator does not allow it; give `tls.caRef`, `tls.pin` or \
                           `tls.trustOnFirstUse`";
            return Err(Failure::new(Reason::InsecureNotAllowed, message));
        }
        self.vault.trusted(trust)
    }

    /// Judges the URL, resolves its name, checks every address, and answers a peer bound to exactly those. No byte is sent yet.
    ///
    /// Errors: [`Reason::InvalidSpec`], [`Reason::InsecureNotAllowed`], [`Reason::NameNotResolved`], [`Reason::AddressDenied`].
    pub async fn open(&self, url: &Url, trusted: &Trusted, plaintext: Plaintext) -> Result<Peer, Failure> {
        let addresses = self.judge(url, plaintext).await?;
        Peer::new(url, &addresses, trusted, self.policy.connect_timeout)
    }

    /// Connects, lets the peer prove itself, and closes: no byte of HTTP is sent. Answers the key that it showed; `None` over plain
    /// HTTP, which shows none.
    ///
    /// Errors: those of [`Connector::open`], [`Reason::ConnectionRefused`], [`Reason::Unreachable`],
    /// [`Reason::CertificateUntrusted`], [`Reason::CertificateChanged`].
    pub async fn greet(&self, url: &Url, trusted: &Trusted) -> Result<Option<Pin>, Failure> {
        let addresses = self.judge(url, Plaintext::IfInsecureAllowed).await?;
        greeting::exchange(url, &addresses, trusted, self.policy.connect_timeout).await
    }

    /// The addresses of a URL, when the policy allows each of them.
    async fn judge(&self, url: &Url, plaintext: Plaintext) -> Result<Vec<SocketAddr>, Failure> {
        self.judge_form(url, plaintext)?;
        let addresses = self.resolve(url).await?;
        for address in &addresses {
            if let Some(why) = denial(address.ip(), &self.policy) {
                return Err(denied(url, address.ip(), why));
            }
        }
        Ok(addresses)
    }

    fn judge_form(&self, url: &Url, plaintext: Plaintext) -> Result<(), Failure> {
        let invalid =
            |what: &str| Err(Failure::new(Reason::InvalidSpec, format!("the address {} {what}", label(url))));
        match url.scheme() {
            "https" => {}
            "http" if plaintext == Plaintext::Allowed || self.policy.allow_insecure => {}
            "http" => {
                let message = format!(
                    "{} is not encrypted, and the operator does not allow that; use https",
                    label(url)
                );
                return Err(Failure::new(Reason::InsecureNotAllowed, message));
            }
            _ => return invalid("must start with https://"),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return invalid("must not hold a user name or password; put them into the Secret");
        }
        if url.host().is_none() {
            return invalid("lacks a host");
        }
        Ok(())
    }

    async fn resolve(&self, url: &Url) -> Result<Vec<SocketAddr>, Failure> {
        let port = url.port_or_known_default().unwrap_or(443);
        let name = match url.host() {
            Some(Host::Ipv4(address)) => return Ok(vec![SocketAddr::new(IpAddr::V4(address), port)]),
            Some(Host::Ipv6(address)) => return Ok(vec![SocketAddr::new(IpAddr::V6(address), port)]),
            Some(Host::Domain(name)) => name,
            None => "",
        };
        let found = timeout(self.policy.connect_timeout, lookup_host((name, port))).await;
        let addresses: Vec<_> = found.ok().and_then(Result::ok).into_iter().flatten().collect();
        if addresses.is_empty() {
            let message = format!("the name {name} is not known to DNS; correct the address or the DNS");
            return Err(Failure::new(Reason::NameNotResolved, message));
        }
        Ok(addresses)
    }
}

/// Scheme, host and port: all of a URL that messages show.
pub(crate) fn label(url: &Url) -> String {
    match url.host_str() {
        Some(host) => {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            format!("{}://{host}{port}", url.scheme())
        }
        None => format!("{}:", url.scheme()),
    }
}

fn denied(url: &Url, address: IpAddr, why: &str) -> Failure {
    let message = format!(
        "{} leads to {address}, which is {why}; correct the address, or have the administrator allow the network with \
         --allow-network",
        label(url)
    );
    Failure::new(Reason::AddressDenied, message)
}
