//! Bytes from a lying tagger to its client, raw, in good frames, or as edits of honest answers: what is
//! taken has the right keys and tags that verify, and replica 0 is the one that everybody can compute.
#![no_main]

mod pipe;

use std::sync::{Mutex, OnceLock};

use cess_client::{Ask, LocalTagger, Part, RemoteTagger, Tagger, serve_tagger};
use cess_erasure::Geometry;
use cess_ledger::{Profile, Visibility};
use cess_podr2::{Sectors, check_fragment};
use futures::executor::block_on;
use libfuzzer_sys::fuzz_target;
use pipe::Pipe;

const STORED: usize = 3000;

fn tagger() -> &'static LocalTagger {
    static TAGGER: OnceLock<LocalTagger> = OnceLock::new();
    TAGGER.get_or_init(|| LocalTagger::from_seed(&[7; 32], Sectors::MIN))
}

fn part(replica: u8) -> Part {
    let profile = Profile::new(2, Geometry::rs8(2, 1).expect("small"), 65_536).expect("small");
    let stored_len = u32::try_from(STORED).expect("short");
    Part {
        profile,
        visibility: Visibility::Private,
        salt: [1; 32],
        segment: 0,
        replica,
        stored_len,
    }
}

/// What an honest server says to a client that asks for the keys, and for each replica.
fn honest() -> &'static [Vec<u8>; 3] {
    static SAID: OnceLock<[Vec<u8>; 3]> = OnceLock::new();
    SAID.get_or_init(|| {
        let replica = |replica| {
            let mut asked = vec![1];
            borsh::to_writer(&mut asked, &(part(replica), vec![42u8; STORED])).expect("in memory");
            serve(&frames(&[asked]))
        };
        [serve(&frames(&[vec![0]])), replica(0), replica(1)]
    })
}

fn frames(messages: &[Vec<u8>]) -> Vec<u8> {
    let mut said = b"cesstag\x01".to_vec();
    for message in messages {
        said.extend_from_slice(&u32::try_from(message.len()).expect("short").to_le_bytes());
        said.extend_from_slice(message);
    }
    said
}

fn serve(said: &[u8]) -> Vec<u8> {
    let mut pipe = Pipe::new(said.to_vec());
    let permit = |_: Ask| std::future::ready(true);
    let _ = block_on(serve_tagger(tagger(), permit, &mut pipe));
    pipe.sent
}

/// Asks for the keys on one connection and for a replica on the next.
fn ask(keys: Vec<u8>, said: Vec<u8>, replica: u8) {
    let lines = Mutex::new(vec![Pipe::new(said), Pipe::new(keys)]);
    let connect = || {
        let line = lines.lock().expect("one thread").pop();
        std::future::ready(line.ok_or(std::io::ErrorKind::ConnectionRefused.into()))
    };
    let (public, proving) = (tagger().public(), tagger().proving_key());
    let Ok(remote) = block_on(RemoteTagger::connect(connect, public.key_id())) else { return };
    assert_eq!(remote.public(), public);
    let Ok((shards, tagged)) = block_on(remote.replicate(&part(replica), vec![42; STORED])) else {
        return;
    };
    for (shard, (fragment, tags)) in shards.iter().zip(&tagged.0) {
        assert_eq!(check_fragment(public, proving, fragment, tags, shard), Ok(()));
    }
    if replica == 0 {
        let own = block_on(tagger().replicate(&part(0), vec![42; STORED])).expect("a part");
        assert_eq!(own, (shards, tagged), "another replica 0");
    }
}

fuzz_target!(|data: &[u8]| {
    let [keys, first, second] = honest();
    ask(data.to_vec(), first.clone(), 0);
    ask(keys.clone(), data.to_vec(), 0);
    let pieces: Vec<Vec<u8>> = data.split(|byte| *byte == 0xFF).map(<[u8]>::to_vec).collect();
    ask(frames(&pieces), first.clone(), 0);
    ask(keys.clone(), frames(&pieces), 1);
    let edited = |said: &[u8]| {
        let mut said = said.to_vec();
        for edit in data.chunks_exact(4) {
            let at = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % said.len().max(1);
            match edit[2] % 4 {
                0 | 1 if !said.is_empty() => said[at] ^= edit[3],
                2 => said.truncate(said.len() - usize::from(edit[3]).min(said.len())),
                _ => said.push(edit[3]),
            }
        }
        said
    };
    ask(edited(keys), first.clone(), 0);
    ask(keys.clone(), edited(first), 0);
    ask(keys.clone(), edited(second), 1);
});
