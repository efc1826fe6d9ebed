//! Oracle's identifiers, as far as their form is dependable.

/// The kind that an identifier names (`tenancy`, `user`, …), or `None` for what is no identifier.
///
/// Only the beginning has a dependable form: on a rack the realm is no realm's name (`facts/oci.md §1.10`). Nothing that could
/// end a quoted value is let through.
pub(crate) fn kind(text: &str) -> Option<&str> {
    let mut parts = text.split('.');
    let version = parts.next()?.strip_prefix("ocid")?;
    let kind = parts.next()?;
    let numbered = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte);
    let sound = numbered && !kind.is_empty() && parts.next().is_some() && text.bytes().all(plain);
    sound.then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::kind;

    #[test]
    fn the_kind_is_told_without_a_look_at_the_realm() {
        for (text, expected) in [
            ("ocid1.tenancy.oc1..aaaa", Some("tenancy")),
            ("ocid1.tenancy.AK00661530.pca.abc", Some("tenancy")),
            ("ocid1.user.oc1..aaaa", Some("user")),
            ("ocid1.user", None),
            ("ocid.user.oc1", None),
            ("mytenancy", None),
            ("", None),
            ("ocid1.user.oc1..a\"b", None),
            ("ocid1.user.oc1..a b", None),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
    }
}
