//! Bytes from whoever answers in a chain's place: each question gets an answer or an error.
#![no_main]

mod pipe;

use cess_client::{Chain, RemoteChain};
use cess_ledger::{AccountId, AccountKey, Action, FileId, Query, SignedCall};
use futures::executor::block_on;
use libfuzzer_sys::fuzz_target;
use pipe::Pipe;

fuzz_target!(|data: &[u8]| {
    let Some((&question, rest)) = data.split_first() else { return };
    let mut said = b"cesschn\x03".to_vec();
    if question & 0x80 == 0 {
        said.extend_from_slice(&u32::try_from(rest.len()).expect("short").to_le_bytes());
    }
    said.extend_from_slice(rest);
    let chain = RemoteChain::new(move || {
        let said = said.clone();
        async move { Ok(Pipe::new(said)) }
    });
    let account = AccountId::from(AccountKey::from_seed(&[1; 32]).account());
    let call = || {
        let action = Action::Transfer { to: account, amount: 1 };
        SignedCall::sign(&AccountKey::from_seed(&[1; 32]), [1; 32], 0, action)
    };
    match question % 6 {
        0 => drop(block_on(chain.read(&Query::Head))),
        1 => drop(block_on(chain.read(&Query::File(FileId([1; 32]))))),
        2 => drop(block_on(chain.submit(call()))),
        3 => drop(block_on(chain.outcome(&account, 1))),
        4 => drop(block_on(chain.events(1))),
        _ => drop(block_on(chain.wait(1))),
    }
});
