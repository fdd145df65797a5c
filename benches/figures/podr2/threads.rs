//! The same work on one thread and on two.

use cess_podr2::{ProvingKey, SecretKey, Sectors};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::case::{Case, random};
use crate::figure::{Figure, Unit};
use crate::measure::interleave;

const DATA_BYTES: usize = 32 << 20;
const SHARD_BYTES: usize = 8 << 20;

fn pool(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(threads).build().expect("threads")
}

pub(crate) fn run(emit: &mut dyn FnMut(Figure)) {
    let data = random(DATA_BYTES);
    for sectors in [8192, 32768] {
        let sectors = Sectors::new(sectors).expect("a power of two within the limits");
        let secret = SecretKey::from_seed(&[7; 32], sectors);
        let public = secret.public();
        let encoded = secret.proving_key().to_bytes();
        let case = Case::new(sectors, &[7], &data);
        let unit = Unit::MegabytesPerSecond;
        let s = sectors.get();
        compare(&mut || drop(secret.tag(0, &data)), &mut |[one, two]| {
            let [one, two] = [one, two].map(|seconds| unit.value(seconds, data.len()));
            let name = format!("tag/s={s}/threads=2/bytes={DATA_BYTES}");
            emit(Figure::new(name, two, unit).against("one-thread", one));
        });
        // As a client tags the fragments of a segment: a fragment a thread, then inside of one.
        let shards: Vec<&[u8]> = data.chunks(SHARD_BYTES).collect();
        let tag = || shards.par_iter().for_each(|shard| drop(secret.tag(0, shard)));
        compare(&mut { tag }, &mut |[one, two]| {
            let [one, two] = [one, two].map(|seconds| unit.value(seconds, data.len()));
            let fragments = shards.len();
            let name = format!("tag/s={s}/fragments={fragments}/threads=2/bytes={DATA_BYTES}");
            emit(Figure::new(name, two, unit).against("one-thread", one));
        });
        compare(&mut || case.check(3), &mut |[one, two]| {
            let [one, two] = [one, two].map(|seconds| unit.value(seconds, 3 * data.len()));
            let name = format!("check/s={s}/fragments=3/threads=2/bytes={DATA_BYTES}");
            emit(Figure::new(name, two, unit).against("one-thread", one));
        });
        let unit = Unit::Milliseconds;
        let check = || drop(ProvingKey::from_bytes(&encoded, &public).expect("a true key"));
        compare(&mut { check }, &mut |[one, two]| {
            let [one, two] = [one, two].map(|seconds| unit.value(seconds, 0));
            let name = format!("key/op=check/s={s}/threads=2");
            emit(Figure::new(name, two, unit).against("one-thread", one));
        });
    }
}

fn compare(work: &mut (dyn FnMut() + Send), take: &mut dyn FnMut([f64; 2])) {
    let (one, two) = (pool(1), pool(2));
    let work = std::cell::RefCell::new(work);
    take(interleave([
        &mut || {
            let work = &mut **work.borrow_mut();
            one.install(work);
        },
        &mut || {
            let work = &mut **work.borrow_mut();
            two.install(work);
        },
    ]));
}
