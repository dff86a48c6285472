"""A shopper's conversation with the rules, through a real graph."""

from __future__ import annotations

from typing import Any

from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from agents.shopper.rules.model import RulesModel
from tests.shopper.rules.shop import FakeShop

Json = dict[str, Any]

PROMPT = "Today is 2026-11-23. Shop: Fogline. Prices in USD."


class Chat:
    """A shopper who talks to the rules through the graph that a language model would drive."""

    def __init__(self, shop: FakeShop | None = None, prompt: str = PROMPT) -> None:
        self.shop = shop or FakeShop()
        self.agent = create_agent(
            RulesModel(), tools=self.shop.tools(), system_prompt=prompt, checkpointer=InMemorySaver()
        )
        self.config: Any = {"configurable": {"thread_id": "one"}, "recursion_limit": 60}
        self.is_asked = False

    def say(self, words: str) -> str:
        """Say something: at the order it is a refusal with words, else a new turn. Returns what is answered."""
        given: Any = {"messages": [HumanMessage(words)]}
        if self.is_asked:
            given = Command(resume={"kind": "said", "words": words})
        return self._run(given)

    def press_pay(self) -> str:
        assert self.is_asked, "no order is shown"
        return self._run(Command(resume={"kind": "confirmed"}))

    def _run(self, given: Any) -> str:
        before = len(self.messages)
        self.agent.invoke(given, self.config)
        state = self.agent.get_state(self.config)
        self.is_asked = bool(state.interrupts)
        fresh = self.messages[before:]
        return "\n".join(one.text for one in fresh if isinstance(one, AIMessage) and one.text)

    @property
    def messages(self) -> list[Any]:
        return list(self.agent.get_state(self.config).values.get("messages", []))

    @property
    def checkout(self) -> Json:
        """The checkout opened last, as the shop has it."""
        return self.shop.checkout(list(self.shop.checkouts)[-1])

    @property
    def items(self) -> dict[str, int]:
        return {one["variant_id"]: one["quantity"] for one in self.checkout["items"]}

    @property
    def called(self) -> list[str]:
        return [name for name, _ in self.shop.calls]

    def results(self) -> list[str]:
        return [one.text for one in self.messages if isinstance(one, ToolMessage)]
