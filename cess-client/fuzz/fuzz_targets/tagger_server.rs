//! Bytes from a stranger to a tagger's server, raw or behind a good greeting and in good frames: without
//! leave nothing is done under the keys, and with it equal requests have equal replies.
#![no_main]

mod pipe;

use std::sync::OnceLock;

use cess_client::{Ask, LocalTagger, serve_tagger};
use cess_podr2::Sectors;
use futures::executor::block_on;
use libfuzzer_sys::fuzz_target;
use pipe::Pipe;

fn tagger() -> &'static LocalTagger {
    static TAGGER: OnceLock<LocalTagger> = OnceLock::new();
    TAGGER.get_or_init(|| LocalTagger::from_seed(&[7; 32], Sectors::MIN))
}

fn serve(said: &[u8], leave: bool) -> Vec<u8> {
    let mut pipe = Pipe::new(said.to_vec());
    let permit = |_: Ask| std::future::ready(leave);
    let _ = block_on(serve_tagger(tagger(), permit, &mut pipe));
    pipe.sent
}

fn check(said: &[u8]) {
    let mut rest = &serve(said, false)[..];
    if !rest.is_empty() {
        rest = rest.strip_prefix(b"cesstag\x01").expect("a greeting first");
    }
    while let Some((len, after)) = rest.split_first_chunk::<4>() {
        let (reply, after) = after.split_at(u32::from_le_bytes(*len) as usize);
        assert!(matches!(reply[0], 0 | 4), "keys, which are public, or a refusal");
        rest = after;
    }
    assert!(serve(said, true) == serve(said, true));
}

fuzz_target!(|data: &[u8]| {
    check(data);
    let mut said = b"cesstag\x01".to_vec();
    // Each piece a frame of its own, so that what is inside is reached.
    for message in data.split(|byte| *byte == 0xFF) {
        said.extend_from_slice(&u32::try_from(message.len()).expect("short").to_le_bytes());
        said.extend_from_slice(message);
    }
    check(&said);
    // A part that may be good, and bytes of its length.
    if let Some((&replica, stored)) = data.split_first() {
        let mut message = vec![1, 2];
        message.extend_from_slice(&[replica % 3]);
        message.extend_from_slice(stored);
        let mut said = b"cesstag\x01".to_vec();
        said.extend_from_slice(&u32::try_from(message.len()).expect("short").to_le_bytes());
        said.extend_from_slice(&message);
        check(&said);
    }
});
