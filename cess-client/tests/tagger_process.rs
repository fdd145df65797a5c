//! put, audit, get and repair with a tagger in another process. This program is both: without an
//! argument the client, which never has a tag key or a mask key; with `worker` the tagger.
//!
//! It runs as a test without a harness, since it must start itself.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::print_stdout, reason = "it is its own harness, and its worker speaks to it")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use cess_client::{
    Ask, Chain, ChainExt, Client, Keys, LocalChain, LocalTagger, MemorySession, PutRequest,
    RemoteTagger, Tagger, TaggerError, serve_tagger,
    testkit::{Fault, FaultyNode, MemoryNode, World},
};
use cess_erasure::Geometry;
use cess_ledger::{Action, DAY_MS, Profile, SignedCall, Slot, Visibility};
use cess_podr2::{KeyId, Policy, Sectors};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::compat::TokioAsyncReadCompatExt;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match arguments.next().as_deref() {
        Some("worker") => runtime.block_on(worker()),
        // What a harness would be asked for.
        Some("--list") => println!("a_file_lives_with_a_tagger_in_another_process: test"),
        _ => {
            runtime.block_on(client());
            println!("test a_file_lives_with_a_tagger_in_another_process ... ok");
        }
    }
}

/// Takes chain id and seed from its standard input; says where it listens, which key it has, and the
/// call that registers it; serves until its input ends.
async fn worker() {
    let mut input = [0; 64];
    std::io::stdin().read_exact(&mut input).unwrap();
    let (chain_id, seed) = input.split_at(32);
    let tagger = LocalTagger::from_seed(seed.try_into().unwrap(), Sectors::MIN);
    let chain_id: [u8; 32] = chain_id.try_into().unwrap();
    let call = SignedCall::sign(tagger.account(), chain_id, 0, tagger.registration(0));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    println!("{}", hex(&tagger.public().key_id().to_bytes()));
    println!("{}", hex(&tagger.account().account().0));
    println!("{}", hex(&call.to_bytes()));
    std::io::stdout().flush().unwrap();
    let ended = std::thread::spawn(|| std::io::stdin().read_to_end(&mut Vec::new()));
    let tagger = Arc::new(tagger);
    while !ended.is_finished() {
        let accepted = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
        let Ok(Ok((stream, _))) = accepted else { continue };
        let tagger = tagger.clone();
        tokio::spawn(async move {
            let permit = |_: Ask| async { true };
            let serving = serve_tagger(&*tagger, permit, stream.compat());
            // Whoever is silent for too long is hung up on.
            drop(tokio::time::timeout(Duration::from_secs(120), serving).await);
        });
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(line: &str) -> Vec<u8> {
    let byte = |i| u8::from_str_radix(&line[i..i + 2], 16).unwrap();
    (0..line.len()).step_by(2).map(byte).collect()
}

/// Ends with the test, whatever way that ends.
struct Worker(Child);

impl Drop for Worker {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _gone = self.0.wait();
    }
}

async fn client() {
    let world = World::new(3, 24).await;
    let chain: &Arc<LocalChain> = world.chain();
    let mut seed = [0; 32];
    std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut seed)).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("worker").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut worker = Worker(command.spawn().unwrap());
    let mut input = worker.0.stdin.take().unwrap();
    let chain_id = chain.head().await.unwrap().chain_id;
    input.write_all(&chain_id).and_then(|()| input.write_all(&seed)).unwrap();
    input.flush().unwrap();
    seed = [0; 32];
    assert_eq!(seed, [0; 32], "from here on the worker alone has it");
    let mut lines = BufReader::new(worker.0.stdout.take().unwrap()).lines();
    let mut line = || lines.next().unwrap().unwrap();
    let address: std::net::SocketAddr = line().parse().unwrap();
    let key = KeyId::from_bytes(unhex(&line()).try_into().unwrap());
    let account = cess_ledger::AccountId(unhex(&line()).try_into().unwrap());
    let registration = SignedCall::from_bytes(&unhex(&line())).unwrap();

    let pay = Action::Transfer { to: account, amount: 1_000_000_000_000_000 };
    chain.act(world.owner().account(), pay).await.unwrap();
    chain.submit(registration).await.unwrap();

    let connect = move || async move { Ok(TcpStream::connect(address).await?.compat()) };
    let other = KeyId::from_bytes([9; 32]);
    let refused = RemoteTagger::connect(connect, other).await.map(|_| ());
    assert_eq!(refused, Err(TaggerError::WrongKey { expected: other, got: key }));
    let tagger = RemoteTagger::connect(connect, key).await.unwrap();

    for visibility in [Visibility::Public, Visibility::Private] {
        life(&world, &tagger, visibility).await;
    }

    // A dead tagger stops an upload that can go on later, and repairs inside of a replica need none.
    drop((input, worker));
    let dead = RemoteTagger::connect(connect, key).await.map(|_| ());
    assert_eq!(dead, Err(TaggerError::Unreachable { attempts: 1 }));
}

async fn life(world: &World, tagger: &dyn Tagger, visibility: Visibility) {
    let chain = world.chain();
    let nodes = world.nodes(|chain, key| FaultyNode::new(MemoryNode::new(chain, key), Fault::None));
    let client = Client::new(chain.clone(), nodes.clone());
    let profile = Profile::new(3, Geometry::rs8(2, 1).unwrap(), 65_536).unwrap();
    let (max_len, term_ms) = (1 << 20, 30 * DAY_MS);
    let request = PutRequest { profile, visibility, max_len, term_ms, bid: None, tagger };
    let source: Vec<u8> =
        (0..60_000u32).map(|i| i.wrapping_mul(0x9E37_79B9).to_le_bytes()[3]).collect();
    let mut rng = ChaCha20Rng::seed_from_u64(u64::from(visibility as u8));
    let mut session = MemorySession::default();
    let owner = world.owner();
    let put = client.put(owner, &request, &source[..], &mut session, &mut rng, &|_| {});
    let stored = put.await.unwrap();

    let audited = client.audit(stored.file, Policy::Every, &mut rng, &|_| {}).await.unwrap();
    assert_eq!((audited.proven, audited.bad.len()), (9, 0));

    // The first replica of the first segment is lost, node for node.
    let records = chain.with_state(|state| state.file_fragments(&stored.file));
    let lost = |shard| Slot { segment: 0, replica: 0, shard }.index(&profile) as usize;
    let kept: Vec<_> = (0..3)
        .map(|shard| {
            let record = &records[lost(shard)];
            let node = &nodes[&record.miner];
            let bytes = node.inner().bytes(&record.info.fragment.name()).unwrap();
            node.set(Fault::Gone);
            (record.miner, bytes)
        })
        .collect();
    let mut sink = Vec::new();
    let keys = Keys::from(owner);
    assert!(client.get(stored.file, keys, &mut sink, &|_| {}).await.is_err());
    assert!(sink.is_empty());
    let fetched = client.get(stored.file, keys.with_tagger(tagger), &mut sink, &|_| {}).await;
    assert_eq!((fetched.unwrap().len, &sink), (60_000, &source), "another replica stands in");

    // Their nodes leave with all they have, so it is made again, with its old bytes and tags.
    for (miner, _) in &kept {
        let number = world.miners().iter().position(|id| id == miner).unwrap();
        chain.act(&world.miner_key(number), Action::Exit).await.unwrap();
    }
    let without = client.repair(stored.file, None, &|_| {}).await.unwrap();
    assert_eq!((without.completed.len(), without.open.len()), (0, 3));
    let repaired = client.repair(stored.file, Some(tagger), &|_| {}).await.unwrap();
    assert_eq!((repaired.completed.len(), repaired.open.len()), (3, 0), "{:?}", repaired.open);
    let records = chain.with_state(|state| state.file_fragments(&stored.file));
    for (shard, (_, kept)) in (0..3).zip(kept) {
        let record = &records[lost(shard)];
        let bytes = nodes[&record.miner].inner().bytes(&record.info.fragment.name());
        assert!(bytes == Some(kept), "byte for byte");
    }
    let audited = client.audit(stored.file, Policy::Every, &mut rng, &|_| {}).await.unwrap();
    assert_eq!((audited.proven, audited.bad.len()), (9, 0));
    world.check();
}
