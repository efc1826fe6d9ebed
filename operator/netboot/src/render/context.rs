//! What templates can use.

use std::collections::BTreeMap;

use minijinja::Value;
use slipway_core::{
    boot::{AnswerFile, Ticket},
    secret::Secret,
};

use super::BootUrls;

/// Names that a template may use, with what they hold.
pub(crate) const ROOTS: [&str; 7] =
    ["answer_url", "answers", "boot_url", "callback", "host", "values", "secrets"];

/// The parts of `callback`.
pub(crate) const CALLBACKS: [&str; 4] = ["progress", "log", "done", "failed"];

/// Prefix of those of a ticket's values that the operator knows of the host.
const HOST: &str = "host.";

/// For kernel arguments: everything but `secrets`, which end up in a script, on a console and in the process list.
pub(crate) fn for_arguments(ticket: &Ticket, urls: &BootUrls) -> Value {
    Value::from_pairs(open(ticket, urls))
}

/// For answer files.
pub(crate) fn for_answers(ticket: &Ticket, urls: &BootUrls) -> Value {
    let mut all = open(ticket, urls);
    let secrets = ticket.secret_values.iter().map(|(name, secret)| (name.as_str(), secret.expose()));
    all.insert("secrets", Value::from_pairs(secrets));
    Value::from_pairs(all)
}

/// Shorter texts are no secrets, and taking them out would garble every message.
const SHORTEST_SECRET: usize = 4;

/// The text with every secret value of the ticket taken out, also line by line: installers quote their configuration in
/// messages.
pub(crate) fn scrub(ticket: &Ticket, text: &str) -> String {
    let whole = ticket.secret_values.values().map(Secret::expose);
    let lines = ticket.secret_values.values().flat_map(|secret| secret.expose().lines());
    whole.chain(lines).filter(|secret| secret.len() >= SHORTEST_SECRET).fold(
        text.to_owned(),
        |text, secret| {
            if text.contains(secret) { text.replace(secret, "[secret]") } else { text }
        },
    )
}

fn open(ticket: &Ticket, urls: &BootUrls) -> BTreeMap<&'static str, Value> {
    let files = &ticket.recipe.answer_files;
    let answer_url = match files.as_slice() {
        [only] => urls.answer(&only.name),
        _ => urls.answers(),
    };
    let plain = ticket.values.iter().filter(|(name, _)| !name.starts_with(HOST));
    BTreeMap::from([
        ("answer_url", Value::from(answer_url)),
        ("answers", answers(files, urls)),
        ("boot_url", Value::from(urls.base())),
        ("callback", Value::from_pairs(CALLBACKS.iter().map(|name| (*name, urls.callback(name))))),
        ("host", host(ticket)),
        ("values", Value::from_pairs(plain.map(|(name, value)| (name.as_str(), value.as_str())))),
    ])
}

fn answers(files: &[AnswerFile], urls: &BootUrls) -> Value {
    let both = files.iter().flat_map(|file| {
        let url = urls.answer(&file.name);
        [(file.name.clone(), url.clone()), (attribute(&file.name), url)]
    });
    Value::from_pairs(both)
}

/// A file name as a template's attribute: `user-data` is `answers.user_data`.
pub(crate) fn attribute(file: &str) -> String {
    file.replace(['.', '-'], "_")
}

/// The operator's own knowledge wins over a value of the same name.
fn host(ticket: &Ticket) -> Value {
    let known =
        ticket.values.iter().filter_map(|(name, value)| Some((name.strip_prefix(HOST)?, value.as_str())));
    let key = &ticket.attempt.host;
    let own = [("name", key.name.as_str()), ("namespace", key.namespace.as_str()), ("uid", key.uid.as_str())];
    Value::from_pairs(known.chain(own))
}
