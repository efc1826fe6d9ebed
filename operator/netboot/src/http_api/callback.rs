//! What installers say.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, State},
    response::Response,
};
use http::{Method, StatusCode, Uri};
use slipway_core::boot::{Report, Step};
use tokio::time::timeout;

use super::{
    message::{self, Message},
    refusal::Refusal,
    reply, script,
};
use crate::{
    attempt::{Admission, Attempt, Ending},
    service::Shared,
};

/// The attempt of a token.
pub(crate) fn admit(shared: &Shared, token: &str) -> Result<Arc<Attempt>, Refusal> {
    let index = shared.index();
    index.attempt(token).ok_or_else(|| {
        if index.is_finished(token) {
            Refusal::Over
        } else if index.is_primed() {
            Refusal::UnknownToken
        } else {
            Refusal::Starting
        }
    })
}

pub(crate) async fn progress(
    State(shared): State<Arc<Shared>>,
    Path(token): Path<String>,
    method: Method,
    uri: Uri,
    body: Body,
) -> Result<Response, Refusal> {
    if let Some((attempt, message)) = said(&shared, &token, &method, &uri, body).await? {
        let text = message.line();
        if attempt.is_news(&text) {
            script::note(&shared, &attempt, Step::Progress(text));
        }
    }
    Ok(reply::short(StatusCode::OK, "noted"))
}

pub(crate) async fn log(
    State(shared): State<Arc<Shared>>,
    Path(token): Path<String>,
    method: Method,
    uri: Uri,
    body: Body,
) -> Result<Response, Refusal> {
    if let Some((attempt, message)) = said(&shared, &token, &method, &uri, body).await? {
        for line in message.lines() {
            tracing::info!(host.name = %attempt.id().host, install.id = attempt.id().install_id, "Installer: {line}");
        }
    }
    Ok(reply::short(StatusCode::OK, "noted"))
}

/// The attempt and the words of a report that counts; no words for a HEAD.
async fn said(
    shared: &Shared,
    token: &str,
    method: &Method,
    uri: &Uri,
    body: Body,
) -> Result<Option<(Arc<Attempt>, Message)>, Refusal> {
    let attempt = admit(shared, token)?;
    if !attempt.takes_reports(shared.clock.now()) {
        return Err(Refusal::Over);
    }
    if method == Method::HEAD {
        return Ok(None);
    }
    let message = message::read(&attempt.ticket, uri, body).await?;
    Ok(Some((attempt, message)))
}

pub(crate) async fn done(
    State(shared): State<Arc<Shared>>,
    Path(token): Path<String>,
    method: Method,
    uri: Uri,
    body: Body,
) -> Result<Response, Refusal> {
    end(shared, &token, &method, &uri, body, Ending::Done).await
}

pub(crate) async fn failed(
    State(shared): State<Arc<Shared>>,
    Path(token): Path<String>,
    method: Method,
    uri: Uri,
    body: Body,
) -> Result<Response, Refusal> {
    end(shared, &token, &method, &uri, body, Ending::Failed).await
}

async fn end(
    shared: Arc<Shared>,
    token: &str,
    method: &Method,
    uri: &Uri,
    body: Body,
    ending: Ending,
) -> Result<Response, Refusal> {
    let attempt = match admit(&shared, token) {
        // The installer's last answer was lost with the operator that has restarted since.
        Err(Refusal::Over) if ending == Ending::Done => {
            return Ok(reply::short(StatusCode::OK, "already recorded"));
        }
        admitted => admitted?,
    };
    if method == Method::HEAD {
        return Ok(reply::short(StatusCode::OK, "say it with GET or POST"));
    }
    let message = message::read(&attempt.ticket, uri, body).await?;
    // Publishing may have changed how the attempt stands while the body was read.
    let attempt = admit(&shared, token)?;
    let step = match ending {
        Ending::Done => Step::Done,
        Ending::Failed => Step::Failed(message.line()),
    };
    match attempt.end(ending, shared.clock.now()) {
        // Another replica has heard and recorded it.
        Admission::Gone if ending == Ending::Done && shared.index().is_finished(token) => {
            Ok(reply::short(StatusCode::OK, "already recorded"))
        }
        Admission::Gone => Err(Refusal::Over),
        Admission::AlreadyRecorded => Ok(reply::short(StatusCode::OK, "already recorded")),
        Admission::Settle => Ok(settle(shared, attempt, step).await),
    }
}

/// Answers only when the report is kept safely, so that the installer may reboot (`facts/metal-peers.md` R21). Runs on when
/// the installer hangs up: what it said stays said.
async fn settle(shared: Arc<Shared>, attempt: Arc<Attempt>, step: Step) -> Response {
    let settling = tokio::spawn(async move {
        let id = attempt.id().clone();
        let (host, install_id) = (id.host.clone(), id.install_id.clone());
        let report = Report { attempt: id, step, at: shared.clock.now() };
        let is_recorded =
            matches!(timeout(shared.settle_within, shared.sink.settle(report)).await, Ok(Ok(())));
        if is_recorded {
            attempt.recorded();
        } else {
            tracing::warn!(host.name = %host, install.id = install_id, "Report was not recorded; the host is asked to repeat it");
        }
        is_recorded
    });
    match settling.await {
        Ok(true) => reply::short(StatusCode::OK, "recorded"),
        _ => reply::later("not recorded yet, say it again"),
    }
}
