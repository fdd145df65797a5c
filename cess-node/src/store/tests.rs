use object_store::memory::InMemory;

use super::*;

fn object(path: &str) -> Option<(FragmentName, String)> {
    let location = Path::from(path);
    let meta = ObjectMeta {
        location,
        last_modified: Default::default(),
        size: 0,
        e_tag: None,
        version: None,
    };
    parse_object(&meta).map(|(name, part)| (name, part.to_owned()))
}

#[test]
fn reads_the_paths_that_it_writes_and_no_others() {
    let hex = "ab".repeat(32);
    let name = FragmentName::from_bytes([0xAB; 32]);
    assert_eq!(fragment_path(&name, "data").as_ref(), format!("fragments/{hex}.data"));
    for part in ["data", "outboard", "tags"] {
        assert_eq!(object(&format!("fragments/{hex}.{part}")), Some((name, part.to_owned())));
    }
    for wrong in [
        format!("fragments/{}.data", hex.to_uppercase()),
        format!("fragments/+a{}.data", &hex[2..]),
        format!("fragments/{}.data", &hex[2..]),
        format!("fragments/{hex}00.data"),
        format!("fragments/{hex}.data.tmp"),
        format!("fragments/{hex}"),
        format!("fragments/x/{hex}.data"),
        format!("{hex}.data"),
    ] {
        assert_eq!(object(&wrong), None, "{wrong}");
    }
}

#[test]
fn faults_are_told_apart() {
    let generic = |kind| {
        let source = std::io::Error::from(kind);
        // As deep as stores nest them.
        let source = object_store::Error::Generic { store: "inner", source: source.into() };
        fault(&object_store::Error::Generic { store: "outer", source: source.into() })
    };
    use std::io::ErrorKind;
    assert_eq!(generic(ErrorKind::StorageFull), NodeError::Store(StoreFault::NoSpace));
    assert_eq!(generic(ErrorKind::QuotaExceeded), NodeError::Store(StoreFault::NoSpace));
    assert_eq!(generic(ErrorKind::PermissionDenied), NodeError::Store(StoreFault::Permission));
    assert_eq!(generic(ErrorKind::ReadOnlyFilesystem), NodeError::Store(StoreFault::Permission));
    assert_eq!(generic(ErrorKind::TimedOut), NodeError::Store(StoreFault::Other));
    let source = std::io::Error::from(ErrorKind::NotFound).into();
    let missing = object_store::Error::NotFound { path: String::new(), source };
    assert_eq!(fault(&missing), NodeError::NotFound);
}

#[test]
fn a_short_object_is_damaged_and_a_missing_one_is_not_found() {
    use futures::FutureExt;
    let store = Store(Arc::new(InMemory::new()));
    let name = FragmentName::from_bytes([1; 32]);
    let read = |range: Range<u64>| {
        let ranges = [range];
        let result = store.data_ranges(&name, &ranges).now_or_never().expect("in memory");
        result.map(|found| found.concat())
    };
    assert_eq!(read(0..1), Err(NodeError::NotFound));
    let path = fragment_path(&name, "data");
    let put = store.0.put(&path, vec![1, 2, 3].into()).now_or_never();
    assert!(put.expect("in memory").is_ok());
    assert_eq!(read(1..3), Ok(vec![2, 3]));
    assert_eq!(read(1..4), Err(NodeError::Damaged));
    assert_eq!(read(7..9), Err(NodeError::Damaged));
}
