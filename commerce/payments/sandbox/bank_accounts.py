"""Stripe's published test bank accounts: what each one does when it is debited.

Source: Stripe's guide to accepting a SEPA Direct Debit payment, section "Test your integration". A debit of the
accounts it calls delayed is decided after three minutes; of the others it does not say when, and here it is
after ten seconds.
"""

from dataclasses import dataclass

SOON = 10
DELAYED = 3 * 60


@dataclass(frozen=True, slots=True)
class BankAccount:
    """A published test account, and how long after the debit its bank decides."""

    iban: str
    pays: bool
    decides_after: int

    @property
    def country(self) -> str:
        return self.iban[:2]

    @property
    def bank_code(self) -> str:
        return self.iban[4:9]


BY_IBAN = {
    account.iban: account
    for account in (
        BankAccount("AT611904300234573201", pays=True, decides_after=SOON),
        BankAccount("AT321904300235473204", pays=True, decides_after=DELAYED),
        BankAccount("AT861904300235473202", pays=False, decides_after=SOON),
        BankAccount("AT051904300235473205", pays=False, decides_after=DELAYED),
    )
}
