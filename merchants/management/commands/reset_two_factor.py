from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = (
        "Let somebody in who has lost their authenticator app and their recovery codes: their password is enough."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *_args: object, **options: Any) -> None:
        person = User.objects.filter(username=options["username"]).first()
        if person is None:
            raise CommandError(f"Nobody here is called '{options['username']}'.")
        count, _ = Authenticator.objects.filter(user=person).delete()
        self.stdout.write(f"{person}: {'two-factor login is off.' if count else 'there was no second factor.'}")
