"""What an agent may do after the sale with the orders it has placed: read, cancel, ask for a return.

The protocol has no call for it. Orders are written in its newest version, beside what may be asked of them now.
"""
