//! A child process that can be signalled from anywhere and never outlives its owner.

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, LazyLock};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context as _;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use tokio::sync::watch;

/// A running child. Dropping it kills the child and waits for its end.
///
/// It belongs to no async runtime: one test may start it and another wait for it.
#[derive(Debug)]
pub struct Process {
    pid: u32,
    killer: Killer,
    exit: watch::Receiver<Option<ExitStatus>>,
    waiter: Option<JoinHandle<()>>,
}

/// The parent's ends of a child's pipes; each is there when the command asked for a pipe.
#[derive(Debug)]
pub struct Pipes {
    /// Closing it ends the child's standard input.
    pub stdin: Option<ChildStdin>,
    /// What the child prints.
    pub stdout: Option<ChildStdout>,
    /// What the child complains about.
    pub stderr: Option<ChildStderr>,
}

/// Sends signals to one process, also from a hook or another thread.
///
/// It holds the process itself, not its number: a number that the system gave to someone else is never hit.
#[derive(Clone, Debug)]
pub struct Killer(Arc<OwnedFd>);

impl Killer {
    /// SIGKILL. Killing what has ended already is no error.
    pub fn kill(&self) {
        self.send(Signal::KILL);
    }

    /// SIGTERM. Ending what has ended already is no error.
    pub fn terminate(&self) {
        self.send(Signal::TERM);
    }

    /// SIGSTOP: it does nothing until [`Killer::go_on`], and does not notice that time passes.
    pub fn pause(&self) {
        self.send(Signal::STOP);
    }

    /// SIGCONT.
    pub fn go_on(&self) {
        self.send(Signal::CONT);
    }

    fn send(&self, signal: Signal) {
        // The only failure left is a process that is gone, which is what the caller wants.
        let _gone = pidfd_send_signal(&*self.0, signal);
    }
}

impl Process {
    /// Starts the command. Ask for pipes on `command` before.
    pub fn spawn(mut command: Command) -> anyhow::Result<(Self, Pipes)> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = on_lasting_thread(move || command.spawn())
            .context("the thread that starts processes is gone")?
            .with_context(|| format!("{name} cannot be started"))?;
        let pipes =
            Pipes { stdin: child.stdin.take(), stdout: child.stdout.take(), stderr: child.stderr.take() };
        let pid = child.id();
        let killer = Killer(Arc::new(open(&mut child)?));
        let (sender, exit) = watch::channel(None);
        let waiter = std::thread::spawn(move || {
            let status = child.wait().unwrap_or_default();
            sender.send_replace(Some(status));
        });
        Ok((Self { pid, killer, exit, waiter: Some(waiter) }, pipes))
    }

    /// The process's number.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// A handle for signals that may be passed on.
    #[must_use]
    pub fn killer(&self) -> Killer {
        self.killer.clone()
    }

    /// How the process ended, if it has.
    #[must_use]
    pub fn exit_status(&self) -> Option<ExitStatus> {
        *self.exit.borrow()
    }

    /// Waits for the end of the process, at most `limit`.
    pub async fn wait(&self, limit: Duration) -> anyhow::Result<ExitStatus> {
        let mut exit = self.exit.clone();
        let seen = tokio::time::timeout(limit, exit.wait_for(Option::is_some)).await;
        let status = *seen
            .with_context(|| format!("process {} still runs after {limit:?}", self.pid))?
            .context("the thread that waits for the process is gone")?;
        status.context("the process has no status")
    }

    /// Resident memory in bytes (`VmRSS`).
    pub fn resident_bytes(&self) -> anyhow::Result<u64> {
        resident_bytes(self.pid)
    }

    /// The most resident memory so far in bytes (`VmHWM`).
    pub fn peak_bytes(&self) -> anyhow::Result<u64> {
        memory(self.pid, "VmHWM:")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.killer.kill();
        if let Some(waiter) = self.waiter.take() {
            // The thread cannot panic; it only waits.
            let _ended = waiter.join();
        }
    }
}

fn open(child: &mut Child) -> anyhow::Result<OwnedFd> {
    let raw = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let opened = raw
        .context("not a process number")
        .and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).context("the process cannot be held"));
    if opened.is_err() {
        let _already_failing = child.kill();
        let _already_failing = child.wait();
    }
    opened
}

/// Resident memory of any process in bytes (`VmRSS` of its status in /proc).
pub fn resident_bytes(pid: u32) -> anyhow::Result<u64> {
    memory(pid, "VmRSS:")
}

fn memory(pid: u32, field: &str) -> anyhow::Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line =
        text.lines().find_map(|line| line.strip_prefix(field)).with_context(|| format!("no {field}"))?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib * 1024)
}

/// A command that the kernel kills when this program dies, however it dies.
#[must_use]
pub fn dying_with_us(program: &std::path::Path) -> Command {
    let Some(setpriv) = find_on_path("setpriv") else {
        return Command::new(program);
    };
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

/// Finds a program on PATH.
#[must_use]
pub fn find_on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

type Work = Box<dyn FnOnce() + Send>;

/// The kernel ends a child of [`dying_with_us`] when the *thread* that started it ends, and the threads of a test end
/// with the test. So one thread that lasts as long as the program starts them all.
fn on_lasting_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    static STARTER: LazyLock<Sender<Work>> = LazyLock::new(|| {
        let (sender, receiver) = channel::<Work>();
        std::thread::spawn(move || receiver.into_iter().for_each(|work| work()));
        sender
    });
    let (answer, result) = channel();
    let boxed: Work = Box::new(move || {
        // Nobody listens only when the caller has panicked.
        let _nobody_listens = answer.send(work());
    });
    STARTER.send(boxed).ok()?;
    result.recv().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Stdio;

    const LIMIT: Duration = Duration::from_secs(10);

    fn cat() -> (Process, Pipes) {
        let mut command = dying_with_us(std::path::Path::new("cat"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        Process::spawn(command).unwrap()
    }

    #[tokio::test]
    async fn a_process_ends_by_itself() {
        let (process, pipes) = cat();
        assert!(process.exit_status().is_none());
        drop(pipes.stdin);
        assert!(process.wait(LIMIT).await.unwrap().success());
    }

    #[tokio::test]
    async fn a_killed_process_is_seen_as_killed_and_may_be_killed_again() {
        use std::os::unix::process::ExitStatusExt as _;
        let (process, _pipes) = cat();
        let killer = process.killer();
        killer.kill();
        assert_eq!(process.wait(LIMIT).await.unwrap().signal(), Some(9));
        killer.kill();
    }

    #[tokio::test]
    async fn dropping_leaves_no_process() {
        let (process, _pipes) = cat();
        let pid = process.pid();
        assert!(process.resident_bytes().unwrap() > 0);
        drop(process);
        assert!(resident_bytes(pid).is_err());
    }

    #[tokio::test]
    async fn a_process_outlives_the_thread_that_asked_for_it() {
        let (process, pipes) = std::thread::spawn(cat).join().unwrap();
        process.wait(Duration::from_millis(50)).await.unwrap_err();
        drop(pipes);
        assert!(process.wait(LIMIT).await.unwrap().success());
    }
}
