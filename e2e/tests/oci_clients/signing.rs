//! What the vendor's signers make of a request, and what ours makes of it, byte for byte.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use slipway_core::clock::Timestamp;
use slipway_e2e::foreign::{Desk, OciClients};
use slipway_e2e::program::project;
use slipway_oci::Signer;
use slipway_outbound::{Method, Request};
use url::Url;

use crate::account::{ApiKey, PASSPHRASE, TENANCY, USER, signer, token};

const NOW: &str = "2026-02-28T23:59:59Z";
/// All headers that a signature is about, and the signature.
const SIGNED: [&str; 5] = ["date", "authorization", "content-length", "content-type", "x-content-sha256"];
const GENERATED: usize = 150;

/// Method, origin, path with query, body.
const WRITTEN: &[(&str, &str, &str, Option<&str>)] = &[
    ("GET", "https://ccc.us-ashburn-1.oci.oraclecloud.com", "/20221208/cccInfrastructures", None),
    ("GET", "https://127.0.0.1:8443", "/20221208/cccInfrastructures?limit=1&page=a%2Fb%3D%3D", None),
    ("GET", "https://[::1]:8443", "/20221208/cccInfrastructures?displayName=rack%20one%2B%C3%A9", None),
    ("GET", "https://h.example.com", "/a/b%20c/d~e?empty=&flag", None),
    ("HEAD", "https://h.example.com", "/", None),
    ("DELETE", "https://h.example.com", "/20221208/cccUpgradeSchedules/ocid1.x", None),
    (
        "PUT",
        "https://h.example.com",
        "/20221208/cccInfrastructures/ocid1.x",
        Some("{\"connectionState\":\"READY\"}"),
    ),
    (
        "POST",
        "https://h.example.com",
        "/20221208/cccInfrastructures",
        Some("{ \"displayName\": \"Gerät №1 🚀\" }"),
    ),
    ("POST", "https://h.example.com:444", "/n/actions/changeCompartment?a=%F0%9F%9A%80", Some("")),
    ("PATCH", "https://h.example.com", "/x", Some("\r\n\t\u{0}")),
];

struct Sample {
    method: &'static str,
    origin: String,
    target: String,
    body: Option<String>,
}

pub(crate) async fn signatures_are_equal(clients: OciClients) -> anyhow::Result<()> {
    let desk = Desk::new(&clients)?;
    let key = ApiKey::make(&desk).await?;
    let now: Timestamp = NOW.parse()?;
    let token = token(now);
    let config = key.config("~/.oci/api.pem".as_ref());
    let session = format!("{config}[session]\nsecurity_token_file=~/.oci/sessions/x/token\n");
    let ways = [
        (json!({"by": "api_key"}), signer(&[("config", &config), ("api.pem", &key.pem)])?),
        (
            json!({"by": "token", "token": token}),
            signer(&[
                ("config", &session),
                ("profile", "session"),
                ("api.pem", &key.pem),
                ("token", &token),
            ])?,
        ),
    ];
    let person = json!({
        "tenancy": TENANCY, "user": USER, "fingerprint": key.fingerprint, "key": key.pem, "passphrase": PASSPHRASE,
        "seconds": now.as_second(),
    });
    for (way, ours) in &ways {
        let samples = samples();
        let asked: Vec<Value> =
            samples.iter().map(|sample| merged(&[&person, way, &sample.json()])).collect();
        let theirs = signed_by_vendor(&desk, &asked).await?;
        for (sample, theirs) in samples.iter().zip(&theirs) {
            compare(sample, &sign(ours, sample, now).await?, theirs)?;
        }
    }
    Ok(())
}

/// What the vendor's signers say to these requests, in the same order.
pub(crate) async fn signed_by_vendor(desk: &Desk, asked: &[Value]) -> anyhow::Result<Vec<Value>> {
    let script = project().join("e2e/tests/oci_clients/sign.py");
    let answer = desk.python::<&str>(&script, &[], &serde_json::to_string(asked)?).await?.json()?;
    let answers = answer.as_array().context("not a list")?.clone();
    anyhow::ensure!(answers.len() == asked.len(), "{} answers to {} requests", answers.len(), asked.len());
    Ok(answers)
}

/// All fields of these objects.
pub(crate) fn merged(objects: &[&Value]) -> Value {
    let fields = objects.iter().filter_map(|object| object.as_object()).flatten();
    Value::Object(fields.map(|(name, value)| (name.clone(), value.clone())).collect())
}

async fn sign(signer: &Arc<Signer>, sample: &Sample, now: Timestamp) -> anyhow::Result<Request> {
    let method = Method::from_bytes(sample.method.as_bytes())?;
    let mut request = Request::new(method, &*sample.target, Duration::from_secs(1));
    request.body = sample.body.clone().unwrap_or_default().into();
    signer.sign(&mut request, &Url::parse(&sample.origin)?, now).await?;
    Ok(request)
}

fn compare(sample: &Sample, ours: &Request, theirs: &Value) -> anyhow::Result<()> {
    let what = format!("{} {}{} {:?}", sample.method, sample.origin, sample.target, sample.body);
    anyhow::ensure!(theirs["target"] == *sample.target, "{what}: they sign {}", theirs["target"]);
    let theirs = &theirs["headers"];
    let authorization = theirs["authorization"].as_str().context("no authorization")?;
    for name in SIGNED {
        // They also send a type where there is no body, and do not sign it.
        if name == "content-type" && !authorization.contains(name) {
            continue;
        }
        // A length of none is sent by some stacks and not by others; it is signed with a body only.
        if name == "content-length" && !authorization.contains(name) {
            continue;
        }
        let ours = ours.headers.get(name).map(|value| value.to_str()).transpose()?;
        anyhow::ensure!(ours == theirs[name].as_str(), "{what}: {name} is {ours:?}, theirs {}", theirs[name]);
    }
    Ok(())
}

impl Sample {
    fn json(&self) -> Value {
        let url = format!("{}{}", self.origin, self.target);
        json!({"method": self.method, "url": url, "body": self.body})
    }
}

fn samples() -> Vec<Sample> {
    let written = WRITTEN.iter().map(|(method, origin, target, body)| Sample {
        method,
        origin: (*origin).to_owned(),
        target: (*target).to_owned(),
        body: body.map(str::to_owned),
    });
    let mut dice = Dice(0x5117_3a91);
    written.chain(std::iter::repeat_with(|| dice.sample()).take(GENERATED)).collect()
}

/// The same numbers at every run (xorshift, 32 bits).
struct Dice(u32);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as usize % sides
    }

    fn text(&mut self, alphabet: &[&str], longest: usize) -> String {
        let length = 1 + self.roll(longest);
        (0..length).map(|_| alphabet[self.roll(alphabet.len())]).collect()
    }

    fn sample(&mut self) -> Sample {
        const PATH: &[&str] = &["a", "Z", "0", ".x", "-", "_", "~", "%20", "%2B", "%E2%82%AC", "/b"];
        const QUERY: &[&str] = &["a", "=", "&b=", "1", "+", "%26", "%3D", ":", "%C3%BC", ","];
        const BODY: &[&str] = &["{", "}", "\"", "a", "ü", "€", "🚀", "\\", "\n", " ", ":"];
        let method = ["GET", "HEAD", "DELETE", "PUT", "POST", "PATCH"][self.roll(6)];
        let query = if self.roll(2) == 0 { String::new() } else { format!("?q{}", self.text(QUERY, 30)) };
        let body = matches!(method, "PUT" | "POST" | "PATCH").then(|| self.text(BODY, 60));
        let port = if self.roll(3) == 0 { format!(":{}", 1024 + self.roll(60_000)) } else { String::new() };
        Sample {
            method,
            origin: format!("https://ccc.region-{}.oci.example.com{port}", self.roll(9)),
            target: format!("/20221208/{}{query}", self.text(PATH, 30)),
            body,
        }
    }
}
