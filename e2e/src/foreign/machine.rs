//! One machine with its BMC.

use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use anyhow::Context as _;
use tempfile::TempDir;

use super::certificate::certify;
use super::parts::{Parts, scripts};
use super::{BOOTED_FROM_DISK, GUEST_GATEWAY};
use crate::process::{Pipes, Process, dying_with_us};
use crate::wait_for;

/// libvirtd, the emulator and the file server take 2 s on an idle computer.
const START_LIMIT: Duration = Duration::from_mins(1);
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// Who the machine is.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'a> {
    /// UUID of system and BIOS.
    pub uuid: &'a str,
    /// MAC address of its only network card.
    pub mac: &'a str,
}

/// A machine that is defined and off, its BMC and a server of the parts' files. Dropping it ends all of them and removes
/// their data.
#[derive(Debug)]
pub struct Machine {
    process: Process,
    stdin: Option<ChildStdin>,
    /// Closed once the last process of the machine has ended.
    ended: Receiver<()>,
    folder: TempDir,
    authority: String,
    bmc: String,
    files: u16,
}

impl Machine {
    /// Starts BMC and file server. Once powered on, the machine's iPXE asks for `boot_script`, a URL as the machine sees
    /// it, under [`GUEST_GATEWAY`].
    pub async fn start(parts: &Parts, identity: Identity<'_>, boot_script: &str) -> anyhow::Result<Self> {
        let folder = TempDir::with_prefix("slipway-machine-")?;
        let certified = certify("127.0.0.1")?;
        std::fs::write(folder.path().join("tls.crt"), &certified.certificate)?;
        std::fs::write(folder.path().join("tls.key"), &certified.key)?;
        std::fs::write(folder.path().join("domain.xml"), domain(folder.path(), identity, boot_script)?)?;
        let (process, pipes) = spawn(parts, folder.path())?;
        let ended = end_of(pipes.stdout.context("the machine has no standard output")?);
        let stdin = pipes.stdin;
        let authority = certified.authority;
        let bmc = String::new();
        let mut machine = Self { process, stdin, ended, folder, authority, bmc, files: 0 };
        machine.find_ports().await?;
        Ok(machine)
    }

    async fn find_ports(&mut self) -> anyhow::Result<()> {
        let look = || async {
            let log = self.log();
            let bmc = after(&log, "Running on https://127.0.0.1:").context("no port of the BMC")?;
            let files =
                after(&log, "Serving HTTP on 127.0.0.1 port ").context("no port of the file server")?;
            anyhow::Ok((bmc, files))
        };
        let (bmc, files) = tokio::select! {
            found = wait_for("the machine's BMC", START_LIMIT, look) => found,
            Ok(status) = self.process.wait(Duration::MAX) => Err(anyhow::anyhow!("it ended with {status}")),
        }
        .with_context(|| format!("the machine did not start:\n{}", self.log()))?;
        self.bmc = format!("https://127.0.0.1:{bmc}");
        self.files = files;
        Ok(())
    }

    /// Address of the BMC, `https://127.0.0.1:PORT`.
    #[must_use]
    pub fn bmc(&self) -> &str {
        &self.bmc
    }

    /// The authority of the BMC's certificate, in PEM.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// URL of one of the parts' files for programs of this computer.
    #[must_use]
    pub fn file(&self, name: &str) -> String {
        format!("http://127.0.0.1:{}/{name}", self.files)
    }

    /// URL of the same file for the machine.
    #[must_use]
    pub fn file_for_guest(&self, name: &str) -> String {
        format!("http://{GUEST_GATEWAY}:{}/{name}", self.files)
    }

    /// All that firmware, installer and installed system have written to the serial port.
    #[must_use]
    pub fn serial(&self) -> String {
        read(&self.folder.path().join("serial.log"))
    }

    /// The log of BMC and file server, with a line for each request they answered.
    #[must_use]
    pub fn log(&self) -> String {
        without_colours(&read(&self.folder.path().join("machine.log")))
    }

    /// How often the BMC or the file server answered a request whose line of the log has this text.
    #[must_use]
    pub fn requests(&self, text: &str) -> usize {
        self.log().lines().filter(|line| line.contains(text)).count()
    }

    /// Waits until the system on the machine's disk has said that it runs.
    pub async fn wait_booted_from_disk(&self, limit: Duration) -> anyhow::Result<()> {
        let look = || async {
            let serial = self.serial();
            anyhow::ensure!(
                serial.contains(BOOTED_FROM_DISK),
                "the serial port ends with:\n{}",
                tail(&serial)
            );
            Ok(())
        };
        wait_for("the machine to boot from its disk", limit, look).await
    }

    /// The end of the serial port's text and of the log, for messages.
    #[must_use]
    pub fn story(&self) -> String {
        format!("serial port:\n{}\nBMC and files:\n{}", tail(&self.serial()), tail(&self.log()))
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Closing the input is the gentle way: by the end of the process nothing writes into the folder any more.
        // A process that does not end is killed, and all of its namespace with it.
        drop(self.stdin.take());
        let _ended_or_late = self.ended.recv_timeout(STOP_LIMIT);
    }
}

fn spawn(parts: &Parts, folder: &Path) -> anyhow::Result<(Process, Pipes)> {
    let log = std::fs::File::create(folder.join("machine.log"))?;
    let mut command = dying_with_us(&scripts().join("machine"));
    command.arg(folder).arg(parts.folder());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
    Process::spawn(command)
}

/// What is closed when this pipe is: the outermost process holds it, and outlives all of its namespace.
fn end_of(mut stdout: ChildStdout) -> Receiver<()> {
    let (sender, ended) = channel();
    std::thread::spawn(move || {
        // Nothing is ever written there; a broken pipe is an end as well.
        let _end = std::io::copy(&mut stdout, &mut std::io::sink());
        drop(sender);
    });
    ended
}

fn domain(folder: &Path, identity: Identity<'_>, boot_script: &str) -> anyhow::Result<String> {
    let folder = folder.to_str().context("the folder's name is not text")?;
    let template = std::fs::read_to_string(scripts().join("domain.xml"))?;
    let values =
        [("@DIR@", folder), ("@UUID@", identity.uuid), ("@MAC@", identity.mac), ("@BOOT_URL@", boot_script)];
    Ok(values.iter().fold(template, |text, (name, value)| text.replace(name, value)))
}

/// The number that follows `text`.
fn after(log: &str, text: &str) -> Option<u16> {
    let (_, rest) = log.split_once(text)?;
    // Without a character behind it the number may not be all there yet.
    let end = rest.find(|c: char| !c.is_ascii_digit())?;
    rest[..end].parse().ok()
}

fn read(file: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(file).unwrap_or_default()).into_owned()
}

/// The emulator colours its lines by the kind of answer, also in a file.
fn without_colours(text: &str) -> String {
    let mut pieces = text.split('\x1b');
    let first = pieces.next().unwrap_or_default();
    let rest = pieces.map(|piece| piece.split_once('m').map_or("", |(_code, text)| text));
    std::iter::once(first).chain(rest).collect()
}

fn tail(text: &str) -> String {
    const LINES: usize = 25;
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::{after, without_colours};

    #[test]
    fn a_port_is_read_once_it_is_whole() {
        assert_eq!(after("a\n * Running on port 4711\n", "port "), Some(4711));
        assert_eq!(after("a\n * Running on port 47", "port "), None);
        assert_eq!(after("a\n", "port "), None);
    }

    #[test]
    fn colours_are_taken_out() {
        assert_eq!(
            without_colours("a \"\x1b[35m\x1b[1mPOST /m HTTP/1.1\x1b[0m\" 204"),
            "a \"POST /m HTTP/1.1\" 204"
        );
        assert_eq!(without_colours("plain"), "plain");
    }
}
