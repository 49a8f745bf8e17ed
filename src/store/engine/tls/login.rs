//! The first words between libpq and the server. A server with TLS offers SCRAM bound to the channel as well, and libpq,
//! which sees no TLS on its side, takes that for an attack and gives up: the offer is left out on the way. SCRAM without
//! channel binding stays, and the server accepts it from a client that never claims to know the other.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// What a client and a server may begin with is no longer than this, in bytes; PostgreSQL itself says so.
const LONGEST_START: u32 = 10_000;
const LONGEST_OFFER: u32 = 2_000;
/// AuthenticationSASL.
const SASL: [u8; 4] = [0, 0, 0, 10];
const BOUND: &[u8] = b"SCRAM-SHA-256-PLUS";

/// The client's first message. Who looks whether anybody answers here says nothing, and no server is asked for them.
pub(super) async fn start(libpq: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let length = libpq.read_u32().await?;
    Ok([&length.to_be_bytes(), &*read(libpq, length, LONGEST_START).await?].concat())
}

/// Carries the client's first message and the server's answers up to its wish for a password.
pub(super) async fn introduce(
    start: &[u8],
    libpq: &mut (impl AsyncWrite + Unpin),
    server: &mut (impl AsyncRead + AsyncWrite + Unpin),
) -> io::Result<()> {
    server.write_all(start).await?;
    server.flush().await?;
    loop {
        let (kind, length) = (server.read_u8().await?, server.read_u32().await?);
        libpq.write_u8(kind).await?;
        match kind {
            b'R' => {
                let offer = without_binding(read(server, length, LONGEST_OFFER).await?);
                libpq.write_u32(u32::try_from(offer.len() + 4).map_err(io::Error::other)?).await?;
                return libpq.write_all(&offer).await;
            }
            // The server speaks an older version of the protocol, and goes on.
            b'v' => {
                libpq.write_u32(length).await?;
                libpq.write_all(&read(server, length, LONGEST_OFFER).await?).await?;
            }
            _ => return libpq.write_u32(length).await,
        }
    }
}

/// The rest of a message whose length, counting itself, was read.
async fn read(from: &mut (impl AsyncRead + Unpin), length: u32, longest: u32) -> io::Result<Vec<u8>> {
    let rest = length.checked_sub(4).filter(|_| length <= longest);
    let rest = rest.ok_or_else(|| io::Error::other("a message has an impossible length"))?;
    let mut bytes = vec![0; usize::try_from(rest).map_err(io::Error::other)?];
    from.read_exact(&mut bytes).await?;
    Ok(bytes)
}

/// A wish for authentication without the offer that libpq cannot take.
fn without_binding(offer: Vec<u8>) -> Vec<u8> {
    match offer.strip_prefix(&SASL) {
        Some(names) => {
            let kept: Vec<&[u8]> = names.split(|byte| *byte == 0).filter(|name| *name != BOUND).collect();
            [&SASL[..], &kept.join(&0)].concat()
        }
        None => offer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_offer_bound_to_the_channel_is_left_out() {
        let plus = b"\0\0\0\x0aSCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0";
        assert_eq!(without_binding(plus.to_vec()), b"\0\0\0\x0aSCRAM-SHA-256\0\0");
        for other in [&b"\0\0\0\x0aSCRAM-SHA-256\0\0"[..], b"\0\0\0\x05salt", b"\0\0\0\0"] {
            assert_eq!(without_binding(other.to_vec()), other);
        }
    }
}
