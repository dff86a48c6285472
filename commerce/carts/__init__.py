"""What an agent collects before it buys: lines with estimated prices, without payment or fulfillment."""
