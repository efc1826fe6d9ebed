//! Finding answer files on a kernel's command line and callback URLs in an answer file.

use super::behaviour::CallbackMarkers;
use url::Url;

// Files of the installer itself, not answers (facts/boot.md §A7). Trees (`inst.repo`, `inst.stage2`) are not fetched.
const PAYLOADS: [&str; 3] = ["root=live:", "coreos.live.rootfs_url=", "fetch="];
const TREES: [&str; 2] = ["inst.repo=", "inst.stage2="];

/// What an installer fetches before it starts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) payloads: Vec<Url>,
    pub(super) answers: Vec<Url>,
}

/// Reads the command line; only what lies under the boot service is fetched.
pub(super) fn wanted(arguments: &str, boot_url: &str) -> Wanted {
    let mut wanted = Wanted::default();
    let ubuntu = arguments.split_whitespace().any(|argument| argument == "autoinstall");
    for argument in arguments.split_whitespace() {
        let Some(start) = argument.find("http://") else {
            continue;
        };
        let (key, address) = argument.split_at(start);
        if !address.starts_with(boot_url) || TREES.contains(&key) {
            continue;
        }
        let Ok(url) = Url::parse(address) else { continue };
        if PAYLOADS.contains(&key) || (ubuntu && matches!(key, "url=" | "iso-url=")) {
            wanted.payloads.push(url);
        } else if key.starts_with("ds=nocloud") {
            // NoCloud joins the names to the given text as it is; both must exist (facts/boot.md §A7).
            let files = ["user-data", "meta-data"].map(|name| Url::parse(&format!("{address}{name}")));
            wanted.answers.extend(files.into_iter().flatten());
        } else {
            wanted.answers.push(url);
        }
    }
    wanted
}

/// Callback URLs of one installation.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Callbacks {
    pub(super) progress: Option<Url>,
    pub(super) done: Option<Url>,
    pub(super) failed: Option<Url>,
    pub(super) log: Option<Url>,
}

const DELIMITERS: &[char] =
    &['"', '\'', '`', '<', '>', '\\', '|', ';', ',', '(', ')', '[', ']', '{', '}', '&', '$'];

/// Looks for URLs in any text, also inside percent-encoded data URLs as Ignition has them.
pub(super) fn callbacks(text: &str, markers: &CallbackMarkers) -> Callbacks {
    let mut found = Callbacks::default();
    let decoded = percent_decoded(text);
    for url in urls(text).chain(urls(&decoded)) {
        for (marker, place) in [
            (&markers.progress, &mut found.progress),
            (&markers.done, &mut found.done),
            (&markers.failed, &mut found.failed),
            (&markers.log, &mut found.log),
        ] {
            if place.is_none() && url.path().ends_with(marker.as_str()) {
                *place = Some(url.clone());
            }
        }
    }
    found
}

fn urls(text: &str) -> impl Iterator<Item = Url> + '_ {
    text.match_indices("http://").filter_map(|(start, _)| {
        let rest = &text[start..];
        let end = rest
            .find(|character: char| character.is_whitespace() || DELIMITERS.contains(&character))
            .unwrap_or(rest.len());
        Url::parse(rest[..end].trim_end_matches('.')).ok()
    })
}

fn percent_decoded(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut place = 0;
    while place < bytes.len() {
        let pair = (bytes[place] == b'%').then(|| text.get(place + 1..place + 3)).flatten();
        let escaped = pair.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(escaped.unwrap_or(bytes[place]));
        place += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "http://127.0.0.1:8080";

    fn answers(arguments: &str) -> Vec<String> {
        wanted(arguments, BASE).answers.iter().map(Url::to_string).collect()
    }

    #[test]
    fn answer_files_are_found_by_every_installers_argument() {
        for key in [
            "harvester.install.config_url=",
            "inst.ks=",
            "ignition.config.url=",
            "talos.config=",
            "url=",
            "preseed/url=",
        ] {
            let arguments = format!("initrd=x console=ttyS0 {key}{BASE}/v1/boot/t/a.yaml quiet");
            assert_eq!(answers(&arguments), [format!("{BASE}/v1/boot/t/a.yaml")], "{key}");
        }
    }

    #[test]
    fn nocloud_asks_for_both_files_and_the_iso_is_no_answer() {
        let arguments = format!("autoinstall ds=nocloud-net;s={BASE}/b/t/ url={BASE}/images/x.iso");
        let wanted = wanted(&arguments, BASE);
        let names: Vec<_> = wanted.answers.iter().map(Url::path).collect();
        assert_eq!(names, ["/b/t/user-data", "/b/t/meta-data"]);
        assert_eq!(wanted.payloads.len(), 1);
    }

    #[test]
    fn nothing_outside_the_boot_service_is_asked_for() {
        assert_eq!(
            wanted("inst.ks=http://192.0.2.1/ks root=live:http://192.0.2.1/r", BASE),
            Wanted::default()
        );
    }

    #[test]
    fn callbacks_are_found_in_any_text() {
        let text = format!(
            "late: wget -qO- \"{BASE}/v1/boot/t/done\"; curl {BASE}/v1/boot/t/progress\\n \
             data:,{}%2Fv1%2Fboot%2Ft%2Ffailed%0A",
            BASE.replace(':', "%3A").replace('/', "%2F")
        );
        let found = callbacks(&text, &CallbackMarkers::default());
        let path = |url: Option<Url>| url.map(|url| url.path().to_owned());
        assert_eq!(path(found.done).as_deref(), Some("/v1/boot/t/done"));
        assert_eq!(path(found.progress).as_deref(), Some("/v1/boot/t/progress"));
        assert_eq!(path(found.failed).as_deref(), Some("/v1/boot/t/failed"));
        assert_eq!(found.log, None);
    }
}
