//! What a user or a session is made of, wherever in the Secret it stood.

use slipway_core::secret::Secret;

use super::{Credential, mistakes::Mistakes};
use crate::{fingerprint, jwt, key::PrivateKey, ocid, region::Region};

/// A text of the Secret and how it is called to a person.
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) value: Secret,
}

impl Field {
    pub(crate) fn text(&self) -> &str {
        self.value.expose().trim()
    }
}

/// A field that may lie in a file of its own; else why it does not.
pub(crate) type Found = Result<Field, String>;

/// The fields of a user or a session.
pub(crate) struct Fields {
    pub(crate) tenancy: Option<Field>,
    pub(crate) user: Option<Field>,
    pub(crate) fingerprint: Option<Field>,
    pub(crate) key: Found,
    pub(crate) passphrase: Option<Secret>,
    /// Makes it a session.
    pub(crate) token: Option<Found>,
    /// Where a field that is missing belongs, to be read behind "is missing".
    pub(crate) place: String,
}

impl Fields {
    /// What they make; `None` with at least one more mistake.
    pub(crate) fn credential(self, mistakes: &mut Mistakes) -> Option<Credential> {
        let given = self.fingerprint.as_ref().and_then(|field| fingerprint(field, mistakes));
        let key = found(self.key, mistakes);
        let key = key.and_then(|key| private_key(&key, self.passphrase.as_ref(), given.as_deref(), mistakes));
        if let Some(token) = self.token {
            let token = found(token, mistakes).and_then(|token| session_token(&token, mistakes));
            return token.zip(key).map(|(token, key)| Credential::Session { token, key });
        }
        let tenancy = identifier(self.tenancy, "tenancy", &self.place, mistakes);
        let user = identifier(self.user, "user", &self.place, mistakes);
        if self.fingerprint.is_none() {
            mistakes.missing(missing("fingerprint", &self.place));
        }
        let names = tenancy.zip(user).zip(given).zip(key);
        names.map(|(((tenancy, user), given), key)| Credential::ApiKey {
            key_id: format!("{tenancy}/{user}/{given}"),
            key,
        })
    }
}

pub(crate) fn missing(name: &str, place: &str) -> String {
    format!("`{name}` is missing{place}; add it")
}

pub(crate) fn region(field: Option<&Field>, mistakes: &mut Mistakes) -> Option<Region> {
    let field = field?;
    Region::parse(field.text()).map_err(|failure| mistakes.wrong(format!("{}: {failure}", field.name))).ok()
}

fn found(field: Found, mistakes: &mut Mistakes) -> Option<Field> {
    let field = field.map_err(|mistake| mistakes.missing(mistake)).ok()?;
    filled(field, mistakes)
}

pub(crate) fn filled(field: Field, mistakes: &mut Mistakes) -> Option<Field> {
    if field.text().is_empty() {
        mistakes.missing(format!("{} is empty", field.name));
        return None;
    }
    Some(field)
}

fn identifier(field: Option<Field>, kind: &str, place: &str, mistakes: &mut Mistakes) -> Option<String> {
    let field = found(field.ok_or_else(|| missing(kind, place)), mistakes)?;
    let (name, text) = (&field.name, field.text());
    match ocid::kind(text) {
        Some(found) if found == kind => return Some(text.to_owned()),
        Some(found) => {
            mistakes.wrong(format!(
                "{name} is {text}, which is the OCID of a {found}; give the OCID of the {kind}"
            ));
        }
        None => mistakes.wrong(format!(
            "{name} is {:?}, which is no OCID; give one such as ocid1.{kind}.oc1..aaaa",
            shown(text)
        )),
    }
    None
}

fn fingerprint(field: &Field, mistakes: &mut Mistakes) -> Option<String> {
    let normalised = fingerprint::normalised(field.text());
    if normalised.is_none() {
        mistakes.wrong(format!(
            "{} is {:?}, which is no fingerprint; give sixteen pairs of hexadecimal digits with colons, as the console shows them",
            field.name,
            shown(field.text())
        ));
    }
    normalised
}

fn private_key(
    field: &Field,
    passphrase: Option<&Secret>,
    given: Option<&str>,
    mistakes: &mut Mistakes,
) -> Option<PrivateKey> {
    let key = PrivateKey::read(&field.value, passphrase);
    let key = key.map_err(|error| mistakes.wrong(format!("{} {error}", field.name))).ok()?;
    if let Some(given) = given.filter(|given| *given != key.fingerprint()) {
        mistakes.wrong(format!(
            "{} has the fingerprint {}, and `fingerprint` is {given}: the key does not belong to the fingerprint; give the one that \
             fits the other",
            field.name,
            key.fingerprint()
        ));
    }
    Some(key)
}

fn session_token(field: &Field, mistakes: &mut Mistakes) -> Option<Secret> {
    if jwt::expiry(field.text()).is_none() {
        let mistake = "is no session token; give the file `token` of `oci session authenticate`";
        mistakes.wrong(format!("{} {mistake}", field.name));
        return None;
    }
    Some(Secret::new(field.text()))
}

/// Enough of a value to recognise it; what is this long was meant for another field, and may be secret.
fn shown(text: &str) -> &str {
    if text.len() > 120 || text.contains("-----") { "too long a text" } else { text }
}
