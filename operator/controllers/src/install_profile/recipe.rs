//! From the spec of a profile to what the boot service serves.

use std::{fmt::Write as _, sync::Arc};

use aws_lc_rs::digest::{SHA256, digest};
use kube::ResourceExt;
use slipway_core::{
    boot::{AnswerFile, Artifact, LocalBoot, Recipe, RecipeBoot},
    failure::Failure,
    host::Completion,
    reason::Reason,
};
use slipway_crds::v1alpha1::{self as api, Download, InstallProfile};

use super::Profile;

/// The profile as hosts use it.
pub(crate) fn profile(object: &InstallProfile) -> Profile {
    let spec = &object.spec;
    Profile {
        digest: digest_of(spec),
        retries: spec.retries,
        completion: match spec.completion {
            api::Completion::Callback => Completion::Callback,
            api::Completion::PowerOff => Completion::PowerOff,
            api::Completion::ScriptServed => Completion::ScriptServed,
        },
        local_boot: local_boot(&spec.local_boot),
        architecture: spec.architecture,
        recipe: recipe(object).map(Arc::new).map_err(|message| Failure::new(Reason::ProfileInvalid, message)),
    }
}

/// SHA-256 of the spec as JSON, `sha256:` and hexadecimal.
fn digest_of(spec: &api::InstallProfileSpec) -> String {
    let text = serde_json::to_vec(spec).unwrap_or_default();
    digest(&SHA256, &text).as_ref().iter().fold("sha256:".to_owned(), |mut text, byte| {
        // Writing to text cannot fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}

fn local_boot(spec: &api::LocalBoot) -> LocalBoot {
    match (&spec.script, spec.mode) {
        (Some(script), _) => LocalBoot::Script(script.clone()),
        (None, Some(api::LocalBootMode::Exit)) => LocalBoot::Exit,
        (None, Some(api::LocalBootMode::SanBoot)) => LocalBoot::SanBoot,
        (None, Some(api::LocalBootMode::Auto) | None) => LocalBoot::Auto,
    }
}

fn recipe(object: &InstallProfile) -> Result<Recipe, String> {
    let boot = &object.spec.boot;
    let boot = match (&boot.kernel, &boot.iso, &boot.efi, &boot.script) {
        (Some(kernel), None, None, None) => RecipeBoot::Kernel {
            kernel: artifact("spec.boot.kernel", &kernel.url, &kernel.sha256)?,
            initrds: kernel
                .initrds
                .iter()
                .map(|initrd| download("spec.boot.kernel.initrds", initrd))
                .collect::<Result<_, _>>()?,
            arguments: kernel.arguments.clone(),
        },
        (None, Some(iso), None, None) => RecipeBoot::Iso(download("spec.boot.iso", iso)?),
        (None, None, Some(efi), None) => RecipeBoot::Efi(download("spec.boot.efi", efi)?),
        (None, None, None, Some(script)) => RecipeBoot::Script(script.clone()),
        _ => return Err("spec.boot needs exactly one of kernel, iso, efi, script".to_owned()),
    };
    let answer_files = object.spec.answer_files.iter().map(|file| AnswerFile {
        name: file.name.clone(),
        content_type: file.content_type.clone(),
        template: file.template.clone(),
    });
    Ok(Recipe { name: object.name_any(), boot, answer_files: answer_files.collect() })
}

fn download(field: &str, download: &Download) -> Result<Artifact, String> {
    artifact(field, &download.url, &download.sha256)
}

fn artifact(field: &str, url: &str, sha256: &str) -> Result<Artifact, String> {
    let parsed =
        url::Url::parse(url).map_err(|error| format!("{field}.url {url:?} is not a URL: {error}"))?;
    if sha256.len() != 64 || !sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(format!("{field}.sha256 {sha256:?} must be 64 hexadecimal digits"));
    }
    Ok(Artifact { url: parsed, sha256: sha256.to_ascii_lowercase() })
}
