"""What it costs. Pure functions over frozen dataclasses: no Django, no model, no clock, no float.

Order of work: prices -> discounts, by priority, allocated to lines so that the parts sum to the whole ->
tax per line on what is left, rounded once per line, half to even -> totals. Everything is in minor units.
"""
