//! `POST /rps_pin` (facts/oci.md §1.5).

use super::{Inner, PinPost};
use crate::cloud::Offence;
use crate::fetch::hex;
use crate::wire::{Asked, Reply, Service, Station, parse_json};
use aws_lc_rs::rand::fill;
use http::Method;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha512};

impl Service for Inner {
    fn station(&self) -> &Station {
        &self.station
    }

    fn begin(&self, asked: &Asked) -> u64 {
        let body = parse_json(&asked.body).unwrap_or_default();
        let pin = body["pin"].as_str().map(str::to_owned);
        let (at, wall) = (self.station.clock.now(), Timestamp::now());
        let mut state = self.state.lock();
        if asked.method == Method::POST {
            state.posts.push(PinPost { pin, at, wall, status: None, taken: false, fingerprint: None });
        }
        state.posts.len() as u64
    }

    fn handle(&self, number: u64, asked: &Asked) -> Reply {
        if asked.path() != "/rps_pin" {
            return Reply::text(404, "text/plain", "not found\n");
        }
        if asked.method != Method::POST {
            return Reply::text(405, "text/plain", "method not allowed\n");
        }
        let body = parse_json(&asked.body).unwrap_or_default();
        match body["pin"].as_str().filter(|pin| !pin.is_empty()) {
            Some(pin) => self.take(number, asked, pin),
            None => Reply::json(400, &json!({"error": "pin is missing"})),
        }
    }

    fn dress(&self, _: &Asked, reply: Reply) -> Reply {
        self.station.dated(reply)
    }

    fn finish(&self, number: u64, status: Option<u16>) {
        let mut state = self.state.lock();
        let Some(post) = post(&mut state.posts, number) else { return };
        post.status = status;
        let told = post.pin.clone().zip(post.fingerprint.clone()).filter(|_| status.is_some());
        drop(state);
        if let Some((pin, fingerprint)) = told {
            self.cloud.told(&pin, &fingerprint);
        }
    }
}

fn post(posts: &mut [PinPost], number: u64) -> Option<&mut PinPost> {
    let index = usize::try_from(number).ok()?.checked_sub(1)?;
    posts.get_mut(index)
}

impl Inner {
    /// A fresh key each time, and with it a fresh fingerprint: whoever posts a PIN again has lost the first answer.
    fn take(&self, number: u64, asked: &Asked, pin: &str) -> Reply {
        let fingerprint = fresh_fingerprint();
        let shown = self.shown(asked, &fingerprint);
        let mut state = self.state.lock();
        let again = !state.taken.insert(pin.to_owned());
        if let Some(post) = post(&mut state.posts, number) {
            post.taken = true;
            post.fingerprint = shown.as_str().map(str::to_owned);
        }
        let cut = state.cut;
        if cut && !again {
            state.waiting = Some((pin.to_owned(), fingerprint.clone()));
        }
        drop(state);
        if again {
            self.cloud.accuse_rack(Offence::PinPostedTwice, &self.name, None);
        } else if !cut {
            self.cloud.contact(&self.name, pin, &fingerprint);
        }
        let mut answer = Map::new();
        if !shown.is_null() {
            answer.insert("fingerprint".to_owned(), shown);
        }
        Reply::json(200, &Value::Object(answer))
    }

    /// The fingerprint as the faults write it; null when they leave it out.
    fn shown(&self, asked: &Asked, fingerprint: &str) -> Value {
        let about = |trouble: &crate::wire::Trouble| trouble.fingerprint(fingerprint).is_some();
        let troubles = self.station.faults.beside(asked.method.as_str(), &asked.target, about);
        troubles.iter().fold(json!(fingerprint), |shown, trouble| {
            trouble.fingerprint(shown.as_str().unwrap_or_default()).unwrap_or(shown)
        })
    }
}

/// SHA-512 in 128 hexadecimal digits.
fn fresh_fingerprint() -> String {
    let mut key = [0; 32];
    // It fails only when the system has no randomness at all; every rack then has the same key.
    let _ = fill(&mut key);
    hex(&Sha512::digest(key))
}
