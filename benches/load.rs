//! The client of the measurements: `load PORT CONNECTIONS STATUS FILE` keeps the connections busy with the requests in FILE,
//! each behind its length (four bytes, big-endian), and prints the seconds it took. It costs little, because it shares the
//! machine with the server. An answer with another status ends it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn main() -> Result<(), String> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let [port, connections, status, file] = given.as_slice() else {
        return Err("usage: load PORT CONNECTIONS STATUS FILE".to_owned());
    };
    let requests = Arc::new(read(file)?);
    let connections = connections.parse().map_err(|_| "CONNECTIONS is no number")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    let seconds = runtime.map_err(words)?.block_on(run(port, connections, status, requests))?;
    println!("{seconds}");
    Ok(())
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn read(file: &str) -> Result<Vec<Vec<u8>>, String> {
    let all = std::fs::read(file).map_err(words)?;
    let (mut rest, mut requests) = (all.as_slice(), Vec::new());
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(words)?;
        let (request, others) = after.split_at_checked(length).ok_or("the file ends in a request")?;
        requests.push(request.to_vec());
        rest = others;
    }
    Ok(requests)
}

async fn run(
    port: &str,
    connections: usize,
    status: &str,
    requests: Arc<Vec<Vec<u8>>>,
) -> Result<f64, String> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut streams = Vec::new();
    for _ in 0..connections {
        let stream = TcpStream::connect(format!("127.0.0.1:{port}")).await.map_err(words)?;
        stream.set_nodelay(true).map_err(words)?;
        streams.push(stream);
    }
    let began = Instant::now();
    let busy = streams.into_iter().map(|stream| {
        let (next, requests, status) = (Arc::clone(&next), Arc::clone(&requests), status.to_owned());
        tokio::spawn(keep_busy(stream, next, requests, status))
    });
    for connection in busy.collect::<Vec<_>>() {
        connection.await.map_err(words)??;
    }
    Ok(began.elapsed().as_secs_f64())
}

async fn keep_busy(
    mut stream: TcpStream,
    next: Arc<AtomicUsize>,
    requests: Arc<Vec<Vec<u8>>>,
    status: String,
) -> Result<(), String> {
    let mut answer = Vec::with_capacity(1 << 16);
    while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
        stream.write_all(request).await.map_err(words)?;
        answer.clear();
        while !is_whole(&answer)? {
            if stream.read_buf(&mut answer).await.map_err(words)? == 0 {
                return Err("the server closed a connection".to_owned());
            }
        }
        if answer.get(9..12) != Some(status.as_bytes()) {
            return Err(format!("a request was answered {}", String::from_utf8_lossy(&answer)));
        }
    }
    Ok(())
}

/// True when the head and as much as it announces are there.
fn is_whole(answer: &[u8]) -> Result<bool, String> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(false) };
    let head = String::from_utf8_lossy(answer.get(..end).unwrap_or_default()).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    Ok(answer.len() >= end + 4 + length.ok_or("an answer without content-length")?)
}
