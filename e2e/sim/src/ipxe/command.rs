//! The commands a served script may rely on (facts/boot.md §A6); any other is not found, as on an old build.

use super::interpreter::{Ipxe, Leave};
use super::loaded::{Image, Program};
use super::settings::integer;
use super::status::Status;
use std::time::Duration;
use url::Url;

/// How far a command stops what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    No,
    /// The rest of the line.
    Line,
    /// The rest of the script.
    Script,
}

/// Outcome of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Done {
    pub(super) status: Status,
    pub(super) stop: Stop,
}

impl Done {
    pub(super) fn of(status: Status) -> Self {
        Self { status, stop: Stop::No }
    }
}

/// Options of a command, then the rest.
struct Parsed<'t> {
    name: Option<&'t str>,
    timeout: Option<Duration>,
    drive: Option<&'t str>,
    /// `--label`, `--uuid`, `--filename` or `--extra`: a wish that the disk must meet.
    wish: bool,
    replace: bool,
    rest: &'t [String],
}

const FLAGS: [&str; 7] = ["--autofree", "-a", "--no-describe", "-d", "--keep", "-k", "--silent"];

/// Options come first and may carry their value after `=` or as the next token.
fn parse(arguments: &[String]) -> Option<Parsed<'_>> {
    let mut parsed =
        Parsed { name: None, timeout: None, drive: None, wish: false, replace: false, rest: arguments };
    while let [first, rest @ ..] = parsed.rest {
        if !first.starts_with('-') || first == "--" {
            break;
        }
        parsed.rest = rest;
        if FLAGS.contains(&first.as_str()) {
            continue;
        }
        if matches!(first.as_str(), "--replace" | "-r") {
            parsed.replace = true;
            continue;
        }
        let (option, value) = if let Some(pair) = first.split_once('=') {
            pair
        } else {
            let (value, rest) = rest.split_first()?;
            parsed.rest = rest;
            (first.as_str(), value.as_str())
        };
        match option {
            "--name" | "-n" => parsed.name = Some(value),
            "--timeout" | "-t" => parsed.timeout = Some(Duration::from_millis(integer(value)?.into())),
            "--drive" => parsed.drive = Some(value),
            "--key" | "--set" => {}
            "--label" | "--uuid" | "--filename" | "--extra" => parsed.wish = true,
            _ => return None,
        }
    }
    Some(parsed)
}

impl Ipxe<'_> {
    pub(super) async fn execute(&mut self, name: &str, arguments: &[String]) -> Result<Done, Leave> {
        let status = match name {
            "chain" => return self.chain_command(arguments).await,
            "goto" => return Ok(self.goto(arguments)),
            "exit" => return Ok(exit(arguments)),
            "kernel" => self.download(arguments, true).await,
            "initrd" | "module" | "imgfetch" => self.download(arguments, false).await,
            "boot" | "imgexec" => return self.boot(arguments),
            "sanboot" => return self.sanboot(arguments).await.map(Done::of),
            "sleep" => self.sleep(arguments).await,
            "prompt" => return self.prompt(arguments).await.map(Done::of),
            "reboot" => return Err(Leave::Reboot),
            "poweroff" => return Err(Leave::PowerOff),
            "shell" | "login" | "config" => return Err(Leave::Hang(format!("waits in `{name}`"))),
            _ => self.execute_quick(name, arguments),
        };
        Ok(Done::of(status))
    }

    /// Commands that neither wait nor leave.
    fn execute_quick(&mut self, name: &str, arguments: &[String]) -> Status {
        match name {
            "set" | "clear" => self.set(arguments),
            "inc" => self.increase(arguments),
            "isset" => {
                Status::from_success(matches!(arguments, [value] if !value.is_empty()), Status::NO_SUCH_ENTRY)
            }
            "iseq" => Status::from_success(matches!(arguments, [a, b] if a == b), Status::DIFFERENT),
            "echo" => {
                let text = arguments.strip_prefix(&["-n".to_owned()]).unwrap_or(arguments);
                self.around.echo(&text.join(" "));
                Status::OK
            }
            "imgfree" => {
                let freed = self.loaded.free(arguments.first().map(String::as_str));
                Status::from_success(freed, Status::NO_SUCH_ENTRY)
            }
            "imgargs" => self.set_image_arguments(arguments),
            "imgselect" => {
                let selected = arguments.first().is_some_and(|name| self.loaded.select(name));
                Status::from_success(selected, Status::NO_SUCH_ENTRY)
            }
            // One port, and its lease is there already.
            "ifconf" | "dhcp" | "ifopen" | "ifclose" | "ifstat" | "route" | "imgstat" | "cpuid" | "show"
            | "console" | "colour" | "cpair" | "sync" => Status::OK,
            _ => Status::EXEC_FORMAT,
        }
    }

    fn goto(&mut self, arguments: &[String]) -> Done {
        let found = arguments.first().is_some_and(|label| self.go_to(label));
        if found {
            return Done { status: Status::OK, stop: Stop::Line };
        }
        Done::of(Status::NO_SUCH_ENTRY)
    }

    fn set(&mut self, arguments: &[String]) -> Status {
        let Some((name, words)) = arguments.split_first() else {
            return Status::INVALID;
        };
        self.settings.set(name, &words.join(" "));
        Status::OK
    }

    fn increase(&mut self, arguments: &[String]) -> Status {
        let step = arguments.get(1).map_or(Some(1), |text| integer(text));
        let (Some(name), Some(step)) = (arguments.first(), step) else {
            return Status::INVALID;
        };
        let value = self.settings.number(name).wrapping_add(step);
        self.settings.set(name, &value.to_string());
        Status::OK
    }

    fn set_image_arguments(&mut self, arguments: &[String]) -> Status {
        let Some((name, words)) = arguments.split_first() else {
            return Status::INVALID;
        };
        Status::from_success(self.loaded.set_arguments(name, words.join(" ")), Status::NO_SUCH_ENTRY)
    }

    async fn chain_command(&mut self, arguments: &[String]) -> Result<Done, Leave> {
        let Some(parsed) = parse(arguments) else {
            return Ok(Done::of(Status::INVALID));
        };
        let Some((reference, words)) = parsed.rest.split_first() else {
            return self.boot(&[]);
        };
        let Some(url) = self.resolve(reference) else {
            return Ok(Done::of(Status::INVALID));
        };
        let body = match self.load(&url, parsed.timeout).await? {
            Ok(body) => body,
            Err(status) => return Ok(Done::of(status)),
        };
        let status = self.run(&url, &body, words.join(" ")).await?;
        // A replaced script is not gone back to; one whose replacement did not load goes on.
        let stop = if parsed.replace { Stop::Script } else { Stop::No };
        Ok(Done { status, stop })
    }

    async fn download(&mut self, arguments: &[String], select: bool) -> Status {
        let Some(parsed) = parse(arguments) else {
            return Status::INVALID;
        };
        let Some((reference, words)) = parsed.rest.split_first() else {
            return Status::INVALID;
        };
        let Some(url) = self.resolve(reference) else {
            return Status::INVALID;
        };
        let status = self.fetch_image(&url, parsed.timeout).await;
        if !status.is_ok() {
            return status;
        }
        let name = parsed.name.map_or_else(|| last_segment(&url), str::to_owned);
        self.loaded.add(Image { name: name.clone(), url: url.to_string(), arguments: words.join(" ") });
        if select {
            self.loaded.select(&name);
        }
        Status::OK
    }

    /// An empty file or a page in a file's place is not an image.
    async fn fetch_image(&self, url: &Url, limit: Option<Duration>) -> Status {
        match self.around.fetch(url, 1, limit).await {
            Err(error) => Status::of_fetch(error),
            Ok(fetched) if !Status::of_http(fetched.status).is_ok() => Status::of_http(fetched.status),
            Ok(fetched) => Status::from_success(
                fetched.bytes > 0 && !matches!(fetched.kept.first(), Some(b'<' | b'{')),
                Status::EXEC_FORMAT,
            ),
        }
    }

    fn boot(&mut self, arguments: &[String]) -> Result<Done, Leave> {
        if let Some(name) = arguments.iter().find(|word| !word.starts_with('-')) {
            self.loaded.select(name);
        }
        match self.loaded.program() {
            Some(program) => Err(Leave::Boot(program)),
            None => Ok(Done::of(Status::NO_SUCH_ENTRY)),
        }
    }

    /// The machine has one local disk, drive 0x80; nothing on it bears a label (facts/boot.md §A6).
    async fn sanboot(&mut self, arguments: &[String]) -> Result<Status, Leave> {
        let Some(parsed) = parse(arguments) else {
            return Ok(Status::INVALID);
        };
        if let Some(reference) = parsed.rest.first() {
            let Some(url) = self.resolve(reference) else {
                return Ok(Status::INVALID);
            };
            let status = self.fetch_image(&url, parsed.timeout).await;
            if !status.is_ok() {
                return Ok(status);
            }
            let program = Program { url: url.to_string(), arguments: String::new(), initrds: Vec::new() };
            return Err(Leave::Boot(program));
        }
        let first_drive = matches!(parsed.drive, None | Some("0" | "0x80" | "128"));
        if first_drive && !parsed.wish && self.around.has_bootable_disk() {
            return Err(Leave::Disk);
        }
        Ok(Status::NO_DEVICE)
    }

    async fn sleep(&self, arguments: &[String]) -> Status {
        let Some(seconds) = arguments.first().and_then(|text| integer(text)) else {
            return Status::INVALID;
        };
        self.around.sleep(seconds).await;
        Status::OK
    }

    /// Nobody is there to press a key.
    async fn prompt(&self, arguments: &[String]) -> Result<Status, Leave> {
        match parse(arguments).and_then(|parsed| parsed.timeout) {
            Some(timeout) => {
                self.around.sleep(u32::try_from(timeout.as_secs()).unwrap_or(u32::MAX)).await;
                Ok(Status::CANCELLED)
            }
            None => Err(Leave::Hang("waits for a key".to_owned())),
        }
    }
}

fn exit(arguments: &[String]) -> Done {
    let code = arguments.first().map_or(Some(0), |text| integer(text));
    match code {
        Some(code) => Done { status: Status(code), stop: Stop::Script },
        None => Done::of(Status::INVALID),
    }
}

fn last_segment(url: &Url) -> String {
    url.path().rsplit('/').next().unwrap_or_default().to_owned()
}
