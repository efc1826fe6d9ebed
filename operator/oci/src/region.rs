//! Where the services of a region are.

use slipway_core::{failure::Failure, reason::Reason};
use url::Url;

use crate::realm::{PUBLIC_DOMAIN, REALMS};

/// A region by its long name, or a whole domain such as a rack's own (`facts/oci.md §2.4`, `facts/oci.md §1.10`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(String);

/// A service that Slipway calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Compute Cloud@Customer; its base path is `/20221208` (`facts/oci.md §1.1`).
    ComputeCloud,
    /// Token federation and the refresh of sessions; its base path is `/v1`.
    Auth,
}

impl Service {
    const fn label(self) -> &'static str {
        match self {
            Self::ComputeCloud => "ccc",
            Self::Auth => "auth",
        }
    }

    /// What newer services have between region and realm (`facts/oci.md §1.1`).
    const fn infix(self) -> &'static str {
        match self {
            Self::ComputeCloud => "oci.",
            Self::Auth => "",
        }
    }
}

impl Region {
    /// Takes a long name (`us-ashburn-1`), a short code (`iad`) or a whole domain; an unknown name is taken as it is.
    ///
    /// Errors: [`Reason::InvalidSpec`] for an empty one, which would make an address such as `ccc..oci.oraclecloud.com`, and for
    /// one with characters that no host name has.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let name = text.trim().to_ascii_lowercase();
        let refuse = |message: String| Err(Failure::new(Reason::InvalidSpec, message));
        if name.is_empty() {
            return refuse("the region is empty; give one such as us-ashburn-1".to_owned());
        }
        let label = |label: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            !label.is_empty() && label.len() <= 63 && label.bytes().all(plain)
        };
        if name.len() > 253 || !name.split('.').all(label) {
            return refuse(format!("the region {text:?} is none; give one such as us-ashburn-1"));
        }
        let known = REALMS.iter().flat_map(|realm| realm.regions).find(|(_, code)| *code == name);
        Ok(Self(known.map_or(name, |(long, _)| (*long).to_owned())))
    }

    /// The long name, or the whole domain.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Scheme and host of a service; the base path is the caller's.
    ///
    /// Errors: [`Reason::InvalidSpec`] when the name makes no host name.
    pub fn endpoint(&self, service: Service) -> Result<Url, Failure> {
        self.endpoint_in(service, None)
    }

    /// As [`Region::endpoint`], in a realm whose domain is known from elsewhere.
    pub(crate) fn endpoint_in(&self, service: Service, domain: Option<&str>) -> Result<Url, Failure> {
        let (label, infix, name) = (service.label(), service.infix(), &self.0);
        let host = if name.contains('.') {
            format!("{label}.{name}")
        } else {
            format!("{label}.{name}.{infix}{}", domain.unwrap_or_else(|| self.domain()))
        };
        Url::parse(&format!("https://{host}/")).map_err(|_| {
            let message = format!("the region {name:?} makes no address ({host}); correct it");
            Failure::new(Reason::InvalidSpec, message)
        })
    }

    fn domain(&self) -> &'static str {
        let at_home = |regions: &[(&str, &str)]| regions.iter().any(|(name, _)| *name == self.0);
        REALMS.iter().find(|realm| at_home(realm.regions)).map_or(PUBLIC_DOMAIN, |realm| realm.domain)
    }
}

impl std::fmt::Display for Region {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use slipway_core::reason::Reason;

    use super::{Region, Service};

    #[test]
    fn services_are_where_the_realm_has_them() {
        for (region, cloud, auth) in [
            ("us-ashburn-1", "ccc.us-ashburn-1.oci.oraclecloud.com", "auth.us-ashburn-1.oraclecloud.com"),
            ("iad", "ccc.us-ashburn-1.oci.oraclecloud.com", "auth.us-ashburn-1.oraclecloud.com"),
            (" PHX\n", "ccc.us-phoenix-1.oci.oraclecloud.com", "auth.us-phoenix-1.oraclecloud.com"),
            ("us-luke-1", "ccc.us-luke-1.oci.oraclegovcloud.com", "auth.us-luke-1.oraclegovcloud.com"),
            ("ltn", "ccc.uk-gov-london-1.oci.oraclegovcloud.uk", "auth.uk-gov-london-1.oraclegovcloud.uk"),
            ("eu-frankfurt-2", "ccc.eu-frankfurt-2.oci.oraclecloud.eu", "auth.eu-frankfurt-2.oraclecloud.eu"),
            ("us-newark-1", "ccc.us-newark-1.oci.oraclecloud42.com", "auth.us-newark-1.oraclecloud42.com"),
            ("mars-north-7", "ccc.mars-north-7.oci.oraclecloud.com", "auth.mars-north-7.oraclecloud.com"),
            ("c3.example.com", "ccc.c3.example.com", "auth.c3.example.com"),
        ] {
            let region = Region::parse(region).unwrap();
            let host = |service| region.endpoint(service).unwrap().host_str().unwrap().to_owned();
            assert_eq!(
                (host(Service::ComputeCloud), host(Service::Auth)),
                (cloud.to_owned(), auth.to_owned())
            );
        }
    }

    #[test]
    fn a_realm_known_from_elsewhere_wins() {
        let auth = |name: &str| {
            Region::parse(name).unwrap().endpoint_in(Service::Auth, Some("cloud.example")).unwrap()
        };
        assert_eq!(auth("x-y-1").as_str(), "https://auth.x-y-1.cloud.example/");
        assert_eq!(auth("c3.example.com").as_str(), "https://auth.c3.example.com/");
    }

    #[test]
    fn what_makes_no_host_is_refused() {
        for text in ["", "  ", "us ashburn", "a/b", "user@host", "..", "a..b", "x:1", "é", &"a".repeat(64)] {
            let failure = Region::parse(text).unwrap_err();
            assert_eq!(failure.reason, Reason::InvalidSpec, "{text}");
            assert!(failure.message.contains("us-ashburn-1"), "{failure}");
        }
    }
}
