"""Stripe test mode on this machine: a separate process with its own durable store, in Stripe's wire format.

It owns everything behind `python -m commerce.payments.sandbox`: payment and setup intents, charges, refunds,
disputes, early fraud warnings, payment methods (cards, SEPA debits, bank transfers), customers with their cards
and cash balances, shared payment tokens, events and their webhooks, and an append-only ledger of what was
authorized, captured, voided, refunded and charged back. It knows nothing of the shop and imports no Django: a
provider that shared the shop's transaction would roll its charges back together with the shop's mistake and hide
it.

The way of a request: `app` authenticates and decodes it, `routes` finds the endpoint, `parameters` checks it
against the parameters the installed Stripe SDK declares, `idempotency` replays or claims its key, and the
endpoint acts on an `account` inside one SQLite transaction that is committed before the answer is sent.

Every account has a clock that a test may move ahead (`POST /_sandbox/clock` with `key` and `advance`, seconds) and
stop (`stop=1`).
What is due on the way happens then, each at its time (`steps`): holds and granted tokens expire, pending
refunds succeed and others fail, banks decide disputes. The same clock dates objects and forgets idempotency
keys; webhooks are delivered and signed in real time.

Calls and webhooks go wrong when somebody asks for it, and never else: `POST /_sandbox/chaos` adds a rule that
delays calls, breaks their answers off or has them fail before or after their effect, or that has webhooks come
twice, late, early or never. `chaos` says which faults there are, `chaos_control` how to ask.

A payment that waits for 3D Secure leads the buyer to `/_sandbox/3ds/<payment intent>`, which stands in for the
page of the bank; a test answers it with a POST of `result=complete` or `result=fail`. A confirmation may hand
over an authentication made elsewhere instead. What the pages under `/_sandbox/` show and take is described in
`pages`, `controls` and `challenge_pages`.

Not emulated: fees of charges, payouts and the balance, Connect, authentication of a card that is set up (so a
card that is authenticated once when set up always asks), refunds and disputes of anything but cards, evidence
files, appeals and what an issuer adds to evidence by itself.
"""
