//! From a recipe and a host's values to what the machine gets: the words of a script and the answer files.

mod address;
mod context;
mod engine;
mod recipe;

use slipway_core::{
    boot::{AnswerFile, Artifact, RecipeBoot, Ticket},
    failure::Failure,
    reason::Reason,
};

pub(crate) use address::{BaseUrl, BootUrls};
pub(crate) use context::scrub;
pub(crate) use recipe::{check_recipe, is_sha256};

use crate::script::{Boot, Platform, Word, install, is_script};

/// Most bytes of one kernel argument.
const ARGUMENT_BYTES: usize = 2048;

/// Most bytes of one rendered answer file: four times what a Secret may hold in Kubernetes is not needed by any installer.
const ANSWER_BYTES: usize = 4 << 20;

/// The script that installs a host.
pub(crate) fn install_script(
    ticket: &Ticket,
    urls: &BootUrls,
    platform: Platform,
) -> Result<String, Failure> {
    let boot = match &ticket.recipe.boot {
        RecipeBoot::Script(text) if is_script(text) => return Ok(text.clone()),
        RecipeBoot::Script(_) => return Err(recipe::not_a_script("boot.script")),
        RecipeBoot::Efi(_) if platform == Platform::Bios => {
            let why = "the profile boots an EFI program, but the machine started in BIOS mode";
            return Err(Failure::new(Reason::ProfileInvalid, why));
        }
        RecipeBoot::Efi(program) => Boot::Efi(image(urls, program, "boot.efi")?),
        RecipeBoot::Iso(iso) => Boot::Iso(image(urls, iso, "boot.iso")?),
        RecipeBoot::Kernel { kernel, initrds, arguments } => Boot::Kernel {
            kernel: image(urls, kernel, "boot.kernel")?,
            initrds: initrds
                .iter()
                .map(|initrd| image(urls, initrd, "boot.kernel.initrds"))
                .collect::<Result<_, _>>()?,
            arguments: render_arguments(ticket, urls, arguments)?,
        },
    };
    Ok(install(&ticket.attempt.host.to_string(), &boot, &word(&urls.error(), "the boot service's address")?))
}

/// One answer file.
pub(crate) fn answer_file(ticket: &Ticket, urls: &BootUrls, file: &AnswerFile) -> Result<String, Failure> {
    let place = format!("answer file {}", file.name);
    let values = context::for_answers(ticket, urls);
    engine::render(&place, &file.template, &values, ANSWER_BYTES)
        .map_err(|failure| Failure { message: scrub(ticket, &failure.message), ..failure })
}

/// Renders everything as a trial, with addresses made up.
pub(crate) fn check(ticket: &Ticket) -> Result<(), Failure> {
    check_recipe(&ticket.recipe)?;
    let urls = BootUrls::of_nobody();
    install_script(ticket, &urls, Platform::Unknown)?;
    ticket.recipe.answer_files.iter().try_for_each(|file| answer_file(ticket, &urls, file).map(drop))?;
    recipe::check_local_boot(&ticket.local_boot)
}

fn render_arguments(ticket: &Ticket, urls: &BootUrls, arguments: &[String]) -> Result<Vec<Word>, Failure> {
    let values = context::for_arguments(ticket, urls);
    let render = |(index, argument): (usize, &String)| {
        let place = recipe::argument_place(index);
        word(&engine::render(&place, argument, &values, ARGUMENT_BYTES)?, &place)
    };
    arguments.iter().enumerate().map(render).collect()
}

fn image(urls: &BootUrls, artifact: &Artifact, place: &str) -> Result<Word, Failure> {
    word(&urls.image(&artifact.sha256), place)
}

fn word(text: &str, place: &str) -> Result<Word, Failure> {
    Word::checked(text).map_err(|unsafe_word| {
        Failure::new(Reason::TemplateInvalid, format!("{place}: the rendered text {unsafe_word}"))
    })
}
