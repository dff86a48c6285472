"""The agent this shop ships: a language model that finds, fills and asks to pay, over our own public API.

The only place that knows LangChain. What the model may do is a table of tools (`tools.py`), each a request of the
API with ids and never a price. It proposes; a person confirms. Paying needs a confirmation that the buyer gave
to the server and a token that is minted from it, and the model sees neither.
"""

import os

os.environ.setdefault("LANGSMITH_TRACING", "false")  # what shoppers write leaves the machine only if asked to
