//! The vendor's own signatures, whole and with one byte changed.

use super::*;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

const VECTORS: &str = include_str!("../../../tests/cloud/signing-vectors.json");

struct Vectors {
    all: Vec<Value>,
    spki: Vec<u8>,
    date: Timestamp,
}

fn vectors() -> Vectors {
    let file: Value = serde_json::from_str(VECTORS).unwrap();
    Vectors {
        all: file["vectors"].as_array().unwrap().clone(),
        spki: key::spki_of(file["public_pem"].as_str().unwrap()).unwrap(),
        date: parse_date(file["date"].as_str().unwrap()).unwrap(),
    }
}

fn asked(vector: &Value) -> Asked {
    let mut headers = HeaderMap::new();
    let mut put = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            headers.insert(HeaderName::try_from(name).unwrap(), HeaderValue::from_str(value).unwrap());
        }
    };
    for (name, key) in [
        ("date", "date"),
        ("host", "host"),
        ("content-type", "content_type"),
        ("content-length", "content_length"),
        ("x-content-sha256", "x_content_sha256"),
        ("authorization", "authorization"),
    ] {
        put(name, vector[key].as_str());
    }
    if vector["signed_headers"].as_str().unwrap().contains("opc-obo-token") {
        put("opc-obo-token", Some("obo-token-value"));
    }
    for (name, value) in vector["extra_headers_not_signed"].as_object().unwrap() {
        put(name, value.as_str());
    }
    Asked {
        method: vector["method"].as_str().unwrap().parse().unwrap(),
        target: vector["path_and_query"].as_str().unwrap().to_owned(),
        headers,
        body: Bytes::from(vector["body_utf8"].as_str().unwrap_or_default().to_owned()),
    }
}

fn check(asked: &Asked, vectors: &Vectors) -> Result<String, Denied> {
    let signature = Signature::read(asked.header("authorization"))?;
    signature.check(asked, &vectors.spki, vectors.date).map(|()| signature.key_id)
}

#[test]
fn every_vector_is_accepted_in_both_orders_of_the_attributes() {
    let vectors = vectors();
    assert_eq!(vectors.all.len(), 16);
    for vector in &vectors.all {
        let mut asked = asked(vector);
        assert_eq!(
            check(&asked, &vectors).as_deref(),
            Ok(vector["key_id"].as_str().unwrap()),
            "{}",
            vector["name"]
        );
        let other = vector["authorization_go_order"].as_str().unwrap();
        asked.headers.insert("authorization", HeaderValue::from_str(other).unwrap());
        assert!(check(&asked, &vectors).is_ok(), "{}", vector["name"]);
    }
}

/// Another printable character in place of one.
fn flipped(text: &str, at: usize) -> String {
    let mut bytes = text.as_bytes().to_vec();
    bytes[at] ^= 1;
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn no_vector_is_accepted_with_one_byte_changed() {
    let vectors = vectors();
    for vector in &vectors.all {
        let name = &vector["name"];
        let signed = vector["signed_headers"].as_str().unwrap();
        let whole = asked(vector);
        for at in 0..whole.target.len() {
            let changed = Asked { target: flipped(&whole.target, at), ..asked(vector) };
            assert!(check(&changed, &vectors).is_err(), "{name} target {at}");
        }
        for at in 0..whole.body.len().min(200) {
            let mut body = whole.body.to_vec();
            body[at] ^= 1;
            let changed = Asked { body: Bytes::from(body), ..asked(vector) };
            let body_is_signed = signed.contains("x-content-sha256");
            assert_eq!(check(&changed, &vectors).is_err(), body_is_signed, "{name} body {at}");
        }
        for header in signed.split(' ').filter(|name| *name != "(request-target)") {
            let value = whole.header(header).unwrap().to_owned();
            for at in 0..value.len() {
                let mut changed = asked(vector);
                let Ok(other) = HeaderValue::from_str(&flipped(&value, at)) else { continue };
                changed.headers.insert(HeaderName::try_from(header).unwrap(), other);
                assert!(check(&changed, &vectors).is_err(), "{name} {header} {at}");
            }
        }
    }
}

#[test]
fn no_authorization_is_accepted_with_one_byte_changed() {
    let vectors = vectors();
    let vector = &vectors.all[0];
    let text = vector["authorization"].as_str().unwrap();
    let key_id = vector["key_id"].as_str().unwrap();
    let claimed = text.find(key_id).unwrap();
    for at in 0..text.len() {
        let mut changed = asked(vector);
        let other = HeaderValue::from_str(&flipped(text, at)).unwrap();
        changed.headers.insert("authorization", other);
        let checked = check(&changed, &vectors);
        // Another key id names another key: nothing that the signature itself can tell.
        let names_another = (claimed..claimed + key_id.len()).contains(&at) && checked.is_ok();
        assert!(checked.is_err() || names_another && checked.as_deref() != Ok(key_id), "{at}");
    }
}

#[test]
fn a_date_is_good_for_five_minutes_both_ways() {
    let vectors = vectors();
    let asked = asked(&vectors.all[0]);
    let at = |seconds: i64| {
        let now = vectors.date.checked_add(SignedDuration::from_secs(seconds)).unwrap();
        Signature::read(asked.header("authorization")).unwrap().check(&asked, &vectors.spki, now)
    };
    assert_eq!([at(-300), at(0), at(300)], [Ok(()), Ok(()), Ok(())]);
    assert_eq!([at(-301), at(301)], [Err(Denied::Skew), Err(Denied::Skew)]);
}

#[test]
fn a_body_has_to_be_signed_with_it() {
    let vectors = vectors();
    let get = &vectors.all[0];
    for method in [Method::PUT, Method::POST, Method::PATCH] {
        let changed = Asked { method, ..asked(get) };
        assert_eq!(check(&changed, &vectors), Err(Denied::NotCovered("content-length")));
    }
}

#[test]
fn what_is_no_signature_header_is_named() {
    let read = |text: &str| Signature::read(Some(text)).unwrap_err();
    assert_eq!(Signature::read(None), Err(Denied::NoHeader));
    for text in [
        "Bearer x",
        r#"Signature version="1""#,
        r#"Signature version="2",headers="date",keyId="a",algorithm="rsa-sha256",signature="AA==""#,
        r#"Signature version="1",headers="date",keyId="a",algorithm="hmac",signature="AA==""#,
        r#"Signature version="1",headers="date",keyId="a",algorithm="rsa-sha256",signature="?""#,
        r#"Signature version="1" headers="date",keyId="a",algorithm="rsa-sha256",signature="AA==""#,
        r#"Signature version="1",version="1",headers="date",keyId="a",algorithm="rsa-sha256",signature="AA==""#,
        r#"Signature version=1,headers="date",keyId="a",algorithm="rsa-sha256",signature="AA==""#,
        r#"Signature version="1",headers="date",keyId="a",algorithm="rsa-sha256",signature="AA==",more="x""#,
    ] {
        assert!(matches!(read(text), Denied::Malformed(_)), "{text}");
    }
}
