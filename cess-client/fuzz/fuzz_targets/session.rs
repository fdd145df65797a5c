//! An upload that broke off, its session edited by somebody: going on either stores the very source
//! or says why not, and the chain's invariants hold.
#![no_main]

use std::{
    collections::BTreeMap,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use cess_client::{
    Client, Error, LocalChain, MemorySession, PutRequest, SessionStore,
    testkit::{MemoryNode, World},
};
use cess_erasure::Geometry;
use cess_ledger::{AccountId, DAY_MS, Profile, Visibility};
use futures::{AsyncRead, AsyncReadExt, executor::block_on, io::Cursor};
use libfuzzer_sys::fuzz_target;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

const SOURCE: [u8; 40] = [5; 40];

struct Broken;

impl AsyncRead for Broken {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()))
    }
}

fn edit(session: &mut Vec<u8>, edits: &[u8]) {
    for edit in edits.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([edit[0], edit[1]]));
        match at.checked_sub(session.len()) {
            None => session[at] ^= edit[2],
            Some(beyond) if beyond % 2 == 0 => session.push(edit[2]),
            Some(_) => drop(session.pop()),
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((&head, edits)) = data.split_first() else { return };
    let world = block_on(World::new(7, 3));
    let nodes: BTreeMap<AccountId, Arc<MemoryNode<Arc<LocalChain>>>> = world.nodes(MemoryNode::new);
    let client = Client::new(world.chain().clone(), nodes);
    let geometry = Geometry::rs8(2, 1).expect("a geometry");
    let visibility = if head & 1 > 0 { Visibility::Private } else { Visibility::Public };
    let request = PutRequest {
        profile: Profile::new(1, geometry, 65_536).expect("a profile"),
        visibility,
        max_len: 1 << 20,
        term_ms: 30 * DAY_MS,
        bid: None,
        tagger: world.tagger(),
    };
    let (owner, mut session) = (world.owner(), MemorySession::default());
    let mut rng = ChaCha20Rng::from_seed([7; 32]);
    let broken = Cursor::new(&SOURCE[..10]).chain(Broken);
    let put = client.put(owner, &request, broken, &mut session, &mut rng, &|_| {});
    assert_eq!(block_on(put), Err(Error::Source { len: 10, kind: io::ErrorKind::UnexpectedEof }));

    let mut bytes = session.load().expect("in memory").expect("an open deal");
    if head & 2 > 0 {
        bytes = edits.to_vec();
    } else {
        edit(&mut bytes, edits);
    }
    session.save(&bytes).expect("in memory");
    let source = Cursor::new(&SOURCE);
    let put = client.put(owner, &request, source, &mut session, &mut rng, &|_| {});
    if let Ok(stored) = block_on(put) {
        let mut sink = Cursor::new(Vec::new());
        block_on(client.get(stored.file, Some(owner), &mut sink, &|_| {})).expect("it is stored");
        assert_eq!(sink.into_inner(), SOURCE);
    }
    world.chain().with_state(|state| assert_eq!(state.check_invariants(), Ok(())));
});
