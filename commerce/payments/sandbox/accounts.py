"""Open an account for what happens without an API request: time passing, a buyer passing a challenge."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from commerce.payments.sandbox import clock
from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.store import Store
from commerce.payments.sandbox.versions import Version
from commerce.payments.sandbox.webhook_delivery import Courier


class Accounts:
    """The accounts of a store. `real_time` gives unix seconds."""

    def __init__(
        self, store: Store, courier: Courier, *, real_time: Callable[[], float], account_version: Version
    ) -> None:
        self._store = store
        self._courier = courier
        self._real_time = real_time
        self._account_version = account_version

    def real_now(self) -> int:
        """Return the time on every clock that nobody moved or stopped."""
        return int(self._real_time())

    @contextmanager
    def writing(self, account_id: str, origin: str = "") -> Iterator[Account]:
        """Open an account in one transaction, and let its events be delivered once that is committed."""
        with self._store.writing() as connection:
            account = Account(
                connection=connection,
                id=account_id,
                now=clock.now(connection, account_id, self.real_now()),
                version=self._account_version,
                origin=origin,
            )
            yield account
        if account.has_deliveries:
            self._courier.call()
