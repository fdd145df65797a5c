use cess_merkle::*;
#[test]
fn smoke() {
    for len in [
        0usize, 1, 1023, 1024, 1025, 16383, 16384, 16385, 32768, 32769, 50000, 163840, 163841,
        300001,
    ] {
        let data: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
        let o = content::Outboard::new(&data);
        assert_eq!(o.root(), content::root(&data), "{len}");
        assert_eq!(content::Outboard::from_bytes(&o.to_bytes()).unwrap(), o);
        for (a, b) in [(0, len), (0, 0), (len / 2, len), (len / 3, len / 2), (len, len)] {
            let (a, b) = (a as u64, b as u64);
            let s = content::encode_slice_of(&data, &o, a..b).unwrap();
            assert_eq!(s.len() as u64, content::encoded_len(len as u64, &(a..b)).unwrap());
            assert_eq!(
                content::decode_slice(&o.root(), len as u64, a..b, &s).unwrap(),
                &data[a as usize..b as usize]
            );
            assert!(content::decode_slice(&o.root(), len as u64 + 1, a..b, &s).is_err());
        }
    }
    let mut t = SumTree::new();
    let names: Vec<[u8; 32]> = (0..500u32).map(|i| content::root(&i.to_le_bytes())).collect();
    for (i, n) in names.iter().enumerate() {
        t.insert(*n, i as u64 + 1).unwrap();
    }
    assert_eq!(
        t,
        SumTree::from_entries(names.iter().enumerate().map(|(i, n)| (*n, i as u64 + 1))).unwrap()
    );
    for p in (0..t.total()).step_by(97) {
        let o = t.open(p).unwrap();
        let o = Opening::from_bytes(&o.to_bytes()).unwrap();
        assert_eq!(Some(o.verify(&t.root(), p).unwrap()), t.position(p));
    }
    for n in &names[..250] {
        t.remove(n).unwrap();
    }
    assert_eq!(
        t,
        SumTree::from_entries(names.iter().enumerate().skip(250).map(|(i, n)| (*n, i as u64 + 1)))
            .unwrap()
    );
}
