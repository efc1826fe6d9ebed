//! Where a kubeconfig leads and as whom, when that can be used.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::de::IgnoredAny;
use slipway_core::{secret::Secret, trust::Trust};
use slipway_outbound::{ClientIdentity, HeaderValue, IdentityFault};
use url::Url;
use zeroize::Zeroizing;

use crate::{
    document::{Cluster, Document, User},
    fault::Fault,
};

/// A cluster and a user, taken from a kubeconfig.
pub(crate) struct Destination {
    /// Origin and, for API servers behind another server, a path.
    pub(crate) server: Url,
    pub(crate) trust: Trust,
    pub(crate) proxy: Option<Url>,
    pub(crate) identity: Option<ClientIdentity>,
    /// `Authorization`, marked sensitive.
    pub(crate) authorization: Option<HeaderValue>,
}

impl Destination {
    /// Takes the current context of a kubeconfig. Nothing is contacted, run or read.
    pub(crate) fn of(kubeconfig: &Secret) -> Result<Self, Fault> {
        let (cluster, user) = Document::read(kubeconfig.expose())?.chosen()?;
        let server = server(&cluster)?;
        let trust = trust(&cluster)?;
        let proxy = proxy(&cluster)?;
        refuse_foreign(&user)?;
        let (identity, authorization) = (identity(&user)?, authorization(&user)?);
        if identity.is_none() && authorization.is_none() {
            let what = "has no credentials; give `token`, `client-certificate-data` with `client-key-data`, or `username` with `password`";
            return Err(Fault::field("user", what));
        }
        Ok(Self { server, trust, proxy, identity, authorization })
    }
}

/// A text that is there; an empty one is as good as none, as `kubectl` takes it.
fn given(text: Option<&String>) -> Option<&str> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty())
}

fn given_secret(text: Option<&Secret>) -> Option<&str> {
    text.map(|text| text.expose().trim()).filter(|text| !text.is_empty())
}

fn server(cluster: &Cluster) -> Result<Url, Fault> {
    let fault = |what| Fault::field("cluster.server", what);
    let text = given(cluster.server.as_ref()).ok_or_else(|| fault("is missing; give https://host:port"))?;
    let url = Url::parse(text).map_err(|_| fault("is no URL; give https://host:port"))?;
    if url.scheme() != "https" || url.host().is_none() {
        return Err(fault("must start with https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(fault("must not hold a user name or password; give them in `user`"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(fault("must have no query and no fragment"));
    }
    if let Some(name) = given(cluster.tls_server_name.as_ref())
        && url.host_str() != Some(name)
    {
        let what =
            "is not supported; give `cluster.server` with the name that is in the server's certificate";
        return Err(Fault::field("cluster.tls-server-name", what));
    }
    Ok(url)
}

fn trust(cluster: &Cluster) -> Result<Trust, Fault> {
    if cluster.certificate_authority.is_some() {
        return Err(file("cluster.certificate-authority", "`certificate-authority-data`"));
    }
    let authorities = given(cluster.certificate_authority_data.as_ref());
    match (cluster.insecure_skip_tls_verify.unwrap_or_default(), authorities) {
        (true, Some(_)) => {
            let what = "contradicts `certificate-authority-data`; take it out";
            Err(Fault::field("cluster.insecure-skip-tls-verify", what))
        }
        (true, None) => Ok(Trust::Anything),
        (false, None) => Ok(Trust::System),
        (false, Some(data)) => {
            let pem = decoded("cluster.certificate-authority-data", data)?;
            Ok(Trust::Authorities(pem.expose().to_owned()))
        }
    }
}

fn proxy(cluster: &Cluster) -> Result<Option<Url>, Fault> {
    let fault = |what| Fault::field("cluster.proxy-url", what);
    let Some(text) = given(cluster.proxy_url.as_ref()) else { return Ok(None) };
    let url = Url::parse(text).map_err(|_| fault("is no URL; give http://host:port"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(fault("must start with http:// or https://; no other kind of proxy is supported"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(fault("must not hold a user name or password; a proxy is never sent a login"));
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Err(fault("must have no path, query or fragment"));
    }
    Ok(Some(url))
}

/// What would have the operator run a program, read a file of its own, or be somebody else.
fn refuse_foreign(user: &User) -> Result<(), Fault> {
    const PROGRAM: &str = "names a program, and none is ever run; give a token or a client certificate";
    const SOMEBODY: &str =
        "asks to be somebody else, which is not supported; give the credentials of the user itself";
    let fields: [(&Option<IgnoredAny>, &'static str, Option<&str>); 9] = [
        (&user.exec, "user.exec", Some(PROGRAM)),
        (&user.auth_provider, "user.auth-provider", Some(PROGRAM)),
        (&user.token_file, "user.tokenFile", None),
        (&user.client_certificate, "user.client-certificate", None),
        (&user.client_key, "user.client-key", None),
        (&user.impersonated, "user.as", Some(SOMEBODY)),
        (&user.as_uid, "user.as-uid", Some(SOMEBODY)),
        (&user.as_groups, "user.as-groups", Some(SOMEBODY)),
        (&user.as_user_extra, "user.as-user-extra", Some(SOMEBODY)),
    ];
    let mends = [
        ("user.tokenFile", "`token`"),
        ("user.client-certificate", "`client-certificate-data`"),
        ("user.client-key", "`client-key-data`"),
    ];
    let Some((_, field, what)) = fields.into_iter().find(|(value, ..)| value.is_some()) else {
        return Ok(());
    };
    let mend = mends.iter().find(|(name, _)| *name == field).map_or("", |(_, mend)| mend);
    Err(what.map_or_else(|| file(field, mend), |what| Fault::field(field, what)))
}

fn file(field: &'static str, instead: &str) -> Fault {
    Fault::field(field, format!("names a file, and none is ever read; give its contents in {instead}"))
}

fn identity(user: &User) -> Result<Option<ClientIdentity>, Fault> {
    const CERTIFICATE: &str = "user.client-certificate-data";
    const KEY: &str = "user.client-key-data";
    let certificate = given(user.client_certificate_data.as_ref());
    let key = given_secret(user.client_key_data.as_ref());
    let (certificate, key) = match (certificate, key) {
        (None, None) => return Ok(None),
        (Some(certificate), Some(key)) => (decoded(CERTIFICATE, certificate)?, decoded(KEY, key)?),
        (None, Some(_)) => return Err(Fault::field(CERTIFICATE, "is missing beside `client-key-data`")),
        (Some(_), None) => return Err(Fault::field(KEY, "is missing beside `client-certificate-data`")),
    };
    ClientIdentity::from_pem(certificate.expose(), &key).map(Some).map_err(|fault| {
        let field = if fault == IdentityFault::Certificate { CERTIFICATE } else { KEY };
        Fault::field(field, format!("cannot be used: {fault}"))
    })
}

fn authorization(user: &User) -> Result<Option<HeaderValue>, Fault> {
    let token = given_secret(user.token.as_ref());
    let name = given(user.username.as_ref());
    let password = given_secret(user.password.as_ref());
    let value = match (token, name, password) {
        (None, None, None) => return Ok(None),
        (Some(token), None, None) => Zeroizing::new(format!("Bearer {token}")),
        (None, Some(name), Some(password)) => {
            if name.contains(':') {
                return Err(Fault::field("user.username", "must not have a colon"));
            }
            let pair = Zeroizing::new(format!("{name}:{password}"));
            Zeroizing::new(format!("Basic {}", *Zeroizing::new(STANDARD.encode(&*pair))))
        }
        (Some(_), ..) => {
            return Err(Fault::field(
                "user.token",
                "is given beside `username` or `password`; leave one of the two",
            ));
        }
        (None, Some(_), None) => return Err(Fault::field("user.password", "is missing beside `username`")),
        (None, None, Some(_)) => return Err(Fault::field("user.username", "is missing beside `password`")),
    };
    let mut header = HeaderValue::from_str(&value)
        .map_err(|_| Fault::field("user.token", "has a character that no token has"))?;
    header.set_sensitive(true);
    Ok(Some(header))
}

/// The text behind base64, which may be broken into lines.
fn decoded(field: &'static str, data: &str) -> Result<Secret, Fault> {
    let joined: Zeroizing<String> = Zeroizing::new(data.split_ascii_whitespace().collect());
    let bytes = STANDARD
        .decode(joined.as_bytes())
        .map(Zeroizing::new)
        .map_err(|_| Fault::field(field, "is not base64; encode the PEM text"))?;
    let text =
        std::str::from_utf8(&bytes).map_err(|_| Fault::field(field, "is not PEM behind its base64"))?;
    Ok(Secret::new(text))
}
