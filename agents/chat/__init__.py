"""The shopper's chat: conversations as rows, turns that survive whatever dies, and the page that shows them.

A turn is a row, written when the shopper says or confirms something, and run by a worker under a lock on its
conversation. What happens in it is told as events, rows too, which a page replays from the last one it saw.
Nothing of a turn lives in a web request: a tab may be closed, a worker may die, and the turn goes on.

A question is an order that the shopper is asked to confirm. It is answered once: by a click, which writes the
confirmation and a turn in one transaction, or by new words, which are a refusal.
"""
