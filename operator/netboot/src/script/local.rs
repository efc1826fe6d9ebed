//! The script of a machine that boots from its own disk.

use slipway_core::boot::LocalBoot;

use super::{Script, Word, is_script, writer::Fetch};

/// Hands over to the disk (`facts/boot.md` A6, "Local boot after install").
///
/// `exit 1` makes every firmware go on to its next boot entry. `sanboot` starts the first drive itself; it fails cleanly
/// where a build cannot, but a machine started from virtual media would find the medium there and loop, so it is used
/// only when asked for.
pub(crate) fn local(how: &LocalBoot) -> String {
    let mut script = Script::new();
    match how {
        LocalBoot::Script(text) if is_script(text) => return text.clone(),
        LocalBoot::SanBoot => {
            let drive = ["--no-describe", "--drive", "0x80"].map(Word::fixed);
            script
                .echo("Slipway: boots from the first disk")
                .fetch(Fetch::SanBoot, &drive, "next")
                .lines(":next");
        }
        LocalBoot::Auto | LocalBoot::Exit | LocalBoot::Script(_) => {
            script.echo("Slipway: boots from its next boot entry");
        }
    }
    script.finish()
}

/// The same by `exit 1`, and says why on the console.
pub(crate) fn local_because(why: &str) -> String {
    Script::new().echo(&format!("Slipway: {why}, boots from its next boot entry")).finish()
}

#[cfg(test)]
mod tests {
    use slipway_core::boot::LocalBoot;

    use super::local;

    #[test]
    fn each_way_to_the_disk_has_its_script() {
        let exit = "#!ipxe\necho Slipway: boots from its next boot entry\nexit 1\n";
        assert_eq!(local(&LocalBoot::Auto), exit);
        assert_eq!(local(&LocalBoot::Exit), exit);
        assert_eq!(
            local(&LocalBoot::SanBoot),
            "#!ipxe\necho Slipway: boots from the first disk\n\
             sanboot --no-describe --drive 0x80 || goto next\n:next\nexit 1\n"
        );
        assert_eq!(local(&LocalBoot::Script("#!ipxe\nexit 1".into())), "#!ipxe\nexit 1");
        assert_eq!(local(&LocalBoot::Script("exit 0".into())), exit, "what is no script is not handed out");
    }
}
