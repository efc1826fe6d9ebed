//! Addresses of the boot service as a host sees them.

use url::{Host, Url};

use crate::token::Token;

/// Scheme, host, port and perhaps a path, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BaseUrl(String);

impl BaseUrl {
    /// A configured address: http or https, with neither user, query nor fragment.
    pub(crate) fn configured(url: &Url) -> Option<Self> {
        let plain = url.username().is_empty() && url.password().is_none();
        let bare = url.query().is_none() && url.fragment().is_none();
        let known = matches!(url.scheme(), "http" | "https") && url.has_host();
        (plain && bare && known).then(|| Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    /// What a request's `Host` says, read strictly, because it ends up in a script: a name, an IPv4 address or an IPv6
    /// address in brackets, and perhaps a port.
    pub(crate) fn from_host_header(host: &str) -> Option<Self> {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, Some(port.parse::<u16>().ok()?)),
            _ => (host, None),
        };
        let allowed =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
        if name.is_empty() || name.len() > 253 || !name.bytes().all(allowed) {
            return None;
        }
        let name = Host::parse(name).ok()?;
        Some(Self(port.map_or_else(|| format!("http://{name}"), |port| format!("http://{name}:{port}"))))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The addresses of one attempt.
#[derive(Debug, Clone)]
pub(crate) struct BootUrls {
    base: BaseUrl,
    token: Token,
}

impl BootUrls {
    pub(crate) fn new(base: BaseUrl, token: Token) -> Self {
        Self { base, token }
    }

    /// Stand-ins for a trial: of the documentation network, and a token of the right length.
    pub(crate) fn of_nobody() -> Self {
        Self::new(BaseUrl("http://192.0.2.1:65535".into()), Token::shown(&"0".repeat(40)))
    }

    pub(crate) fn base(&self) -> &str {
        self.base.as_str()
    }

    /// Where a script tells its failures.
    pub(crate) fn error(&self) -> String {
        self.callback("error")
    }

    /// Where a callback goes: `progress`, `log`, `done`, `failed`.
    pub(crate) fn callback(&self, name: &str) -> String {
        format!("{}/v1/boot/{}/{name}", self.base(), self.token.as_str())
    }

    /// Folder of the answer files, with a slash at the end.
    pub(crate) fn answers(&self) -> String {
        self.callback("answers/")
    }

    pub(crate) fn answer(&self, name: &str) -> String {
        format!("{}{name}", self.answers())
    }

    pub(crate) fn image(&self, sha256: &str) -> String {
        format!("{}/images/sha256/{sha256}", self.base())
    }
}

#[cfg(test)]
mod tests {
    use super::BaseUrl;

    #[test]
    fn a_host_header_is_an_address_or_nothing() {
        for (header, base) in [
            ("10.0.2.2:8080", Some("http://10.0.2.2:8080")),
            ("boot.example.com", Some("http://boot.example.com")),
            ("[2001:db8::1]:8080", Some("http://[2001:db8::1]:8080")),
            ("[2001:db8::1]", Some("http://[2001:db8::1]")),
            ("", None),
            (":80", None),
            ("a b", None),
            ("user@10.0.0.1", None),
            ("10.0.0.1:80:80", None),
            ("10.0.0.1:99999", None),
            ("10.0.0.1/x", None),
            ("${net0/ip}", None),
            ("x\ny", None),
            ("2001:db8::1:80", None),
        ] {
            let actual = BaseUrl::from_host_header(header);
            assert_eq!(actual.as_ref().map(BaseUrl::as_str), base, "{header:?}");
        }
    }

    #[test]
    fn a_configured_address_is_bare() {
        for (text, base) in [
            ("https://boot.example.com/slipway/", Some("https://boot.example.com/slipway")),
            ("http://10.0.0.1:8080", Some("http://10.0.0.1:8080")),
            ("http://u@10.0.0.1", None),
            ("http://10.0.0.1/?x", None),
            ("ftp://10.0.0.1/", None),
        ] {
            let actual = BaseUrl::configured(&text.parse().unwrap());
            assert_eq!(actual.as_ref().map(BaseUrl::as_str), base, "{text}");
        }
    }
}
