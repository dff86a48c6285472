from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from commerce import failpoints
from commerce.failpoints import FailpointError, Failpoints


def test_without_being_armed_they_do_nothing() -> None:
    assert failpoints.failpoint is failpoints._nothing


def test_armed_one_raises_and_others_go_on(tmp_path: Path) -> None:
    log = tmp_path / "hits"
    armed = Failpoints({"FAILPOINTS": "capture.*=raise, relay.after_claim=raise:0", "FAILPOINT_LOG": str(log)})

    armed.reach("refund.after_ask")
    armed.reach("relay.after_claim")
    with pytest.raises(FailpointError, match=r"capture\.after_ask"):
        armed.reach("capture.after_ask")

    assert [line.split()[:2] for line in log.read_text().splitlines()] == [["capture.after_ask", "raise"]]


def test_armed_one_kills_the_process() -> None:
    program = "from commerce.failpoints import failpoint; failpoint('a'); print('on', flush=True); failpoint('b')"
    ended = subprocess.run(
        [sys.executable, "-c", program], env={"FAILPOINTS": "b=kill"}, capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stdout) == (-9, "on\n")


def test_a_file_arms_processes_that_run_once(tmp_path: Path) -> None:
    file = tmp_path / "armed"
    armed = Failpoints({"FAILPOINTS": f"@{file}"})

    armed.reach("a")
    file.write_text("a=raise")
    armed.reach("b")
    with pytest.raises(FailpointError):
        armed.reach("a")
    armed.reach("a")

    assert not file.exists()


@pytest.mark.parametrize("told", ["capture.after_ask", "capture.after_ask=explode", "a=kill:often"])
def test_what_cannot_be_understood_is_refused(told: str) -> None:
    with pytest.raises(ValueError, match=r"FAILPOINTS|could not convert"):
        Failpoints({"FAILPOINTS": told})


def test_a_shop_that_takes_real_money_refuses_them() -> None:
    with pytest.raises(ValueError, match="PAYMENTS_LIVE"):
        Failpoints({"FAILPOINTS": "a=raise", "PAYMENTS_LIVE": "1"})
