//! Where the next start boots from (`facts/metal-peers.md §4.5`).

use serde_json::{Map, Value, json};
use slipway_core::{failure::Failure, host::BootFrom, reason::Reason};

use crate::{
    discovery,
    quirk::{Maker, Quirk},
    resource::Resource,
    visit::Visit,
    write,
};

const ENABLED: &str = "BootSourceOverrideEnabled";
const TARGET: &str = "BootSourceOverrideTarget";
const MODE: &str = "BootSourceOverrideMode";
const HTTP_URI: &str = "HttpBootUri";

/// Sets the override and reads it back; writes nothing when it is set already. At most three requests when the BMC takes
/// the first form: the system before, the PATCH, the system after.
pub(crate) async fn boot_from(visit: &mut Visit<'_>, source: &BootFrom) -> Result<(), Failure> {
    let system = discovery::system(visit).await?;
    let wish = Wish::of(source);
    let active = Boot(&system);
    let settings = settings_object(visit, &system).await?;
    // A pending value counts as much as the active one: what was written before and not yet taken up would win at the next start.
    if [Some(&system), settings.as_ref()]
        .into_iter()
        .flatten()
        .all(|place| wish.is_met(&Boot(place), Strictness::Exact))
    {
        return Ok(());
    }
    active.check_offer(&wish, visit.label())?;
    let place = settings.as_ref().unwrap_or(&system);
    let maker = visit.memory.root.as_ref().map(|root| root.maker.clone()).unwrap_or_default();
    let mut last = None;
    for form in wish.forms(&Boot(place), &maker) {
        let reply = write::patch(visit, place, &json!({"Boot": form})).await?;
        if !reply.status().is_success() {
            if !write::is_about_form(&reply) {
                return Err(visit.refusal("the boot override", &reply));
            }
            last = Some(visit.refusal("the boot override", &reply));
            continue;
        }
        let after = visit.get(&place.path).await?;
        // A settings object may show the pending value elsewhere or not at all; the boot itself is the proof.
        let taken = Strictness::Taken { uri_sent: form.contains_key(HTTP_URI) };
        if settings.is_some() || wish.is_met(&Boot(&after), taken) {
            return Ok(());
        }
        last = Some(wish.not_taken(visit.label(), &Boot(&after)));
    }
    Err(last.unwrap_or_else(|| wish.not_taken(visit.label(), &active)))
}

/// The settings object, where there is one and `Boot` is in it (AMI `/SD`, Lenovo `/Pending`, iDRAC 10).
async fn settings_object(visit: &mut Visit<'_>, system: &Resource) -> Result<Option<Resource>, Failure> {
    let Some(path) = system.link("/@Redfish.Settings/SettingsObject").map(str::to_owned) else {
        return Ok(None);
    };
    let found = visit.find(&path).await?;
    Ok(found.filter(|settings| settings.has("/Boot")))
}

/// The override as a resource shows it.
struct Boot<'a>(&'a Resource);

impl<'a> Boot<'a> {
    fn text(&self, name: &str) -> Option<&'a str> {
        self.0.text(&format!("/Boot/{name}"))
    }

    fn has(&self, name: &str) -> bool {
        self.0.has(&format!("/Boot/{name}"))
    }

    /// Whether the value is allowed, as far as the BMC says.
    fn allows(&self, name: &str, value: &str) -> bool {
        let allowed = self.0.words(&format!("/Boot/{name}@Redfish.AllowableValues"));
        allowed.is_none_or(|allowed| allowed.contains(&value))
    }

    fn check_offer(&self, wish: &Wish, label: &str) -> Result<(), Failure> {
        let Wish::From { target, .. } = wish else {
            return Ok(());
        };
        if !self.has(TARGET) {
            let message =
                format!("{label} offers no boot override; set the boot order of the machine by hand");
            return Err(Failure::new(Reason::ResetUnsupported, message));
        }
        if self.allows(TARGET, target) {
            return Ok(());
        }
        let allowed = self.0.words(&format!("/Boot/{TARGET}@Redfish.AllowableValues")).unwrap_or_default();
        let message =
            format!("{label} cannot boot from {target} by override; it offers {}", allowed.join(", "));
        Err(Failure::new(Reason::ResetUnsupported, message))
    }
}

/// What the override should say.
enum Wish {
    /// Once from this target.
    From { target: &'static str, mode: &'static str, uri: Option<String> },
    /// No override.
    Own,
}

/// How exactly the override must match.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strictness {
    /// `Once`, where it is to be had.
    Exact,
    /// After a write. `Once` or `Continuous`: some always read so (`facts/metal-peers.md §4.5`, sushy-tools). The URI only when it
    /// was sent.
    Taken { uri_sent: bool },
}

impl Wish {
    fn of(source: &BootFrom) -> Self {
        match source {
            BootFrom::Network { uefi: true } => Self::From { target: "Pxe", mode: "UEFI", uri: None },
            BootFrom::Network { uefi: false } => Self::From { target: "Pxe", mode: "Legacy", uri: None },
            BootFrom::Http { uri } => Self::From {
                target: "UefiHttp",
                mode: "UEFI",
                uri: Some(uri.as_ref().map(ToString::to_string).unwrap_or_default()),
            },
            BootFrom::Disk => Self::Own,
        }
    }

    fn is_met(&self, boot: &Boot<'_>, strictness: Strictness) -> bool {
        let enabled = boot.text(ENABLED);
        let Self::From { target, mode, uri } = self else {
            let own = matches!(boot.text(TARGET), None | Some("None" | "Hdd"));
            return own || enabled == Some("Disabled");
        };
        let lasting = enabled == Some("Continuous")
            && (strictness != Strictness::Exact || !boot.allows(ENABLED, "Once"));
        let mode_fits = boot.text(MODE).is_none_or(|shown| shown == *mode);
        let uri_unsent = strictness == Strictness::Taken { uri_sent: false };
        let uri_fits = uri_unsent
            || uri
                .as_ref()
                .is_none_or(|uri| !boot.has(HTTP_URI) || boot.text(HTTP_URI).unwrap_or_default() == uri);
        (enabled == Some("Once") || lasting) && boot.text(TARGET) == Some(target) && mode_fits && uri_fits
    }

    /// What to write, the form most BMCs take first; each is tried only when the one before was refused or had no effect.
    fn forms(&self, boot: &Boot<'_>, maker: &Maker) -> Vec<Map<String, Value>> {
        let mut forms = match self {
            Self::From { target, mode, uri } => override_forms(boot, maker, target, mode, uri.as_deref()),
            Self::Own => own_forms(boot, maker),
        };
        let mut seen = vec![];
        forms.retain(|form| {
            let new = !seen.contains(form);
            seen.push(form.clone());
            new
        });
        forms
    }

    fn not_taken(&self, label: &str, boot: &Boot<'_>) -> Failure {
        let wanted = match self {
            Self::From { target, .. } => target,
            Self::Own => "the machine's own order",
        };
        let shown: String =
            boot.text(TARGET).unwrap_or("nothing").chars().filter(char::is_ascii_alphanumeric).collect();
        let message = format!(
            "{label} takes the boot override towards {wanted} and then shows {shown}; update its firmware"
        );
        Failure::new(Reason::BmcFault, message)
    }
}

fn override_forms(
    boot: &Boot<'_>,
    maker: &Maker,
    target: &str,
    mode: &str,
    uri: Option<&str>,
) -> Vec<Map<String, Value>> {
    // Where the property is absent it is never sent: Supermicro X10 refuses the whole PATCH.
    let has_mode = boot.has(MODE);
    let differs = boot.text(MODE).is_some_and(|shown| shown != mode);
    let send_mode = has_mode && (differs || maker.has(Quirk::AlwaysSendMode) || maker.has(Quirk::FullTriple));
    let uri =
        uri.filter(|_| boot.has(HTTP_URI)).filter(|uri| boot.text(HTTP_URI).unwrap_or_default() != *uri);
    let form = |enabled: &str, with_mode: bool, with_uri: bool| {
        let mut form = Map::new();
        form.insert(ENABLED.to_owned(), enabled.into());
        form.insert(TARGET.to_owned(), target.into());
        if with_mode {
            form.insert(MODE.to_owned(), mode.into());
        }
        if let (Some(uri), true) = (uri, with_uri) {
            let value = if uri.is_empty() { Value::Null } else { uri.into() };
            form.insert(HTTP_URI.to_owned(), value);
        }
        form
    };
    let mut forms = vec![];
    if boot.allows(ENABLED, "Once") {
        forms.extend([
            form("Once", send_mode, true),
            form("Once", send_mode, false),
            form("Once", has_mode, false),
        ]);
    }
    if boot.allows(ENABLED, "Continuous") {
        forms.push(form("Continuous", has_mode, false));
    }
    forms
}

/// `Disabled` alone: iLO refuses it together with the target `None`, and keeps the target.
fn own_forms(boot: &Boot<'_>, maker: &Maker) -> Vec<Map<String, Value>> {
    let mut triple = Map::new();
    triple.insert(ENABLED.to_owned(), "Disabled".into());
    triple.insert(TARGET.to_owned(), boot.text(TARGET).unwrap_or("None").into());
    if boot.has(MODE) {
        triple.insert(MODE.to_owned(), boot.text(MODE).unwrap_or("UEFI").into());
    }
    let mut alone = triple.clone();
    alone.retain(|name, _| name == ENABLED || name == MODE && maker.has(Quirk::AlwaysSendMode));
    let mut forms = if maker.has(Quirk::FullTriple) { vec![triple] } else { vec![alone, triple] };
    if boot.allows(TARGET, "Hdd") {
        let lasting = if boot.allows(ENABLED, "Continuous") { "Continuous" } else { "Once" };
        let mut disk = Map::new();
        disk.insert(ENABLED.to_owned(), lasting.into());
        disk.insert(TARGET.to_owned(), "Hdd".into());
        forms.push(disk);
    }
    forms
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use slipway_core::host::BootFrom;

    use super::{Boot, Strictness, Wish};
    use crate::{quirk::Maker, resource::Resource};

    fn resource(boot: &Value) -> Resource {
        Resource { path: String::new(), etag: None, body: json!({"Boot": boot}) }
    }

    fn forms(source: &BootFrom, boot: &Value, vendor: &str) -> Vec<Value> {
        let maker = Maker { vendor: vendor.to_owned(), ..Maker::default() };
        Wish::of(source).forms(&Boot(&resource(boot)), &maker).into_iter().map(Value::Object).collect()
    }

    const UEFI: BootFrom = BootFrom::Network { uefi: true };

    #[test]
    fn the_mode_is_sent_when_it_must_change_or_the_maker_needs_it_and_never_where_it_is_absent() {
        let once = json!({"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "Pxe"});
        let once_uefi = json!({
            "BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "Pxe", "BootSourceOverrideMode": "UEFI",
        });
        for (boot, vendor, first) in [
            (json!({}), "Supermicro", &once),
            (json!({"BootSourceOverrideMode": "UEFI"}), "Dell", &once),
            (json!({"BootSourceOverrideMode": "Legacy"}), "Dell", &once_uefi),
            (json!({"BootSourceOverrideMode": "UEFI"}), "Supermicro", &once_uefi),
            (json!({"BootSourceOverrideMode": null}), "AMI", &once_uefi),
            (json!({"BootSourceOverrideMode": null}), "Dell", &once),
        ] {
            assert_eq!(&forms(&UEFI, &boot, vendor)[0], first, "{vendor} {boot}");
        }
        let absent = forms(&UEFI, &json!({}), "AMI");
        assert!(absent.iter().all(|form| form.get("BootSourceOverrideMode").is_none()), "{absent:?}");
    }

    #[test]
    fn once_comes_before_continuous_and_neither_where_it_is_not_allowed() {
        let enabled = |forms: Vec<Value>| -> Vec<String> {
            forms.iter().map(|form| form["BootSourceOverrideEnabled"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(enabled(forms(&UEFI, &json!({}), "")), ["Once", "Continuous"]);
        let only =
            |value: &str| json!({"BootSourceOverrideEnabled@Redfish.AllowableValues": [value, "Disabled"]});
        assert_eq!(enabled(forms(&UEFI, &only("Once"), "")), ["Once"]);
        assert_eq!(enabled(forms(&UEFI, &only("Continuous"), "")), ["Continuous"]);
    }

    #[test]
    fn the_uri_is_sent_where_it_exists_and_dropped_when_refused() {
        let source = BootFrom::Http { uri: Some("http://192.0.2.1/boot.efi".parse().unwrap()) };
        let with = forms(&source, &json!({"HttpBootUri": null}), "");
        assert_eq!(with[0]["HttpBootUri"], "http://192.0.2.1/boot.efi");
        assert!(with[1].get("HttpBootUri").is_none());
        assert!(forms(&source, &json!({}), "")[0].get("HttpBootUri").is_none());
        let stale = forms(&BootFrom::Http { uri: None }, &json!({"HttpBootUri": "http://old"}), "");
        assert_eq!(stale[0].get("HttpBootUri"), Some(&Value::Null));
    }

    #[test]
    fn an_override_is_taken_off_without_naming_no_target() {
        let shown = json!({"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "Pxe", "BootSourceOverrideMode": "UEFI"});
        assert_eq!(
            forms(&BootFrom::Disk, &shown, "HPE")[0],
            json!({"BootSourceOverrideEnabled": "Disabled"})
        );
        let ami = forms(&BootFrom::Disk, &shown, "AMI");
        assert_eq!(
            ami[0],
            json!({"BootSourceOverrideEnabled": "Disabled", "BootSourceOverrideTarget": "Pxe", "BootSourceOverrideMode": "UEFI"})
        );
    }

    #[test]
    fn what_is_set_already_is_seen() {
        let met = |source: &BootFrom, boot: Value, strictness| {
            Wish::of(source).is_met(&Boot(&resource(&boot)), strictness)
        };
        let lasting = json!({"BootSourceOverrideEnabled": "Continuous", "BootSourceOverrideTarget": "Pxe"});
        let once = json!({"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "Pxe"});
        assert!(met(&UEFI, once.clone(), Strictness::Exact));
        assert!(!met(&UEFI, lasting.clone(), Strictness::Exact));
        assert!(met(&UEFI, lasting, Strictness::Taken { uri_sent: false }));
        assert!(!met(&BootFrom::Disk, once, Strictness::Exact));
        for own in [
            json!({}),
            json!({"BootSourceOverrideEnabled": "Disabled", "BootSourceOverrideTarget": "Pxe"}),
            json!({"BootSourceOverrideEnabled": "Continuous", "BootSourceOverrideTarget": "Hdd"}),
        ] {
            assert!(met(&BootFrom::Disk, own.clone(), Strictness::Exact), "{own}");
        }
        let legacy = json!({"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "Pxe", "BootSourceOverrideMode": "Legacy"});
        assert!(!met(&UEFI, legacy, Strictness::Taken { uri_sent: false }));
    }
}
