//! Messages to the inventory and what it answers (`docs/webhook-registrar.md`).

use super::Inner;
use super::books::{Books, InventoryCall};
use super::signature::Claim;
use crate::wire::{Asked, Reply, Service, Station, parse_json};
use http::Method;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Where messages are taken.
pub(super) const PATH: &str = "/inventory";

impl Service for Inner {
    fn station(&self) -> &Station {
        &self.station
    }

    fn begin(&self, asked: &Asked) -> u64 {
        let body = parse_json(&asked.body).unwrap_or_default();
        let at = self.station.clock.now();
        self.books.lock().begin(InventoryCall {
            number: 0,
            kind: body["type"].as_str().unwrap_or_default().to_owned(),
            data: body["data"].clone(),
            webhook_id: asked.header("webhook-id").map(str::to_owned),
            at,
            is_signed: self.is_signed(asked, at),
            status: None,
        })
    }

    fn handle(&self, _: u64, asked: &Asked) -> Reply {
        self.judge(asked).unwrap_or_else(|refusal| refusal)
    }

    fn dress(&self, _: &Asked, reply: Reply) -> Reply {
        self.station.dated(reply)
    }

    fn finish(&self, number: u64, status: Option<u16>) {
        self.books.lock().finish(number, status);
    }
}

fn refuse(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({"message": message}))
}

impl Inner {
    fn is_signed(&self, asked: &Asked, now: Timestamp) -> bool {
        let header = |name| asked.header(name).unwrap_or_default();
        let claim = Claim {
            id: header("webhook-id"),
            timestamp: header("webhook-timestamp"),
            signatures: header("webhook-signature"),
            body: &asked.body,
        };
        claim.holds(&self.secret.lock(), now)
    }

    fn judge(&self, asked: &Asked) -> Result<Reply, Reply> {
        if asked.path() != PATH {
            return Err(refuse(404, "nothing is here"));
        }
        if asked.method != Method::POST {
            return Err(refuse(405, "messages are posted"));
        }
        let now = self.station.clock.now();
        if !self.is_signed(asked, now) {
            return Err(refuse(401, "the signature does not hold"));
        }
        let body = parse_json(&asked.body).ok_or_else(|| refuse(400, "no JSON object"))?;
        let kind = body["type"].as_str().ok_or_else(|| refuse(400, "type is missing"))?;
        if body["timestamp"].as_str().is_none_or(|text| text.parse::<Timestamp>().is_err()) {
            return Err(refuse(400, "timestamp is missing"));
        }
        if self.lacking.lock().contains(kind) {
            return Err(refuse(501, "not kept here"));
        }
        let data = body["data"].as_object().ok_or_else(|| refuse(400, "data is missing"))?;
        let id = asked.header("webhook-id").unwrap_or_default();
        Message { id, data, now }.answer(kind, &mut self.books.lock())
    }
}

/// A message that is signed and whole.
struct Message<'a> {
    id: &'a str,
    data: &'a Map<String, Value>,
    now: Timestamp,
}

impl Message<'_> {
    fn answer(&self, kind: &str, books: &mut Books) -> Result<Reply, Reply> {
        let answer = match kind {
            "account.probe" => {
                json!({"principal": {"username": "site", "accountId": "site-1", "organizationId": "org-1"}})
            }
            "cluster.find" => json!({"records": books.with("clusterId", &self.texts("clusterIds")?)}),
            "cluster.findByExternalId" => {
                let mut found = books.with("externalClusterId", &self.texts("externalClusterIds")?);
                found.retain(|record| record["status"] != "Deprovisioned");
                json!({"records": found})
            }
            "cluster.findByLabel" => {
                let (key, value) = (self.text("key")?, self.text("value")?);
                let mut found = books.with("status", &["Reserved"]);
                found.retain(|record| record["labels"][key] == value);
                json!({"records": found})
            }
            "cluster.read" => json!({"record": books.record(self.text("id")?)}),
            "cluster.reserve" => return self.reserve(books),
            "cluster.amend" => {
                let change = self.data.get("change").cloned().unwrap_or_default();
                self.change(books, change)?
            }
            "cluster.activate" => self.change(books, json!({"status": "Active"}))?,
            "cluster.release" => {
                let status = match self.text("action")? {
                    "delete" => "Deprovisioned",
                    "archive" => "Archived",
                    _ => return Err(refuse(422, "action is neither delete nor archive")),
                };
                books.edit(self.text("id")?, json!({"status": status}), self.now);
                return Ok(Reply::empty(204));
            }
            "label.list" => {
                let (kind, id) = self.holder()?;
                json!({"labels": books.labels(kind, id).ok_or_else(|| refuse(422, "no such record"))?})
            }
            "label.put" => return self.label(books, Some(self.text("value")?)),
            "label.delete" => return self.label(books, None),
            "capability.list" => {
                self.text("organizationId")?;
                let one = |(name, value): &(String, String)| json!({"name": name, "value": value});
                json!({"capabilities": books.capabilities.iter().map(one).collect::<Vec<_>>()})
            }
            _ => return Err(refuse(501, "no such type")),
        };
        Ok(Reply::json(200, &answer))
    }

    fn reserve(&self, books: &mut Books) -> Result<Reply, Reply> {
        let cluster_id = self.text("clusterId")?;
        if books.claimed.contains(cluster_id) {
            return Err(refuse(409, "another account has this cluster"));
        }
        let made = books.made_for(self.id, cluster_id);
        if let (None, Some(words)) = (&made, &books.short) {
            return Err(refuse(402, words));
        }
        let record = json!({
            "clusterId": cluster_id, "displayName": self.text("displayName")?, "organizationId": "org-1", "planId": "site",
        });
        let record = made.or_else(|| books.reserve(self.id, record, self.now));
        Ok(Reply::json(200, &json!({"record": record})))
    }

    /// An empty text takes a member away; support settings are merged.
    fn change(&self, books: &mut Books, change: Value) -> Result<Value, Reply> {
        let id = self.text("id")?;
        let Value::Object(mut change) = change else { return Err(refuse(400, "change is missing")) };
        let before = books.record(id).unwrap_or_default();
        if before["status"] == "Deprovisioned" {
            return Err(refuse(422, "the record is deleted"));
        }
        for value in change.values_mut().filter(|value| **value == "") {
            *value = Value::Null;
        }
        if let Some(Value::Object(settings)) = change.get_mut("support") {
            let mut merged = before["support"].as_object().cloned().unwrap_or_default();
            merged.append(settings);
            *settings = merged;
        }
        books.edit(id, Value::Object(change), self.now);
        Ok(json!({"record": books.record(id)}))
    }

    fn label(&self, books: &mut Books, value: Option<&str>) -> Result<Reply, Reply> {
        let (kind, id) = self.holder()?;
        if books.label(kind, id, self.text("key")?, value) {
            Ok(Reply::empty(204))
        } else {
            Err(refuse(422, "no such record"))
        }
    }

    fn text(&self, member: &str) -> Result<&str, Reply> {
        let text = self.data.get(member).and_then(Value::as_str);
        text.ok_or_else(|| refuse(400, &format!("{member} is missing")))
    }

    fn texts(&self, member: &str) -> Result<Vec<&str>, Reply> {
        let list = self.data.get(member).and_then(Value::as_array);
        let texts = list.map(|list| list.iter().filter_map(Value::as_str).collect());
        texts.ok_or_else(|| refuse(400, &format!("{member} is missing")))
    }

    fn holder(&self) -> Result<(&str, &str), Reply> {
        let holder = self.data.get("holder").unwrap_or(&Value::Null);
        let parts = holder["kind"].as_str().zip(holder["id"].as_str());
        parts.ok_or_else(|| refuse(400, "holder is missing"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::signature::sign;
    use super::super::{Inventory, InventoryConfig};
    use super::*;
    use bytes::Bytes;
    use http::HeaderMap;

    const RESERVE: &str = r#"{"type":"cluster.reserve","timestamp":"2026-01-01T00:00:00Z","data":{"clusterId":"c","displayName":"n"}}"#;

    fn asked(site: &Inventory, method: Method, target: &str, id: &str, signed: &str, sent: &str) -> Asked {
        let now = site.clock().now().as_second();
        let signature = sign(&site.secret(), id, now, signed);
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", id.parse().unwrap());
        headers.insert("webhook-timestamp", now.into());
        headers.insert("webhook-signature", signature.parse().unwrap());
        Asked { method, target: target.to_owned(), headers, body: Bytes::from(sent.to_owned()) }
    }

    #[tokio::test]
    async fn only_a_signed_and_whole_message_is_carried_out() {
        let site = Inventory::start(InventoryConfig::default()).await.unwrap();
        let inner = &site.inner;
        let tampered = RESERVE.replace("\"n\"", "\"m\"");
        for (method, target, signed, sent, status) in [
            (Method::POST, PATH, RESERVE, tampered.as_str(), 401),
            (Method::POST, "/", RESERVE, RESERVE, 404),
            (Method::GET, PATH, RESERVE, RESERVE, 405),
            (Method::POST, PATH, "[]", "[]", 400),
            (Method::POST, PATH, r#"{"type":"cluster.find"}"#, r#"{"type":"cluster.find"}"#, 400),
        ] {
            let reply = inner.handle(1, &asked(&site, method, target, "id", signed, sent));
            assert_eq!((reply.status, site.records().len()), (status, 0), "{sent}");
        }
        let message = asked(&site, Method::POST, PATH, "id", RESERVE, RESERVE);
        let (first, again) = (inner.handle(1, &message), inner.handle(2, &message));
        assert_eq!((first.status, &first.body), (200, &again.body));
        assert_eq!(site.records().len(), 1);
        site.clock().advance(std::time::Duration::from_secs(302));
        assert_eq!(inner.handle(3, &message).status, 401);
        let id = site.records()[0]["id"].as_str().unwrap_or_default().to_owned();
        assert!(site.edit(&id, json!({"status": "Deprovisioned", "displayName": null})));
        assert_eq!(site.records()[0].get("displayName"), None);
        let message = asked(&site, Method::POST, PATH, "id", RESERVE, RESERVE);
        assert_eq!(inner.handle(4, &message).status, 200);
        assert_eq!(site.records().len(), 2, "a deleted record is not answered again");
    }
}
