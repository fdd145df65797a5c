use cess_ledger::{AccountKey, Action};

use super::*;

fn session() -> Session {
    let key = AccountKey::from_seed(&[1; 32]);
    let call = SignedCall::sign(&key, [2; 32], 3, Action::Resume);
    let segment = Segment { salt: [4; 16], root: [5; 32], fragments: vec![[6; 32]; 3] };
    Session {
        version: Session::VERSION,
        request: [7; 32],
        salt: [8; 32],
        capsule: Some([9; Capsule::LEN]),
        open: call.clone(),
        deal: Some(DealId(10)),
        done: vec![Done { len: 11, hash: [12; 32], segment, last: false }],
        exclusions: vec![Exclusion { miner: key.account(), from_segment: 13 }],
        close: Some(call),
    }
}

fn stored(bytes: &[u8]) -> MemorySession {
    MemorySession(Some(bytes.to_vec()))
}

#[test]
fn a_session_comes_back() {
    let mut store = MemorySession::default();
    assert_eq!(Session::load(&mut store, &[7; 32]), Ok(None));
    session().save(&mut store).unwrap();
    assert_eq!(Session::load(&mut store, &[7; 32]), Ok(Some(session())));
    store.clear().unwrap();
    assert_eq!(Session::load(&mut store, &[7; 32]), Ok(None));
}

#[test]
fn refuses_everything_but_its_encoding() {
    let bytes = borsh::to_vec(&session()).unwrap();
    let mismatch = Err(Error::SessionMismatch);
    for len in 0..bytes.len() {
        assert_eq!(Session::load(&mut stored(&bytes[..len]), &[7; 32]), mismatch, "{len}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(Session::load(&mut stored(&longer), &[7; 32]), mismatch);
}

#[test]
fn refuses_another_version_and_another_request() {
    let mut store = MemorySession::default();
    Session { version: 2, ..session() }.save(&mut store).unwrap();
    assert_eq!(Session::load(&mut store, &[7; 32]), Err(Error::SessionMismatch));
    session().save(&mut store).unwrap();
    assert_eq!(Session::load(&mut store, &[8; 32]), Err(Error::SessionMismatch));
}
