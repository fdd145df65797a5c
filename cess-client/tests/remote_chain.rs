//! A chain at the other end of a socket: the contract, bad lines, and ends that lie.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use cess_client::{
    Chain, ChainError, ChainExt, LocalChain, RemoteChain, Tick, WireFault, serve_chain,
    testkit::{World, conformance_chain},
};
use cess_ledger::{AccountKey, Action, Params, Query, SignedCall, State};
use futures::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, FutureExt,
    future::{BoxFuture, join},
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};

type Stream = Compat<TcpStream>;

fn tick(height: u64) -> Tick {
    let randomness = *blake3::hash(&height.to_le_bytes()).as_bytes();
    Tick { time: World::START_MS + height, randomness }
}

fn alice() -> AccountKey {
    AccountKey::from_seed(&[1; 32])
}

fn genesis() -> State {
    let params = Params::example([1; 32]);
    State::genesis(params, World::START_MS, [(alice().account(), 1000)]).expect("a genesis")
}

fn local() -> Arc<LocalChain> {
    Arc::new(LocalChain::new(genesis(), tick))
}

fn payment(nonce: u64) -> SignedCall {
    let to = AccountKey::from_seed(&[2; 32]).account();
    SignedCall::sign(&alice(), [1; 32], nonce, Action::Transfer { to, amount: 1 })
}

async fn serve(chain: impl Chain + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let chain = Arc::new(chain);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            let chain = chain.clone();
            tokio::spawn(async move { serve_chain(&chain, stream.compat()).await });
        }
    });
    address
}

async fn connect(address: SocketAddr) -> io::Result<Stream> {
    Ok(TcpStream::connect(address).await?.compat())
}

fn remote(address: SocketAddr) -> impl Chain {
    RemoteChain::new(move || connect(address))
}

/// Two ends of one connection.
async fn pair() -> (Stream, Stream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let near = connect(listener.local_addr().expect("an address"));
    let (near, far) = join(near, listener.accept()).await;
    (near.expect("connected"), far.expect("accepted").0.compat())
}

/// A stream that breaks after so many bytes.
struct Breaking<S> {
    stream: S,
    left: usize,
}

impl<S> Breaking<S> {
    fn spend(&mut self, result: &Poll<io::Result<usize>>) {
        if let Poll::Ready(Ok(count)) = result {
            self.left -= count;
        }
    }
}

const BROKEN: io::ErrorKind = io::ErrorKind::ConnectionReset;

impl<S: AsyncRead + Unpin> AsyncRead for Breaking<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let most = into.len().min(self.left);
        if most == 0 {
            return Poll::Ready(Err(BROKEN.into()));
        }
        let result = Pin::new(&mut self.stream).poll_read(cx, &mut into[..most]);
        self.spend(&result);
        result
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Breaking<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let most = bytes.len().min(self.left);
        if most == 0 {
            return Poll::Ready(Err(BROKEN.into()));
        }
        let result = Pin::new(&mut self.stream).poll_write(cx, &bytes[..most]);
        self.spend(&result);
        result
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }
    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }
}

#[tokio::test]
async fn a_chain_in_memory_keeps_the_contract_over_a_socket() {
    conformance_chain(async |genesis| remote(serve(LocalChain::new(genesis, tick)).await)).await;
}

#[tokio::test]
async fn a_chain_in_a_file_keeps_the_contract_here_and_over_a_socket() {
    let dir = tempfile::tempdir().expect("a folder");
    let made = AtomicU64::new(0);
    let open = |genesis| {
        let number = made.fetch_add(1, Ordering::SeqCst);
        let path = dir.path().join(number.to_string());
        LocalChain::open(path, || Ok(genesis), tick).expect("it opens")
    };
    conformance_chain(async |genesis| open(genesis)).await;
    conformance_chain(async |genesis| remote(serve(open(genesis)).await)).await;
}

#[tokio::test]
async fn a_chain_behind_lines_that_break_keeps_the_contract() {
    for seed in 0..10u64 {
        conformance_chain(async |genesis| {
            let address = serve(LocalChain::new(genesis, tick)).await;
            let dialled = AtomicU64::new(0);
            RemoteChain::new(move || -> BoxFuture<'static, _> {
                let number = dialled.fetch_add(1, Ordering::SeqCst);
                let drawn = blake3::hash(&[seed.to_le_bytes(), number.to_le_bytes()].concat());
                let [low, high, ..] = *drawn.as_bytes();
                let left = usize::from(u16::from_le_bytes([low, high])) % 1500;
                Box::pin(async move {
                    if left % 11 == 0 {
                        return Err(io::ErrorKind::ConnectionRefused.into());
                    }
                    Ok(Breaking { stream: connect(address).await?, left })
                })
            })
        })
        .await;
    }
}

#[tokio::test]
async fn a_call_whose_reply_was_lost_is_found_and_paid_once() {
    let chain = local();
    let address = serve(chain.clone()).await;
    let dialled = Arc::new(AtomicU64::new(0));
    let counted = dialled.clone();
    let asked = payment(0);
    let sent = 8 + 4 + 1 + asked.to_bytes().len();
    let remote = RemoteChain::new(move || {
        let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
        // The first breaks when the whole call is out and the greeting is back.
        let left = if first { sent + 8 } else { usize::MAX };
        async move { Ok(Breaking { stream: connect(address).await?, left }) }
    });
    let lost = remote.submit(asked.clone()).await;
    assert_eq!(lost, Err(ChainError::Unreachable { attempts: 1 }));
    let receipt = remote.submit_surely(asked.clone()).await.expect("it is found");
    assert_eq!(
        chain.outcome(&alice().account(), 0).await,
        Ok(Some((asked.call.digest(), receipt)))
    );
    assert_eq!(chain.with_state(|state| state.account(&alice().account()).balance), 999);
    assert_eq!(dialled.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_chain_that_comes_back_is_reached_again() {
    let address = Arc::new(std::sync::Mutex::new(SocketAddr::from(([127, 0, 0, 1], 1))));
    let known = address.clone();
    let remote = RemoteChain::new(move || connect(*known.lock().expect("no panic")));
    assert_eq!(remote.head().await, Err(ChainError::Unreachable { attempts: 1 }));

    let chain = local();
    for nonce in 0..3 {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        *address.lock().expect("no panic") = listener.local_addr().expect("an address");
        let served = chain.clone();
        let server: JoinHandle<Result<(), WireFault>> = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("a connection");
            serve_chain(&served, stream.compat()).await
        });
        // An old connection, closed by now, leads to the new address by itself.
        let receipt = remote.submit(payment(nonce)).await.expect("it is taken");
        assert_eq!(receipt.height, nonce + 1);
        server.abort();
        assert!(server.await.expect_err("aborted").is_cancelled());
    }
    assert_eq!(remote.head().await, Err(ChainError::Unreachable { attempts: 1 }));
}

#[tokio::test]
async fn whoever_hangs_up_is_not_waited_for() {
    let (near, far) = pair().await;
    let near = std::sync::Mutex::new(Some(near));
    let chain = local();
    let server = tokio::spawn(async move { serve_chain(&chain, far).await });
    let remote = RemoteChain::new(|| {
        let near = near.lock().expect("no panic").take();
        async move { near.ok_or(io::ErrorKind::ConnectionRefused.into()) }
    });
    remote.head().await.expect("it answers");
    {
        let mut wait = std::pin::pin!(remote.wait(5));
        assert!(wait.as_mut().now_or_never().is_none());
    }
    assert_eq!(server.await.expect("no panic"), Ok(()));
    assert_eq!(remote.head().await, Err(ChainError::Unreachable { attempts: 1 }));
}

const GREETING: &[u8] = b"cesschn\x03";

fn framed(payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).expect("short");
    [GREETING, &len.to_le_bytes(), payload].concat()
}

fn head() -> Vec<u8> {
    framed(&[&[0][..], &borsh::to_vec(&Query::Head).expect("bytes")].concat())
}

#[tokio::test]
async fn hostile_clients_end_their_own_connection_and_no_other() {
    let chain = local();
    let good = remote(serve(chain.clone()).await);
    let max = SignedCall::MAX_LEN + 1;
    let over = u32::try_from(max + 1).expect("short").to_le_bytes();
    let wait = framed(&[&[4][..], &9u64.to_le_bytes()].concat());
    let eof = WireFault::Io(io::ErrorKind::UnexpectedEof);
    for (bytes, fault) in [
        (b"".to_vec(), Err(eof)),
        (b"GET / HTTP/1.1\r\n\r\n".to_vec(), Err(WireFault::OtherProtocol)),
        (b"cesschn\x04".to_vec(), Err(WireFault::Version { expected: 3, got: 4 })),
        (GREETING.to_vec(), Ok(())),
        (head(), Ok(())),
        ([GREETING, &over].concat(), Err(WireFault::TooLong { max, got: max + 1 })),
        ([GREETING, &[0xFF; 4]].concat(), Err(WireFault::TooLong { max, got: u32::MAX as usize })),
        ([GREETING, &[9, 0]].concat(), Err(eof)),
        ([GREETING, &[9, 0, 0, 0, 1]].concat(), Err(eof)),
        (framed(&[]), Err(WireFault::Malformed)),
        (framed(&[200]), Err(WireFault::Malformed)),
        (framed(&[0, 0, 0]), Err(WireFault::Malformed)),
        (framed(&[&[1][..], &[0xFF; 300]].concat()), Err(WireFault::Malformed)),
        ([&wait[..], &[0]].concat(), Err(WireFault::OutOfTurn)),
        (wait, Ok(())),
    ] {
        let (mut near, far) = pair().await;
        let served = chain.clone();
        let server = tokio::spawn(async move { serve_chain(&served, far).await });
        near.write_all(&bytes).await.expect("sent");
        near.close().await.expect("closed");
        assert_eq!(server.await.expect("no panic"), fault, "{bytes:?}");
        assert!(good.head().await.is_ok());
    }
}

#[tokio::test]
async fn seeded_noise_never_stops_the_server() {
    let chain = local();
    let call = framed(&[&[1][..], &payment(3).to_bytes()].concat());
    for seed in 0..200u64 {
        let (mut near, far) = pair().await;
        let served = chain.clone();
        let server = tokio::spawn(async move { serve_chain(&served, far).await });
        let mut noise = vec![0; call.len()];
        blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut noise);
        let mut bytes = if seed % 2 == 0 { call.clone() } else { head() };
        // After the greeting one byte, or all of them, are others.
        let place = 8 + usize::from(noise[0]) % (bytes.len() - 8);
        if seed % 8 == 0 {
            bytes[8..].iter_mut().zip(&noise).for_each(|(byte, noise)| *byte ^= noise);
        } else {
            bytes[place] ^= noise[1].max(1);
        }
        near.write_all(&bytes).await.expect("sent");
        near.close().await.expect("closed");
        let _any = server.await.expect("no panic");
    }
    assert_eq!(chain.with_state(|state| state.account(&alice().account()).balance), 1000);
}

#[tokio::test]
async fn servers_that_lie_are_no_chain() {
    let wrong = Err(ChainError::Protocol { asked: "read" });
    let lost = Err(ChainError::Unreachable { attempts: 1 });
    for (bytes, expected) in [
        (b"".to_vec(), &lost),
        (b"HTTP/1.1 400".to_vec(), &wrong),
        (b"cesschn\x04".to_vec(), &wrong),
        (GREETING.to_vec(), &lost),
        ([GREETING, &[0xFF; 4]].concat(), &wrong),
        (framed(&[]), &wrong),
        (framed(&[77]), &wrong),
        // A wait's answer to a read, and a refusal that isn't one.
        (framed(&[4]), &wrong),
        (framed(&[5, 0, 1, 0, 0, 0, 99]), &wrong),
        ([GREETING, &[9, 0, 0, 0, 1]].concat(), &lost),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let remote = remote(listener.local_addr().expect("an address"));
        let lie = async {
            let mut stream = listener.accept().await.expect("a connection").0.compat();
            let mut asked = vec![0; head().len()];
            stream.read_exact(&mut asked).await.expect("the question");
            stream.write_all(&bytes).await.expect("sent");
            stream.close().await.expect("closed");
            stream
        };
        let (answer, _open) = join(remote.read(&Query::Head), lie).await;
        assert_eq!(&answer, expected, "{bytes:?}");
    }
}
