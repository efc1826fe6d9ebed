//! Requests to the cloud: who sent them, which part of the service they are for.

use super::Inner;
use super::api::{Call, REQUEST_ID};
use super::journal::CloudCall;
use super::key::random_text;
use super::refusal::Refusal;
use super::signature::Signature;
use crate::wire::{Asked, Reply, Service, Station, http_date};
use http::Method;
use http::header::{DATE, IF_MATCH};
use jiff::Timestamp;

/// Version and base path of the API (facts/oci.md §1.1).
const API: &str = "/20221208/";

impl Service for Inner {
    fn station(&self) -> &Station {
        &self.station
    }

    fn begin(&self, asked: &Asked) -> u64 {
        let signature = Signature::read(asked.header("authorization"));
        let text = |name: &str| asked.header(name).map(str::to_owned);
        self.journal.begin(CloudCall {
            number: 0,
            method: asked.method.to_string(),
            target: asked.target.clone(),
            key_id: signature.ok().map(|signature| signature.key_id),
            at: self.station.clock.now(),
            wall: Timestamp::now(),
            status: None,
            infrastructure: None,
            state_before: None,
            state_after: None,
            if_match: asked.headers.contains_key(IF_MATCH),
            retry_token: text("opc-retry-token"),
            request_id: text(REQUEST_ID.as_str()),
        })
    }

    fn handle(&self, number: u64, asked: &Asked) -> Reply {
        let answered = match (&asked.method, asked.path()) {
            (&Method::POST, "/v1/x509") => self.federate(asked),
            (&Method::POST, "/v1/authentication/refresh") => self.refresh(asked),
            (&Method::POST, "/resourcePrincipalSessionTokens") => self.workload(asked),
            (_, path) => match (path.strip_prefix(API), path.strip_prefix("/opc/v2/")) {
                (Some(rest), _) => self.call(number, asked, rest),
                (_, Some(rest)) => self.metadata(asked, rest),
                _ => self.principals.authenticate(asked, self.wall()).and(Err(Refusal::not_found())),
            },
        };
        answered.unwrap_or_else(Reply::from)
    }

    /// The request id, and the time. Where a request was not taken for its sender's, the time is what its date was
    /// compared with: the wall's clock as the service has it.
    fn dress(&self, asked: &Asked, reply: Reply) -> Reply {
        let made = || format!("sim/{}", random_text(24));
        let id = asked.header(REQUEST_ID.as_str()).map_or_else(made, str::to_owned);
        let reply = reply.with(REQUEST_ID, id);
        if reply.status == 401 {
            return reply.with(DATE, http_date(self.wall()));
        }
        let now = self.station.clock.now();
        let shown = now.checked_add(*self.skew.lock()).unwrap_or(now);
        reply.with(DATE, http_date(shown))
    }

    fn finish(&self, number: u64, status: Option<u16>) {
        self.journal.edit(number, |call| call.status = status);
    }
}

impl Inner {
    fn call(&self, number: u64, asked: &Asked, rest: &str) -> Result<Reply, Refusal> {
        let (key_id, principal) = self.principals.authenticate(asked, self.wall())?;
        let mut world = self.world.lock();
        let now = self.station.clock.now();
        let (key_id, principal) = (key_id.as_str(), &principal);
        Call { inner: self, world: &mut world, asked, number, key_id, principal, now }.answer(rest)
    }
}
