//! The way to a peer.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use slipway_core::{
    failure::Failure,
    fence::Fence,
    reason::Reason,
    trust::{Pin, Trust},
};
use tokio::{net::lookup_host, time::timeout};
use url::{Host, Url};

use crate::{
    address::denial,
    gate::Gate,
    greeting,
    identity::ClientIdentity,
    peer::Peer,
    policy::{Plaintext, Policy},
    proxy::Proxy,
    trusted::{Trusted, Vault},
};

/// The one way out. Made once with the administrator's policy and shared.
pub struct Connector {
    policy: Policy,
    vault: Arc<Vault>,
    gate: Gate,
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
        Self { policy, vault: Arc::new(Vault::new()), gate: Gate::default() }
    }

    /// The same way out, open only while the fence is: for what has effects, of which one process at a time may be the cause.
    ///
    /// It is judged before a request is sent, and once more when its connection stands.
    #[must_use]
    pub fn fenced(&self, fence: Arc<dyn Fence>) -> Self {
        Self { policy: self.policy.clone(), vault: Arc::clone(&self.vault), gate: Gate::kept_by(fence) }
    }

    /// The TLS side of a way of trusting; shared between all peers that are trusted alike.
    ///
    /// Errors: [`Reason::InsecureNotAllowed`] for [`Trust::Anything`] against the policy, [`Reason::CertificateUntrusted`] for a
    /// bundle without certificates.
    pub fn trust(&self, trust: &Trust) -> Result<Trusted, Failure> {
        self.judge_trust(trust)?;
        self.vault.trusted(trust)
    }

    /// The same, and we prove to the peer who we are when it asks for a client certificate: only after its own is accepted. The
    /// result is not shared with anybody and holds the key until it and its peers are dropped.
    ///
    /// Errors: as [`Connector::trust`].
    pub fn trust_as(&self, trust: &Trust, identity: &ClientIdentity) -> Result<Trusted, Failure> {
        self.judge_trust(trust)?;
        self.vault.trusted_as(trust, identity)
    }

    fn judge_trust(&self, trust: &Trust) -> Result<(), Failure> {
        if *trust == Trust::Anything && !self.policy.allow_insecure {
            let message = "`tls.insecureSkipVerify` is set, and the operator does not allow it; give `tls.caRef`, `tls.pin` or \
                           `tls.trustOnFirstUse`";
            return Err(Failure::new(Reason::InsecureNotAllowed, message));
        }
        Ok(())
    }

    /// Judges the URL, resolves its name, checks every address, and answers a peer bound to exactly those. No byte is sent yet.
    ///
    /// Errors: [`Reason::InvalidSpec`], [`Reason::InsecureNotAllowed`], [`Reason::NameNotResolved`], [`Reason::AddressDenied`].
    pub async fn open(&self, url: &Url, trusted: &Trusted, plaintext: Plaintext) -> Result<Peer, Failure> {
        let addresses = self.judge(url, plaintext).await?;
        Peer::new(url, &addresses, trusted, self.policy.connect_timeout, &self.gate)
    }

    /// The same by way of a proxy, when one is given: `http://host:port` or `https://host:port`.
    ///
    /// The proxy's addresses are judged and connected to as they were judged. The name of the target is resolved by the proxy, so the
    /// policy cannot judge where it leads; a target that is a literal address is judged. An https target is reached by `CONNECT` and
    /// proves itself end to end, as without a proxy; an http one, when `plaintext` allows it, gets its requests from the proxy. An
    /// https proxy is judged by the authorities that `trusted` was made of or by those of the system, and never sees the client
    /// certificate. No proxy is ever sent a login.
    ///
    /// Errors: as [`Connector::open`], for either address. What a proxy refuses is [`Reason::Unreachable`] when a request is sent.
    pub async fn open_through(
        &self,
        url: &Url,
        trusted: &Trusted,
        plaintext: Plaintext,
        proxy: Option<&Url>,
    ) -> Result<Peer, Failure> {
        let Some(proxy) = proxy else {
            return self.open(url, trusted, plaintext).await;
        };
        self.judge_form(url, plaintext)?;
        Proxy::judge_form(proxy)?;
        self.judge_addresses(url, &literal(url).into_iter().collect::<Vec<_>>())?;
        let addresses = self.resolve(proxy).await?;
        self.judge_addresses(proxy, &addresses)?;
        let (tls, connect_timeout) = (self.vault.proxy(trusted)?, self.policy.connect_timeout);
        let proxy = Proxy { url: proxy.clone(), addresses, tls, connect_timeout, mend: trusted.mend };
        Ok(Peer::through(url, proxy, trusted, &self.gate))
    }

    /// Connects, lets the peer prove itself, and closes: no byte of HTTP is sent. Answers the key that it showed; `None` over plain
    /// HTTP, which shows none.
    ///
    /// Errors: those of [`Connector::open`], [`Reason::ConnectionRefused`], [`Reason::Unreachable`],
    /// [`Reason::CertificateUntrusted`], [`Reason::CertificateChanged`].
    pub async fn greet(&self, url: &Url, trusted: &Trusted) -> Result<Option<Pin>, Failure> {
        self.gate.pass()?;
        let addresses = self.judge(url, Plaintext::IfInsecureAllowed).await?;
        greeting::exchange(url, &addresses, trusted, self.policy.connect_timeout).await
    }

    /// The addresses of a URL, when the policy allows each of them.
    async fn judge(&self, url: &Url, plaintext: Plaintext) -> Result<Vec<SocketAddr>, Failure> {
        self.judge_form(url, plaintext)?;
        let addresses = self.resolve(url).await?;
        self.judge_addresses(url, &addresses)?;
        Ok(addresses)
    }

    fn judge_addresses(&self, url: &Url, addresses: &[SocketAddr]) -> Result<(), Failure> {
        for address in addresses {
            if let Some(why) = denial(address.ip(), &self.policy) {
                return Err(denied(url, address.ip(), why));
            }
        }
        Ok(())
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
        if let Some(address) = literal(url) {
            return Ok(vec![address]);
        }
        let (name, port) = (url.host_str().unwrap_or_default(), port(url));
        let found = timeout(self.policy.connect_timeout, lookup_host((name, port))).await;
        let addresses: Vec<_> = found.ok().and_then(Result::ok).into_iter().flatten().collect();
        if addresses.is_empty() {
            let message = format!("the name {name} is not known to DNS; correct the address or the DNS");
            return Err(Failure::new(Reason::NameNotResolved, message));
        }
        Ok(addresses)
    }
}

/// The address that a URL has in place of a name.
fn literal(url: &Url) -> Option<SocketAddr> {
    let address = match url.host()? {
        Host::Ipv4(address) => IpAddr::V4(address),
        Host::Ipv6(address) => IpAddr::V6(address),
        Host::Domain(_) => return None,
    };
    Some(SocketAddr::new(address, port(url)))
}

fn port(url: &Url) -> u16 {
    url.port_or_known_default().unwrap_or(443)
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
