"""Flower without telemetry, before any test imports it."""

from decoders.federation import quiet_flower

quiet_flower()
