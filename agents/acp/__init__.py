"""The Agentic Commerce Protocol over the domain: checkout sessions, carts, discovery, order events.

One folder a dialect holds the wire's shapes (`schemas.py`) and their way from and to the domain
(`requests.py`, `presenters.py`, `orders.py`); `errors.py` maps what the domain refuses. Precedence where the
specification disagrees with itself: JSON schema, then OpenAPI, then the RFCs' prose about behaviour.
"""
