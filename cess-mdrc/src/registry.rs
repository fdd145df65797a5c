//! A registry in a file: registrations, sketches, and the graph of what derives from what.

mod store;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::index::Index;
use crate::{
    Certificate, Comparison, Edge, Error, Evidence, Fingerprint, Level, Lineage, Method,
    Registration, Sketch, Verdict,
};
use store::Store;

/// A registration that is like the content in question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kin {
    /// Its number.
    pub number: u64,
    /// What the two have in common.
    pub comparison: Comparison,
}

/// Registrations of content, found again by likeness.
///
/// Certificates, sketches and edges are in a `redb` file, which survives a crash at any moment;
/// hashes and edges are in memory too, read when the registry is opened. All calls take `&self`:
/// any number of threads search at once, and one at a time changes.
///
/// A search takes as candidates what is within [`CANDIDATES`](Self::CANDIDATES) bits, and the same
/// bytes; their sketches decide.
///
/// ```
/// use cess_mdrc::{Fingerprint, Level, registry::Registry};
///
/// let registry = Registry::in_memory()?;
/// let original = "The stair creaked where it always had, and the boy who was not supposed to be \
///     awake stood still until the house had settled again around him.";
/// let copy = original.replace("creaked", "groaned");
/// let first = registry.register(&Fingerprint::of(original.as_bytes())?, [1; 32], 1000)?;
/// let second = registry.register(&Fingerprint::of(copy.as_bytes())?, [2; 32], 2000)?;
/// assert_eq!(registry.lineage().first(second), first);
/// let file = registry.evidence(second)?.to_bytes();
/// assert_eq!(cess_mdrc::Evidence::verify(&file)?.first().owner, [1; 32]);
/// # Ok::<(), cess_mdrc::Error>(())
/// ```
#[derive(Debug)]
pub struct Registry {
    store: Store,
    state: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    indexes: BTreeMap<Method, Index>,
    lineage: Lineage,
    /// By the digest of the bytes: content that abstains is found by it alone.
    instances: BTreeMap<[u8; 32], Vec<u64>>,
    next: u64,
}

impl Registry {
    /// How far a candidate's ID may be, in bits.
    pub const CANDIDATES: u32 = 90;
    /// Edges that are kept of a registration: to its strongest kin.
    pub const MAX_EDGES: usize = 16;

    /// Opens the registry in a file, and makes it where there is none.
    ///
    /// # Errors
    /// [`Error::Store`] when the file can't be opened, or holds what can't be read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::load(Store::open(path.as_ref())?)
    }

    /// A registry without a file.
    ///
    /// # Errors
    /// [`Error::Store`] when memory can't be had.
    pub fn in_memory() -> Result<Self, Error> {
        Self::load(Store::in_memory()?)
    }

    fn load(store: Store) -> Result<Self, Error> {
        let mut state = State::default();
        store.registrations(|registration| state.add(&registration))?;
        store.edges(|edge| state.lineage.insert(edge))?;
        state.next = state.next.max(store.next()?);
        Ok(Self { store, state: RwLock::new(state) })
    }

    /// Registers content, with edges to its kin among what is there at [`Level::Registry`]. The
    /// number counts up and is never given twice.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn register(
        &self,
        fingerprint: &Fingerprint,
        owner: [u8; 32],
        time: u64,
    ) -> Result<u64, Error> {
        let mut state = self.write();
        let number = state.next;
        let kin = self.search(&state, fingerprint, Level::Registry)?;
        let edge = |kin: &Kin| Edge::new(number, kin.number, &kin.comparison, Level::Registry);
        let mut edges: Vec<Edge> = kin.iter().filter_map(edge).collect();
        edges.sort_by_key(|edge| (std::cmp::Reverse(edge.strength()), edge.earlier));
        edges.truncate(Self::MAX_EDGES);
        let certificate = fingerprint.certificate().clone();
        let registration = Registration { number, time, owner, certificate };
        self.store.insert(&registration, fingerprint.sketch(), &edges)?;
        state.add(&registration)?;
        edges.into_iter().try_for_each(|edge| state.lineage.insert(edge))?;
        Ok(number)
    }

    /// All that is related at a level, the nearest first.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn find(&self, fingerprint: &Fingerprint, level: Level) -> Result<Vec<Kin>, Error> {
        self.search(&self.read(), fingerprint, level)
    }

    fn search(
        &self,
        state: &State,
        fingerprint: &Fingerprint,
        level: Level,
    ) -> Result<Vec<Kin>, Error> {
        let certificate = fingerprint.certificate();
        let mut numbers: Vec<u64> =
            state.instances.get(certificate.instance()).cloned().unwrap_or_default();
        if !certificate.abstains()
            && let Some(index) = state.indexes.get(&certificate.method())
        {
            let near = index.within(&certificate.id(), Self::CANDIDATES);
            numbers.extend(near.iter().map(|neighbour| neighbour.key));
        }
        numbers.sort_unstable();
        numbers.dedup();
        let mut kin = Vec::new();
        for number in numbers {
            let (_, other) = self.entry(number)?;
            // The same bytes may be registered by another method.
            let Ok(comparison) = fingerprint.compare(&other) else { continue };
            if matches!(comparison.verdict(level), Verdict::Related(_)) {
                kin.push(Kin { number, comparison });
            }
        }
        kin.sort_by_key(|kin| (kin.comparison.distance(), kin.number));
        Ok(kin)
    }

    /// A registration and its fingerprint.
    ///
    /// # Errors
    /// [`Error::UnknownKey`] for a number that isn't there, [`Error::Store`].
    pub fn get(&self, number: u64) -> Result<(Registration, Fingerprint), Error> {
        self.entry(number)
    }

    fn entry(&self, number: u64) -> Result<(Registration, Fingerprint), Error> {
        let (registration, sketch) =
            self.store.get(number)?.ok_or(Error::UnknownKey { key: number })?;
        let fingerprint = Fingerprint::new(registration.certificate.clone(), sketch)?;
        Ok((registration, fingerprint))
    }

    /// Removes a registration with its edges. Its number stays used.
    ///
    /// # Errors
    /// [`Error::UnknownKey`] for a number that isn't there, [`Error::Store`].
    pub fn remove(&self, number: u64) -> Result<(), Error> {
        let mut state = self.write();
        let (registration, _) = self.entry(number)?;
        let lineage = &state.lineage;
        let mut edges: Vec<(u64, u64)> =
            lineage.parents(number).map(|edge| (number, edge.earlier)).collect();
        edges.extend(lineage.children(number).map(|later| (later, number)));
        self.store.remove(number, &edges)?;
        state.forget(&registration.certificate, number)
    }

    /// How many registrations there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.read().instances.values().map(Vec::len).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.read().instances.is_empty()
    }

    /// The graph of all registrations, as it is now.
    #[must_use]
    pub fn lineage(&self) -> Lineage {
        self.read().lineage.clone()
    }

    /// The evidence that a registration derives from its first registrant's.
    ///
    /// # Errors
    /// [`Error::UnknownKey`] for a number that isn't there, [`Error::EvidenceSteps`] for one
    /// without an earlier relative or with too long a way to the first, [`Error::Store`].
    pub fn evidence(&self, number: u64) -> Result<Evidence, Error> {
        let path = self.read().lineage.path(number);
        let steps = path.into_iter().map(|step| self.entry(step)).collect::<Result<_, _>>()?;
        Evidence::new(Level::Registry, steps)
    }

    // A panic while the lock is held can't leave the state half changed in a way that matters:
    // the store is written first, and is read again when the registry is opened.
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, registration: &Registration) -> Result<(), Error> {
        let Registration { number, certificate, .. } = registration;
        if !certificate.abstains() {
            let index = self.indexes.entry(certificate.method()).or_default();
            index.insert(*number, certificate.id())?;
        }
        self.instances.entry(*certificate.instance()).or_default().push(*number);
        self.next = self.next.max(number.saturating_add(1));
        Ok(())
    }

    fn forget(&mut self, certificate: &Certificate, number: u64) -> Result<(), Error> {
        if !certificate.abstains()
            && let Some(index) = self.indexes.get_mut(&certificate.method())
        {
            index.remove(number)?;
        }
        if let Some(numbers) = self.instances.get_mut(certificate.instance()) {
            numbers.retain(|held| *held != number);
            if numbers.is_empty() {
                self.instances.remove(certificate.instance());
            }
        }
        self.lineage.remove(number);
        Ok(())
    }
}

/// The sketch of a registration is bound by its certificate.
fn decode(registration: &[u8], sketch: &[u8]) -> Result<(Registration, Sketch), Error> {
    Ok((Registration::from_bytes(registration)?, Sketch::from_bytes(sketch)?))
}

#[cfg(test)]
mod tests;
