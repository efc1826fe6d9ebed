//! One request for a token (`facts/ocm.md §1.2`).

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use slipway_core::{
    clock::Clock,
    failure::{Effect, Failure},
    reason::Reason,
    secret::Secret,
    trust::Trust,
};
use slipway_outbound::{
    Answer, Connector, HeaderName, HeaderValue, Method, Observer, Plaintext, Request, code_class,
};
use tokio::time::Instant;
use url::{Url, form_urlencoded};
use zeroize::Zeroize;

use super::grant::{self, Denial, Grant};
use crate::{credentials::Credentials, limits::Limits};

/// Largest answer that is read, in bytes.
const ANSWER: usize = 256 << 10;

/// Where tokens come from, and how one gets there.
pub(crate) struct Exchange {
    pub(crate) connector: Arc<Connector>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) limits: Limits,
    pub(crate) url: Url,
    /// Whether the spec names the address.
    pub(crate) is_given: bool,
    pub(crate) proxy: Option<Url>,
    pub(crate) trust: Trust,
    pub(crate) credentials: Credentials,
    /// Client of a token whose Secret names none.
    pub(crate) client_id: &'static str,
}

impl Exchange {
    /// Asks for a token, with `refresh` in place of the token of the Secret where there is a later one.
    pub(crate) async fn ask(&self, refresh: Option<&Secret>) -> Result<Grant, Denial> {
        let began = Instant::now();
        let outcome = self.send(refresh).await;
        let code = outcome.as_ref().map_or("error", |(answer, _)| code_class(answer.status));
        self.observer.request("registrar", "token", code, began.elapsed().as_secs_f64());
        let (mut answer, label) = outcome.map_err(|failure| Denial::Passing(self.placed(failure)))?;
        tracing::debug!(token_service = label, code, took = ?began.elapsed(), "token request");
        let sent: Vec<&Secret> = [Some(self.credentials.secret()), refresh].into_iter().flatten().collect();
        let grant = grant::read(&answer, &label, &sent, self.clock.now());
        if let Ok(mut body) = std::mem::take(&mut answer.body).try_into_mut() {
            body.as_mut().zeroize();
        }
        grant
    }

    /// Whether the credentials are a token that people fetch.
    pub(crate) fn is_token(&self) -> bool {
        matches!(self.credentials, Credentials::Refresh { .. })
    }

    async fn send(&self, refresh: Option<&Secret>) -> Result<(Answer, String), Failure> {
        let request = self.request(refresh)?;
        let trusted = self.connector.trust(&self.trust)?;
        let plaintext = Plaintext::IfInsecureAllowed;
        let peer = self.connector.open_through(&self.url, &trusted, plaintext, self.proxy.as_ref()).await?;
        Ok((peer.send(request).await?, peer.label().to_owned()))
    }

    fn request(&self, refresh: Option<&Secret>) -> Result<Request, Failure> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        let mut basic = None;
        match &self.credentials {
            Credentials::Client { id, secret } => {
                form.append_pair("grant_type", "client_credentials");
                form.append_pair("client_id", id).append_pair("scope", "openid");
                basic = Some(STANDARD.encode(format!("{id}:{}", secret.expose())));
            }
            Credentials::Refresh { client_id, token } => {
                form.append_pair("grant_type", "refresh_token");
                form.append_pair("client_id", client_id.as_deref().unwrap_or(self.client_id));
                form.append_pair("refresh_token", refresh.unwrap_or(token).expose());
            }
            Credentials::Pull(_) => {}
        }
        let target = &self.url[url::Position::BeforePath..url::Position::AfterQuery];
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        let mut request = Request::new(Method::POST, target, self.limits.token)
            .with_header(HeaderName::from_static("content-type"), kind)
            .with_header(HeaderName::from_static("accept"), HeaderValue::from_static("application/json"))
            .with_body(form.finish());
        request.cap = ANSWER;
        if let Some(basic) = basic {
            let header = sensitive(&format!("Basic {basic}"))?;
            request = request.with_header(HeaderName::from_static("authorization"), header);
        }
        Ok(request)
    }

    /// A failure on the way, with the field that leads there. Nothing that a caller wants has happened.
    fn placed(&self, failure: Failure) -> Failure {
        let field = if self.is_given { "spec.registrar.ocm.tokenUrl" } else { "spec.registrar.ocm.url" };
        placed(Failure { effect: Effect::None, ..failure }, field)
    }
}

/// A failure on the way to a peer, with the field that leads there.
pub(crate) fn placed(failure: Failure, field: &str) -> Failure {
    let through_proxy = failure.message.contains("the proxy");
    failure
        .of_peer(if through_proxy { "spec.registrar.ocm.proxyUrl" } else { field }, "spec.registrar.ocm.tls")
}

/// A header that is not to be shown.
pub(crate) fn sensitive(text: &str) -> Result<HeaderValue, Failure> {
    let mut header = HeaderValue::from_str(text)
        .map_err(|_| Failure::new(Reason::Internal, "credentials cannot be written as a header"))?;
    header.set_sensitive(true);
    Ok(header)
}
