//! Listening, and one task for each connection.

use std::io;
use std::net::SocketAddr;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::told::Told;

/// Why nothing can listen there.
#[derive(Debug, thiserror::Error)]
#[error("listen at {address}: {error}")]
pub struct ListenError {
    /// Where.
    pub address: SocketAddr,
    /// Why.
    pub error: io::Error,
}

/// Listens; with the URL of that.
pub(crate) async fn bind(address: SocketAddr) -> Result<(TcpListener, String), ListenError> {
    let failed = |error| ListenError { address, error };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let here = format!("http://{}", listener.local_addr().map_err(failed)?);
    Ok((listener, here))
}

/// Answers whoever comes, for ever. An error in place of an answer drops the connection. No header field is added that is not in the answer.
pub(crate) async fn accept<F, A>(listener: TcpListener, answer: F)
where
    F: Fn(Request<Incoming>) -> A + Clone + Send + 'static,
    A: Future<Output = io::Result<Response<Told>>> + Send + 'static,
{
    let mut clients = JoinSet::new();
    loop {
        // One that went away again is no reason to stop.
        let Ok((stream, _)) = listener.accept().await else { continue };
        let answer = answer.clone();
        clients.spawn(async move {
            let mut connection = hyper::server::conn::http1::Builder::new();
            connection.auto_date_header(false);
            // How a client leaves is its own business.
            let _ = connection.serve_connection(TokioIo::new(stream), service_fn(answer)).await;
        });
        while clients.try_join_next().is_some() {}
    }
}
