//! Listening and stopping. Owns the sockets, their time-outs, and the order in which a server ends: streams first, then
//! requests, then the sockets. The runtime is the caller's: it outlives the server and is shut down after it.

use std::net::SocketAddr;
use std::time::Duration;
use std::{io, thread};

use actix_web::HttpServer;
use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use civitas_actors::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::app::{self, AppState};
use super::meters::Figures;
use crate::error::{Error, Result};
use crate::keys::Access;
use crate::settings::ServerSettings;
use crate::telemetry::Place;

/// How long a closing connection may take to say so.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// A server that listens. Call [`RunningServer::stop`]: dropping it ends open streams, and leaves the rest running until
/// the program ends.
pub struct RunningServer {
    addr: SocketAddr,
    keyless: bool,
    figures: Figures,
    closing: watch::Sender<bool>,
    handle: ServerHandle,
    task: JoinHandle<io::Result<()>>,
}

/// Listens as `settings` say and serves `runtime`, with the API keys that its store holds now.
///
/// # Errors
/// [`Error::KeysNeeded`] when there are no keys and the address can be reached from other machines, [`Error::Bind`],
/// or the store's.
pub async fn start(settings: &ServerSettings, runtime: Runtime) -> Result<RunningServer> {
    start_with(settings, runtime, None).await
}

/// The same with the place where the runtime keeps telemetry, which is then served.
///
/// # Errors
/// As [`start`].
pub async fn start_with(settings: &ServerSettings, runtime: Runtime, place: Option<Place>) -> Result<RunningServer> {
    let access = Access::read(runtime.store().as_ref())?;
    check_exposure(settings.listen, &access)?;
    let keyless = access.is_keyless();
    let (closing, closed) = watch::channel(false);
    let state = Data::new(AppState::new((runtime, place), access, settings, closed));
    let figures = Figures::of(state.clone());
    let bind = |source| Error::Bind { addr: settings.listen, source };
    let server = HttpServer::new(move || app::app(state.clone()))
        .disable_signals()
        .workers(workers(settings.workers))
        .keep_alive(Duration::from_secs(settings.keep_alive_s))
        .client_request_timeout(Duration::from_secs(settings.request_timeout_s))
        .client_disconnect_timeout(DISCONNECT_TIMEOUT)
        .shutdown_timeout(settings.shutdown_timeout_s)
        .bind(settings.listen)
        .map_err(bind)?;
    let addr = server.addrs().first().copied().unwrap_or(settings.listen);
    let server = server.run();
    let handle = server.handle();
    Ok(RunningServer { addr, keyless, figures, closing, handle, task: tokio::spawn(server) })
}

/// Refuses to show runs that nobody protects to other machines.
///
/// # Errors
/// [`Error::KeysNeeded`].
pub fn check_exposure(listen: SocketAddr, access: &Access) -> Result<()> {
    if access.is_keyless() && !listen.ip().is_loopback() { Err(Error::KeysNeeded(listen)) } else { Ok(()) }
}

fn workers(asked: usize) -> usize {
    match asked {
        0 => thread::available_parallelism().map_or(1, usize::from),
        asked => asked,
    }
}

impl RunningServer {
    /// Where it listens, with the real port where port 0 was asked for.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// True when it asks for no keys.
    pub fn is_keyless(&self) -> bool {
        self.keyless
    }

    /// What it counts, for as long as its store is open.
    pub(crate) fn figures(&self) -> Figures {
        self.figures.clone()
    }

    /// Takes no more work: open streams end with the word to come back, and so is answered what would make or change something. What
    /// is there can still be read.
    pub fn close(&self) {
        // Nobody listens any more where every worker has ended already.
        let _ = self.closing.send(true);
    }

    /// The same, lets requests under way finish within the shutdown time-out, and closes the sockets.
    ///
    /// # Errors
    /// What the server ended with, where that was not by this call.
    pub async fn stop(self) -> Result<()> {
        self.close();
        self.handle.stop(true).await;
        match self.task.await {
            Ok(ended) => ended.map_err(|source| Error::io("the server ended", source)),
            Err(failed) => Err(Error::io("the server ended", io::Error::other(failed))),
        }
    }

    /// The same; requests that take longer than this are cut off.
    ///
    /// # Errors
    /// As [`RunningServer::stop`].
    pub async fn stop_within(self, limit: Duration) -> Result<()> {
        let handle = self.handle.clone();
        tokio::time::timeout(limit, self.stop()).await.unwrap_or_else(|_| {
            tracing::warn!("requests under way are cut off: the time to stop is over");
            // Whether it has ended is not waited for: the program ends.
            drop(handle.stop(false));
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_keys_only_loopback_is_served() {
        let keys = Access::Keys(Default::default());
        for (listen, exposed) in
            [("127.0.0.1:1", false), ("[::1]:1", false), ("0.0.0.0:1", true), ("10.0.0.1:1", true), ("[::]:1", true)]
        {
            let listen = listen.parse().unwrap();
            assert_eq!(check_exposure(listen, &Access::Keyless).is_err(), exposed, "{listen}");
            assert!(check_exposure(listen, &keys).is_ok());
        }
    }
}
