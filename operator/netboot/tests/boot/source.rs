//! An image server in memory.

use std::{collections::HashMap, sync::Mutex};

use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use futures::{StreamExt, stream};
use slipway_core::{boot::Artifact, failure::Failure, reason::Reason};
use slipway_netboot::{ImageSource, ImageStream};
use tokio::sync::watch;
use url::Url;

/// What the server does with a URL; one that it does not know answers with its own text.
#[derive(Debug, Clone)]
pub(crate) enum Serving {
    Content(&'static str),
    /// Promises more than it sends.
    CutOff,
    Down(Reason),
}

#[derive(Debug)]
pub(crate) struct Source {
    served: Mutex<HashMap<Url, Serving>>,
    opened: Mutex<Vec<Url>>,
    /// No piece is sent while it is closed.
    pub gate: watch::Sender<bool>,
    /// Fetches that wait at the gate or have passed it.
    pub under_way: watch::Sender<usize>,
}

impl Source {
    pub(crate) fn new() -> Self {
        Self {
            served: Mutex::default(),
            opened: Mutex::default(),
            gate: watch::Sender::new(true),
            under_way: watch::Sender::new(0),
        }
    }

    pub(crate) fn serve(&self, url: &str, serving: Serving) {
        self.served.lock().unwrap().insert(url.parse().unwrap(), serving);
    }

    pub(crate) fn opened(&self) -> usize {
        self.opened.lock().unwrap().len()
    }
}

#[async_trait]
impl ImageSource for Source {
    async fn open(&self, url: &Url) -> Result<ImageStream, Failure> {
        self.opened.lock().unwrap().push(url.clone());
        self.under_way.send_modify(|count| *count += 1);
        self.gate.subscribe().wait_for(|is_open| *is_open).await.unwrap();
        let serving = self.served.lock().unwrap().get(url).cloned();
        let (content, promised) = match serving {
            None => (url.to_string(), None),
            Some(Serving::Content(text)) => (text.to_owned(), Some(text.len() as u64)),
            Some(Serving::CutOff) => (url.to_string(), Some(1 << 30)),
            Some(Serving::Down(reason)) => return Err(Failure::new(reason, "the server is down")),
        };
        let pieces: Vec<_> =
            content.as_bytes().chunks(7).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        Ok(ImageStream { length: promised, pieces: stream::iter(pieces).boxed() })
    }
}

/// The image at a URL, with the digest of what the server answers when it is told nothing else.
pub(crate) fn artifact(url: &str) -> Artifact {
    let url: Url = url.parse().unwrap();
    Artifact { sha256: sha256(url.as_str()), url }
}

pub(crate) fn sha256(text: &str) -> String {
    let digest = digest(&SHA256, text.as_bytes());
    let number = digest.as_ref().iter().map(|byte| (byte >> 4, byte & 15));
    number
        .flat_map(|(high, low)| [high, low])
        .map(|digit| char::from_digit(digit.into(), 16).unwrap())
        .collect()
}
