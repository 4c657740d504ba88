//! Mail sessions over sockets: copies bytes in, copies bytes out.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::proto::mail::{MailProtocol, MailSessionId, Then};
use crate::shell::connect::{Provider, Wire};
use crate::shell::http::PATIENCE;
use crate::shell::realm::Realm;

/// So much is read at once.
const CHUNK: usize = 16 * 1024;

/// Says that a session is gone when it is dropped, which is also what happens when its connection breaks.
struct Closing<'a> {
    realm: &'a Realm,
    session: MailSessionId,
}

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.realm.mail_closed(self.session);
    }
}

/// Serves connections to a mail server until the task is dropped.
pub(crate) async fn serve(listener: TcpListener, protocol: MailProtocol, via: String, provider: Arc<Provider>) {
    let via = Arc::<str>::from(via);
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // An accept that fails is the machine's trouble (descriptors, memory); the next may succeed.
                let Ok((stream, _)) = accepted else { tokio::task::yield_now().await; continue };
                let _ = stream.set_nodelay(true);
                let (via, provider) = (Arc::clone(&via), Arc::clone(&provider));
                connections.spawn(async move { converse(Box::new(stream), protocol, &via, &provider).await });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// One connection, from the handshake that comes first, if one does, to its end.
pub(crate) async fn converse(stream: Box<dyn Wire>, protocol: MailProtocol, via: &str, provider: &Provider) {
    let realm = &provider.realm;
    let mut stream = stream;
    if protocol.is_implicit_tls() {
        match secure(stream, provider).await {
            Some(secured) => stream = secured,
            None => return,
        }
    }
    // Before the session begins, so that nothing is missed.
    let mut changes = realm.mail_changes();
    let Some(session) = realm.mail_open(via, protocol) else { return };
    let _closing = Closing { realm, session };
    let mut chunk = vec![0; CHUNK];
    loop {
        let outgoing = realm.mail_take(session);
        if !outgoing.bytes.is_empty()
            && (stream.write_all(&outgoing.bytes).await.is_err() || stream.flush().await.is_err())
        {
            return;
        }
        match outgoing.then {
            Then::GoOn => {}
            Then::Close => {
                let _ = stream.shutdown().await;
                return;
            }
            Then::StartTls => {
                match secure(stream, provider).await {
                    Some(secured) => stream = secured,
                    None => return,
                }
                realm.mail_secured(session);
                continue;
            }
        }
        tokio::select! {
            read = stream.read(&mut chunk) => match read {
                Ok(0) | Err(_) => return,
                Ok(length) => realm.mail_receive(session, chunk.get(..length).unwrap_or_default()),
            },
            changed = changes.changed() => if changed.is_err() { return },
        }
    }
}

async fn secure(stream: Box<dyn Wire>, provider: &Provider) -> Option<Box<dyn Wire>> {
    let realm = &provider.realm;
    let acceptor = match provider.tls.mail_acceptor() {
        Ok(acceptor) => acceptor,
        Err(error) => {
            realm.turned_away(format!("TLS: {error}"));
            return None;
        }
    };
    match timeout(PATIENCE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => Some(Box::new(stream)),
        Ok(Err(error)) => {
            if let Some(alert) = crate::shell::connect::alert(&error) {
                realm.turned_away(format!("a mail client broke the TLS handshake off: {alert}; does it trust the CA?"));
            }
            None
        }
        Err(_) => None,
    }
}

/// Lets time have its say in sessions, whenever it is due.
pub(crate) async fn keep_time(realm: Arc<Realm>) {
    let mut changes = realm.mail_changes();
    loop {
        let due = realm.mail_due();
        let wait = async {
            match due {
                Some(due) => realm.clock().wait_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = wait => realm.mail_notice(),
            changed = changes.changed() => if changed.is_err() { return },
        }
    }
}

/// Where a mail server listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailAddress {
    /// What is spoken there.
    pub protocol: MailProtocol,
    /// Address and port.
    pub address: SocketAddr,
}
