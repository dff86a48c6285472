"""The model that comes with the shop: rules, in English, without a key and without a network.

It drives the same graph and the same tools as a language model would, and is told apart from one wherever it
speaks. It has no state: everything it knows it reads from the messages, and the same messages always get the
same answer. Reading is one half, deciding the other:

    words numbers limits deadlines       what pieces of English mean
    countries streets addresses          postal addresses as people write them
    contacts corrections shipping codes  who, what is mended, how it is sent, with which codes
    choices wants exclusions             which one, what thing, what it is not to be
    stance acts                          what is meant rather than only spoken of, what is to be done
    saying                               all of it together: what one message says
    results readers                      what tools return
    talk memory                          a turn is calls and a reply; what is known of the conversation
    picking ways                         which of the things shown, and of the ways of sending, is meant
    shopping buying content proceeding   finding, taking, writing the order, bringing it to its end
    paying amending afterwards           the payment, changes of mind, orders that were placed
    questions service answers policy     what is asked of goods and of the shop, what was asked, which rule applies
    wording                              how it is told
    model                                all of this as a chat model

A turn is a generator that yields calls of tools and is sent what they return. Each time the model is asked, the
turn runs again from its beginning with the results that are there, up to the call or the reply that comes next.

Text of merchants is compared with words of the shopper and repeated; it is never read for what to do.
"""
