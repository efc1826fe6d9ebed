//! What an API server answered, or what came in its place.

use jiff::Timestamp;
use slipway_core::{failure::Failure, reason::Reason};
use slipway_outbound::{Answer, StatusCode};

use crate::{place::Place, resource::Resource};

/// Kinds of content in words; what else a server names is not repeated, since it may name what it was sent.
const KINDS: [(&str, &str); 4] = [
    ("application/json", "JSON"),
    ("text/html", "HTML, as a login page or a proxy does"),
    ("text/plain", "plain text"),
    ("none", "no content type"),
];

/// The resource in an answer; `None` when the server has none of the kind.
pub(crate) fn resource<R: Resource>(
    place: &Place<'_>,
    label: &str,
    answer: &Answer,
) -> Result<Option<R>, Failure> {
    let status = answer.status;
    match status {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED => {
            let what = format!(
                "{label} does not know the user of the kubeconfig (401); renew its token, certificate or password"
            );
            return Err(place.failure(Reason::ClusterRefused, &what));
        }
        StatusCode::FORBIDDEN => {
            let what = format!(
                "{label} does not let the user of the kubeconfig read {} of config.openshift.io (403); give it a role with `get` there",
                R::PLURAL
            );
            return Err(place.failure(Reason::ClusterRefused, &what));
        }
        StatusCode::NOT_FOUND if !is_page(answer) => return Ok(None),
        _ => return Err(unfit::<R>(place, label, answer, "it is no answer to a reading")),
    }
    if let Some(read) = R::read(&answer.body) {
        return Ok(Some(read));
    }
    let fault = format!("its body is no {}, or is cut short", R::KIND);
    Err(unfit::<R>(place, label, answer, &fault))
}

/// No API server answers with a page for people.
fn is_page(answer: &Answer) -> bool {
    answer.content_type().eq_ignore_ascii_case("text/html")
}

/// An answer that no sound API server gives.
pub(crate) fn unfit<R: Resource>(place: &Place<'_>, label: &str, answer: &Answer, fault: &str) -> Failure {
    let kind = answer.content_type().to_ascii_lowercase();
    let kind = KINDS.iter().find(|(name, _)| *name == kind).map_or("another type", |(_, words)| words);
    let what = format!(
        "{label} answered the request for {} with {} and {kind}: {fault}; check the cluster and `cluster.server`",
        R::KIND,
        answer.status.as_u16()
    );
    place.failure(Reason::ClusterUnreachable, &what).with_retry_after(answer.retry_after(Timestamp::now()))
}
