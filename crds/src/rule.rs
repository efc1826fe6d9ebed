//! Validation rules (CEL) shared by several fields, so that one form has one message everywhere.
//!
//! The API server puts the path of the field before the message; a message therefore starts with the field's own
//! name, and says what to write instead. Every field a rule looks at is bounded, or the server refuses the
//! definition for its cost (`facts/rust-crates.md §2`).

use kube::core::Rule;

/// Host and port of an origin: a name, an IPv4 address or a bracketed IPv6 address, then a port from 1 to 65535.
const AUTHORITY: &str = r"([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?";

fn rule(expression: String, message: &str) -> Rule {
    Rule::new(expression).message(message)
}

fn form(pattern: &str, message: &str) -> Rule {
    rule(format!("self.matches(r'{pattern}')"), message)
}

/// Exactly one of `variants` is present in the object `union` (design, API rule 8).
pub(crate) fn exactly_one(union: &str, variants: &[&str]) -> Rule {
    let present: Vec<String> = variants.iter().map(|name| format!("has(self.{name})")).collect();
    rule(
        format!("[{}].exists_one(present, present)", present.join(", ")),
        &format!("{union} needs exactly one of: {}", variants.join(", ")),
    )
}

/// The value of an optional field of `self` cannot change or go once it is there.
pub(crate) fn fixed_once_set(field: &str, mend: &str) -> Rule {
    rule(
        format!("!has(oldSelf.{field}) || (has(self.{field}) && self.{field} == oldSelf.{field})"),
        &format!("{field} cannot be changed or removed once set: {mend}"),
    )
}

/// The value cannot change.
pub(crate) fn fixed(field: &str, mend: &str) -> Rule {
    rule("self == oldSelf".into(), &format!("{field} cannot be changed: {mend}"))
}

/// The name of an object in the same namespace.
pub(crate) fn object_name() -> Rule {
    form(
        "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$",
        "name must be the name of an object in the same namespace: lower-case letters, digits, '-' and '.'",
    )
}

/// The id of a one-shot wish (design, API rule 4).
pub(crate) fn wish_id(field: &str) -> Rule {
    form(
        "^[A-Za-z0-9][A-Za-z0-9._:+-]{0,63}$",
        &format!(
            "{field} must be 1 to 64 letters, digits or any of . _ : + - and start with a letter or digit: \
             a date or a counter will do"
        ),
    )
}

/// `http` or `https`, host and optional port; nothing else.
pub(crate) fn origin(field: &str) -> Rule {
    form(
        &format!("^https?://{AUTHORITY}$"),
        &format!(
            "{field} must be https://host or https://host:port (or http://) and nothing else: no path, user or query"
        ),
    )
}

/// `https`, host and optional port: a service that is to be who it says it is.
pub(crate) fn secure_origin(field: &str) -> Rule {
    form(
        &format!("^https://{AUTHORITY}$"),
        &format!(
            "{field} must be https://host or https://host:port and nothing else: no path, user or query"
        ),
    )
}

/// `https`, host, optional port and optional path, with no user, query or fragment: a place credentials are sent to.
pub(crate) fn secure_url(field: &str) -> Rule {
    form(
        &format!(r"^https://{AUTHORITY}(/[^\s?#]*)?$"),
        &format!(
            "{field} must start with https:// and hold a host, at most a port and a path: no user, query or fragment"
        ),
    )
}

/// `http` or `https`, host, optional port and optional path, with no user, query or fragment: a place credentials are sent to, in plain text
/// only where the administrator allows it.
pub(crate) fn url(field: &str) -> Rule {
    form(
        &format!(r"^https?://{AUTHORITY}(/[^\s?#]*)?$"),
        &format!(
            "{field} must start with https:// (or http://) and hold a host, at most a port and a path: no user, query or fragment"
        ),
    )
}

/// An address to fetch from, with no user part.
pub(crate) fn download_url() -> Rule {
    form(
        &format!(r"^https?://{AUTHORITY}(/\S*)?$"),
        "url must be http:// or https:// with a host and a path, without a user, a password or spaces",
    )
}

/// A SHA-256 digest as `sha256sum` prints it.
pub(crate) fn sha256() -> Rule {
    form("^[0-9a-f]{64}$", "sha256 must be 64 lower-case hexadecimal digits, as sha256sum prints them")
}

/// A UUID in its usual text form.
pub(crate) fn uuid(field: &str) -> Rule {
    form(
        "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$",
        &format!("{field} must be a UUID such as 4c4c4544-0038-4b10-8051-b4c04f4d3732"),
    )
}

/// An Oracle Cloud identifier (`facts/oci.md §1.10`: the realm part cannot be relied on).
pub(crate) fn ocid(field: &str) -> Rule {
    form(
        r"^ocid[0-9]+\.[a-z0-9]+\.\S+$",
        &format!("{field} must be an OCID: it starts with ocid1. and the kind of resource"),
    )
}

/// One line of text without control characters.
pub(crate) fn one_line(field: &str) -> Rule {
    form(
        r"^[^\x00-\x1f\x7f]+$",
        &format!("{field} must be one line of text: not empty, no line break or other control character"),
    )
}

/// A recurrence rule of RFC 5545 without its `RRULE:`; the service that takes it parses it strictly.
pub(crate) fn recurrence(field: &str) -> Rule {
    form(
        "^FREQ=(SECONDLY|MINUTELY|HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY)(;[A-Z]+=[A-Z0-9,+-]+)*$",
        &format!(
            "{field} must be a recurrence rule of RFC 5545 such as FREQ=WEEKLY;BYDAY=SU;BYHOUR=2, without RRULE:"
        ),
    )
}

/// A script for iPXE, marked as such in its first line.
pub(crate) fn ipxe_script() -> Rule {
    rule(
        "self.startsWith('#!ipxe')".into(),
        "script must start with the line #!ipxe, or iPXE will not run it",
    )
}

/// A duration such as `45m` or `1h30m`, with bounds in the same form.
pub(crate) fn duration(field: &str, least: &str, most: &str) -> Rule {
    rule(
        format!("{} && {}", duration_form(), duration_between(least, most)),
        &format!("{field} must be a duration such as 45m or 1h30m, from {least} to {most}"),
    )
}

/// [`duration`], or the word `Never`.
pub(crate) fn duration_or_never(field: &str, least: &str, most: &str) -> Rule {
    rule(
        format!("self == 'Never' || ({} && {})", duration_form(), duration_between(least, most)),
        &format!("{field} must be Never, or a duration such as 15m or 1h30m, from {least} to {most}"),
    )
}

fn duration_form() -> String {
    "self.matches('^([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,6}s)?$') && self != ''".into()
}

fn duration_between(least: &str, most: &str) -> String {
    format!("duration(self) >= duration('{least}') && duration(self) <= duration('{most}')")
}
