//! Requests to the sign-on and to the account service.

use super::Inner;
use super::api::{ACCOUNTS, CLUSTERS};
use super::journal::{OcmCall, redacted};
use super::refusal::{Refusal, worded};
use super::sso;
use crate::wire::{Asked, Reply, Service, Station};
use http::header::{CONTENT_TYPE, USER_AGENT};
use jiff::Timestamp;

impl Service for Inner {
    fn station(&self) -> &Station {
        &self.station
    }

    fn begin(&self, asked: &Asked) -> u64 {
        let content_type = asked.header(CONTENT_TYPE.as_str()).unwrap_or_default();
        self.journal.begin(OcmCall {
            number: 0,
            at: self.station.clock.now(),
            wall: Timestamp::now(),
            method: asked.method.to_string(),
            path: asked.path().to_owned(),
            query: asked.query().to_owned(),
            status: None,
            account: None,
            agent: asked.header(USER_AGENT.as_str()).map(str::to_owned),
            body: redacted(content_type, &asked.body),
        })
    }

    fn handle(&self, number: u64, asked: &Asked) -> Reply {
        let path = asked.path();
        if sso::is_token_path(path) {
            return self.token(number, asked);
        }
        if !path.starts_with(ACCOUNTS) && !path.starts_with(CLUSTERS) {
            return Refusal::no_path(path).into();
        }
        self.call(number, asked).unwrap_or_else(Reply::from)
    }

    fn dress(&self, _: &Asked, reply: Reply) -> Reply {
        let reply = self.station.dated(reply);
        // An error without a body says all the same that it is JSON, and the vendor's library takes it for a success
        // (`facts/ocm.md §1.6`).
        let bare = reply.status >= 400 && reply.body.is_empty();
        if bare { reply.with(CONTENT_TYPE, "application/json") } else { reply }
    }

    fn error(&self, asked: &Asked, status: u16, code: &str, message: &str) -> Reply {
        if sso::is_token_path(asked.path()) {
            return sso::error(status, code, message);
        }
        worded(status, code, message)
    }

    fn finish(&self, number: u64, status: Option<u16>) {
        self.journal.edit(number, |call| call.status = status);
    }
}
