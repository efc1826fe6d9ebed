//! Mistakes of a profile that show without a host.

use std::collections::BTreeSet;

use http::HeaderValue;
use slipway_core::{
    boot::{AnswerFile, Artifact, LocalBoot, Recipe, RecipeBoot},
    failure::Failure,
    reason::Reason,
};

use super::{
    context::{CALLBACKS, ROOTS, attribute},
    engine::{invalid, names},
    word,
};
use crate::script::{INITRD_NAMES, is_script};

/// Checks everything that needs no host's values; reports the first mistake.
pub(crate) fn check_recipe(recipe: &Recipe) -> Result<(), Failure> {
    recipe.boot.artifacts().into_iter().try_for_each(check_artifact)?;
    check_files(&recipe.answer_files)?;
    match &recipe.boot {
        RecipeBoot::Script(text) if !is_script(text) => return Err(not_a_script("boot.script")),
        RecipeBoot::Kernel { initrds, .. } if initrds.len() > INITRD_NAMES.len() => {
            let why = format!("boot.kernel.initrds: has more than {} entries", INITRD_NAMES.len());
            return Err(Failure::new(Reason::ProfileInvalid, why));
        }
        RecipeBoot::Kernel { arguments, .. } => {
            arguments.iter().enumerate().try_for_each(|(index, text)| check_argument(recipe, index, text))?;
        }
        _ => {}
    }
    recipe.answer_files.iter().try_for_each(|file| {
        let place = format!("answer file {}", file.name);
        check_names(recipe, &place, &file.template)
    })
}

/// A user's script for local boot has to be one.
pub(crate) fn check_local_boot(local_boot: &LocalBoot) -> Result<(), Failure> {
    match local_boot {
        LocalBoot::Script(text) if !is_script(text) => Err(not_a_script("localBoot.script")),
        _ => Ok(()),
    }
}

pub(crate) fn not_a_script(field: &str) -> Failure {
    Failure::new(Reason::ProfileInvalid, format!("{field}: an iPXE script starts with a line #!ipxe"))
}

pub(crate) fn argument_place(index: usize) -> String {
    format!("boot.kernel.arguments[{index}]")
}

/// Whether the text is the hexadecimal form that images are kept under.
pub(crate) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn check_artifact(artifact: &Artifact) -> Result<(), Failure> {
    if is_sha256(&artifact.sha256) {
        return Ok(());
    }
    let why = format!("sha256 of {} is not 64 lower-case hexadecimal digits", artifact.url);
    Err(Failure::new(Reason::ProfileInvalid, why))
}

fn check_files(files: &[AnswerFile]) -> Result<(), Failure> {
    let mut seen = BTreeSet::new();
    for file in files {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let name = &file.name;
        let why =
            if name.is_empty() || name.len() > 128 || name.starts_with('.') || !name.bytes().all(allowed) {
                "a name has up to 128 letters, digits and -_. and starts with none of the marks"
            } else if !seen.insert(attribute(name)) {
                "another file has the same name, or one that differs only in marks"
            } else if HeaderValue::from_str(&file.content_type).is_err() || file.content_type.is_empty() {
                "contentType is not a media type"
            } else {
                continue;
            };
        return Err(Failure::new(Reason::ProfileInvalid, format!("answer file {name:?}: {why}")));
    }
    Ok(())
}

fn check_argument(recipe: &Recipe, index: usize, text: &str) -> Result<(), Failure> {
    let place = argument_place(index);
    let secret = names(&place, text)?.into_iter().find(|name| root(name) == "secrets");
    if let Some(name) = secret {
        return Err(invalid(&place, &format!("`{name}`: secret values can be used in answer files only")));
    }
    check_names(recipe, &place, text)?;
    if text.contains(['{', '}']) { Ok(()) } else { word(text, &place).map(drop) }
}

fn check_names(recipe: &Recipe, place: &str, template: &str) -> Result<(), Failure> {
    names(place, template)?.iter().try_for_each(|name| match unknown(recipe, name) {
        Some(known) => Err(invalid(place, &format!("`{name}` is not known; there is {known}"))),
        None => Ok(()),
    })
}

/// What there is instead, if a name is wrong.
fn unknown(recipe: &Recipe, name: &str) -> Option<String> {
    let part = name.split('.').nth(1);
    match (root(name), part) {
        ("callback", Some(part)) if !CALLBACKS.contains(&part) => Some(CALLBACKS.join(", ")),
        ("answers", Some(part)) => {
            let known: Vec<String> = recipe.answer_files.iter().map(|file| attribute(&file.name)).collect();
            (!known.iter().any(|file| file == part)).then(|| known.join(", "))
        }
        (root, _) if !ROOTS.contains(&root) => Some(ROOTS.join(", ")),
        _ => None,
    }
}

fn root(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}
