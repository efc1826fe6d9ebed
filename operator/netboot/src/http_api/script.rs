//! Scripts, and the failures that they tell.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, Uri, header::HOST};
use slipway_core::boot::{ImageState, Report, Step};

use super::{callback::admit, refusal::Refusal, reply};
use crate::{
    attempt::{Attempt, Once},
    decision::{Decision, Machine},
    query::Query,
    render::{BaseUrl, BootUrls, install_script},
    script::{BOOTSTRAP, NOTED, local, local_because, wait},
    service::Shared,
};

pub(crate) async fn bootstrap() -> Response {
    reply::script(BOOTSTRAP, "ok")
}

pub(crate) async fn script(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let machine = Machine::read(&Query::parse(uri.query()));
    let decision = shared.index().decide(&machine, shared.clock.now());
    let has_effects = method != Method::HEAD;
    match decision {
        Decision::Starting => reply::script(wait("the boot service is starting", machine.round), "starting"),
        Decision::Unknown(why) => turn_away(&shared, &machine, &why, "unknown", has_effects),
        Decision::Refused(why) => turn_away(&shared, &machine, &why, "refused", has_effects),
        Decision::Local(host, how) => {
            tracing::info!(host.name = %host, "Host was told to boot locally");
            reply::script(local(&how), "local")
        }
        Decision::Install(attempt) => match base_url(&shared, &headers) {
            Some(base) => install(&shared, &machine, &attempt, base, has_effects),
            None => Refusal::NoAddress.into_response(),
        },
    }
}

fn install(
    shared: &Shared,
    machine: &Machine,
    attempt: &Attempt,
    base: BaseUrl,
    has_effects: bool,
) -> Response {
    let artifacts = attempt.ticket.recipe.boot.artifacts();
    let is_ready = |image: ImageState| matches!(image, ImageState::Ready(_));
    // Every image is asked for, so that all are on their way when one is missing.
    let missing = artifacts.into_iter().filter(|artifact| !is_ready(shared.images.ask(artifact))).count();
    if missing > 0 {
        return reply::script(wait("images are being fetched", machine.round), "waiting");
    }
    let urls = BootUrls::new(base, attempt.token.clone());
    let text = match install_script(&attempt.ticket, &urls, machine.platform) {
        Ok(text) => text,
        Err(failure) => return turn_away(shared, machine, &failure.message, "refused", has_effects),
    };
    if has_effects && attempt.is_first(Once::Script) {
        note(shared, attempt, Step::ScriptServed);
    }
    reply::script(text, "install")
}

/// Local boot, said on the console, in the log and to the controllers.
fn turn_away(
    shared: &Shared,
    machine: &Machine,
    why: &str,
    outcome: &'static str,
    has_effects: bool,
) -> Response {
    if has_effects {
        shared.stranger(machine.macs.first().copied(), why);
    }
    reply::script(local_because(why), outcome)
}

/// A machine without an attempt could not fetch its script.
pub(crate) async fn stranger_error(uri: Uri) -> Response {
    let query = Query::parse(uri.query());
    let mac = Machine::read(&query).macs.first().map(ToString::to_string).unwrap_or_default();
    tracing::warn!(machine.mac = mac, "A machine {}", told(&query));
    reply::script(NOTED, "ok")
}

/// The script of an attempt could not fetch something.
pub(crate) async fn error(
    State(shared): State<Arc<Shared>>,
    Path(token): Path<String>,
    method: Method,
    uri: Uri,
) -> Result<Response, Refusal> {
    let attempt = admit(&shared, &token)?;
    let now = shared.clock.now();
    if !attempt.gives_answers(now) {
        return Err(Refusal::Over);
    }
    let told = told(&Query::parse(uri.query()));
    if method != Method::HEAD && attempt.takes_reports(now) && attempt.is_news(&told) {
        note(&shared, &attempt, Step::Progress(told));
    }
    Ok(reply::script(NOTED, "ok"))
}

/// The failure in words; nothing of the query but known words and hexadecimal digits gets through.
fn told(query: &Query) -> String {
    let step = query.get("what").unwrap_or_default();
    let step = ["script", "kernel", "initrd", "boot", "iso", "efi"].into_iter().find(|known| *known == step);
    let errno = query.get("errno").unwrap_or_default();
    let is_errno = errno.len() <= 12 && errno.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'x');
    let errno = if is_errno && !errno.is_empty() { errno } else { "unknown" };
    format!("failed in iPXE at {}, error {errno}", step.unwrap_or("boot"))
}

/// Hands a report to the controllers and the log.
pub(crate) fn note(shared: &Shared, attempt: &Attempt, step: Step) {
    tracing::info!(
        host.name = %attempt.id().host,
        install.id = attempt.id().install_id,
        install.attempt = attempt.id().attempt,
        "Host reported {step:?}"
    );
    shared.sink.note(Report { attempt: attempt.id().clone(), step, at: shared.clock.now() });
}

/// The configured address, or the one that the host used.
pub(crate) fn base_url(shared: &Shared, headers: &HeaderMap) -> Option<BaseUrl> {
    let used = || BaseUrl::from_host_header(headers.get(HOST)?.to_str().ok()?);
    shared.base.clone().or_else(used)
}
