"""How things get to the buyer: methods with their rates, pick-up places, and shipments on their way.

Shipment states:

    processing -> shipped -> in_transit -> out_for_delivery -> delivered        (shipping)
    processing -> ready_for_pickup -> delivered                                 (pickup)
    processing -> delivered                                                     (digital)
    any state but delivered -> failed, canceled;  delivered, failed and the way there -> returned

What was not handed over can be canceled. Units that a buyer sends back leave their shipment delivered; each of
its lines counts them.

Carriers skip and repeat steps, so a shipment may jump forward, and what arrives late is kept in its history
without moving it back. Lock order: the order, then its shipments by id, then its lines by id.
"""
