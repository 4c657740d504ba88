//! Connections: the first bytes say whether it is TLS, HTTP/1 or HTTP/2; a CONNECT opens one inside another.
//!
//! No connection is ever made to anywhere: a tunnel ends in this process.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf as _, BufMut as _, BytesMut};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::proto::mail::MailProtocol;
use crate::shell::hosts::Hosts;
use crate::shell::http::{self, PATIENCE, Session};
use crate::shell::mail;
use crate::shell::realm::Realm;
use crate::shell::tls::{ALPN_HTTP2, Tls};

/// What HTTP/2 begins with (RFC 9113 section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What a TLS handshake begins with: the record type (RFC 8446 section 5.1). No HTTP method begins so.
const HANDSHAKE: u8 = 0x16;

/// What all listeners of a provider share.
#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) realm: Arc<Realm>,
    pub(crate) hosts: Arc<Hosts>,
    /// Whether what a proxy says of a request is believed.
    pub(crate) trusts_forwarded: bool,
    pub(crate) tls: Tls,
}

/// What the connections of one listener share.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) via: String,
    pub(crate) address: SocketAddr,
    pub(crate) provider: Arc<Provider>,
}

/// A version of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    Http1,
    Http2,
}

/// What a peer speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speech {
    Tls,
    Http(Version),
}

/// A connection of whatever kind.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// Serves connections until the task is dropped.
pub(crate) async fn serve(listener: TcpListener, door: Door) {
    let door = Arc::new(door);
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // An accept that fails is the machine's trouble (descriptors, memory); the next may succeed.
                let Ok((stream, _)) = accepted else { tokio::task::yield_now().await; continue };
                connections.spawn(accept(stream, Arc::clone(&door)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn accept(stream: TcpStream, door: Arc<Door>) {
    // Small answers must not wait for the peer's acknowledgements.
    let _ = stream.set_nodelay(true);
    match sniff(stream).await {
        Ok((Speech::Http(version), stream)) => {
            let session = Arc::new(Session::new(Arc::clone(&door), "http", false));
            http::serve(stream, version, Arc::clone(&session)).await;
            go_on(&session).await;
        }
        Ok((Speech::Tls, stream)) => secure(Box::new(stream), door, false).await,
        // A peer that says nothing, or goes, is not answered.
        Err(_) => {}
    }
}

/// Serves what comes through the tunnel that a connection has become, if it has become one.
async fn go_on(session: &Session) {
    let Some((upgrade, port)) = session.take_upgrade() else { return };
    if let Ok(upgraded) = upgrade.await {
        inside(upgraded, Arc::clone(session.door()), port).await;
    }
}

/// A tunnel's inside. In a box, since a tunnel is a connection and a connection can become a tunnel.
fn inside(upgraded: Upgraded, door: Arc<Door>, port: u16) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        // Mail servers speak first, so that it is the port that tells what is spoken.
        if let Some(protocol) = door.provider.realm.with(|idp| MailProtocol::at(idp.policy(), port)) {
            return mail::converse(Box::new(TokioIo::new(upgraded)), protocol, &door.via, &door.provider).await;
        }
        match sniff(TokioIo::new(upgraded)).await {
            Ok((Speech::Http(version), stream)) => {
                let stream: Box<dyn Wire> = Box::new(stream);
                http::serve(stream, version, Arc::new(Session::new(door, "http", true))).await;
            }
            Ok((Speech::Tls, stream)) => secure(Box::new(stream), door, true).await,
            Err(_) => {}
        }
    })
}

async fn secure(stream: Box<dyn Wire>, door: Arc<Door>, in_tunnel: bool) {
    let realm = &door.provider.realm;
    let acceptor = match door.provider.tls.acceptor() {
        Ok(acceptor) => acceptor,
        Err(error) => return realm.turned_away(format!("TLS: {error}")),
    };
    let stream = match timeout(PATIENCE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            if let Some(alert) = alert(&error) {
                realm.turned_away(format!("a client broke the TLS handshake off: {alert}; does it trust the CA?"));
            }
            return;
        }
        Err(_) => return,
    };
    let version = match stream.get_ref().1.alpn_protocol() {
        Some(ALPN_HTTP2) => Version::Http2,
        Some(_) | None => Version::Http1,
    };
    let session = Arc::new(Session::new(door, "https", in_tunnel));
    let stream: Box<dyn Wire> = Box::new(stream);
    http::serve(stream, version, Arc::clone(&session)).await;
    go_on(&session).await;
}

/// What the peer complained of, if it did: most often that it does not trust the CA, which nobody sees otherwise.
pub(crate) fn alert(error: &io::Error) -> Option<String> {
    let rustls::Error::AlertReceived(alert) = error.get_ref()?.downcast_ref()? else { return None };
    Some(format!("{alert:?}"))
}

/// Reads as much as it takes to know what the peer speaks, and puts it back.
async fn sniff<S: AsyncRead + Unpin>(stream: S) -> io::Result<(Speech, Begun<S>)> {
    timeout(PATIENCE, read_first(stream)).await?
}

async fn read_first<S: AsyncRead + Unpin>(mut stream: S) -> io::Result<(Speech, Begun<S>)> {
    let mut first = BytesMut::with_capacity(PREFACE.len());
    let speech = loop {
        let left = PREFACE.len() - first.len();
        if stream.read_buf(&mut (&mut first).limit(left)).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if first.first() == Some(&HANDSHAKE) {
            break Speech::Tls;
        }
        if !PREFACE.starts_with(&first) {
            break Speech::Http(Version::Http1);
        }
        if first.len() == PREFACE.len() {
            break Speech::Http(Version::Http2);
        }
    };
    Ok((speech, Begun { first, stream }))
}

/// A stream whose first bytes were read already.
#[derive(Debug)]
struct Begun<S> {
    first: BytesMut,
    stream: S,
}

impl<S: AsyncRead + Unpin> AsyncRead for Begun<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.first.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let length = self.first.len().min(buffer.remaining());
        buffer.put_slice(&self.first.copy_to_bytes(length));
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Begun<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt as _;

    async fn speech_of(parts: &[&[u8]]) -> (Speech, Vec<u8>) {
        let (mut peer, stream) = tokio::io::duplex(1024);
        let parts: Vec<Vec<u8>> = parts.iter().map(|part| part.to_vec()).collect();
        let talk = tokio::spawn(async move {
            for part in parts {
                peer.write_all(&part).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
        let (speech, mut stream) = sniff(stream).await.unwrap();
        talk.await.unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await.unwrap();
        (speech, all)
    }

    #[tokio::test]
    async fn the_first_bytes_tell_what_is_spoken_and_none_is_lost() {
        let cases: [(&[&[u8]], Speech); 6] = [
            (&[b"\x16\x03\x01\x00"], Speech::Tls),
            (&[b"GET / HTTP/1.1\r\n\r\nand much more than a preface"], Speech::Http(Version::Http1)),
            (&[b"P", b"OST / HTTP/1.1\r\n\r\n"], Speech::Http(Version::Http1)),
            (&[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00"], Speech::Http(Version::Http2)),
            (&[b"PRI * HT", b"TP/2.0\r\n\r\nSM\r\n\r", b"\n\x00"], Speech::Http(Version::Http2)),
            (&[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\rX"], Speech::Http(Version::Http1)),
        ];
        for (parts, speech) in cases {
            assert_eq!(speech_of(parts).await, (speech, parts.concat()));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_says_nothing_or_half_a_preface_is_given_up() {
        for said in ["", "P", "PRI * HTTP/2.0"] {
            let (mut peer, stream) = tokio::io::duplex(64);
            peer.write_all(said.as_bytes()).await.unwrap();
            let before = tokio::time::Instant::now();
            assert_eq!(sniff(stream).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
            assert_eq!(before.elapsed().as_secs(), PATIENCE.as_secs());
        }
    }

    #[tokio::test]
    async fn a_peer_that_goes_before_it_said_what_it_speaks_is_an_error() {
        let (peer, stream) = tokio::io::duplex(64);
        drop(peer);
        assert_eq!(sniff(stream).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
