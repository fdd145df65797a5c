//! A tagger at the other end of a socket: the contract, strangers, and taggers that lie.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use cess_client::{
    Ask, LocalTagger, Part, RemoteTagger, TaggedSegment, Tagger, TaggerError, WireFault,
    serve_tagger, testkit::conformance_tagger,
};
use cess_erasure::Geometry;
use cess_ledger::{AccountKey, DealId, Manifest, Profile, Segment, Signature, Visibility};
use cess_podr2::{ProvingKey, PublicKey, SecretKey, Sectors, Tags, replica::ReplicaKey};
use futures::{
    AsyncReadExt, AsyncWriteExt, FutureExt,
    future::{BoxFuture, join},
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};

type Stream = Compat<TcpStream>;

async fn yes(_: Ask) -> bool {
    true
}

async fn serve(tagger: impl Tagger + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let tagger = Arc::new(tagger);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let tagger = tagger.clone();
            tokio::spawn(async move { serve_tagger(&*tagger, yes, stream.compat()).await });
        }
    });
    address
}

async fn connect(address: SocketAddr) -> io::Result<Stream> {
    Ok(TcpStream::connect(address).await?.compat())
}

async fn remote(
    address: SocketAddr,
    tagger: &LocalTagger,
) -> Result<impl Tagger + use<>, TaggerError> {
    RemoteTagger::connect(move || connect(address), tagger.public().key_id()).await
}

/// Two ends of one connection.
async fn pair() -> (Stream, Stream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = connect(listener.local_addr().unwrap());
    let (near, far) = join(near, listener.accept()).await;
    (near.unwrap(), far.unwrap().0.compat())
}

fn local() -> LocalTagger {
    LocalTagger::from_seed(&[7; 32], Sectors::MIN)
}

fn part(replica: u8) -> Part {
    Part {
        profile: Profile::new(2, Geometry::rs8(2, 1).unwrap(), 65_536).unwrap(),
        visibility: Visibility::Private,
        salt: [1; 32],
        segment: 0,
        replica,
        stored_len: 5000,
    }
}

fn stored() -> Vec<u8> {
    (0..5000u32).map(|i| i.wrapping_mul(0x9E37_79B9).to_le_bytes()[3]).collect()
}

#[tokio::test]
async fn a_tagger_over_a_socket_keeps_the_contract() {
    conformance_tagger(async |tagger| {
        let key = tagger.public().key_id();
        let address = serve(tagger).await;
        RemoteTagger::connect(move || connect(address), key).await.unwrap()
    })
    .await;
}

/// One after the other behind a socket.
#[tokio::test]
async fn a_tagger_behind_two_sockets_keeps_the_contract() {
    conformance_tagger(async |tagger| {
        let key = tagger.public().key_id();
        let first = serve(tagger).await;
        let first = RemoteTagger::connect(move || connect(first), key).await.unwrap();
        let second = serve(first).await;
        RemoteTagger::connect(move || connect(second), key).await.unwrap()
    })
    .await;
}

type Made = (Vec<Bytes>, TaggedSegment);

/// A tagger that bends what it gives.
#[derive(Debug)]
struct Liar {
    honest: LocalTagger,
    public: PublicKey,
    proving: ProvingKey,
    bend: fn(&mut Made),
    opened: Option<Vec<u8>>,
}

impl Liar {
    fn new(bend: fn(&mut Made)) -> Self {
        let honest = local();
        let (public, proving) = (honest.public().clone(), honest.proving_key().clone());
        Self { honest, public, proving, bend, opened: None }
    }
}

impl Tagger for Liar {
    fn public(&self) -> &PublicKey {
        &self.public
    }

    fn proving_key(&self) -> &ProvingKey {
        &self.proving
    }

    fn replicate<'a>(
        &'a self,
        part: &'a Part,
        stored: Vec<u8>,
    ) -> BoxFuture<'a, Result<Made, TaggerError>> {
        async move {
            let mut made = self.honest.replicate(part, stored).await?;
            (self.bend)(&mut made);
            Ok(made)
        }
        .boxed()
    }

    fn unmask<'a>(
        &'a self,
        part: &'a Part,
        root: &'a [u8; 32],
        masked: Vec<u8>,
    ) -> BoxFuture<'a, Result<Vec<u8>, TaggerError>> {
        match &self.opened {
            Some(lie) => async move { Ok(lie.clone()) }.boxed(),
            None => self.honest.unmask(part, root, masked),
        }
    }

    fn declare<'a>(
        &'a self,
        chain_id: &'a [u8; 32],
        deal: DealId,
        manifest: &'a Manifest,
    ) -> BoxFuture<'a, Result<Signature, TaggerError>> {
        self.honest.declare(chain_id, deal, manifest)
    }
}

fn change_tag(made: &mut Made, change: impl Fn(&mut Vec<u8>)) {
    let (fragment, tags) = &made.1.0[1];
    let mut bytes = tags.as_bytes().to_vec();
    change(&mut bytes);
    made.1.0[1] = (*fragment, Tags::from_bytes(&bytes).unwrap());
}

#[tokio::test]
async fn a_tagger_that_lies_is_found_out() {
    type Lie = (fn(&mut Made), &'static [u8], &'static str);
    let lies: [Lie; 9] = [
        (|made| made.1.0.swap(0, 1), &[0, 1], "tags"),
        (|made| change_tag(made, |tags| tags[..96].rotate_left(48)), &[0, 1], "tags"),
        // The other sign of a tag.
        (|made| change_tag(made, |tags| tags[0] ^= 0x20), &[0, 1], "tags"),
        (|made| change_tag(made, |tags| tags.truncate(48)), &[0, 1], "number of tags"),
        (|made| change_tag(made, |tags| tags[..48].fill(0xff)), &[0, 1], "tags"),
        (|made| drop(made.1.0.pop()), &[0, 1], "number of tags"),
        (|made| made.0[0] = made.0[1].clone(), &[1], "tags"),
        (|made| made.0[0] = Bytes::from(vec![0; made.0[0].len()]), &[1], "tags"),
        (|made| made.0[0] = made.0[0].slice(1..), &[1], "length"),
    ];
    for (number, (bend, replicas, lie)) in lies.into_iter().enumerate() {
        let tagger = remote(serve(Liar::new(bend)).await, &local()).await.unwrap();
        for replica in replicas {
            let made = tagger.replicate(&part(*replica), stored()).await;
            assert_eq!(made, Err(TaggerError::Lies(lie)), "lie {number}, replica {replica}");
        }
    }
    let honest = remote(serve(Liar::new(|_| {})).await, &local()).await.unwrap();
    assert!(honest.replicate(&part(1), stored()).await.is_ok());
}

#[tokio::test]
async fn a_tagger_with_other_keys_is_refused() {
    let other = LocalTagger::from_seed(&[8; 32], Sectors::MIN);
    let (expected, got) = (local().public().key_id(), other.public().key_id());
    let public = other.public().clone();
    let proving = other.proving_key().clone();
    let refused = remote(serve(other).await, &local()).await.map(|_| ());
    assert_eq!(refused, Err(TaggerError::WrongKey { expected, got }));

    let liar = Liar { proving, ..Liar::new(|_| {}) };
    let refused = remote(serve(liar).await, &local()).await.map(|_| ());
    assert_eq!(refused, Err(TaggerError::Lies("proving key")));

    // Its own id on the outside, another's proofs inside: the id is computed from the key.
    let liar = Liar { public, ..Liar::new(|_| {}) };
    let refused = remote(serve(liar).await, &local()).await.map(|_| ());
    assert_eq!(refused, Err(TaggerError::WrongKey { expected, got }));
}

#[tokio::test]
async fn what_was_unmasked_is_checked() {
    let root = *blake3::hash(&stored()).as_bytes();
    let (shards, _) = local().replicate(&part(1), stored()).await.unwrap();
    let masked = shards[..2].concat();
    let mut wrong = stored();
    wrong[77] ^= 1;
    for lie in [wrong, stored()[..4999].to_vec(), Vec::new()] {
        let liar = Liar { opened: Some(lie), ..Liar::new(|_| {}) };
        let tagger = remote(serve(liar).await, &local()).await.unwrap();
        let opened = tagger.unmask(&part(1), &root, masked.clone()).await;
        assert_eq!(opened, Err(TaggerError::Lies("segment")));
    }
}

/// Of a file under the key of [`local`].
fn manifest() -> Manifest {
    Manifest {
        version: Manifest::VERSION,
        profile: part(0).profile,
        visibility: Visibility::Public,
        len: 9,
        salt: [3; 32],
        tag_key: local().public().key_id().to_bytes(),
        sectors: Sectors::MIN.get(),
        commitment: [0; 32],
        segments: vec![Segment { salt: [0; 16], root: [4; 32], fragments: vec![[5; 32]; 6] }],
        sections: Vec::new(),
    }
}

/// Whatever `permit` refuses isn't done, and what it is asked is what would be done.
#[tokio::test]
async fn nothing_is_done_under_the_keys_without_leave() {
    let (asked, allowed) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (log, gate) = (asked.clone(), allowed.clone());
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let permit = |ask| {
            log.lock().unwrap().push(ask);
            std::future::ready(gate.load(Ordering::SeqCst))
        };
        serve_tagger(&local(), permit, stream.compat()).await.unwrap();
    });
    let tagger = remote(address, &local()).await.unwrap();
    let root = *blake3::hash(&stored()).as_bytes();
    let masked = local().replicate(&part(1), stored()).await.unwrap().0[..2].concat();
    let made = tagger.replicate(&part(1), stored()).await;
    assert_eq!(made, Err(TaggerError::Refused));
    let opened = tagger.unmask(&part(1), &root, masked.clone()).await;
    assert_eq!(opened, Err(TaggerError::Refused));
    let (chain_id, deal, manifest) = ([1; 32], DealId(2), manifest());
    let declared = tagger.declare(&chain_id, deal, &manifest).await;
    assert_eq!(declared, Err(TaggerError::Refused));
    let ask = Ask::Declare { chain_id, deal, file: manifest.file_id(), salt: manifest.salt };
    assert_eq!(*asked.lock().unwrap(), [Ask::Replicate(part(1)), Ask::Unmask(part(1)), ask]);
    allowed.store(true, Ordering::SeqCst);
    assert!(tagger.declare(&chain_id, deal, &manifest).await.is_ok());
    assert!(tagger.replicate(&part(1), stored()).await.is_ok());
    assert_eq!(tagger.unmask(&part(1), &root, masked).await, Ok(stored()));
}

/// A segment in a geometry of 255 parity shards would take the memory of 256.
#[tokio::test]
async fn a_short_request_takes_no_large_memory() {
    let tagger = remote(serve(local()).await, &local()).await.unwrap();
    let mut wide = part(1);
    wide.profile = Profile::new(2, Geometry::rs8(1, 255).unwrap(), 64 << 20).unwrap();
    wide.stored_len = 8 << 20;
    let made = tagger.replicate(&wide, vec![0; 8 << 20]).await;
    assert_eq!(made, Err(TaggerError::BadPart));
}

fn framed(message: &[u8]) -> Vec<u8> {
    [&u32::try_from(message.len()).unwrap().to_le_bytes()[..], message].concat()
}

const GREETING: &[u8] = b"cesstag\x01";

#[tokio::test]
async fn strangers_get_nothing_and_harm_nothing() {
    let with = |rest: &[u8]| [GREETING, rest].concat();
    let long = [&(300_u32 << 20).to_le_bytes()[..], b"short"].concat();
    let announced = [&(1_u32 << 20).to_le_bytes()[..], b"short"].concat();
    let eof = Err(WireFault::Io(io::ErrorKind::UnexpectedEof));
    let max = (256 << 20) + (1 << 20);
    let cases: [(Vec<u8>, Result<(), WireFault>); 10] = [
        (Vec::new(), eof),
        (b"cesst".to_vec(), eof),
        (b"GET / HTTP/1.1\r\n\r\n".to_vec(), Err(WireFault::OtherProtocol)),
        (b"cesschn\x03".to_vec(), Err(WireFault::OtherProtocol)),
        (b"cesstag\x02".to_vec(), Err(WireFault::Version { expected: 1, got: 2 })),
        (with(&[]), Ok(())),
        (with(&[1, 0]), eof),
        (with(&announced), eof),
        (with(&long), Err(WireFault::TooLong { max, got: 300 << 20 })),
        (with(&framed(&[9; 40])), Err(WireFault::Malformed)),
    ];
    for (said, expected) in cases {
        let (mut near, far) = pair().await;
        let talk = async {
            let _broken = near.write_all(&said).await;
            let _broken = near.close().await;
            let mut answer = Vec::new();
            let _broken = near.read_to_end(&mut answer).await;
            answer
        };
        let (answer, ended) = join(talk, serve_tagger(&local(), yes, far)).await;
        assert_eq!(ended, expected, "{said:?}");
        assert!(answer.is_empty() || answer == GREETING, "nothing but a greeting");
    }
}

/// Requests cut anywhere, and with a byte more: refused, never taken for another.
#[tokio::test]
async fn cut_and_extended_requests_are_malformed() {
    let (mut near, far) = pair().await;
    let served = tokio::spawn(async move { serve_tagger(&local(), yes, far).await });
    near.write_all(GREETING).await.unwrap();
    near.write_all(&framed(&[0])).await.unwrap();
    let mut greeting = [0; 8];
    near.read_exact(&mut greeting).await.unwrap();
    let mut len = [0; 4];
    near.read_exact(&mut len).await.unwrap();
    let mut reply = vec![0; u32::from_le_bytes(len) as usize];
    near.read_exact(&mut reply).await.unwrap();
    assert_eq!(reply[0], 0, "keys");
    near.write_all(&framed(&[0, 0])).await.unwrap();
    assert_eq!(served.await.unwrap(), Err(WireFault::Malformed));
}

/// What a server says that speaks the protocol wrongly: an error, and no answer of another's.
#[tokio::test]
async fn replies_that_are_none_are_refused() {
    let honest = framed(&keys_reply(&local()));
    let cases: [(Vec<u8>, TaggerError); 7] = [
        (b"cesschn\x03".to_vec(), TaggerError::Wire(WireFault::OtherProtocol)),
        (GREETING.to_vec(), TaggerError::Unreachable { attempts: 1 }),
        (
            [GREETING, &honest[..honest.len() - 1]].concat(),
            TaggerError::Unreachable { attempts: 1 },
        ),
        ([GREETING, &framed(&[7])].concat(), TaggerError::Wire(WireFault::Malformed)),
        // A segment, where keys were asked for.
        ([GREETING, &framed(&[2, 0, 0, 0, 0])].concat(), TaggerError::Lies("answer")),
        // A refusal.
        ([GREETING, &framed(&[4, 3])].concat(), TaggerError::Refused),
        (
            [GREETING, &(64_u32 << 20).to_le_bytes()[..]].concat(),
            TaggerError::Wire(WireFault::TooLong { max: MAX_KEYS, got: 64 << 20 }),
        ),
    ];
    for (said, expected) in cases {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let says = async {
            let mut stream = listener.accept().await.unwrap().0.compat();
            stream.write_all(&said).await.unwrap();
            stream.close().await.unwrap();
            let _all = stream.read_to_end(&mut Vec::new()).await;
        };
        let key = local().public().key_id();
        let connecting = RemoteTagger::connect(move || connect(address), key);
        let (connected, ()) = join(connecting, says).await;
        assert_eq!(connected.map(|_| ()), Err(expected), "{} bytes", said.len());
    }
}

const MAX_KEYS: usize = 256 + 196 + 65_536 * 48;

fn keys_reply(tagger: &LocalTagger) -> Vec<u8> {
    let (public, proving) = (tagger.public().to_bytes(), tagger.proving_key().to_bytes());
    let counted = |bytes: &[u8]| framed(bytes);
    [&[0][..], &counted(&public), &counted(&proving)].concat()
}

/// Replica 0 under a mask that only the tagger knows, with tags that verify: who lost the tagger could
/// not read it.
#[tokio::test]
async fn replica_0_under_another_mask_is_not_taken() {
    let secret = || SecretKey::from_seed(&[9; 32], Sectors::MIN);
    let account = AccountKey::from_seed(&[1; 32]);
    let tagger = LocalTagger::new(account, secret(), ReplicaKey::from_bytes(&[2; 32]));
    let small = |replica| Part { stored_len: 10, ..part(replica) };
    let (shards, _) = tagger.replicate(&small(1), vec![5; 10]).await.unwrap();
    let tagged = shards.iter().map(|shard| secret().tag(0, shard).unwrap());
    let tags: Vec<u8> = tagged.flat_map(|tagged| tagged.tags.as_bytes().to_vec()).collect();
    let replica = [&[1][..], &framed(&shards[..2].concat()), &framed(&tags)].concat();

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let lying = async {
        let mut stream = listener.accept().await.unwrap().0.compat();
        stream.read_exact(&mut [0; 8]).await.unwrap();
        stream.write_all(GREETING).await.unwrap();
        for reply in [keys_reply(&tagger), replica] {
            let mut len = [0; 4];
            stream.read_exact(&mut len).await.unwrap();
            let mut request = vec![0; u32::from_le_bytes(len) as usize];
            stream.read_exact(&mut request).await.unwrap();
            stream.write_all(&framed(&reply)).await.unwrap();
        }
    };
    let asking = async {
        let remote = remote(address, &tagger).await.unwrap();
        remote.replicate(&small(0), vec![5; 10]).await
    };
    let (made, ()) = join(asking, lying).await;
    assert_eq!(made, Err(TaggerError::Lies("length")));
}

/// An answer that comes before it is asked for ends its connection: a replayed one is never taken.
#[tokio::test]
async fn replayed_replies_are_not_taken() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let replay = async {
        // The first connection sends the keys twice: the second time for the next question.
        let mut first = listener.accept().await.unwrap().0.compat();
        let keys = framed(&keys_reply(&local()));
        let twice = [GREETING, &keys, &keys].concat();
        first.write_all(&twice).await.unwrap();
        first.flush().await.unwrap();
        // So the next question comes by a connection of its own.
        let second = listener.accept().await.unwrap().0.compat();
        serve_tagger(&local(), yes, second).await
    };
    let asking = async {
        let tagger = remote(address, &local()).await.unwrap();
        let made = tagger.replicate(&part(1), stored()).await;
        drop(tagger);
        made
    };
    let (made, served) = join(asking, replay).await;
    assert_eq!(made, local().replicate(&part(1), stored()).await);
    assert_eq!(served, Ok(()));
}

#[tokio::test]
async fn a_lost_connection_is_made_again_and_a_dead_tagger_is_named() {
    let address = serve(local()).await;
    let dialled = Arc::new(AtomicBool::new(true));
    let gate = dialled.clone();
    let connect = move || -> BoxFuture<'static, io::Result<Stream>> {
        let open = gate.load(Ordering::SeqCst);
        Box::pin(async move {
            if open { connect(address).await } else { Err(io::ErrorKind::ConnectionRefused.into()) }
        })
    };
    let key = local().public().key_id();
    let tagger = RemoteTagger::connect(connect, key).await.unwrap();
    assert!(tagger.replicate(&part(0), stored()).await.is_ok());
    // Two at once take two connections.
    let (part0, part1) = (part(0), part(1));
    let both = join(tagger.replicate(&part0, stored()), tagger.replicate(&part1, stored())).await;
    assert!(both.0.is_ok() && both.1.is_ok());
    dialled.store(false, Ordering::SeqCst);
    let dead = RemoteTagger::connect(
        || async { Err::<Stream, _>(io::ErrorKind::ConnectionRefused.into()) },
        key,
    )
    .await;
    assert_eq!(dead.map(|_| ()), Err(TaggerError::Unreachable { attempts: 1 }));
}
