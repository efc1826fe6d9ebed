//! The script of a machine that is installed.

use super::{Script, Word, writer::Fetch};

/// What to boot, with every word checked.
#[derive(Debug)]
pub(crate) enum Boot {
    Kernel { kernel: Word, initrds: Vec<Word>, arguments: Vec<Word> },
    Iso(Word),
    Efi(Word),
}

/// How iPXE was started, as it says (`${platform}`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Platform {
    Bios,
    Uefi,
    /// It did not say.
    Unknown,
}

impl Platform {
    pub(crate) fn parse(text: Option<&str>) -> Self {
        match text {
            Some("pcbios") => Self::Bios,
            Some("efi") => Self::Uefi,
            _ => Self::Unknown,
        }
    }
}

/// Fetches and starts the installer; a failure is told to `error_url` with its `${errno}`, and the fetch tried five times in all.
pub(crate) fn install(host: &str, boot: &Boot, error_url: &Word) -> String {
    let mut script = Script::new();
    script.echo(&format!("Slipway: installs {host}"));
    // `imgfree`: what an earlier try left would become part of the initial RAM disk.
    script.lines("set tries:int32 0\n:fetch\nimgfree");
    match boot {
        Boot::Kernel { kernel, initrds, arguments } => linux(&mut script, kernel, initrds, arguments),
        Boot::Iso(iso) => {
            let words = [Word::fixed("--no-describe"), iso.clone()];
            script.lines("set what iso").fetch(Fetch::SanBoot, &words, "failed");
        }
        Boot::Efi(program) => {
            script.lines("set what efi").fetch(Fetch::Chain, std::slice::from_ref(program), "failed");
        }
    }
    script.lines(":failed\nset err ${errno}\necho Slipway: failed at ${what}, error ${err}");
    script.tell(error_url.followed_by("?errno=${err}&what=${what}"));
    script.lines("inc tries\niseq ${tries} 5 && goto stop ||\nsleep 10\ngoto fetch\n:stop");
    script.finish()
}

/// `initrd --name X` and `initrd=X` always: EFI builds need both, BIOS builds ignore the argument (`facts/boot.md` A6).
fn linux(script: &mut Script, kernel: &Word, initrds: &[Word], arguments: &[Word]) {
    let names: Vec<&'static str> = INITRD_NAMES.iter().copied().take(initrds.len()).collect();
    let mut words = vec![kernel.clone()];
    words.extend(names.iter().map(|name| Word::fixed("initrd=").followed_by(name)));
    words.extend_from_slice(arguments);
    script.lines("set what kernel").fetch(Fetch::Kernel, &words, "failed");
    script.lines("set what initrd");
    for (name, address) in names.iter().zip(initrds) {
        let words = [Word::fixed("--name"), Word::fixed(name), address.clone()];
        script.fetch(Fetch::Initrd, &words, "failed");
    }
    script.lines("set what boot\nboot || goto failed");
}

/// Short fixed names; their number is the most initial RAM disks a profile may have.
pub(crate) const INITRD_NAMES: [&str; 8] =
    ["initrd0", "initrd1", "initrd2", "initrd3", "initrd4", "initrd5", "initrd6", "initrd7"];
