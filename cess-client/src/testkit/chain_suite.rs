//! What every chain must do.

use cess_erasure::Geometry;
use cess_ledger::{
    Account, AccountId, AccountKey, Action, Amount, Answer, DAY_MS, DealId, Event, Params, Profile,
    Query, SignedCall, State, Visibility,
};
use futures::future::{join, join_all};

use crate::{
    Chain, ChainError, ChainExt, Receipt,
    testkit::{World, draw},
};

const ACCOUNTS: usize = 5;
const MINERS: usize = 3;
/// How often a bad line is tried before it counts as dead.
const PATIENCE: usize = 100;

/// Checks the whole `# Contract` of [`Chain`]; `make` makes a chain that begins with a state, has
/// no block yet, and whose blocks carry times from [`World::START_MS`] on. A chain behind a bad
/// line passes too, as long as asking again helps.
///
/// # Panics
/// When the chain breaks it.
pub async fn conformance_chain<C: Chain>(make: impl AsyncFn(State) -> C) {
    finality(&Suite::new(&make).await).await;
    refusals(&Suite::new(&make).await).await;
    outcomes(&Suite::new(&make).await).await;
    events(&Suite::new(&make).await).await;
    waiting(&Suite::new(&make).await).await;
    concurrency(&Suite::new(&make).await).await;
    beacons(&Suite::new(&make).await).await;
}

struct Suite<C> {
    chain: C,
    keys: Vec<AccountKey>,
}

impl<C: Chain> Suite<C> {
    async fn new(make: &impl AsyncFn(State) -> C) -> Self {
        let key = |number| AccountKey::from_seed(&draw(0xC4A1, "account", number));
        let keys: Vec<AccountKey> = (0..ACCOUNTS as u64).map(key).collect();
        let balances = keys.iter().map(|key| (key.account(), World::FUNDS));
        let params = Params::example(draw(0xC4A1, "chain", 0));
        let genesis = State::genesis(params, World::START_MS, balances).expect("a genesis");
        Self { chain: make(genesis).await, keys }
    }

    fn id(&self, number: usize) -> AccountId {
        self.keys[number].account()
    }

    fn call(&self, from: usize, nonce: u64, action: Action) -> SignedCall {
        SignedCall::sign(&self.keys[from], draw(0xC4A1, "chain", 0), nonce, action)
    }

    fn pay(&self, from: usize, nonce: u64, amount: Amount) -> SignedCall {
        let to = self.id((from + 1) % ACCOUNTS);
        self.call(from, nonce, Action::Transfer { to, amount })
    }

    fn paid(&self, from: usize, amount: Amount) -> Event {
        let to = self.id((from + 1) % ACCOUNTS);
        Event::Transferred { from: self.id(from), to, amount }
    }

    async fn account(&self, number: usize) -> (u64, Account) {
        let query = Query::Account(self.id(number));
        let at = patiently(async || self.chain.read(&query).await).await.expect("an answer");
        let Answer::Account(account) = at.value else { panic!("another answer: {at:?}") };
        (at.height, account)
    }

    async fn height(&self) -> u64 {
        let at = patiently(async || self.chain.read(&Query::Head).await).await.expect("a head");
        let Answer::Head(head) = at.value else { panic!("another answer: {at:?}") };
        assert_eq!(at.height, head.height, "a read names its block");
        head.height
    }

    async fn outcome(&self, number: usize, nonce: u64) -> Option<([u8; 32], Receipt)> {
        let id = self.id(number);
        patiently(async || self.chain.outcome(&id, nonce).await).await.expect("an answer")
    }

    async fn take(&self, call: SignedCall) -> Receipt {
        let asked = || patiently(async || self.chain.submit_surely(call.clone()).await);
        asked().await.expect("the ledger takes it")
    }

    async fn refusal(&self, call: SignedCall) -> cess_ledger::Error {
        match patiently(async || self.chain.submit(call.clone()).await).await {
            Err(ChainError::Refused(error)) => error,
            other => panic!("not refused: {other:?}"),
        }
    }

    async fn events(&self, height: u64) -> Vec<Event> {
        patiently(async || self.chain.events(height).await).await.expect("a block's events")
    }
}

/// Asks again while the chain is out of reach.
async fn patiently<T>(ask: impl AsyncFn() -> Result<T, ChainError>) -> Result<T, ChainError> {
    let mut last = Err(ChainError::Unreachable { attempts: 0 });
    for _ in 0..PATIENCE {
        last = ask().await;
        if !matches!(last, Err(ChainError::Unreachable { .. })) {
            break;
        }
    }
    last
}

async fn finality<C: Chain>(suite: &Suite<C>) {
    let mut last = suite.height().await;
    for nonce in 0..4 {
        let receipt = suite.take(suite.pay(0, nonce, 100)).await;
        assert_eq!(receipt.events, [suite.paid(0, 100)]);
        assert!(receipt.height > last, "a call is final in a new block");
        let (height, account) = suite.account(0).await;
        assert!(height >= receipt.height, "a final call is seen by every later read");
        let balance = World::FUNDS - 100 * (Amount::from(nonce) + 1);
        assert_eq!(account, Account { balance, nonce: nonce + 1 });
        last = suite.height().await;
        assert!(last >= height, "heights never run backwards");
    }
}

async fn refusals<C: Chain>(suite: &Suite<C>) {
    let mut forged = suite.pay(0, 0, 100);
    forged.signature = suite.pay(0, 0, 101).signature;
    let action = Action::Transfer { to: suite.id(1), amount: 100 };
    let foreign = SignedCall::sign(&suite.keys[0], [9; 32], 0, action);
    let needed = World::FUNDS + 1;
    let available = World::FUNDS;
    for (call, expected) in [
        (forged, cess_ledger::Error::BadSignature),
        (foreign, cess_ledger::Error::WrongChain),
        (suite.pay(0, 3, 100), cess_ledger::Error::WrongNonce { expected: 0, got: 3 }),
        (suite.pay(0, 0, needed), cess_ledger::Error::InsufficientFunds { needed, available }),
    ] {
        assert_eq!(suite.refusal(call).await, expected);
        let (_, account) = suite.account(0).await;
        assert_eq!(account, Account { balance: World::FUNDS, nonce: 0 }, "nothing was changed");
        assert_eq!(suite.outcome(0, 0).await, None, "a refused call uses no nonce");
    }
    let receipt = suite.take(suite.pay(0, 0, 100)).await;
    assert_eq!(receipt.events, [suite.paid(0, 100)], "the nonce is still good");
}

async fn outcomes<C: Chain>(suite: &Suite<C>) {
    let call = suite.pay(0, 0, 100);
    assert_eq!(suite.outcome(0, 0).await, None);
    let receipt = suite.take(call.clone()).await;
    let again = suite.refusal(call.clone()).await;
    assert_eq!(again, cess_ledger::Error::WrongNonce { expected: 1, got: 0 });
    suite.take(suite.pay(0, 1, 7)).await;
    let found = Some((call.call.digest(), receipt.clone()));
    assert_eq!(suite.outcome(0, 0).await, found, "found by account and nonce");
    assert_eq!(suite.take(call).await, receipt, "found, not repeated");
    assert_eq!(suite.outcome(0, 2).await, None);
    assert_eq!(suite.outcome(1, 0).await, None, "another account's");
    assert_eq!(suite.account(0).await.1.balance, World::FUNDS - 107, "paid once");

    let late = suite.pay(0, 0, 999);
    let late = patiently(async || suite.chain.submit_surely(late.clone()).await).await;
    assert_eq!(late, Err(ChainError::NonceTaken { nonce: 0 }));
}

async fn events<C: Chain>(suite: &Suite<C>) {
    let mut expected = Vec::new();
    for nonce in 0..3 {
        for from in [0, 1, 2] {
            let amount = 10 * Amount::from(nonce) + from as Amount + 1;
            let receipt = suite.take(suite.pay(from, nonce, amount)).await;
            let block = suite.events(receipt.height).await;
            let there = block.windows(receipt.events.len()).any(|w| w == receipt.events);
            assert!(there, "a block's events are those of its calls");
            expected.push((receipt.height, suite.paid(from, amount)));
        }
    }
    let head = suite.height().await;
    let mut seen = Vec::new();
    for height in 0..=head {
        let block = suite.events(height).await;
        assert_eq!(block, suite.events(height).await, "a final block doesn't change");
        let transfers = block.into_iter().filter(|e| matches!(e, Event::Transferred { .. }));
        seen.extend(transfers.map(|event| (height, event)));
    }
    assert_eq!(seen, expected, "every event once, in order");
    let beyond = suite.height().await + 1000;
    let beyond = patiently(async || suite.chain.events(beyond).await).await;
    assert!(beyond.is_err(), "a block that isn't there is no empty block");
}

async fn waiting<C: Chain>(suite: &Suite<C>) {
    suite.take(suite.pay(0, 0, 1)).await;
    let head = suite.height().await;
    let passed = patiently(async || suite.chain.wait(head - 1).await).await;
    assert_eq!(passed, Ok(()), "a block above it is final already");
    let wait = async {
        let waited = patiently(async || suite.chain.wait(head).await).await;
        assert_eq!(waited, Ok(()));
        assert!(suite.height().await > head, "waiting ends when a block is final, not before");
    };
    let waits = join(wait, async {
        let waited = patiently(async || suite.chain.wait(head).await).await;
        assert_eq!(waited, Ok(()));
    });
    join(waits, suite.take(suite.pay(0, 1, 1))).await;
}

async fn concurrency<C: Chain>(suite: &Suite<C>) {
    let chains = (0..ACCOUNTS).map(|from| async move {
        for nonce in 0..3 {
            suite.take(suite.pay(from, nonce, 5)).await;
        }
    });
    join_all(chains).await;
    for number in 0..ACCOUNTS {
        let (_, account) = suite.account(number).await;
        assert_eq!(account, Account { balance: World::FUNDS, nonce: 3 }, "everyone paid everyone");
    }

    // Two calls for one nonce: one is taken, and both callers know which.
    let rivals = [11, 22].map(|amount| suite.pay(0, 3, amount));
    let results = join_all(rivals.iter().map(|call| async move {
        patiently(async || suite.chain.submit_surely(call.clone()).await).await
    }))
    .await;
    let lost = Err(ChainError::NonceTaken { nonce: 3 });
    let won: Vec<&Receipt> = results.iter().flatten().collect();
    assert_eq!((won.len(), results.iter().filter(|r| **r == lost).count()), (1, 1), "{results:?}");
    let paid = rivals.iter().zip(&results).find(|(_, result)| result.is_ok());
    let digest = paid.map(|(call, _)| call.call.digest());
    assert_eq!(suite.outcome(0, 3).await.map(|(digest, _)| digest), digest);
    assert_eq!(suite.account(0).await.1.nonce, 4);
}

async fn beacons<C: Chain>(suite: &Suite<C>) {
    for number in 0..MINERS {
        let action = Action::RegisterMiner { capacity: 1 << 30, endpoint: Vec::new() };
        suite.take(suite.call(number, 0, action)).await;
    }
    let profile = Profile::new(1, Geometry::rs8(2, 1).expect("a geometry"), 65_536);
    let action = Action::OpenDeal {
        profile: profile.expect("a profile"),
        visibility: Visibility::Public,
        max_len: 1,
        term_ms: DAY_MS,
        bid: None,
    };
    let opened = suite.take(suite.call(3, 0, action)).await;
    let deal = DealId(0);
    assert!(matches!(opened.events[..], [Event::DealOpened { deal: d, .. }] if d == deal));
    loop {
        let height = suite.height().await;
        let found = patiently(async || suite.chain.deal(deal).await).await.expect("an answer");
        if found.expect("the deal").seed.is_some() {
            break;
        }
        let waited = patiently(async || suite.chain.wait(height).await).await;
        assert_eq!(waited, Ok(()), "blocks go on while the rules wait for a beacon");
    }
    let mut seeded = None;
    for height in 0..=suite.height().await {
        if suite.events(height).await.contains(&Event::DealSeeded { deal }) {
            seeded = Some(height);
        }
    }
    assert!(seeded > Some(opened.height), "the seed comes from a later block");
}
